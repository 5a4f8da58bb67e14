//! The messages of graphql-transport-ws.

use crate::auth::TRIBUNAL;
use crate::error::Error;
use crate::graphql::execution::Desfecho;
use crate::graphql::protocol::http::parameters::{Parameters, Text, check_members};
use crate::graphql::protocol::http::request::Lido;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Bytes;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// Of a `connection_init`: more headers than anybody has to say who it is.
const HEADERS_AT_MOST: usize = 8;

/// A message of which only the shape was read: what it carries is read by what it is.
#[derive(Deserialize)]
struct Crua<'m> {
    #[serde(rename = "type")]
    tipo: String,
    #[serde(default)]
    id: Text,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

pub enum DoCliente {
    Iniciar(Headers),
    Ping(Option<Box<RawValue>>),
    Pong,
    /// With a member that comes twice it is refused, and told so.
    Assinar {
        id: String,
        lido: Result<Lido, Error>,
    },
    Completar {
        id: String,
    },
}

impl DoCliente {
    /// None when it is no message of the protocol.
    pub fn ler(texto: &Bytes) -> Option<Self> {
        let Crua { tipo, id, payload } = serde_json::from_slice(texto).ok()?;
        let id = match id {
            Text::Given(id) if !id.is_empty() => Some(id),
            _ => None,
        };
        let object = payload.is_none_or(|payload| payload.get().starts_with('{'));
        Some(match tipo.as_str() {
            "complete" => Self::Completar { id: id? },
            _ if !object => return None,
            "connection_init" => Self::Iniciar(match payload {
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
                    return Some(Self::Assinar { id: id?, lido: Err(repeated) });
                }
                let parameters: Parameters<'_> = serde_json::from_str(payload).ok()?;
                Self::Assinar { id: id?, lido: Ok(parameters.check(texto).ok()?) }
            }
            _ => return None,
        })
    }
}

/// Of what a `connection_init` carries, what says who it is; nothing in the place of a value that
/// is no text. The rest is skipped.
#[derive(Default)]
pub struct Headers(pub Vec<(String, Text)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Known;
        impl<'de> Visitor<'de> for Known {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Headers, A::Error> {
                let known = [AUTHORIZATION, TRIBUNAL];
                let mut headers = Vec::new();
                while let Some(name) = entries.next_key::<String>()? {
                    if !known.iter().any(|known| name.eq_ignore_ascii_case(known.as_str())) {
                        entries.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if headers.len() == HEADERS_AT_MOST {
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
pub enum DoServidor<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a RawValue>,
    },
    Next {
        id: &'a str,
        payload: &'a Desfecho,
    },
    Error {
        id: &'a str,
        payload: &'a [Value],
    },
    Complete {
        id: &'a str,
    },
}

impl DoServidor<'_> {
    pub fn texto(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_se_le_o_que_e_do_protocolo() {
        for boa in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"payload":{"a":1},"type":"ping"}"#,
            r#"{"type":"pong"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":{"b":1.5}}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"documentId":"sha256:ab"}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ] {
            assert!(DoCliente::ler(&Bytes::from_static(boa.as_bytes())).is_some(), "{boa}");
        }
        for ruim in [
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
            assert!(DoCliente::ler(&Bytes::from_static(ruim.as_bytes())).is_none(), "{ruim}");
        }
    }
}
