//! Authenticates callers of the REST API of the Tramita. Not all of its clients can send a token.

use super::basic::{self, ClientSecret};
use super::certificate::Certificate;
use super::client_tokens::{ClientTokens, NoToken};
use super::exchange::Exchange;
use super::forwarded::{self, PresentedCertificate};
use super::jwt::{VerifiedToken, actor_of_credential, requested_tribunal};
use super::refused::{
    basic_is_off, expired_certificate, no_credentials, no_exchange, too_many_wrong_secrets,
    unknown_certificate, useless_token, wrong_secret,
};
use super::{Actor, Auth, Refused};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The ways in which callers of the Tramita API may authenticate, besides a token.
#[derive(Debug, Clone, Default)]
pub struct TramitaAuthOptions {
    /// HTTP Basic. `None` when it is not accepted.
    pub basic: Option<Basic>,
    /// The header in which a proxy passes on the certificate of its client. `None` when no proxy
    /// does.
    pub certificate_header: Option<HeaderName>,
    /// Addresses of the proxies that are trusted to report the client's address and certificate.
    pub proxies: BTreeSet<IpAddr>,
}

/// The parts of a request that can identify its caller.
#[derive(Clone, Copy)]
pub struct RequestCredentials<'a> {
    pub headers: &'a HeaderMap,
    /// The address at the other end of the connection: a client or a proxy. `None` if unknown.
    pub peer: Option<IpAddr>,
    /// The certificate that the client showed to this server's own TLS, as DER. `None` if it showed
    /// none.
    pub certificate: Option<&'a [u8]>,
}

/// HTTP Basic: the id and the secret of a client, checked at the issuer.
#[derive(Debug, Clone, Default)]
pub struct Basic {
    /// The URL of the token endpoint. `None` to find it by discovery.
    pub token_url: Option<String>,
    /// Whether the token endpoint may use plain HTTP on another machine. Everybody on the network
    /// path can then read the secrets.
    pub allow_http: bool,
}

/// The state for authentication without a token.
pub struct TramitaAuth {
    tokens: Option<ClientTokens>,
    certificate_header: Option<HeaderName>,
    proxies: BTreeSet<IpAddr>,
}

impl TramitaAuth {
    pub fn new(issuer: &str, options: TramitaAuthOptions) -> Self {
        let TramitaAuthOptions { basic, certificate_header, proxies } = options;
        let tokens = basic.map(|Basic { token_url, allow_http }| {
            ClientTokens::new(Exchange::new(issuer.to_owned(), token_url, allow_http))
        });
        Self { tokens, certificate_header, proxies }
    }

    /// The certificate that the client showed to this server or to the proxy in front of it.
    fn presented(
        &self,
        caller: RequestCredentials<'_>,
    ) -> Result<Option<PresentedCertificate>, Refused> {
        let RequestCredentials { headers, peer, certificate } = caller;
        let forwarded = match &self.certificate_header {
            Some(name) => forwarded::read(headers, name, peer, &self.proxies)?,
            None => None,
        };
        let own = || certificate.and_then(Certificate::from_der).map(PresentedCertificate::Whole);
        Ok(forwarded.or_else(own))
    }

    /// The address of the client: the peer or, if the peer is a trusted proxy, the address that the
    /// proxy reports. If the proxy reports none, or something that is no address, the peer: the
    /// clients of that proxy then share one limit on wrong secrets, apart from those of any other.
    /// `None` if the peer is unknown.
    fn address(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        let peer = peer?.to_canonical();
        if !self.proxies.contains(&peer) {
            return Some(peer);
        }
        let reported = || {
            let last = headers.get_all("x-forwarded-for").last()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        };
        Some(reported().map_or(peer, |address| address.to_canonical()))
    }
}

impl Auth {
    /// Authenticates a caller of the Tramita API. `Authorization` takes precedence over a
    /// certificate, because some clients show their certificate to every server.
    pub async fn authenticate_tramita(
        &self,
        caller: RequestCredentials<'_>,
    ) -> Result<Actor, Refused> {
        let RequestCredentials { headers, peer, .. } = caller;
        let presented = self.tramita.presented(caller)?;
        if let Some(presented) = presented.filter(|_| !headers.contains_key(header::AUTHORIZATION))
        {
            return self.actor_of_certificate(&presented, headers).await;
        }
        let Some(encoded) = basic::encoded_credentials(headers) else {
            return self.authenticate(headers).await;
        };
        let Some(tokens) = &self.tramita.tokens else { return Err(basic_is_off()) };
        let client = basic::read(encoded)?;
        let address = self.tramita.address(headers, peer);
        let verified = self.verify_client(tokens, &client, address).await?;
        self.recognise(&verified, headers).await
    }

    /// The actor that is registered with this certificate.
    async fn actor_of_certificate(
        &self,
        presented: &PresentedCertificate,
        headers: &HeaderMap,
    ) -> Result<Actor, Refused> {
        let found = self.credentials().of_certificate(presented.fingerprint()).await;
        let found = found.map_err(|_| no_credentials())?;
        let (azp, credential, validity) = found.ok_or_else(unknown_certificate)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "as for tokens, whose time the library looks at"
        )]
        let now = chrono::Utc::now();
        let own = match presented {
            PresentedCertificate::Whole(certificate) => certificate.validity,
            PresentedCertificate::Fingerprint(_) => validity,
        };
        if !validity.holds_at(now) || !own.holds_at(now) {
            return Err(expired_certificate());
        }
        let actor = requested_tribunal(headers)
            .and_then(|request| actor_of_credential((azp.clone(), Some(azp)), credential, request));
        actor.map_err(Refused::known)
    }

    /// Gets a token of the client from the issuer, and verifies it.
    async fn verify_client(
        &self,
        tokens: &ClientTokens,
        client: &ClientSecret,
        address: Option<IpAddr>,
    ) -> Result<Arc<VerifiedToken>, Refused> {
        loop {
            let token = tokens.token(client, address).await.map_err(|reason| match reason {
                NoToken::Wrong => wrong_secret(),
                NoToken::TooManyGuesses(seconds) => too_many_wrong_secrets(seconds),
                NoToken::Down => no_exchange(),
            })?;
            match self.verify(&token).await {
                // A token of another client does not authenticate this one.
                Ok(verified) if verified.azp() == Some(client.id.as_str()) => return Ok(verified),
                // The token is not the problem: for example, the keys of the issuer could not be
                // read.
                Err(refused) if refused.error.status() != 401 => return Err(refused),
                _ if tokens.renew(client) => {}
                _ => {
                    tracing::info!("the issuer gives a client a token that is not good here");
                    return Err(useless_token());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn the_address_is_what_a_trusted_proxy_reports_or_else_the_peer() {
        let (proxy, client) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 7]));
        let proxies = BTreeSet::from([proxy]);
        let auth = TramitaAuth { tokens: None, certificate_header: None, proxies };
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        for (peer, reported, address) in [
            (proxy, Some("203.0.113.9, 192.0.2.7"), client),
            (proxy, Some("::ffff:192.0.2.7"), client),
            (mapped, Some("192.0.2.7"), client),
            (proxy, None, proxy),
            (proxy, Some(""), proxy),
            (proxy, Some("unknown"), proxy),
            (proxy, Some("192.0.2.7, é"), proxy),
            // Anybody else may write the header.
            (client, Some("203.0.113.9"), client),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(reported) = reported {
                let value = HeaderValue::from_bytes(reported.as_bytes()).unwrap();
                headers.insert(HeaderName::from_static("x-forwarded-for"), value);
            }
            assert_eq!(auth.address(&headers, Some(peer)), Some(address), "{peer} {reported:?}");
        }
        assert_eq!(auth.address(&HeaderMap::new(), None), None);
    }
}
