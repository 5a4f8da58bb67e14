//! Use cases on adolescentes.

use super::{Adolescente, NovoAdolescente, rules, store};
use crate::app::App;
use crate::auth::{Ator, Papel};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::tempo;

/// Registers an adolescente and gives them an identificador (R23 to R25).
///
/// `malformados` are refusals that the door already knows: fields it could not read.
pub async fn cadastrar(
    app: &App,
    ator: &Ator,
    novo: NovoAdolescente,
    malformados: Vec<Recusa>,
) -> Result<Adolescente, Error> {
    ator.exige(Papel::Integracao)?;
    let tribunal = ator.tribunal_de_escrita()?;
    let (agora, autor) = ((app.agora)(), ator.clone());
    let hoje = tempo::dia(agora);
    app.db
        .escrever(ator, move |sessao| {
            let com_cpf = match &novo.cpf {
                Some(cpf) => store::por_cpf(sessao, cpf)?,
                None => None,
            };
            let mut recusas = rules::cadastro(&novo, hoje);
            recusas.extend(rules::r25_cpf_livre(com_cpf.as_ref()));
            Recusa::nenhuma(malformados, recusas)?;

            let cpf = novo.cpf.clone();
            let Some(adolescente) = store::inserir(sessao, tribunal, novo, agora, hoje)? else {
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

/// Another transaction registered the same CPF after we looked: R25, found by the index.
fn cpf_tomado_agora(
    sessao: &mut Sessao<'_>,
    cpf: Option<&crate::cpf::Cpf>,
) -> Result<Error, Error> {
    let existente = cpf.map(|cpf| store::por_cpf(sessao, cpf)).transpose()?.flatten();
    let recusa = rules::r25_cpf_livre(existente.as_ref());
    Ok(recusa.map_or_else(
        || Error::interno(anyhow::anyhow!("insert skipped for no reason")),
        Error::from,
    ))
}
