//! Mutations of guias.

use super::fields::GuiaNode;
use super::input::{BaixarGuiaInput, EmitirGuiaInput};
use crate::graphql::schema::mutation::{mutations, payload};
use crate::guia::service::Changed;
use std::sync::Arc;

payload! {
    /// Resultado de emitirGuia.
    pub struct EmitirGuiaPayload from Changed {
        /// A guia; nula se recusada ou simulada.
        guia: GuiaNode = |effect| GuiaNode(Arc::new(effect.guia)),
    }
}

payload! {
    /// Resultado de baixarGuia.
    pub struct BaixarGuiaPayload from Changed {
        /// A guia; nula se recusada ou simulada.
        guia: GuiaNode = |effect| GuiaNode(Arc::new(effect.guia)),
        /// Falso quando nada mudou: já estava baixada, ou houve recusa.
        alterado: bool = |effect| effect.changed,
    }
}

mutations! {
    GuiaMutation requires INTEGRACAO;

    /// Emite uma guia e gera o número dela.
    emitir_guia(EmitirGuiaInput) -> EmitirGuiaPayload;

    /// Dá baixa numa guia (R26).
    baixar_guia(BaixarGuiaInput) -> BaixarGuiaPayload;
}
