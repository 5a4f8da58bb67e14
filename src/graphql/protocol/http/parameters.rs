//! The parameters of a request, however they came: read without building what is not used.

use super::request::Lido;
use super::variables::{BOUNDS, Unread};
use crate::error::{Error, Falha};
use crate::graphql::document::persisted::{Id, Referencia};
use crate::http::body::counted::{self, NotRead};
use actix_web::web::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Parameters<'b> {
    pub query: Text,
    #[serde(rename = "documentId")]
    pub document_id: Text,
    #[serde(rename = "operationName")]
    pub operation_name: Text,
    #[serde(borrow)]
    pub variables: Option<&'b RawValue>,
    #[serde(borrow)]
    pub extensions: Option<&'b RawValue>,
}

/// Where a text should stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// Nothing, or null.
    #[default]
    Absent,
    Given(String),
    /// Something else, which was skipped.
    Other,
}

impl Parameters<'_> {
    /// A request of the right shape, out of a body of which these are parts.
    pub fn check(self, body: &Bytes) -> Result<Lido, Error> {
        let text = match self.query {
            Text::Absent => None,
            Text::Given(text) => Some(text),
            Text::Other => return Err(invalida("`query` é um texto")),
        };
        let id = id(self.document_id, self.extensions)?;
        let referencia = match (text, id) {
            (Some(texto), None) => Referencia::Texto(texto),
            (None, Some(id)) => Referencia::Id(id),
            (Some(texto), Some(id)) => Referencia::Ambos(texto, id),
            (None, None) => {
                return Err(invalida("falta `query`, o documento GraphQL, como texto"));
            }
        };
        let operacao = match self.operation_name {
            Text::Absent => None,
            // As clients write that they name none.
            Text::Given(nome) => Some(nome).filter(|nome| !nome.is_empty()),
            Text::Other => return Err(invalida("`operationName` é um texto")),
        };
        let variaveis = match self.variables.map(RawValue::get) {
            None => Unread::default(),
            Some(json) if json.starts_with('{') => Unread::of(body.slice_ref(json.as_bytes())),
            Some(_) => return Err(invalida("`variables` é um objeto")),
        };
        Ok(Lido::new(referencia, operacao, variaveis))
    }
}

/// Refuses JSON in which a member of an object comes twice, wherever it stands. What is not JSON
/// is left to its reader.
pub fn check_members(json: &[u8]) -> Result<(), Error> {
    match counted::check_members(json, BOUNDS.values) {
        Err(NotRead::Repeated(place)) => Err(counted::repeated(&place)),
        Err(NotRead::Excess) => {
            Err(invalida("o pedido tem membros demais, ou níveis demais de aninhamento"))
        }
        Ok(()) | Err(NotRead::Malformed) => Ok(()),
    }
}

/// By which a document is asked for: as GraphQL over HTTP says, or as Apollo does.
fn id(document_id: Text, extensions: Option<&RawValue>) -> Result<Option<Id>, Error> {
    let by_document = match document_id {
        Text::Absent => None,
        Text::Given(id) => Some(Id::novo(&id)),
        Text::Other => return Err(invalida("`documentId` é um texto")),
    };
    let by_extension = match extensions.map(RawValue::get) {
        None => None,
        Some(json) if json.starts_with('{') => persisted(json)?,
        Some(_) => return Err(invalida("`extensions` é um objeto")),
    };
    match (by_document, by_extension) {
        (Some(um), Some(outro)) if um != outro => {
            Err(invalida("`documentId` e `persistedQuery` pedem documentos diferentes"))
        }
        (um, outro) => Ok(um.or(outro)),
    }
}

/// Apollo's way.
fn persisted(extensions: &str) -> Result<Option<Id>, Error> {
    #[derive(Deserialize)]
    struct Extensions<'b> {
        #[serde(borrow, rename = "persistedQuery")]
        persisted_query: Option<&'b RawValue>,
    }
    #[derive(Deserialize)]
    struct PersistedQuery {
        version: u64,
        #[serde(rename = "sha256Hash")]
        hash: String,
    }
    let malformed = || invalida("`persistedQuery` é { version: 1, sha256Hash }");
    let read: Extensions<'_> = serde_json::from_str(extensions).map_err(|_| malformed())?;
    let Some(asked) = read.persisted_query else { return Ok(None) };
    match serde_json::from_str(asked.get()) {
        Ok(PersistedQuery { version: 1, hash }) => Ok(Some(Id::novo(&hash))),
        _ => Err(malformed()),
    }
}

fn invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrOther)
    }
}

struct TextOrOther;

impl<'de> Visitor<'de> for TextOrOther {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::Absent)
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Given(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text::Given(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Text, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Text, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Other)
    }
}
