//! Mutations of guias.

use super::fields::GuiaNode;
use super::input::{BaixarGuiaInput, EmitirGuiaInput};
use crate::Result;
use crate::graphql::schema::mutation::{Desfecho, Fim, executar};
use crate::graphql_types::directives::{Cost, DEZ, INTEGRACAO, RequerPapel};
use crate::guia::service::Alterada;
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

/// Resultado de emitirGuia.
#[derive(SimpleObject)]
pub struct EmitirGuiaPayload {
    /// A guia; nula se recusada ou simulada.
    guia: Option<GuiaNode>,
    #[graphql(flatten)]
    fim: Fim,
}

/// Resultado de baixarGuia.
#[derive(SimpleObject)]
pub struct BaixarGuiaPayload {
    /// A guia; nula se recusada ou simulada.
    guia: Option<GuiaNode>,
    /// Falso quando já estava baixada.
    alterado: bool,
    #[graphql(flatten)]
    fim: Fim,
}

impl From<Desfecho<Alterada>> for EmitirGuiaPayload {
    fn from(desfecho: Desfecho<Alterada>) -> Self {
        let (feito, fim) = desfecho.gravado();
        Self { guia: feito.map(|feito| GuiaNode(Arc::new(feito.guia))), fim }
    }
}

impl From<Desfecho<Alterada>> for BaixarGuiaPayload {
    fn from(desfecho: Desfecho<Alterada>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        Self { guia: feito.map(|feito| GuiaNode(Arc::new(feito.guia))), alterado, fim }
    }
}

#[derive(Default)]
pub struct GuiaMutation;

#[Object]
impl GuiaMutation {
    /// Emite uma guia e gera o número dela.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn emitir_guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EmitirGuiaInput,
    ) -> Option<Result<EmitirGuiaPayload>> {
        Some(executar(ctx, input).await)
    }

    /// Dá baixa numa guia (R26).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn baixar_guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: BaixarGuiaInput,
    ) -> Option<Result<BaixarGuiaPayload>> {
        Some(executar(ctx, input).await)
    }
}
