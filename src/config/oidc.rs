//! The settings of authentication.

use super::{ConfigError, Settings, Switch};
use crate::auth::{
    AuthOptions, Basic, ClaimMapping, ClaimPath, KeySource, Papel, TramitaAuthOptions,
};
use crate::value::tribunal::Tribunal;
use jsonwebtoken::Algorithm;
use std::path::PathBuf;

/// Settings for the verification of tokens, and for HTTP Basic. `issuer` is optional here, because
/// `elos demo` brings its own.
#[derive(Debug, Clone)]
pub struct Oidc {
    pub issuer: Option<String>,
    pub audience: Vec<String>,
    pub clients: Vec<String>,
    pub jwks_url: Option<String>,
    pub jwks_file: Option<PathBuf>,
    pub algorithms: Vec<Algorithm>,
    pub allow_http: bool,
    pub claim_mapping: ClaimMapping,
    pub token_url: Option<String>,
    /// Whether the Tramita API accepts HTTP Basic. `None` means the default of the command.
    pub tramita_basic: Option<bool>,
}

impl Oidc {
    pub fn resolve(given: &Settings, file: &Settings) -> Result<Self, ConfigError> {
        let list = |given: &Option<Vec<String>>, from_file: &Option<Vec<String>>| {
            given.clone().or_else(|| from_file.clone())
        };
        let default = ClaimMapping::default();
        let paths = |texts: Option<Vec<String>>, default: Vec<ClaimPath>| match texts {
            None => Ok(default),
            Some(texts) => texts.into_iter().map(path).collect(),
        };
        let algorithms = list(&given.oidc_algorithms, &file.oidc_algorithms);
        let algorithms = algorithms.unwrap_or_else(|| vec!["RS256".into()]);
        let sequences = file.corporativo.iter().map(|(numero, tribunal)| {
            let parsed = Tribunal::from_text(tribunal);
            let error = || ConfigError::Corporativo(numero.clone(), tribunal.clone());
            Ok((numero.clone(), parsed.ok_or_else(error)?))
        });
        let from_any_client =
            list(&given.oidc_papeis_de_qualquer_cliente, &file.oidc_papeis_de_qualquer_cliente);
        let from_any_client = from_any_client.unwrap_or_default().into_iter();
        let claim_mapping = ClaimMapping {
            from_any_client: from_any_client.map(papel).collect::<Result<_, _>>()?,
            papeis: paths(list(&given.oidc_claim_papeis, &file.oidc_claim_papeis), default.papeis)?,
            tribunal: paths(
                list(&given.oidc_claim_tribunal, &file.oidc_claim_tribunal),
                default.tribunal,
            )?,
            sequence: paths(
                list(&given.oidc_claim_sequencia, &file.oidc_claim_sequencia),
                default.sequence,
            )?,
            sequences: sequences.collect::<Result<_, _>>()?,
        };
        Ok(Self {
            issuer: given.oidc_issuer.clone().or_else(|| file.oidc_issuer.clone()),
            audience: list(&given.oidc_audience, &file.oidc_audience)
                .unwrap_or_else(|| vec!["elos".into()]),
            clients: list(&given.oidc_clients, &file.oidc_clients).unwrap_or_default(),
            jwks_url: given.oidc_jwks_url.clone().or_else(|| file.oidc_jwks_url.clone()),
            jwks_file: given.oidc_jwks_file.clone().or_else(|| file.oidc_jwks_file.clone()),
            algorithms: algorithms.into_iter().map(algorithm).collect::<Result<_, _>>()?,
            allow_http: given.oidc_allow_http.or(file.oidc_allow_http) == Some(Switch::On),
            claim_mapping,
            token_url: given.oidc_token_url.clone().or_else(|| file.oidc_token_url.clone()),
            tramita_basic: given
                .tramita_basic
                .or(file.tramita_basic)
                .map(|switch| switch == Switch::On),
        })
    }

    /// Returns the settings of HTTP Basic on the Tramita API, if it is enabled. `by_default` is
    /// the default of the command.
    pub fn basic(&self, by_default: bool) -> Option<Basic> {
        let basic = Basic { token_url: self.token_url.clone(), allow_http: self.allow_http };
        self.tramita_basic.unwrap_or(by_default).then_some(basic)
    }

    /// Returns the options for tokens of `issuer`. A file with keys takes precedence over a URL.
    pub fn options(&self, issuer: String, tramita: TramitaAuthOptions) -> AuthOptions {
        let source = match (&self.jwks_file, &self.jwks_url) {
            (Some(file), _) => KeySource::File(file.clone()),
            (None, Some(url)) => KeySource::Url(url.clone()),
            (None, None) => {
                KeySource::Discovery { issuer: issuer.clone(), allow_http: self.allow_http }
            }
        };
        AuthOptions {
            issuer,
            audiences: self.audience.clone(),
            clients: self.clients.clone(),
            source,
            algorithms: self.algorithms.clone(),
            who: self.claim_mapping.clone(),
            tramita,
            token_url: self.token_url.clone(),
        }
    }
}

fn path(text: String) -> Result<ClaimPath, ConfigError> {
    text.trim().parse().map_err(|error| ConfigError::Claim(text, error))
}

fn papel(name: String) -> Result<Papel, ConfigError> {
    Papel::from_name(name.trim()).ok_or(ConfigError::Papel(name))
}

/// Refuses symmetric algorithms: with a shared secret, everybody who can verify a token can also
/// sign one.
fn algorithm(name: String) -> Result<Algorithm, ConfigError> {
    let parsed = name.trim().parse().ok();
    let asymmetric = parsed.filter(|algorithm| {
        !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
    });
    asymmetric.ok_or(ConfigError::Algorithm(name))
}
