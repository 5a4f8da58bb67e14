//! The scalars of the schema that belong to no slice. Each checks only the form of its value. Check
//! digits are a rule, and the commands check them with their other rules.

use crate::error::CodigoErro;
use crate::value::cpf::Cpf;
use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use std::fmt::Display;

/// An instant: the scalar `DateTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

/// A calendar day: the scalar `Date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A malformed value is a top-level error. Its code and status come from the table of error codes.
fn malformed<T: InputType>(message: impl Display) -> InputValueError<T> {
    let code = CodigoErro::CampoInvalido;
    InputValueError::custom(message)
        .with_extension("code", code.name())
        .with_extension("status", code.status())
}

pub fn read_text<T>(
    value: Value,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> InputValueResult<T>
where
    T: InputType,
{
    match value {
        Value::String(text) => read(&text).map_err(malformed),
        _ => Err(malformed("esperava um texto")),
    }
}

/// Data sem fuso, AAAA-MM-DD (RFC 3339, full-date).
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            let well_formed =
                text.len() == 10 && text.bytes().all(|b| b == b'-' || b.is_ascii_digit());
            let date = well_formed.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
            date.flatten().map(Date).ok_or_else(|| "a data tem a forma AAAA-MM-DD".to_owned())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Instante com fuso (RFC 3339, date-time); a saída é sempre em UTC, com `Z`.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for Timestamp {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            let instant = DateTime::parse_from_rfc3339(text);
            let instant = instant.ok().map(|instant| instant.to_utc());
            // PostgreSQL has no year 0, and the offset may have moved the instant out of the range.
            let instant = instant.filter(|instant| (1..=9999).contains(&instant.year()));
            instant
                .map(Timestamp)
                .ok_or_else(|| "o instante tem a forma AAAA-MM-DDThh:mm:ssZ, com fuso".to_owned())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// CPF. Entrada: 11 dígitos ou NNN.NNN.NNN-NN; saída: 11 dígitos. O escalar confere só a forma; os dígitos verificadores (R23) são regra e vêm em `erros`.
#[Scalar(name = "CPF")]
impl ScalarType for Cpf {
    fn parse(value: Value) -> InputValueResult<Self> {
        read_text(value, |text| {
            text.trim().parse().map_err(|e: crate::value::cpf::MalformedCpf| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.unmasked().to_owned())
    }
}
