//! Verifies the bearer token of the `Authorization` header and derives the [`Actor`] from it.

use super::claims::ClaimPath;
use super::jwks::{Key, KeySet, KeySource};
use super::jwt_signatures;
use super::refused::{
    Refused, basic_elsewhere, expired, invalid, missing_token, no_credentials, no_issuer_keys,
    not_yet_valid, unreadable_token,
};
use super::tramita::{TramitaAuth, TramitaAuthOptions};
use super::{Actor, Credential, Credentials, Papel, basic};
use crate::error::{Error, Failure};
use crate::value::characters;
use crate::value::tribunal::Tribunal;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use quick_cache::sync::Cache;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const MAX_TOKEN_LEN: usize = 16 * 1024;
const MAX_NAME: usize = 255;
const LEEWAY_SECONDS: u64 = 30;
/// Maximum number of cached tokens whose signature was verified. Each takes a few kilobytes.
const MAX_VERIFIED: usize = 2_000;

/// The header that selects one of several tribunais of a token.
pub const TRIBUNAL_HEADER: HeaderName = HeaderName::from_static("x-tribunal");

/// The settings for the verification of tokens. The accepted algorithms come from here, never from
/// the token.
#[derive(Debug, Clone)]
pub struct AuthOptions {
    pub issuer: String,
    /// Accepted audiences (`aud`). A token needs one of them, unless `clients` contains its client.
    pub audiences: Vec<String>,
    /// Clients (`azp`) whose tokens the server accepts with any audience.
    pub clients: Vec<String>,
    pub source: KeySource,
    pub algorithms: Vec<Algorithm>,
    pub who: ClaimMapping,
    /// The credentials that the REST API of the Tramita accepts instead of a token.
    pub tramita: TramitaAuthOptions,
    /// The URL of the token endpoint that this server tells clients. `None` stands for Keycloak's
    /// default path under the issuer.
    pub token_url: Option<String>,
}

/// The paths to the claims of a token that describe the client.
#[derive(Debug, Clone)]
pub struct ClaimMapping {
    pub papeis: Vec<ClaimPath>,
    /// Wide papéis (see [`Papel::is_wide`]) that are accepted even from a path with a `*`.
    pub from_any_client: Vec<Papel>,
    /// Paths to codes of tribunais.
    pub tribunal: Vec<ClaimPath>,
    /// Paths that are used when `tribunal` yields nothing. They lead to numbers of another list,
    /// which `sequences` translates to tribunais.
    pub sequence: Vec<ClaimPath>,
    pub sequences: BTreeMap<String, Tribunal>,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        let read = |paths: &[&str]| paths.iter().filter_map(|c| c.parse().ok()).collect();
        Self {
            papeis: read(&["realm_access.roles", "resource_access.*.roles"]),
            from_any_client: Vec::new(),
            tribunal: read(&["tribunal"]),
            sequence: read(&["corporativo[].seq_tribunal_pai"]),
            sequences: BTreeMap::new(),
        }
    }
}

impl ClaimMapping {
    fn papeis(&self, claims: &Value) -> Vec<Papel> {
        // Any client of the issuer can put papéis where a path with a `*` reads them. Such a path
        // may therefore grant a wide papel only if `from_any_client` lists it.
        let granted_by = |path: &ClaimPath| {
            let names = path.texts(claims).into_iter();
            let papeis = names.filter_map(|name| Papel::from_name(&name));
            let has_wildcard = path.has_wildcard();
            let is_granted = |papel: &Papel| {
                !has_wildcard || !papel.is_wide() || self.from_any_client.contains(papel)
            };
            papeis.filter(is_granted).collect::<Vec<_>>()
        };
        self.papeis.iter().flat_map(granted_by).collect()
    }

    fn tribunais(&self, claims: &Value) -> BTreeSet<Option<i16>> {
        let texts = |paths: &[ClaimPath]| -> Vec<String> {
            paths.iter().flat_map(|path| path.texts(claims)).collect()
        };
        let code = |tribunal: Tribunal| tribunal.code;
        match texts(&self.tribunal).as_slice() {
            // A number that `sequences` does not contain becomes `None`. It must not be taken for a
            // code by chance.
            [] => texts(&self.sequence)
                .iter()
                .map(|number| self.sequences.get(number).copied().map(code))
                .collect(),
            values => values.iter().map(|given| Tribunal::from_text(given).map(code)).collect(),
        }
    }
}

impl AuthOptions {
    /// The default settings: RS256, keys found by discovery, and claims as Keycloak writes them.
    pub fn new(issuer: String, audiences: Vec<String>) -> Self {
        let source = KeySource::Discovery { issuer: issuer.clone(), allow_http: false };
        let (clients, who, tramita) = Default::default();
        Self {
            issuer,
            audiences,
            clients,
            source,
            algorithms: vec![Algorithm::RS256],
            who,
            tramita,
            token_url: None,
        }
    }
}

pub struct Auth {
    keys: KeySet,
    options: AuthOptions,
    token_url: String,
    pub(super) tramita: TramitaAuth,
    validation: Validation,
    credentials: Credentials,
    /// Verified tokens, by the whole token text.
    verified: Cache<String, Arc<VerifiedToken>>,
}

/// A token whose signature and claims are valid. The cache keeps it at most until it expires or the
/// key set is read again.
pub struct VerifiedToken {
    sub: String,
    azp: Option<String>,
    /// Expiry, in seconds since 1970.
    exp: i64,
    papeis: Vec<Papel>,
    /// `None` stands for a tribunal that the token names and this server does not know.
    tribunais: BTreeSet<Option<i16>>,
    /// Whether the token belongs to a person who signed in, not to a client itself.
    of_person: bool,
    kid: String,
    key: Arc<Key>,
}

impl VerifiedToken {
    pub(super) fn azp(&self) -> Option<&str> {
        self.azp.as_deref()
    }
}

impl Auth {
    pub fn new(options: AuthOptions, credentials: Credentials) -> Self {
        jwt_signatures::install();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.algorithms.clone_from(&options.algorithms);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        // `read` checks the audience, because a token of a listed client needs none.
        validation.validate_aud = false;
        validation.set_issuer(&[&options.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        let keys = KeySet::new(options.source.clone());
        let verified = Cache::new(MAX_VERIFIED);
        let tramita = TramitaAuth::new(&options.issuer, options.tramita.clone());
        let of_keycloak = || format!("{}/protocol/openid-connect/token", options.issuer);
        let token_url = options.token_url.clone().unwrap_or_else(of_keycloak);
        Self { keys, options, token_url, tramita, validation, credentials, verified }
    }

    /// The URL of the token endpoint that this server tells clients.
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// The server's own list of clients.
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub const fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// Authenticates the caller by a valid signed token.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Actor, Refused> {
        self.authenticate_with_expiry(headers).await.map(|(actor, _)| actor)
    }

    /// Like [`Self::authenticate`]. Also returns the expiry of the token plus the leeway, up to
    /// which a long-lived connection may stay open.
    pub async fn authenticate_with_expiry(
        &self,
        headers: &HeaderMap,
    ) -> Result<(Actor, DateTime<Utc>), Refused> {
        let token = bearer(headers).ok_or_else(|| match basic::encoded_credentials(headers) {
            Some(_) => basic_elsewhere(),
            None => missing_token(),
        })?;
        let verified = self.verify(token).await?;
        let actor = self.recognise(&verified, headers).await?;
        Ok((actor, instant(verified.exp.saturating_add(LEEWAY_SECONDS.cast_signed()))))
    }

    /// The actor that a verified token stands for. The server's own list of credentials takes
    /// precedence over the claims of the token.
    pub(super) async fn recognise(
        &self,
        verified: &VerifiedToken,
        headers: &HeaderMap,
    ) -> Result<Actor, Refused> {
        let credential = match &verified.azp {
            Some(azp) => self.credentials.of(azp).await.map_err(|_| no_credentials())?,
            None => None,
        };
        let actor = requested_tribunal(headers).and_then(|request| match credential {
            Some(credential) => {
                let who = (verified.sub.clone(), verified.azp.clone());
                actor_of_credential(who, credential, request)
            }
            None => actor_of_token(verified, request),
        });
        let actor = actor.map(|actor| if verified.of_person { actor.of_person() } else { actor });
        actor.map_err(Refused::known)
    }

    /// Verifies the signature and the claims. The result is cached at most until the token expires
    /// or the key set is read again.
    pub(super) async fn verify(&self, token: &str) -> Result<Arc<VerifiedToken>, Refused> {
        if token.len() > MAX_TOKEN_LEN {
            return Err(invalid());
        }
        if let Some(verified) = self.verified.get(token) {
            let key = self.keys.cached_key(&verified.kid);
            let same_key = key.is_some_and(|key| Arc::ptr_eq(&key, &verified.key));
            if same_key && !is_expired(verified.exp) {
                return Ok(verified);
            }
            self.verified.remove(token);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        let type_matches = header.typ.as_deref().is_none_or(|typ| {
            typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt")
        });
        let accepted = self.options.algorithms.contains(&header.alg);
        if !type_matches || !accepted || requires_extension(token) {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let key = self.keys.key(&kid).await.map_err(|_| no_issuer_keys())?.ok_or_else(invalid)?;
        if !key.supports(header.alg) {
            return Err(invalid());
        }
        let decoded = jsonwebtoken::decode::<Value>(token, &key.key, &self.validation);
        // The library checks the times only after the signature, so these errors reveal nothing to
        // a forger.
        let claims = decoded.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => expired(),
            ErrorKind::ImmatureSignature => not_yet_valid(),
            _ => invalid(),
        })?;
        let claims = claims.claims;
        let verified = Arc::new(self.read(&claims, kid, key)?);
        self.verified.insert(token.to_owned(), Arc::clone(&verified));
        Ok(verified)
    }

    /// Checks the claims that the library does not check, and extracts what is needed.
    fn read(&self, claims: &Value, kid: String, key: Arc<Key>) -> Result<VerifiedToken, Refused> {
        // The library also accepts a list of issuers that contains ours. Require a single string.
        claims.get("iss").filter(|iss| iss.is_string()).ok_or_else(invalid)?;
        let sub = identifier(claims, "sub")?.ok_or_else(invalid)?;
        // Without `azp`, `client_id` names the client (RFC 9068).
        let azp = identifier(claims, "azp")?.or(identifier(claims, "client_id")?);
        let audience_matches = match claims.get("aud") {
            Some(Value::String(aud)) => self.options.audiences.contains(aud),
            Some(Value::Array(auds)) => auds
                .iter()
                .filter_map(Value::as_str)
                .any(|aud| self.options.audiences.iter().any(|ours| ours == aud)),
            _ => false,
        };
        let of_client = azp.as_ref().is_some_and(|azp| self.options.clients.contains(azp));
        if !audience_matches && !of_client {
            return Err(invalid());
        }
        let papeis = self.options.who.papeis(claims);
        let tribunais = self.options.who.tribunais(claims);
        let exp = claims.get("exp").and_then(Value::as_f64).ok_or_else(invalid)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
        let exp = exp as i64;
        let of_person = is_of_person(claims, &sub, azp.as_deref());
        Ok(VerifiedToken { sub, azp, exp, papeis, tribunais, of_person, kid, key })
    }
}

/// The text of a claim that names somebody. A name is refused when it has characters that logs or
/// the database cannot hold, or that make it look like another name in the audit trail.
fn identifier(claims: &Value, claim: &'static str) -> Result<Option<String>, Refused> {
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if (1..=MAX_NAME).contains(&text.chars().count()) => {
            match characters::unfit_for_identifier(text) {
                None => Ok(Some(text.clone())),
                Some(character) => Err(unreadable_token(claim, character)),
            }
        }
        Some(_) => Err(invalid()),
    }
}

/// Whether the token belongs to a person who signed in. In a token that a client got for itself,
/// `sub` is the name of the client (RFC 9068) or `preferred_username` is that of its service
/// account (Keycloak). Without these names, a claim about a login session shows that it is a
/// person.
fn is_of_person(claims: &Value, sub: &str, azp: Option<&str>) -> bool {
    const OF_CLIENT: &str = "service-account-";
    let is_client = |name: &str| {
        name.starts_with(OF_CLIENT) || azp.is_some_and(|azp| name.eq_ignore_ascii_case(azp))
    };
    let has = |claim: &str| claims.get(claim).is_some_and(|value| !value.is_null());
    match claims.get("preferred_username").and_then(Value::as_str) {
        _ if is_client(sub) => false,
        Some(name) => !is_client(name),
        None => ["sid", "session_state", "auth_time"].into_iter().any(has),
    }
}

/// Whether the header requires an extension (`crit` of RFC 7515, `b64` of RFC 7797) or cannot be
/// parsed. This server supports no extension, and the library ignores these fields.
fn requires_extension(token: &str) -> bool {
    let jose_header = token.split('.').next().unwrap_or_default();
    let parsed = BASE64
        .decode(jose_header)
        .ok()
        .and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    parsed.is_none_or(|jose_header| {
        jose_header.get("crit").is_some() || jose_header.get("b64").is_some()
    })
}

fn is_expired(exp: i64) -> bool {
    #[expect(clippy::disallowed_methods, reason = "as the library does when it verifies")]
    let now = chrono::Utc::now().timestamp();
    exp.saturating_add(LEEWAY_SECONDS.cast_signed()) < now
}

/// The actor of a client that is on the server's own list. The rights come from the list, not from
/// the token.
pub(super) fn actor_of_credential(
    (sub, azp): (String, Option<String>),
    credential: Credential,
    request: Option<RequestedTribunal>,
) -> Result<Actor, Error> {
    let refusal = |message| Err(Error::failure(Failure::SemPermissao, message));
    if credential.revoked {
        return refusal("a credencial foi revogada; fale com quem opera o servidor");
    }
    if request.is_some_and(|RequestedTribunal(code)| code.is_none() || code != credential.tribunal)
    {
        return refusal("a credencial não é do tribunal de `X-Tribunal`; omita-o, ou diga o dela");
    }
    let actor = Actor::new(sub, azp, credential.tribunal, credential.papeis)?;
    Ok(actor.acting_for(credential.estruturas))
}

/// The instant of a number of seconds since 1970. A number out of range becomes the latest instant.
fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The actor with the papéis and the tribunal that the claims grant. `request` selects one of
/// several tribunais, and only one that the token has.
fn actor_of_token(
    verified: &VerifiedToken,
    request: Option<RequestedTribunal>,
) -> Result<Actor, Error> {
    let refusal = |message| Err(Error::failure(Failure::SemPermissao, message));
    let tribunais = &verified.tribunais;
    let tribunal = match request {
        Some(RequestedTribunal(Some(code))) if tribunais.contains(&Some(code)) => Some(code),
        Some(_) => return refusal("o token não é do tribunal de `X-Tribunal`"),
        None if tribunais.len() > 1 => {
            return refusal("o token é de vários tribunais: diga de qual se trata em `X-Tribunal`");
        }
        None => tribunais.first().copied().flatten(),
    };
    let (sub, azp) = (verified.sub.clone(), verified.azp.clone());
    Actor::new(sub, azp, tribunal, verified.papeis.clone())
}

/// The tribunal that `X-Tribunal` names. `None` when its value names no tribunal.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestedTribunal(Option<i16>);

/// Reads `X-Tribunal`. A repeated header is an error, because a proxy in front of the server may
/// have checked the other value.
pub(super) fn requested_tribunal(headers: &HeaderMap) -> Result<Option<RequestedTribunal>, Error> {
    let mut values = headers.get_all(TRIBUNAL_HEADER);
    let Some(given) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::invalid("o cabeçalho `X-Tribunal` veio mais de uma vez; mande um só"));
    }
    let parsed = given.to_str().ok().and_then(Tribunal::from_text);
    Ok(Some(RequestedTribunal(parsed.map(|tribunal| tribunal.code))))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
