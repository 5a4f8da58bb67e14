//! Use cases on adolescentes.

use super::store::{self, Semelhantes};
use super::{
    Adolescente, AdolescenteId, AtualizarAdolescente, CadastrarAdolescente, DadosDeAdolescente,
    Procura, rules,
};
use crate::auth::{Ator, Papel};
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::value::resource::{Rastreavel, Recurso};
use crate::value::{field, time};
use chrono::{DateTime, NaiveDate, Utc};

/// Registers an adolescente and gives them an identificador (R23 to R25).
impl Comando for CadastrarAdolescente {
    const NOME: &'static str = "cadastrarAdolescente";
    type Efeito = Alterado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterado, Error> {
        let Self { dados: novo, malformados } = self;
        let agora = (contexto.relogio)();
        let hoje = time::dia(agora);
        let com_cpf = store::por_cpf(sessao, novo.cpf.as_ref())?;
        let mut recusas = rules::cadastro(&novo, hoje);
        recusas.extend(rules::r25_cpf_livre(com_cpf.as_ref()));
        Recusa::nenhuma(malformados, recusas)?;

        let Some(adolescente) = inserir(sessao, contexto.tribunal, &novo, agora, hoje)? else {
            return Err(cpf_tomado_agora(sessao, novo.cpf.as_ref())?);
        };
        let tipo = TipoEvento::AdolescenteCadastrado;
        let evento = NovoEvento::do_adolescente(tipo, &adolescente, agora, &contexto.autor);
        evento::store::registrar(sessao, &[evento])?;
        Ok(Alterado { adolescente, alterado: true })
    }
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
    cpf: Option<&crate::value::cpf::Cpf>,
) -> Result<Error, Error> {
    let existente = store::por_cpf(sessao, cpf)?;
    let recusa = rules::r25_cpf_livre(existente.as_ref());
    Ok(recusa.map_or_else(
        || Error::interno(anyhow::anyhow!("insert skipped for no reason")),
        Error::from,
    ))
}

/// A record after a write that may have found nothing to do.
#[derive(Debug)]
pub struct Alterado {
    pub adolescente: Adolescente,
    pub alterado: bool,
}

impl Rastreavel for Alterado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.adolescente.rastrear(recursos);
    }
}

impl Efeito for Alterado {
    fn created(&self) -> Option<Recurso> {
        let first = self.alterado && self.adolescente.versao == 1;
        first.then_some(Recurso::Adolescente(self.adolescente.id.0))
    }

    fn lembrar(&self) -> Lembranca {
        let &Self { ref adolescente, alterado } = self;
        let (id, versao) = (adolescente.id.0, adolescente.versao);
        Lembranca { id, versao, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let adolescente = store::por_id(sessao, AdolescenteId(lembranca.id))?;
        Ok(Self { adolescente, alterado: lembranca.alterado })
    }
}

/// Changes a record; completes a pending one (R14, R24). What is equal to what
/// was is no change: no version, no evento.
impl Comando for AtualizarAdolescente {
    const NOME: &'static str = "atualizarAdolescente";
    type Efeito = Alterado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterado, Error> {
        let Self { identificador, dados, versao_esperada, mut malformados } = self;
        // What could not be read is told even so: sent again, it would be refused again.
        let Some(atual) = store::travado(sessao, contexto.tribunal, &identificador)? else {
            malformados.push(rules::r1_adolescente_visivel());
            return Err(Error::Recusas(malformados));
        };
        if let Some(recusa) = field::versao_esperada(atual.versao, versao_esperada) {
            malformados.push(recusa);
            return Err(Error::Recusas(malformados));
        }
        // After the lock, and never before the last change.
        let agora = (contexto.relogio)().max(atual.atualizado_em);
        let hoje = time::dia(agora);
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
        let mudancas = atual.mudancas(&novo);
        let Some(adolescente) = store::atualizar(sessao, &novo, agora)? else {
            // The index found what the look-up came too early for; the transaction is over.
            let mensagem = "CPF já cadastrado no tribunal";
            let recusa = Recusa::nova(CodigoErro::AdolescenteJaExiste, "R25", mensagem);
            return Err(recusa.em(["dados", "cpf"]).into());
        };
        let tipo = TipoEvento::AdolescenteAtualizado;
        let mut evento = NovoEvento::do_adolescente(tipo, &adolescente, agora, &contexto.autor);
        evento.campos = campos;
        evento.mudancas = mudancas;
        evento::store::registrar(sessao, &[evento])?;
        Ok(Alterado { adolescente, alterado: true })
    }
}

/// A search that the caller may make and that the rules let pass (R25). Who has
/// no tribunal has none to search in, and must not read that there is nobody.
pub fn procura(ator: &Ator, procura: Procura) -> Result<Semelhantes, Error> {
    ator.exige(Papel::Consulta)?;
    if ator.tem(Papel::Nacional) {
        let mensagem =
            "procure com a credencial de um tribunal: a semelhança é entre os cadastros dele";
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    Recusa::nenhuma(Vec::new(), rules::r25_procura(&procura))?;
    Ok(Semelhantes { procura, sensivel: ator.tem(Papel::DadosSensiveis) })
}
