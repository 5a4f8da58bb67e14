//! Schema of the body of a rascunho.

use super::texts::Codigo;
use utoipa::ToSchema;

/// Um rascunho de processo a guardar.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({
        "appNameSistemaTribunal": "pje-tjrn-1g",
        "dados": { "numeroProcesso": "9000744-17.2021.8.20.0083" },
    }))
)]
pub struct NovoRascunho {
    app_name_sistema_tribunal: Codigo,
    /// Um objeto JSON de até 100 000 bytes, guardado como veio.
    #[schema(value_type = Object, additional_properties = true)]
    dados: serde_json::Value,
}
