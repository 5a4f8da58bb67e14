//! Reads GraphQL requests from the body or the URL of an HTTP request.

use super::parameters::{Parameters, StringParam, check_members};
use super::parsed_request::ParsedRequest;
use crate::bounded_json::nests_too_deep;
use crate::error::{Error, Failure};
use crate::http::body::read_json;
use crate::http::request;
use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// Maximum size of a body in bytes: four times the largest document, because a body also holds
/// variables and JSON escapes.
const MAX_BODY_SIZE: usize = 1024 * 1024;

const TOO_DEEP: &str = "o pedido tem níveis demais de aninhamento";

/// The contents of one HTTP request.
pub enum ParsedBody {
    Single(ParsedRequest),
    Batch(Vec<Result<ParsedRequest, Error>>),
}

pub enum ReadError {
    /// The body is not JSON.
    Unreadable,
    Refused(Error),
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        if nests_too_deep(&error) {
            return Self::Refused(Error::invalid(TOO_DEEP));
        }
        match error.is_data() {
            true => Self::Refused(Error::invalid("o corpo não é um objeto JSON com `query`")),
            false => Self::Unreadable,
        }
    }
}

/// Reads the request from the URL (GET) or from the body. `max_batch` is the maximum number of
/// operations in an array; zero refuses arrays.
pub async fn read(
    req: &HttpRequest,
    payload: web::Payload,
    max_batch: u16,
) -> Result<ParsedBody, ReadError> {
    if *req.method() == Method::GET {
        return Ok(ParsedBody::Single(from_url(req)?));
    }
    let read = move |body: Bytes| parse_body(&body, max_batch.into());
    let (body, share) = read_json(req, payload, MAX_BODY_SIZE, read).await?;
    // Keep the share only if it counts the body. A subscription may hold it for days, and the
    // number of small bodies is already limited by the number of connections.
    let (mut body, share) = (body?, share.is_charged().then(|| Arc::new(share)));
    match &mut body {
        ParsedBody::Single(request) => request.share = share,
        ParsedBody::Batch(requests) => {
            requests.iter_mut().flatten().for_each(|request| request.share.clone_from(&share));
        }
    }
    Ok(body)
}

/// Parses one request or, if the settings allow batches, an array of them.
fn parse_body(body: &Bytes, max_batch: usize) -> Result<ParsedBody, ReadError> {
    if max_batch > 0 && body.trim_ascii_start().starts_with(b"[") {
        return batch(body, max_batch);
    }
    check_members(body)?;
    let parameters: Parameters<'_> = serde_json::from_slice(body)?;
    Ok(ParsedBody::Single(parameters.into_request(body)?))
}

fn batch(body: &Bytes, max: usize) -> Result<ParsedBody, ReadError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let CountedItems { first, all } = FirstItems(max).deserialize(&mut reader)?;
    reader.end()?;
    match all {
        0 => return Err(Error::invalid("a lista não tem operação").into()),
        n if n > max => {
            let message = format!("um pedido tem no máximo {max} operações; este tem {n}");
            return Err(Error::failure(Failure::CorpoExcedeLimite, message).into());
        }
        _ => {}
    }
    let parse_item = |item: &RawValue| {
        check_members(item.get().as_bytes())?;
        match serde_json::from_str::<Parameters<'_>>(item.get()) {
            Ok(parameters) => parameters.into_request(body),
            Err(_) => Err(Error::invalid("cada item da lista é um objeto com `query`")),
        }
    };
    Ok(ParsedBody::Batch(first.into_iter().map(parse_item).collect()))
}

/// Deserializes an array. Keeps the first items, up to this number, and counts the others.
struct FirstItems(usize);

struct CountedItems<'b> {
    first: Vec<&'b RawValue>,
    all: usize,
}

impl<'de> DeserializeSeed<'de> for FirstItems {
    type Value = CountedItems<'de>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<CountedItems<'de>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FirstItems {
    type Value = CountedItems<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<CountedItems<'de>, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.0
            && let Some(item) = items.next_element()?
        {
            first.push(item);
        }
        let mut all = first.len();
        while all >= self.0 && items.next_element::<IgnoredAny>()?.is_some() {
            all += 1;
        }
        Ok(CountedItems { first, all })
    }
}

fn from_url(req: &HttpRequest) -> Result<ParsedRequest, Error> {
    #[derive(Deserialize)]
    struct UrlParams {
        query: Option<String>,
        #[serde(rename = "documentId")]
        document_id: Option<String>,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    request::params(req.query_string())?;
    let url_params = web::Query::<UrlParams>::from_query(req.query_string())
        .map_err(|_| Error::invalid("a query string está malformada"))?
        .into_inner();
    let given = |text: Option<String>| text.map_or(StringParam::Absent, StringParam::Given);
    let variables = Bytes::from(url_params.variables.unwrap_or_default());
    let extensions = url_params.extensions.unwrap_or_default();
    check_members(extensions.as_bytes())?;
    let parameters = Parameters {
        query: given(url_params.query),
        document_id: given(url_params.document_id),
        operation_name: given(url_params.operation_name),
        variables: json(&variables).map_err(not_json("`variables` não é JSON"))?,
        extensions: json(extensions.as_bytes()).map_err(not_json("`extensions` não é JSON"))?,
    };
    parameters.into_request(&variables)
}

/// Returns `None` for an empty text, which a form sends for an empty field.
fn json(text: &[u8]) -> serde_json::Result<Option<&RawValue>> {
    if text.is_empty() { Ok(None) } else { serde_json::from_slice(text) }
}

/// The error of a parameter that cannot be read.
fn not_json(message: &'static str) -> impl Fn(serde_json::Error) -> Error {
    move |error| Error::invalid(if nests_too_deep(&error) { TOO_DEEP } else { message })
}
