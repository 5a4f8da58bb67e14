//! Mutations of trâmites.

use super::fields::TramiteNode;
use super::input::{
    CancelarTramiteInput, DarCienciaInput, EnviarReciboInput, EnviarTramiteInput,
    ReceberReciboInput, ReceberTramiteInput, RecusarTramiteInput, VincularNreInput,
};
use super::registro::RegistroNode;
use crate::Result;
use crate::graphql::schema::mutation::{Desfecho, Fim, executar};
use crate::graphql_types::directives::{Cost, DEZ, INTEGRACAO, RequerPapel};
use crate::tramite::service::{Enviado, Passado, Vinculado};
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
    fim: Fim,
}

impl From<Desfecho<Enviado>> for EnviarTramitePayload {
    fn from(desfecho: Desfecho<Enviado>) -> Self {
        let (nre_gerado, avisos) =
            desfecho.resumo(|feito| (feito.nre_gerado, feito.avisos.clone()));
        let (feito, fim) = desfecho.gravado();
        let tramite = feito.map(|feito| TramiteNode(Arc::new(feito.tramite)));
        Self { tramite, nre_gerado, avisos, fim }
    }
}

/// The payload of a step: the trâmite, or why the destination sent it back.
macro_rules! payload {
    ($($(#[$doc:meta])* $payload:ident;)*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $payload {
            /// O trâmite na nova situação; nulo se recusado ou simulado.
            tramite: Option<TramiteNode>,
            #[graphql(flatten)]
            fim: Fim,
        }

        impl From<Desfecho<Passado>> for $payload {
            fn from(desfecho: Desfecho<Passado>) -> Self {
                let recusa = desfecho.resumo(|feito| feito.recusa.clone());
                let (feito, fim) = desfecho.gravado();
                let tramite = feito.filter(|_| recusa.is_none());
                let tramite = tramite.map(|feito| TramiteNode(Arc::new(feito.tramite)));
                Self { tramite, fim: fim.com(recusa) }
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
    fim: Fim,
}

impl From<Desfecho<Vinculado>> for VincularNrePayload {
    fn from(desfecho: Desfecho<Vinculado>) -> Self {
        let efetivado = desfecho.resumo(|feito| feito.efetivado);
        let (feito, fim) = desfecho.gravado();
        let registro = feito.and_then(|feito| feito.registro).map(RegistroNode);
        Self { registro, efetivado, fim }
    }
}

#[derive(Default)]
pub struct TramiteMutation;

#[Object]
impl TramiteMutation {
    /// Envia um processo a outro órgão (tabela de decisão S0, A1 a A4, B1 a B7).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn enviar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EnviarTramiteInput,
    ) -> Option<Result<EnviarTramitePayload>> {
        Some(executar(ctx, input).await)
    }

    /// O destinatário recebe os metadados: 2→3 e, sem componente a buscar, →4.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn receber_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: ReceberTramiteInput,
    ) -> Option<Result<ReceberTramitePayload>> {
        Some(executar(ctx, input).await)
    }

    /// O destinatário envia o recibo de conclusão: 4→5.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn enviar_recibo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: EnviarReciboInput,
    ) -> Option<Result<EnviarReciboPayload>> {
        Some(executar(ctx, input).await)
    }

    /// O remetente recebe o recibo de conclusão: 5→6; repetir não muda nada.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn receber_recibo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: ReceberReciboInput,
    ) -> Option<Result<ReceberReciboPayload>> {
        Some(executar(ctx, input).await)
    }

    /// O destinatário recusa: 2, 3 ou 4→8.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn recusar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: RecusarTramiteInput,
    ) -> Option<Result<RecusarTramitePayload>> {
        Some(executar(ctx, input).await)
    }

    /// O remetente toma ciência da recusa: 8→9.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn dar_ciencia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: DarCienciaInput,
    ) -> Option<Result<DarCienciaPayload>> {
        Some(executar(ctx, input).await)
    }

    /// O remetente cancela: 1 a 4→7.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn cancelar_tramite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CancelarTramiteInput,
    ) -> Option<Result<CancelarTramitePayload>> {
        Some(executar(ctx, input).await)
    }

    /// Faz de uma estrutura que herdou o processo parte do NRE. Vale quando uma parte atual e a herdeira pedem o mesmo; fica na auditoria.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn vincular_nre(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: VincularNreInput,
    ) -> Option<Result<VincularNrePayload>> {
        Some(executar(ctx, input).await)
    }
}
