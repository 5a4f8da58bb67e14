//! Guias in the schema: what is asked of them. Their fields are in `campos.rs`,
//! what a client says in `entrada.rs`, the mutations in `escrita.rs`.

mod campos;
mod entrada;
mod escrita;

pub use campos::GuiaNode;
pub use escrita::GuiaMutation;

use super::store::GuiaPorNumero;
use crate::Result;
use crate::auth::Papel;
use crate::graphql::ContextExt;
use async_graphql::{Context, Object};

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
        por_numero(ctx, &numero).await.transpose()
    }
}

/// A text that is no number names no guia.
async fn por_numero(ctx: &Context<'_>, numero: &str) -> Result<Option<GuiaNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let achada = match numero.trim().parse() {
        Ok(numero) => ctx.loaders().named(GuiaPorNumero(numero)).await?,
        Err(_) => ctx.loaders().unnamed()?,
    };
    Ok(achada.map(GuiaNode))
}
