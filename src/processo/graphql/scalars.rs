//! The scalar `NumeroProcesso`. It checks only the form; the check digits are rule R4.

use crate::graphql_types::scalars::read_text;
use crate::processo::NumeroProcesso;
use async_graphql::{InputValueResult, Scalar, ScalarType, Value};

/// Número único do processo (Resolução CNJ 65/2008). Entrada: NNNNNNN-DD.AAAA.J.TR.OOOO ou 20 dígitos; saída: sempre com máscara. O escalar confere só a forma; o dígito verificador (R4) é regra e vem em `erros`.
#[Scalar]
impl ScalarType for NumeroProcesso {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            text.trim().parse().map_err(|e: crate::processo::MalformedNumero| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}
