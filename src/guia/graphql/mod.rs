//! Guias in the schema: the queries. The fields of a guia are in `fields.rs`, the filter and the
//! order in `filter.rs`, the inputs in `input.rs`, the mutations in `mutation.rs`.

mod fields;
mod input;
mod mutation;
mod filter;

pub use fields::GuiaNode;
pub use filter::{GuiaFiltro, GuiaRelacaoFiltro, filter};
pub use input::{BaixarGuiaInput, EmitirGuiaInput};
pub use mutation::{BaixarGuiaPayload, EmitirGuiaPayload, GuiaMutation};

use super::store::{GuiaByNumero, Guias, GuiasOf};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Connection, Count, Paging, orders};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTER, PageSize};
use crate::graphql_types::filter::connect_filtered;
use async_graphql::{Context, Object};
use filter::GuiaOrdem;

#[derive(Default)]
pub struct GuiaQuery;

#[Object]
impl GuiaQuery {
    /// Guia pelo número.
    async fn guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número da guia, 12 dígitos.")] numero: String,
    ) -> Option<Result<GuiaNode>> {
        by_numero(ctx, &numero).await.transpose()
    }

    /// Guias visíveis.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todas as visíveis.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<GuiaFiltro>,
        #[graphql(desc = "Ordem; ausente, a de emissão.")] ordem: Option<GuiaOrdem>,
        #[graphql(desc = "Várias ordens, 1 a 4, a que mais importa primeiro; nunca junto de `ordem`.", directive = Cost::apply(FILTER.into()))]
        ordens: Option<Vec<GuiaOrdem>>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<GuiasOf>>> {
        let page = Paging { first, after, last, before };
        Some(list(ctx, filtro, (ordem, ordens), page).await)
    }
}

async fn list(
    ctx: &Context<'_>,
    input: Option<GuiaFiltro>,
    order: (Option<GuiaOrdem>, Option<Vec<GuiaOrdem>>),
    page: Paging,
) -> Result<Connection<GuiasOf>> {
    let (field, descending, then) = orders(order.0, order.1, GuiaOrdem::field_and_direction)?;
    let list_of = |filter| GuiasOf::All(Box::new(Guias { filter, field, descending, then }));
    connect_filtered(ctx, input, filter, list_of, page).await
}

/// A text that is not a valid number names no guia.
async fn by_numero(ctx: &Context<'_>, numero: &str) -> Result<Option<GuiaNode>> {
    ctx.actor().require(Papel::Consulta)?;
    let found = match numero.trim().parse() {
        Ok(numero) => ctx.loaders().load_named(GuiaByNumero(numero)).await?,
        Err(_) => ctx.loaders().absent()?,
    };
    Ok(found.map(GuiaNode))
}
