//! The body that registers a rascunho.

use super::super::body_fields::body;
use super::super::openapi::texts::Codigo;
use crate::rascunho::RegistrarRascunho;

body! {
    /// Um rascunho de processo a guardar.
    #[schema(examples(json!({
        "appNameSistemaTribunal": "pje-tjrn-1g",
        "dados": { "numeroProcesso": "9000744-17.2021.8.20.0083" },
    })))]
    pub struct NovoRascunho for RegistrarRascunho {
        appNameSistemaTribunal: Codigo => app_name_sistema_tribunal,
        /// Um objeto JSON de até 100 000 bytes, guardado como veio.
        #[schema(value_type = Object, additional_properties = true)]
        dados: serde_json::Value => dados,
    }
}
