//! Authentication to the façade of the Tramita other than by a bearer token.

mod basic;
pub mod certificates;
mod guesses;
mod issuer;

use crate::support::{App, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// A route that every client of the façade may read.
pub const LIST: &str = "/interoperabilidade/rest/v3/tramites";

pub fn header(text: impl AsRef<[u8]>) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(text))
}

/// Sends `GET` to [`LIST`] with HTTP Basic of a client and a secret.
pub fn ask(app: &App, client: &str, secret: &str) -> Response {
    let basic = header(format!("{client}:{secret}"));
    app.request("GET", LIST, &[("Authorization", &basic)], b"")
}
