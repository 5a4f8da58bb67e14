//! Processos in the GraphQL schema: the queries. Types are in `types.rs`, their fields in
//! `fields.rs`, connections in `connections.rs`, filters in `filter.rs`, and vínculos as objects of
//! their own in `vinculo.rs`.
//!
//! The types of async-graphql are static, so this module refers to the `graphql` of other slices
//! (such as `adolescente`) and to `graphql::schema`, and they refer to it.

mod alteracao;
mod scalars;
mod fields;
mod connections;
mod input;
mod mutation;
mod filter;
mod types;
mod vinculo;
mod vinculo_edge;

pub use alteracao::{
    AlterarSituacaoInput, AtualizarResponsaveisInput, DesvincularAdolescenteInput,
    VincularAdolescenteInput,
};
pub use fields::ResponsavelNode;
pub use filter::{ProcessoFiltro, ProcessoRelacaoFiltro, check_numero, filter};
pub use input::{CadastrarProcessoInput, ResponsavelInput};
pub use mutation::{
    AlterarSituacaoPayload, AtualizarResponsaveisPayload, CadastrarProcessoPayload,
    DesvincularAdolescentePayload, ProcessoMutation, VincularAdolescentePayload,
};
pub use types::{ByName, ProcessoApuracao, ProcessoExecucao, ProcessoNode};
pub use vinculo::{VinculoFiltro, VinculoNode, VinculoQuery, VinculoRelacaoFiltro};
pub use vinculo_edge::EdgeWithVinculo;

use super::store::{ProcessoByNumero, Processos};
use super::{NumeroProcesso, Processo};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Connection, Count, Paging, orders};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTER, PageSize};
use crate::graphql_types::filter::connect_filtered;
use crate::graphql_types::json::JsonObject;
use async_graphql::{Context, Object};
use fields::origem;
use filter::ProcessoOrdem;
use std::sync::Arc;

#[derive(Default)]
pub struct ProcessoQuery;

#[Object]
impl ProcessoQuery {
    /// Processo pelo número.
    async fn processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número do processo.")] numero: NumeroProcesso,
    ) -> Option<Result<JsonObject<ProcessoNode>>> {
        let found = by_numero(ctx, numero).await;
        found.map(|found| found.map(|row| JsonObject(row.into()))).transpose()
    }

    /// Processos visíveis.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn processos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<ProcessoFiltro>,
        #[graphql(desc = "Ordem; ausente, a de cadastro.")] ordem: Option<ProcessoOrdem>,
        #[graphql(desc = "Várias ordens, 1 a 4, a que mais importa primeiro; nunca junto de `ordem`.", directive = Cost::apply(FILTER.into()))]
        ordens: Option<Vec<ProcessoOrdem>>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Processos>>> {
        let page = Paging { first, after, last, before };
        Some(list(ctx, filtro, (ordem, ordens), page).await)
    }

    /// A própria apuração ou, dado o número de uma execução, a apuração de origem (R22).
    async fn apuracao(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número da apuração ou de uma execução dela.")] numero: NumeroProcesso,
    ) -> Option<Result<ProcessoApuracao>> {
        apuracao_of(ctx, numero).await.transpose()
    }
}

async fn by_numero(ctx: &Context<'_>, numero: NumeroProcesso) -> Result<Option<Arc<Processo>>> {
    ctx.actor().require(Papel::Consulta)?;
    ctx.loaders().load_named(ProcessoByNumero(numero)).await
}

async fn list(
    ctx: &Context<'_>,
    input: Option<ProcessoFiltro>,
    order: (Option<ProcessoOrdem>, Option<Vec<ProcessoOrdem>>),
    page: Paging,
) -> Result<Connection<Processos>> {
    let (field, descending, then) = orders(order.0, order.1, ProcessoOrdem::field_and_direction)?;
    let list_of = |filter| Processos { filter, field, descending, then };
    connect_filtered(ctx, input, filter, list_of, page).await
}

async fn apuracao_of(
    ctx: &Context<'_>,
    numero: NumeroProcesso,
) -> Result<Option<ProcessoApuracao>> {
    match by_numero(ctx, numero).await?.map(ProcessoNode::from) {
        None => Ok(None),
        Some(ProcessoNode::Apuracao(apuracao)) => Ok(Some(apuracao)),
        Some(ProcessoNode::Execucao(execucao)) => origem(ctx, &execucao).await,
    }
}
