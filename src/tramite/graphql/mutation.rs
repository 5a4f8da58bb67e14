//! Mutations of trâmites.

use super::fields::TramiteNode;
use super::input::{
    CancelarTramiteInput, DarCienciaInput, EnviarReciboInput, EnviarTramiteInput,
    ReceberReciboInput, ReceberTramiteInput, RecusarTramiteInput, VincularNreInput,
};
use super::registro::RegistroNode;
use crate::Result;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, execute};
use crate::graphql_types::directives::{Cost, INTEGRACAO, RequerPapel, WRITE_OR_COUNT};
use crate::tramite::service::{Enviado, StepTaken, Vinculado};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

/// Resultado de enviarTramite.
#[derive(SimpleObject)]
pub struct EnviarTramitePayload {
    /// O trâmite; nulo se recusado ou simulado.
    tramite: Option<TramiteNode>,
    /// O NRE foi gerado por este envio (linha A4).
    nre_gerado: bool,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Enviado>> for EnviarTramitePayload {
    fn from(outcome: MutationOutcome<Enviado>) -> Self {
        let (nre_gerado, warnings) =
            outcome.summary(|effect| (effect.nre_gerado, effect.warnings.clone()));
        let (effect, completion) = outcome.stored();
        let tramite = effect.map(|effect| TramiteNode(Arc::new(effect.tramite)));
        Self { tramite, nre_gerado, avisos: warnings, completion }
    }
}

/// The payload of a step: the trâmite, or the reason why the destination sent it back.
macro_rules! payload {
    ($($(#[$doc:meta])* $payload:ident;)*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $payload {
            /// O trâmite na nova situação; nulo se recusado ou simulado.
            tramite: Option<TramiteNode>,
            #[graphql(flatten)]
            completion: Completion,
        }

        impl From<MutationOutcome<StepTaken>> for $payload {
            fn from(outcome: MutationOutcome<StepTaken>) -> Self {
                let refusal = outcome.summary(|effect| effect.refusal.clone());
                let (effect, completion) = outcome.stored();
                let tramite = effect.filter(|_| refusal.is_none());
                let tramite = tramite.map(|effect| TramiteNode(Arc::new(effect.tramite)));
                Self { tramite, completion: completion.with_refusal(refusal) }
            }
        }
    )*};
}
payload! {
    /// Resultado de receberTramite.
    ReceberTramitePayload;
    /// Resultado de enviarRecibo.
    EnviarReciboPayload;
    /// Resultado de receberRecibo.
    ReceberReciboPayload;
    /// Resultado de recusarTramite.
    RecusarTramitePayload;
    /// Resultado de darCiencia.
    DarCienciaPayload;
    /// Resultado de cancelarTramite.
    CancelarTramitePayload;
}

/// Resultado de vincularNre.
#[derive(SimpleObject)]
pub struct VincularNrePayload {
    /// O registro, depois de efetivado, se quem chama é parte.
    registro: Option<RegistroNode>,
    /// Falso enquanto falta o pedido do outro lado.
    efetivado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Vinculado>> for VincularNrePayload {
    fn from(outcome: MutationOutcome<Vinculado>) -> Self {
        let efetivado = outcome.summary(|effect| effect.efetivado);
        let (effect, completion) = outcome.stored();
        let registro = effect.and_then(|effect| effect.registro).map(RegistroNode);
        Self { registro, efetivado, completion }
    }
}

#[derive(Default)]
pub struct TramiteMutation;

#[Object]
impl TramiteMutation {
    /// Envia um processo a outro órgão (tabela de decisão S0, A1 a A4, B1 a B7).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn enviar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EnviarTramiteInput,
    ) -> Option<Result<EnviarTramitePayload>> {
        Some(execute(ctx, input).await)
    }

    /// O destinatário recebe os metadados: 2→3 e, sem componente a buscar, →4.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn receber_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: ReceberTramiteInput,
    ) -> Option<Result<ReceberTramitePayload>> {
        Some(execute(ctx, input).await)
    }

    /// O destinatário envia o recibo de conclusão: 4→5.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn enviar_recibo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EnviarReciboInput,
    ) -> Option<Result<EnviarReciboPayload>> {
        Some(execute(ctx, input).await)
    }

    /// O remetente recebe o recibo de conclusão: 5→6; repetir não muda nada.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn receber_recibo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: ReceberReciboInput,
    ) -> Option<Result<ReceberReciboPayload>> {
        Some(execute(ctx, input).await)
    }

    /// O destinatário recusa: 2, 3 ou 4→8.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn recusar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: RecusarTramiteInput,
    ) -> Option<Result<RecusarTramitePayload>> {
        Some(execute(ctx, input).await)
    }

    /// O remetente toma ciência da recusa: 8→9.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn dar_ciencia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: DarCienciaInput,
    ) -> Option<Result<DarCienciaPayload>> {
        Some(execute(ctx, input).await)
    }

    /// O remetente cancela: 1 a 4→7.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn cancelar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CancelarTramiteInput,
    ) -> Option<Result<CancelarTramitePayload>> {
        Some(execute(ctx, input).await)
    }

    /// Faz de uma estrutura que herdou o processo parte do NRE. Vale quando uma parte atual e a herdeira pedem o mesmo; fica na auditoria.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn vincular_nre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: VincularNreInput,
    ) -> Option<Result<VincularNrePayload>> {
        Some(execute(ctx, input).await)
    }
}
