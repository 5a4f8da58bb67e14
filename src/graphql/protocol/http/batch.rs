//! An array of operations in one request: each is a call of its own, one after the other,
//! and answered in its place as if it had come alone.

use super::request::Lido;
use crate::call::Chamada;
use crate::error::{Error, Falha};
use crate::graphql::execution::{Desfecho, Servico};
use async_graphql::parser::types::OperationType;

/// `primeira` is the call that the request was taken for, before it was read.
pub async fn executar(
    servico: &Servico,
    primeira: Chamada,
    correlacao: &str,
    lidos: Vec<Result<Lido, Error>>,
) -> Vec<Desfecho> {
    let ator = primeira.ator().clone();
    let mut primeira = Some(primeira);
    let mut desfechos = Vec::with_capacity(lidos.len());
    for lido in lidos {
        let nova = || servico.entrar(ator.clone(), correlacao.to_owned());
        let chamada = primeira.take().unwrap_or_else(nova);
        let desfecho = uma(servico, &chamada, lido).await.unwrap_or_else(|recusada| recusada);
        // Its record is written, if it was carried out; a refusal shows nothing.
        let _nothing_shown = chamada.encerrar(desfecho.status());
        desfechos.push(desfecho);
    }
    desfechos
}

async fn uma(
    servico: &Servico,
    chamada: &Chamada,
    lido: Result<Lido, Error>,
) -> Result<Desfecho, Desfecho> {
    let lido = lido.map_err(|error| Desfecho::recusa(&error))?;
    let pronta = lido.preparar(servico, chamada.ator().credencial()).await?;
    if pronta.tipo() == OperationType::Subscription {
        let mensagem = "peça cada subscription sozinha";
        return Err(Desfecho::da_falha(Falha::NaoAceitavel, mensagem));
    }
    Ok(servico.executar(chamada.clone(), &pronta).await)
}
