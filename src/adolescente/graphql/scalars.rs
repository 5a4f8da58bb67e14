//! The scalar `IdentificadorAdolescente`.

use crate::adolescente::Identificador;
use crate::graphql_types::scalars::read_text;
use async_graphql::{InputValueResult, Scalar, ScalarType, Value};

/// Identificador nacional do adolescente: 12 dígitos, ano de cadastro (AAAA) e sequência de 8.
#[Scalar(name = "IdentificadorAdolescente")]
impl ScalarType for Identificador {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            text.trim()
                .parse()
                .map_err(|e: crate::adolescente::MalformedIdentificador| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}
