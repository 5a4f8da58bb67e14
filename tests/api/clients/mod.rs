//! Requests of many kinds of clients. Every API reads them as they were meant, or says why it does
//! not.

mod bodies;
mod guesses;
mod http;
mod pdf;
mod pdf_text;
mod pse;
mod settings;
mod texts;
mod trail;
mod tramita;

use crate::support::{App, Response};

/// Sends a request with the token of tjrn and this body.
pub fn send(
    app: &App,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    send_as(app, "tjrn", method, path, headers, body)
}

/// Sends a request with the token of this client and this body. Its `Content-Type` is JSON if
/// `headers` has none.
pub fn send_as(
    app: &App,
    who: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let bearer = app.bearer(who);
    let mut all = vec![("Authorization", bearer.as_str())];
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        all.push(("Content-Type", "application/json"));
    }
    all.extend(headers);
    app.request(method, path, &all, body)
}

/// Returns the number of a processo of TJRN.
pub fn a_number(app: &App) -> String {
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    data["processos"]["nodes"][0]["numero"].as_str().unwrap().to_owned()
}
