//! The scalar of the NRE.

use crate::graphql_types::scalars::read_text;
use crate::tramite::Nre;
use async_graphql::{InputValueResult, Scalar, ScalarType, Value};

/// Número de Registro Eletrônico do processo no Tramita: 16 dígitos. Não muda de um trâmite para outro.
#[Scalar(name = "NRE")]
impl ScalarType for Nre {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            text.trim().parse().map_err(|e: crate::tramite::MalformedNre| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}
