//! Schemas of the bodies about guias that exist.

use super::words::MotivoBaixaGuia;
use utoipa::ToSchema;

/// Por que a guia se baixa.
#[derive(ToSchema)]
#[schema(examples(json!({ "motivo": "EXTINTA" })))]
pub struct BaixaDeGuia {
    motivo: Option<MotivoBaixaGuia>,
}
