//! What clients of many makes send: every door reads it as it was meant, or says why it does not.

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

use crate::support::{App, Resposta};

/// A request with a token and a body as it is.
pub fn send(
    app: &App,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Resposta {
    send_as(app, "tjrn", method, path, headers, body)
}

/// The same, of another client.
pub fn send_as(
    app: &App,
    who: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Resposta {
    let bearer = format!("Bearer {}", app.token(who));
    let mut all = vec![("Authorization", bearer.as_str())];
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        all.push(("Content-Type", "application/json"));
    }
    all.extend(headers);
    app.pedir(method, path, &all, body)
}

/// The number of some processo of the tribunal.
pub fn a_number(app: &App) -> String {
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    data["processos"]["nodes"][0]["numero"].as_str().unwrap().to_owned()
}
