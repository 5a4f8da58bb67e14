//! Scalars: each checks the shape only; check digits are rules.

use crate::adolescente::Identificador;
use crate::error::CodigoErro;
use crate::processo::NumeroProcesso;
use crate::tramite::Nre;
use crate::value::cpf::Cpf;
use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use std::fmt::Display;

/// An instant, as the schema's `DateTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instante(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Instante {
    fn from(instante: DateTime<Utc>) -> Self {
        Self(instante)
    }
}

/// A day, as the schema's `Date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data(pub NaiveDate);

/// A malformed value: a top-level error with the code and status of the one table.
fn malformado<T: InputType>(mensagem: impl Display) -> InputValueError<T> {
    let codigo = CodigoErro::CampoInvalido;
    InputValueError::custom(mensagem)
        .with_extension("code", codigo.nome())
        .with_extension("status", codigo.status())
}

fn ler_texto<T>(value: Value, ler: impl FnOnce(&str) -> Result<T, String>) -> InputValueResult<T>
where
    T: InputType,
{
    match value {
        Value::String(texto) => ler(&texto).map_err(malformado),
        _ => Err(malformado("esperava um texto")),
    }
}

/// Data sem fuso, AAAA-MM-DD (RFC 3339, full-date).
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Data {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            let forma = texto.len() == 10 && texto.bytes().all(|b| b == b'-' || b.is_ascii_digit());
            let data = forma.then(|| NaiveDate::parse_from_str(texto, "%Y-%m-%d").ok());
            data.flatten().map(Data).ok_or_else(|| "a data tem a forma AAAA-MM-DD".to_owned())
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
impl ScalarType for Instante {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            let instante = DateTime::parse_from_rfc3339(texto);
            let instante = instante.ok().map(|instante| instante.to_utc());
            // The year 0, or one that the offset pushed out, is no instant to PostgreSQL.
            let instante = instante.filter(|instante| (1..=9999).contains(&instante.year()));
            instante
                .map(Instante)
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

/// Número único do processo (Resolução CNJ 65/2008). Entrada: NNNNNNN-DD.AAAA.J.TR.OOOO ou 20 dígitos; saída: sempre com máscara. O escalar confere só a forma; o dígito verificador (R4) é regra e vem em `erros`.
#[Scalar]
impl ScalarType for NumeroProcesso {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            texto.trim().parse().map_err(|e: crate::processo::NumeroMalformado| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Identificador nacional do adolescente: 12 dígitos, ano de cadastro (AAAA) e sequência de 8.
#[Scalar(name = "IdentificadorAdolescente")]
impl ScalarType for Identificador {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            texto
                .trim()
                .parse()
                .map_err(|e: crate::adolescente::IdentificadorMalformado| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Número de Registro Eletrônico do processo no Tramita: 16 dígitos. Não muda de um trâmite para outro.
#[Scalar(name = "NRE")]
impl ScalarType for Nre {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            texto.trim().parse().map_err(|e: crate::tramite::NreMalformado| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// CPF. Entrada: 11 dígitos ou NNN.NNN.NNN-NN; saída: 11 dígitos. O escalar confere só a forma; os dígitos verificadores (R23) são regra e vêm em `erros`.
#[Scalar(name = "CPF")]
impl ScalarType for Cpf {
    fn parse(value: Value) -> InputValueResult<Self> {
        ler_texto(value, |texto| {
            texto.trim().parse().map_err(|e: crate::value::cpf::CpfMalformado| e.to_string())
        })
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.completo().to_owned())
    }
}
