//! The variables of a request: read when the document is known, and only those that it declares.

use crate::error::{Error, Falha};
use crate::http::body::counted::{self, Bounds, NotRead};
use actix_web::web::Bytes;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};

/// More than any operation's variables have.
pub const BOUNDS: Bounds = Bounds { values: 20_000, depth: 64 };

/// Variables as they came.
#[derive(Debug, Default)]
pub struct Unread(Option<Bytes>);

impl Unread {
    /// `json` is an object.
    pub const fn of(json: Bytes) -> Self {
        Self(Some(json))
    }

    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }

    /// Those of which `declared` says that the operation declares them.
    pub fn read(&self, declared: impl Fn(&str) -> bool) -> Result<Variables, Error> {
        let Some(json) = &self.0 else { return Ok(Variables::default()) };
        let read: Result<IndexMap<Name, Value>, _> =
            counted::members::<Value>(json, BOUNDS, declared);
        match read {
            Ok(members) => Ok(Variables::from_value(Value::Object(members))),
            Err(NotRead::Excess) => {
                let Bounds { values, depth } = BOUNDS;
                let mensagem =
                    format!("as variáveis têm mais de {values} valores ou {depth} níveis");
                Err(Error::falha(Falha::DocumentoExcedeLimite, mensagem))
            }
            Err(NotRead::Repeated(place)) => Err(counted::repeated(&format!("variables.{place}"))),
            Err(NotRead::Malformed) => {
                Err(Error::falha(Falha::EntradaInvalida, "`variables` não é um objeto JSON"))
            }
        }
    }
}
