//! Exchanges a client's id and secret for a token at the issuer (RFC 6749, section 4.4).

use super::basic::ClientSecret;
use super::discovery::{Configuration, agent, read, traced};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time for which the server uses a discovered token endpoint.
const URL_TTL: Duration = Duration::from_secs(300);
/// Lifetime of a token whose response does not state it.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// A client of the issuer's token endpoint.
pub struct Exchange {
    issuer: String,
    /// The URL of the token endpoint. `None` to find it by discovery.
    url: Option<String>,
    allow_http: bool,
    found: Mutex<Option<(String, Instant)>>,
}

/// The answer of the issuer.
pub enum Outcome {
    Token { token: String, lifetime: Duration },
    Wrong,
}

impl Exchange {
    pub fn new(issuer: String, url: Option<String>, allow_http: bool) -> Self {
        Self { issuer, url, allow_http, found: Mutex::default() }
    }

    /// Requests a token. Blocks, for at most twice the timeout of [`agent`]. An error says nothing
    /// about the client.
    pub fn ask(&self, client: &ClientSecret) -> anyhow::Result<Outcome> {
        let asked = self.url().and_then(|url| ask(&url, client));
        if asked.is_err() {
            // The token endpoint may have moved.
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        asked
    }

    fn url(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.url {
            return Ok(url.clone());
        }
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((url, _)) = found.filter(|(_, when)| when.elapsed() < URL_TTL) {
            return Ok(url);
        }
        let url = Configuration::of(&self.issuer)?.token_endpoint(self.allow_http)?;
        let found = (url.clone(), Instant::now());
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(url)
    }
}

fn ask(url: &str, ClientSecret { id, secret }: &ClientSecret) -> anyhow::Result<Outcome> {
    #[derive(Deserialize)]
    struct TokenResponse {
        access_token: String,
        expires_in: Option<f64>,
    }
    #[derive(Deserialize, Default)]
    struct Refused {
        error: String,
    }
    let credentials = BASE64_STANDARD.encode(format!("{}:{}", form(id), form(secret)));
    let response = traced("POST", |headers| {
        let mut request =
            agent(url).post(url).header("Authorization", format!("Basic {credentials}"));
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
        }
        request.send_form([("grant_type", "client_credentials")])
    })?;
    let status = response.status().as_u16();
    let body = read(response)?;
    match status {
        200 => {
            let TokenResponse { access_token: token, expires_in } =
                serde_json::from_slice(&body)
                    .map_err(|_| anyhow::anyhow!("the issuer's answer has no token"))?;
            let seconds = expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            Ok(Outcome::Token { token, lifetime: seconds.unwrap_or(DEFAULT_LIFETIME) })
        }
        400 | 401 => {
            let Refused { error } = serde_json::from_slice(&body).unwrap_or_default();
            match error.as_str() {
                "invalid_client" | "unauthorized_client" | "invalid_grant" => Ok(Outcome::Wrong),
                "" if status == 401 => Ok(Outcome::Wrong),
                _ => anyhow::bail!("the issuer refused the request itself, with {status}"),
            }
        }
        _ => anyhow::bail!("the issuer answered {status}"),
    }
}

/// Form-encodes a text. RFC 6749, section 2.3.1, requires this for both the id and the secret.
fn form(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                written.push(byte.into());
            }
            b' ' => written.push('+'),
            // Writing to a `String` cannot fail.
            byte => _ = write!(written, "%{byte:02X}"),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_in_an_id_does_not_end_it() {
        assert_eq!(form("a:b c+ç%"), "a%3Ab+c%2B%C3%A7%25");
    }
}
