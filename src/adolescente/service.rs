//! Use cases on adolescentes.

use super::{Adolescente, AtualizarAdolescente, DadosDeAdolescente, rules, store};
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::campo;
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::tempo;
use chrono::{DateTime, NaiveDate, Utc};

/// Registers an adolescente and gives them an identificador (R23 to R25).
///
/// `malformados` are refusals that the door already knows: fields it could not read.
pub async fn cadastrar(
    app: &App,
    ator: &Ator,
    novo: DadosDeAdolescente,
    malformados: Vec<Recusa>,
) -> Result<Adolescente, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (agora, autor) = ((app.agora)(), ator.clone());
    let hoje = tempo::dia(agora);
    app.db
        .escrever(ator, move |sessao| {
            let com_cpf = store::por_cpf(sessao, novo.cpf.as_ref())?;
            let mut recusas = rules::cadastro(&novo, hoje);
            recusas.extend(rules::r25_cpf_livre(com_cpf.as_ref()));
            Recusa::nenhuma(malformados, recusas)?;

            let cpf = novo.cpf.clone();
            let Some(adolescente) = inserir(sessao, tribunal, &novo, agora, hoje)? else {
                return Err(cpf_tomado_agora(sessao, cpf.as_ref())?);
            };
            let evento = NovoEvento::do_adolescente(
                TipoEvento::AdolescenteCadastrado,
                &adolescente,
                agora,
                &autor,
            );
            evento::store::registrar(sessao, &[evento])?;
            Ok(adolescente)
        })
        .await
}

/// Inserts under the next identificador. One that a link registered meanwhile
/// (R14) is taken without the generator knowing: the next is tried.
fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novo: &DadosDeAdolescente,
    agora: DateTime<Utc>,
    hoje: NaiveDate,
) -> Result<Option<Adolescente>, Error> {
    const TENTATIVAS: usize = 20;
    for _ in 0..TENTATIVAS {
        if let Some(feito) = store::inserir(sessao, tribunal, novo.clone(), agora, hoje)? {
            return Ok(Some(feito));
        }
        if store::por_cpf(sessao, novo.cpf.as_ref())?.is_some() {
            break;
        }
    }
    Ok(None)
}

/// Another transaction registered the same CPF after we looked: R25, found by the index.
pub fn cpf_tomado_agora(
    sessao: &mut Sessao<'_>,
    cpf: Option<&crate::cpf::Cpf>,
) -> Result<Error, Error> {
    let existente = store::por_cpf(sessao, cpf)?;
    let recusa = rules::r25_cpf_livre(existente.as_ref());
    Ok(recusa.map_or_else(
        || Error::interno(anyhow::anyhow!("insert skipped for no reason")),
        Error::from,
    ))
}

/// A record after a change that may have found nothing to do.
#[derive(Debug)]
pub struct Alterado {
    pub adolescente: Adolescente,
    pub alterado: bool,
}

/// Changes a record; completes a pending one (R14, R24). What is equal to what
/// was is no change: no version, no evento.
pub async fn atualizar(
    app: &App,
    ator: &Ator,
    comando: AtualizarAdolescente,
) -> Result<Alterado, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (relogio, autor) = (app.agora, ator.clone());
    app.db
        .escrever(ator, move |sessao| {
            let AtualizarAdolescente { identificador, dados, versao_esperada, malformados } =
                comando;
            let Some(atual) = store::travado(sessao, tribunal, &identificador)? else {
                return Err(rules::r1_adolescente_visivel().into());
            };
            if let Some(recusa) = campo::versao_esperada(atual.versao, versao_esperada) {
                return Err(recusa.into());
            }
            // After the lock, and never before the last change.
            let agora = relogio().max(atual.atualizado_em);
            let hoje = tempo::dia(agora);
            let novo = dados.sobre(&atual);
            let mut recusas = rules::alteracao(&atual, &novo, hoje);
            let dono_do_cpf = store::por_cpf(sessao, dados.cpf.novo())?;
            let outro = dono_do_cpf.filter(|dono| *dono != identificador);
            recusas.extend(rules::r25_cpf_livre(outro.as_ref()));
            Recusa::nenhuma(malformados, recusas)?;

            let campos = atual.diferencas(&novo);
            if campos.is_empty() {
                return Ok(Alterado { adolescente: atual, alterado: false });
            }
            let Some(adolescente) = store::atualizar(sessao, &novo, agora)? else {
                // The index found what the look-up came too early for; the transaction is over.
                let mensagem = "CPF já cadastrado no tribunal";
                let recusa = Recusa::nova(CodigoErro::AdolescenteJaExiste, "R25", mensagem);
                return Err(recusa.em(["dados", "cpf"]).into());
            };
            let tipo = TipoEvento::AdolescenteAtualizado;
            let mut evento = NovoEvento::do_adolescente(tipo, &adolescente, agora, &autor);
            evento.campos = campos;
            evento::store::registrar(sessao, &[evento])?;
            Ok(Alterado { adolescente, alterado: true })
        })
        .await
}
