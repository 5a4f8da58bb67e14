//! Who calls the façade of the Tramita: its clients cannot all send a token.

use super::basic::{self, ClientSecret};
use super::certificate::Certificate;
use super::client_tokens::{ClientTokens, NoToken};
use super::exchange::Exchange;
use super::forwarded::{self, Shown};
use super::jwt::{Verificado, por_credencial, requested_tribunal};
use super::refused::{
    basic_is_off, expired_certificate, guesses_too_much, no_exchange, sem_credenciais,
    unknown_certificate, useless_token, wrong_secret,
};
use super::{Ator, Auth, Recusado};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// How callers of the façade may say who they are, besides by a token.
#[derive(Debug, Clone, Default)]
pub struct FacadeOptions {
    /// HTTP Basic, if it is taken.
    pub basic: Option<Basic>,
    /// By which header a proxy says what certificate its client showed, if one does.
    pub certificate_header: Option<HeaderName>,
    /// Whose word for where a call comes from, and with what certificate, is taken.
    pub proxies: BTreeSet<IpAddr>,
}

/// A call of the façade, as far as it says who makes it.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub headers: &'a HeaderMap,
    pub peer: Option<IpAddr>,
    /// What the client showed to this server's own TLS, as DER.
    pub certificate: Option<&'a [u8]>,
}

/// HTTP Basic: a client's id and secret, checked at the issuer.
#[derive(Debug, Clone, Default)]
pub struct Basic {
    /// Where clients get tokens; else the issuer says it.
    pub token_url: Option<String>,
    /// By plain HTTP to another machine, whoever is on the way reads the secrets.
    pub allow_http: bool,
}

/// What the façade knows, besides tokens.
pub struct Facade {
    tokens: Option<ClientTokens>,
    certificate_header: Option<HeaderName>,
    proxies: BTreeSet<IpAddr>,
}

impl Facade {
    pub fn new(issuer: &str, options: FacadeOptions) -> Self {
        let FacadeOptions { basic, certificate_header, proxies } = options;
        let tokens = basic.map(|Basic { token_url, allow_http }| {
            ClientTokens::new(Exchange::new(issuer.to_owned(), token_url, allow_http))
        });
        Self { tokens, certificate_header, proxies }
    }

    /// The certificate that the client showed, here or to the proxy in front.
    fn shown(&self, caller: Caller<'_>) -> Result<Option<Shown>, Recusado> {
        let Caller { headers, peer, certificate } = caller;
        let forwarded = match &self.certificate_header {
            Some(name) => forwarded::read(headers, name, peer, &self.proxies)?,
            None => None,
        };
        let own = || certificate.and_then(Certificate::from_der).map(Shown::Whole);
        Ok(forwarded.or_else(own))
    }

    /// Where a call comes from: the peer or, of a proxy, whom it says that it took the call from.
    fn address(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        let peer = peer?.to_canonical();
        if !self.proxies.contains(&peer) {
            return Some(peer);
        }
        let last = headers.get_all("x-forwarded-for").last()?.to_str().ok()?;
        let last = last.rsplit(',').next()?.trim().parse::<IpAddr>();
        last.map_or(Some(peer), |address| Some(address.to_canonical()))
    }
}

impl Auth {
    /// Who calls the façade of the Tramita. What `Authorization` says goes before a certificate,
    /// which some clients show to everybody.
    pub async fn authenticate_facade(&self, caller: Caller<'_>) -> Result<Ator, Recusado> {
        let Caller { headers, peer, .. } = caller;
        let shown = self.facade.shown(caller)?;
        if let Some(shown) = shown.filter(|_| !headers.contains_key(header::AUTHORIZATION)) {
            return self.known_by(&shown, headers);
        }
        let Some(given) = basic::given(headers) else { return self.autenticar(headers).await };
        let Some(tokens) = &self.facade.tokens else { return Err(basic_is_off()) };
        let client = basic::read(given)?;
        let address = self.facade.address(headers, peer);
        let verified = self.verify_client(tokens, &client, address).await?;
        self.recognise(&verified, headers)
    }

    /// Who is registered with this certificate.
    fn known_by(&self, shown: &Shown, headers: &HeaderMap) -> Result<Ator, Recusado> {
        let found = self.credenciais().of_certificate(shown.fingerprint());
        let found = found.map_err(|_| sem_credenciais())?;
        let (azp, credencial, validity) = found.ok_or_else(unknown_certificate)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "as for tokens, whose time the library looks at"
        )]
        let now = chrono::Utc::now();
        let own = match shown {
            Shown::Whole(certificate) => certificate.validity,
            Shown::Print(_) => validity,
        };
        if !validity.holds_at(now) || !own.holds_at(now) {
            return Err(expired_certificate());
        }
        let ator = requested_tribunal(headers)
            .and_then(|pedido| por_credencial((azp.clone(), Some(azp)), credencial, pedido));
        ator.map_err(Recusado::known)
    }

    /// A token of the client that is good here.
    async fn verify_client(
        &self,
        tokens: &ClientTokens,
        client: &ClientSecret,
        address: Option<IpAddr>,
    ) -> Result<Arc<Verificado>, Recusado> {
        loop {
            let token = tokens.token(client, address).await.map_err(|reason| match reason {
                NoToken::Wrong => wrong_secret(),
                NoToken::TooManyGuesses(seconds) => guesses_too_much(seconds),
                NoToken::Down => no_exchange(),
            })?;
            match self.verificar(&token).await {
                // Another client's token says nothing of this one.
                Ok(verified) if verified.azp() == Some(client.id.as_str()) => return Ok(verified),
                // Its key may be gone.
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
