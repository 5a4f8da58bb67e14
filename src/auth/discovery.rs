//! OpenID Connect Discovery, and small HTTP bodies from the issuer.

use crate::trace::{self, Attributes, Kind, Span, TraceContext};
use serde::Deserialize;
use std::io::Read;
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response};
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
    // Plain HTTP is for this machine, or for one that the settings allow. A proxy from the
    // environment would send it elsewhere.
    let proxy = ureq::Proxy::try_from_env().filter(|_| url.starts_with("https://"));
    let config = Agent::config_builder()
        .proxy(proxy)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build();
    Agent::new_with_config(config)
}

/// Sends a request to the issuer as a part of the running trace, if there is one: `send` gets the
/// headers to add.
pub fn traced(
    method: &'static str,
    send: impl FnOnce(HeaderMap) -> Result<Response<Body>, ureq::Error>,
) -> Result<Response<Body>, ureq::Error> {
    let span = Span::child();
    let context = span.as_ref().map(|span| span.context().clone()).or_else(trace::current);
    let response = send(context.as_ref().map(headers).unwrap_or_default());
    if let Some(span) = span {
        let mut attributes: Attributes = vec![("http.request.method", method.into())];
        let status = response.as_ref().map(|response| response.status().as_u16());
        attributes.extend(status.as_ref().ok().map(|s| ("http.response.status_code", (*s).into())));
        let failed = !status.is_ok_and(|status| status < 400);
        span.end(Kind::Client, format!("{method} issuer"), attributes, failed);
    }
    response
}

/// The headers that continue a trace (W3C Trace Context).
fn headers(context: &TraceContext) -> HeaderMap {
    let state = context.tracestate().map(|state| ("tracestate", state.to_owned()));
    let all = [("traceparent", context.traceparent())].into_iter().chain(state);
    let valid = |(name, value): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
    };
    all.filter_map(valid).collect()
}

/// Fetches a small body, without following redirects. Any status but 200 is an error.
pub fn fetch(url: &str) -> anyhow::Result<Vec<u8>> {
    let response = traced("GET", |headers| {
        let mut request = agent(url).get(url);
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
        }
        request.call()
    })?;
    anyhow::ensure!(response.status() == 200, "the issuer answered {}", response.status());
    read(response)
}

/// The body, or an error when it is longer than [`MAX_BODY`].
pub fn read(mut response: Response<Body>) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    response.body_mut().as_reader().take(MAX_BODY + 1).read_to_end(&mut body)?;
    anyhow::ensure!(body.len() as u64 <= MAX_BODY, "the answer is too large");
    Ok(body)
}
