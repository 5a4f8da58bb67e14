//! Mutations of trâmites.

use super::fields::TramiteNode;
use super::input::{
    CancelarTramiteInput, DarCienciaInput, EnviarReciboInput, EnviarTramiteInput,
    ReceberReciboInput, ReceberTramiteInput, RecusarTramiteInput, VincularNreInput,
};
use super::registro::RegistroNode;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, mutations, payload};
use crate::tramite::service::{Enviado, StepTaken, Vinculado};
use async_graphql::SimpleObject;
use std::sync::Arc;

payload! {
    /// Resultado de enviarTramite.
    pub struct EnviarTramitePayload from Enviado {
        /// O trâmite; nulo se recusado ou simulado.
        tramite: TramiteNode = |effect| TramiteNode(Arc::new(effect.tramite)),
        /// O NRE foi gerado por este envio (linha A4).
        nre_gerado: bool = |effect| effect.nre_gerado,
        /// Avisos em português, que não impediram a operação.
        avisos: Vec<String> = |effect| effect.warnings.clone(),
    }
}

/// The payload of a step: the trâmite, or the reason why the destination sent it back.
macro_rules! payloads_of_steps {
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
payloads_of_steps! {
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

mutations! {
    TramiteMutation requires INTEGRACAO;

    /// Envia um processo a outro órgão (tabela de decisão S0, A1 a A4, B1 a B7).
    enviar_tramite(EnviarTramiteInput) -> EnviarTramitePayload;

    /// O destinatário recebe os metadados: o trâmite passa da situação 2 à 3 e, se não há componente a buscar, à 4. Se o destinatário já tem o processo, o trâmite passa à 8, recusado.
    receber_tramite(ReceberTramiteInput) -> ReceberTramitePayload;

    /// O destinatário envia o recibo de conclusão: o trâmite passa da situação 4 à 5. Se o destinatário já tem o processo, o trâmite passa à 8, recusado.
    enviar_recibo(EnviarReciboInput) -> EnviarReciboPayload;

    /// O remetente recebe o recibo de conclusão: o trâmite passa da situação 5 à 6; repetir não muda nada.
    receber_recibo(ReceberReciboInput) -> ReceberReciboPayload;

    /// O destinatário recusa o trâmite, que passa da situação 2, 3 ou 4 à 8.
    recusar_tramite(RecusarTramiteInput) -> RecusarTramitePayload;

    /// O remetente toma ciência da recusa: o trâmite passa da situação 8 à 9.
    dar_ciencia(DarCienciaInput) -> DarCienciaPayload;

    /// O remetente cancela o trâmite, que passa da situação 1, 2, 3 ou 4 à 7.
    cancelar_tramite(CancelarTramiteInput) -> CancelarTramitePayload;

    /// Faz de uma estrutura que herdou o processo parte do NRE. Efetiva-se quando uma parte atual e a herdeira pedem o mesmo no prazo de 30 dias; fica na auditoria.
    vincular_nre(VincularNreInput) -> VincularNrePayload;
}
