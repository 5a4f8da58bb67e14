//! The messages of graphql-transport-ws.

use crate::auth::TRIBUNAL_HEADER;
use crate::error::Error;
use crate::graphql::execution::outcome::Outcome;
use crate::graphql::protocol::http::parameters::{Parameters, StringParam, check_members};
use crate::graphql::protocol::http::parsed_request::ParsedRequest;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Bytes;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Maximum number of credential headers in a `connection_init`, more than any client needs.
const MAX_HEADERS: usize = 8;

/// A message with an unparsed payload, because the format of the payload depends on the type.
#[derive(Deserialize)]
struct RawMessage<'m> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: StringParam,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

pub enum ClientMessage {
    Init(Headers),
    Ping(Option<Box<RawValue>>),
    Pong,
    /// If the payload has a duplicate member, or too many members or levels, `request` is the error
    /// that the server sends to the client.
    Subscribe {
        id: String,
        request: Result<ParsedRequest, Error>,
    },
    Complete {
        id: String,
    },
}

impl ClientMessage {
    /// Returns `None` if the text is not a message of the protocol.
    pub fn read(text: &Bytes) -> Option<Self> {
        let RawMessage { kind, id, payload } = serde_json::from_slice(text).ok()?;
        let id = match id {
            StringParam::Given(id) if !id.is_empty() => Some(id),
            _ => None,
        };
        let object = payload.is_none_or(|payload| payload.get().starts_with('{'));
        Some(match kind.as_str() {
            "complete" => Self::Complete { id: id? },
            _ if !object => return None,
            "connection_init" => Self::Init(match payload {
                Some(payload) => {
                    check_members(payload.get().as_bytes()).ok()?;
                    serde_json::from_str(payload.get()).ok()?
                }
                None => Headers::default(),
            }),
            "ping" => Self::Ping(payload.map(ToOwned::to_owned)),
            "pong" => Self::Pong,
            "subscribe" => {
                let payload = payload?.get();
                if let Err(repeated) = check_members(payload.as_bytes()) {
                    return Some(Self::Subscribe { id: id?, request: Err(repeated) });
                }
                let parameters: Parameters<'_> = serde_json::from_str(payload).ok()?;
                Self::Subscribe { id: id?, request: Ok(parameters.into_request(text).ok()?) }
            }
            _ => return None,
        })
    }
}

/// The credential headers in the payload of a `connection_init`. The reader keeps a value that is
/// not a string as [`StringParam::Other`] or [`StringParam::Absent`], and skips all other members.
#[derive(Default)]
pub struct Headers(pub Vec<(String, StringParam)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Known;
        impl<'de> Visitor<'de> for Known {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Headers, A::Error> {
                let known = [AUTHORIZATION, TRIBUNAL_HEADER];
                let mut headers = Vec::new();
                while let Some(name) = entries.next_key::<String>()? {
                    if !known.iter().any(|known| name.eq_ignore_ascii_case(known.as_str())) {
                        entries.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if headers.len() == MAX_HEADERS {
                        return Err(serde::de::Error::custom("too many headers"));
                    }
                    headers.push((name, entries.next_value()?));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Known)
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
    },
    Next {
        id: &'a str,
        payload: &'a Outcome,
    },
    Error {
        id: &'a str,
        payload: &'a [Value],
    },
    Complete {
        id: &'a str,
    },
}

impl ServerMessage<'_> {
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_protocol_has_is_read() {
        for good in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"payload":{"a":1},"type":"ping"}"#,
            r#"{"type":"pong"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":{"b":1.5}}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"documentId":"sha256:ab"}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ] {
            assert!(ClientMessage::read(&Bytes::from_static(good.as_bytes())).is_some(), "{good}");
        }
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"type":"nada"}"#,
            r#"{"type":"next","id":"1"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"ping","payload":"x"}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"","type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":1,"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"1","type":"subscribe"}"#,
            r#"{"id":"1","type":"subscribe","payload":{}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"id":"","type":"complete"}"#,
        ] {
            assert!(ClientMessage::read(&Bytes::from_static(bad.as_bytes())).is_none(), "{bad}");
        }
    }
}
