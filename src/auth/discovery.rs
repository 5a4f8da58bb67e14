//! OpenID Connect Discovery, and small HTTP bodies from the issuer.

use serde::Deserialize;
use std::io::Read;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

const MAX_BODY: u64 = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);

/// The fields of the issuer's configuration (OpenID Connect Discovery 1.0) that this server uses.
#[derive(Deserialize)]
pub struct Configuration {
    issuer: String,
    jwks_uri: String,
    token_endpoint: Option<String>,
}

impl Configuration {
    /// Fetches the configuration from the issuer. Blocks.
    pub fn of(issuer: &str) -> anyhow::Result<Self> {
        let root = issuer.trim_end_matches('/');
        let body = fetch(&format!("{root}/.well-known/openid-configuration"))?;
        let configuration: Self = serde_json::from_slice(&body)?;
        anyhow::ensure!(configuration.issuer == issuer, "the configuration is of another issuer");
        Ok(configuration)
    }

    /// The URL of the issuer's keys.
    pub fn jwks_uri(self, allow_http: bool) -> anyhow::Result<String> {
        let safe = super::is_secure_url(&self.jwks_uri) || allow_http;
        anyhow::ensure!(safe, "the issuer has its keys at an address that is not https");
        Ok(self.jwks_uri)
    }

    /// The URL of the token endpoint.
    pub fn token_endpoint(self, allow_http: bool) -> anyhow::Result<String> {
        let Some(url) = self.token_endpoint else {
            anyhow::bail!("the issuer does not say where clients get tokens")
        };
        let safe = super::is_secure_url(&url) || allow_http;
        anyhow::ensure!(safe, "the issuer gives tokens at an address that is not https");
        Ok(url)
    }
}

/// An HTTP client for the issuer. It follows no redirects and has a short timeout. An error status
/// is returned as a response.
pub fn agent(url: &str) -> Agent {
    // Plain HTTP is only for this machine. A proxy from the environment would send it elsewhere.
    let proxy = ureq::Proxy::try_from_env().filter(|_| url.starts_with("https://"));
    let config = Agent::config_builder()
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build();
    Agent::new_with_config(config)
}

/// Fetches a small body, without following redirects.
pub fn fetch(url: &str) -> anyhow::Result<Vec<u8>> {
    let response = agent(url).get(url).call()?;
    anyhow::ensure!(response.status() == 200, "the issuer answered {}", response.status());
    read(response)
}

/// The body, or an error when it is larger than an issuer's answers can be.
pub fn read(mut response: Response<Body>) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    response.body_mut().as_reader().take(MAX_BODY + 1).read_to_end(&mut body)?;
    anyhow::ensure!(body.len() as u64 <= MAX_BODY, "the answer is too large");
    Ok(body)
}
