//! Who gets in to the façade of the Tramita without a token of its own.

mod basic;
mod certificates;
mod guesses;
mod issuer;

use crate::support::{App, Resposta};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// What every answer of the façade may be asked with.
pub const LIST: &str = "/interoperabilidade/rest/v3/tramites";

pub fn header(text: impl AsRef<[u8]>) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(text))
}

/// `GET /tramites` by a client and its secret.
pub fn ask(app: &App, client: &str, secret: &str) -> Resposta {
    let basic = header(format!("{client}:{secret}"));
    app.pedir("GET", LIST, &[("Authorization", &basic)], b"")
}
