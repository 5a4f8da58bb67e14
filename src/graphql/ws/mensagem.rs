//! The messages of graphql-transport-ws.

use crate::graphql::http::pedido::{Lido, Pedido};
use crate::graphql::operacao::Desfecho;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type Objeto = Map<String, Value>;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "it lives for a moment")]
enum Crua {
    ConnectionInit {
        payload: Option<Objeto>,
    },
    Ping {
        payload: Option<Objeto>,
    },
    Pong {
        #[expect(dead_code, reason = "its shape is checked, and no more")]
        payload: Option<Objeto>,
    },
    Subscribe {
        id: String,
        payload: Pedido,
    },
    Complete {
        id: String,
    },
}

pub enum DoCliente {
    Iniciar(Option<Objeto>),
    Ping(Option<Objeto>),
    Pong,
    Assinar { id: String, lido: Lido },
    Completar { id: String },
}

impl DoCliente {
    /// None when it is no message of the protocol.
    pub fn ler(texto: &str) -> Option<Self> {
        Some(match serde_json::from_str(texto).ok()? {
            Crua::ConnectionInit { payload } => Self::Iniciar(payload),
            Crua::Ping { payload } => Self::Ping(payload),
            Crua::Pong { .. } => Self::Pong,
            Crua::Subscribe { id, payload } if !id.is_empty() => {
                Self::Assinar { id, lido: payload.conferir().ok()? }
            }
            Crua::Complete { id } if !id.is_empty() => Self::Completar { id },
            Crua::Subscribe { .. } | Crua::Complete { .. } => return None,
        })
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DoServidor<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a Objeto>,
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
            assert!(DoCliente::ler(boa).is_some(), "{boa}");
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
            assert!(DoCliente::ler(ruim).is_none(), "{ruim}");
        }
    }
}
