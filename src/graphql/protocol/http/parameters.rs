//! The parameters of a GraphQL request, from a body, a URL or a WebSocket message. The reader skips
//! unused values without building them.

use super::parsed_request::ParsedRequest;
use crate::bounded_json::{self, NotRead};
use crate::error::Error;
use crate::graphql::document::persisted::{DocumentRef, Id};
use crate::graphql::document::raw_variables::{BOUNDS, RawVariables};
use actix_web::web::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Parameters<'b> {
    pub query: StringParam,
    #[serde(rename = "documentId")]
    pub document_id: StringParam,
    #[serde(rename = "operationName")]
    pub operation_name: StringParam,
    #[serde(borrow)]
    pub variables: Option<&'b RawValue>,
    #[serde(borrow)]
    pub extensions: Option<&'b RawValue>,
}

/// A parameter that should be a string.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum StringParam {
    /// Missing, or null.
    #[default]
    Absent,
    Given(String),
    /// A value of another type, which the reader skipped.
    Other,
}

impl Parameters<'_> {
    /// Checks the types of the parameters and builds the request. `body` is the buffer that
    /// contains the parameters.
    pub fn into_request(self, body: &Bytes) -> Result<ParsedRequest, Error> {
        let text = match self.query {
            StringParam::Absent => None,
            StringParam::Given(text) => Some(text),
            StringParam::Other => return Err(Error::invalid("`query` é um texto")),
        };
        let id = document_id(self.document_id, self.extensions)?;
        let reference = match (text, id) {
            (Some(text), None) => DocumentRef::Text(text),
            (None, Some(id)) => DocumentRef::Id(id),
            (Some(text), Some(id)) => DocumentRef::Both(text, id),
            (None, None) => {
                return Err(Error::invalid("falta `query`, o documento GraphQL, como texto"));
            }
        };
        let operation = match self.operation_name {
            StringParam::Absent => None,
            // Some clients send an empty name if they mean none.
            StringParam::Given(name) => Some(name).filter(|name| !name.is_empty()),
            StringParam::Other => return Err(Error::invalid("`operationName` é um texto")),
        };
        let variables = match self.variables.map(RawValue::get) {
            None => RawVariables::default(),
            Some(json) if json.starts_with('{') => {
                RawVariables::of(body.slice_ref(json.as_bytes()))
            }
            Some(_) => return Err(Error::invalid("`variables` é um objeto")),
        };
        Ok(ParsedRequest::new(reference, operation, variables))
    }
}

/// Refuses JSON with a duplicate member in any of its objects, or with too many members or levels.
/// Malformed JSON passes, because the reader that follows refuses it.
pub fn check_members(json: &[u8]) -> Result<(), Error> {
    match bounded_json::check_members(json, BOUNDS.values) {
        Err(NotRead::Repeated(place)) => Err(bounded_json::repeated(&place)),
        Err(NotRead::Excess) => {
            Err(Error::invalid("o pedido tem membros demais, ou níveis demais de aninhamento"))
        }
        Ok(()) | Err(NotRead::Malformed) => Ok(()),
    }
}

/// Reads the id of the requested document, in the form of GraphQL over HTTP or in that of Apollo.
fn document_id(
    document_id: StringParam,
    extensions: Option<&RawValue>,
) -> Result<Option<Id>, Error> {
    let by_document = match document_id {
        StringParam::Absent => None,
        StringParam::Given(id) => Some(Id::new(&id)),
        StringParam::Other => return Err(Error::invalid("`documentId` é um texto")),
    };
    let by_extension = match extensions.map(RawValue::get) {
        None => None,
        Some(json) if json.starts_with('{') => apollo_id(json)?,
        Some(_) => return Err(Error::invalid("`extensions` é um objeto")),
    };
    match (by_document, by_extension) {
        (Some(one), Some(other)) if one != other => {
            Err(Error::invalid("`documentId` e `persistedQuery` pedem documentos diferentes"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// Reads the id in the form of Apollo's persisted queries.
fn apollo_id(extensions: &str) -> Result<Option<Id>, Error> {
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
    let malformed = || Error::invalid("`persistedQuery` é { version: 1, sha256Hash }");
    let read: Extensions<'_> = serde_json::from_str(extensions).map_err(|_| malformed())?;
    let Some(requested) = read.persisted_query else { return Ok(None) };
    match serde_json::from_str(requested.get()) {
        Ok(PersistedQuery { version: 1, hash }) => Ok(Some(Id::new(&hash))),
        _ => Err(malformed()),
    }
}

impl<'de> Deserialize<'de> for StringParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StringParamVisitor)
    }
}

struct StringParamVisitor;

impl<'de> Visitor<'de> for StringParamVisitor {
    type Value = StringParam;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<StringParam, E> {
        Ok(StringParam::Absent)
    }

    fn visit_str<E>(self, text: &str) -> Result<StringParam, E> {
        Ok(StringParam::Given(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<StringParam, E> {
        Ok(StringParam::Given(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<StringParam, E> {
        Ok(StringParam::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<StringParam, E> {
        Ok(StringParam::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<StringParam, E> {
        Ok(StringParam::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<StringParam, E> {
        Ok(StringParam::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<StringParam, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(StringParam::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<StringParam, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(StringParam::Other)
    }
}
