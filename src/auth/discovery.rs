//! What the issuer says of itself, and small bodies fetched from it.

use serde::Deserialize;
use std::io::Read;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

const BODY_AT_MOST: u64 = 256 * 1024;
const TIME_AT_MOST: Duration = Duration::from_secs(5);

/// The issuer's own word (OpenID Connect Discovery 1.0), as far as it is used here.
#[derive(Deserialize)]
pub struct Configuration {
    issuer: String,
    jwks_uri: String,
    token_endpoint: Option<String>,
}

impl Configuration {
    /// Asks the issuer. Blocks.
    pub fn of(issuer: &str) -> anyhow::Result<Self> {
        let root = issuer.trim_end_matches('/');
        let body = fetch(&format!("{root}/.well-known/openid-configuration"))?;
        let configuration: Self = serde_json::from_slice(&body)?;
        anyhow::ensure!(configuration.issuer == issuer, "the configuration is of another issuer");
        Ok(configuration)
    }

    /// Where the issuer has its keys.
    pub fn jwks_uri(self, allow_http: bool) -> anyhow::Result<String> {
        let safe = super::url_segura(&self.jwks_uri) || allow_http;
        anyhow::ensure!(safe, "the issuer has its keys at an address that is not https");
        Ok(self.jwks_uri)
    }

    /// Where clients get tokens.
    pub fn token_endpoint(self, allow_http: bool) -> anyhow::Result<String> {
        let Some(url) = self.token_endpoint else {
            anyhow::bail!("the issuer does not say where clients get tokens")
        };
        let safe = super::url_segura(&url) || allow_http;
        anyhow::ensure!(safe, "the issuer gives tokens at an address that is not https");
        Ok(url)
    }
}

/// A client of the issuer: it asks that address and no other, and not for long. A status that is
/// an error is an answer.
pub fn agent(url: &str) -> Agent {
    // Plain HTTP is for this machine alone: a proxy of the environment would be somebody else.
    let proxy = ureq::Proxy::try_from_env().filter(|_| url.starts_with("https://"));
    let config = Agent::config_builder()
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(TIME_AT_MOST))
        .build();
    Agent::new_with_config(config)
}

/// A small body, from that address and no other.
pub fn fetch(url: &str) -> anyhow::Result<Vec<u8>> {
    let response = agent(url).get(url).call()?;
    anyhow::ensure!(response.status() == 200, "the issuer answered {}", response.status());
    read(response)
}

/// The body, if it is no larger than what an issuer has to say.
pub fn read(mut response: Response<Body>) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    response.body_mut().as_reader().take(BODY_AT_MOST + 1).read_to_end(&mut body)?;
    anyhow::ensure!(body.len() as u64 <= BODY_AT_MOST, "the answer is too large");
    Ok(body)
}
