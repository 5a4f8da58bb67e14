//! Mutations of processos.

use super::ProcessoNode;
use super::entrada::CadastrarProcessoInput;
use crate::Result;
use crate::graphql::{ContextExt, ErroGraphql, Query, recusas_como_dados};
use crate::processo::service;
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

#[derive(Default)]
pub struct ProcessoMutation;

/// Resultado de cadastrarProcesso.
#[derive(SimpleObject)]
pub struct CadastrarProcessoPayload {
    /// O processo cadastrado; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

#[Object]
impl ProcessoMutation {
    /// Cadastra um processo com os seus vínculos (R3 a R11).
    async fn cadastrar_processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarProcessoInput,
    ) -> Option<Result<CadastrarProcessoPayload>> {
        let desfecho = service::cadastrar(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (processo, avisos, erros) = match desfecho {
                Ok(novo) => (Some(Arc::new(novo.processo).into()), novo.avisos, Vec::new()),
                Err(erros) => (None, Vec::new(), erros),
            };
            CadastrarProcessoPayload { processo, avisos, erros, query: Some(Query::default()) }
        }))
    }
}
