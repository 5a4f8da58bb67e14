//! Mutations of guias.

use super::fields::GuiaNode;
use super::input::{BaixarGuiaInput, EmitirGuiaInput};
use crate::Result;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, execute};
use crate::graphql_types::directives::{Cost, INTEGRACAO, RequerPapel, WRITE_OR_COUNT};
use crate::guia::service::Changed;
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

/// Resultado de emitirGuia.
#[derive(SimpleObject)]
pub struct EmitirGuiaPayload {
    /// A guia; nula se recusada ou simulada.
    guia: Option<GuiaNode>,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de baixarGuia.
#[derive(SimpleObject)]
pub struct BaixarGuiaPayload {
    /// A guia; nula se recusada ou simulada.
    guia: Option<GuiaNode>,
    /// Falso quando já estava baixada.
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Changed>> for EmitirGuiaPayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let (effect, completion) = outcome.stored();
        Self { guia: effect.map(|effect| GuiaNode(Arc::new(effect.guia))), completion }
    }
}

impl From<MutationOutcome<Changed>> for BaixarGuiaPayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let changed = outcome.summary(|effect| effect.changed);
        let (effect, completion) = outcome.stored();
        Self {
            guia: effect.map(|effect| GuiaNode(Arc::new(effect.guia))),
            alterado: changed,
            completion,
        }
    }
}

#[derive(Default)]
pub struct GuiaMutation;

#[Object]
impl GuiaMutation {
    /// Emite uma guia e gera o número dela.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn emitir_guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EmitirGuiaInput,
    ) -> Option<Result<EmitirGuiaPayload>> {
        Some(execute(ctx, input).await)
    }

    /// Dá baixa numa guia (R26).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn baixar_guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: BaixarGuiaInput,
    ) -> Option<Result<BaixarGuiaPayload>> {
        Some(execute(ctx, input).await)
    }
}
