//! The variables of a request, as JSON text. [`RawVariables::read`] parses them once the operation
//! is known, and builds only the variables that the operation declares.

use crate::bounded_json::{self, Bounds, NotRead};
use crate::error::{Error, Failure};
use actix_web::web::Bytes;
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};

/// Limits on the JSON of the variables. No real operation reaches them.
pub const BOUNDS: Bounds = Bounds { values: 20_000, depth: 64 };

/// The variables as the client sent them, unparsed.
#[derive(Debug, Default)]
pub struct RawVariables(Option<Bytes>);

impl RawVariables {
    /// `json` must begin like an object.
    pub const fn of(json: Bytes) -> Self {
        Self(Some(json))
    }

    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }

    /// Parses the variables for which `declared` returns true.
    pub fn read(&self, declared: impl Fn(&str) -> bool) -> Result<Variables, Error> {
        let Some(json) = &self.0 else { return Ok(Variables::default()) };
        let read: Result<IndexMap<Name, Value>, _> =
            bounded_json::members::<Value>(json, BOUNDS, declared);
        match read {
            Ok(members) => Ok(Variables::from_value(Value::Object(members))),
            Err(NotRead::Excess) => {
                let Bounds { values, depth } = BOUNDS;
                let message =
                    format!("as variáveis têm mais de {values} valores ou {depth} níveis");
                Err(Error::failure(Failure::DocumentoExcedeLimite, message))
            }
            Err(NotRead::Repeated(place)) => {
                Err(bounded_json::repeated(&format!("variables.{place}")))
            }
            Err(NotRead::Malformed) => Err(Error::invalid("`variables` não é um objeto JSON")),
        }
    }
}
