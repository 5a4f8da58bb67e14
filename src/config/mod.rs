//! Defines every setting and documents it once. A flag takes precedence over the environment, the
//! environment over the file of `--config`, and the file over the default.

mod subscriptions;
mod trusted;
mod documents;
mod http;
mod oidc;
mod options;
pub mod ranges;
mod display;

pub use crate::value::rules::{RuleSwitches, UnknownFields};
pub use documents::DocumentSettings;
pub use http::{Http, HttpProfile};
pub use options::{Settings, Switch};
pub use subscriptions::Subscriptions;
pub use trusted::TrustedDocument;

use crate::auth::TramitaAuthOptions;
use crate::auth::signer::Signer;
use crate::call::enumeration_limit;
use crate::db;
use crate::http::connections::ConnectionLimits;
use crate::http::tls;
use crate::telemetry::logs::LogFormat;
use actix_web::http::header::HeaderName;
use oidc::Oidc;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("não foi possível ler {0}: {1}")]
    Read(PathBuf, std::io::Error),
    #[error("{0}: não é um algoritmo de assinatura assimétrico; use, por exemplo, RS256 ou ES256")]
    Algorithm(String),
    #[error("{0}: {1}")]
    Claim(String, crate::auth::MalformedClaimPath),
    #[error(
        "oidc_papeis_de_qualquer_cliente: {0} não é um papel; use, por exemplo, pse-dados-sensiveis"
    )]
    Papel(String),
    #[error("[corporativo] {0} = {1}: tribunal desconhecido; use, por exemplo, 8.20")]
    Corporativo(String, String),
    #[error("{0}: não é uma origem; use, por exemplo, https://painel.exemplo.jus.br")]
    Origin(String),
    #[error("{0}: não é um nome de cabeçalho; use, por exemplo, X-Certificado-Cliente")]
    Header(String),
    #[error(
        "certificado_cabecalho sem proxies seria recusado de todos: diga os endereços do proxy em ELOS_PROXIES"
    )]
    MissingProxies,
    #[error("tls_bind, tls_certificado e tls_chave vão juntos: diga os três")]
    IncompleteTls,
    #[error("{0}: não é uma chave RSA privada em PEM")]
    ReciboKey(PathBuf),
    #[error("{0}: {1}")]
    TrustedDocuments(PathBuf, String),
    #[error(
        "documentos_so_confiaveis sem documentos_confiaveis recusaria tudo: diga qual é o arquivo"
    )]
    MissingTrustedDocuments,
    #[error("{0}: {1}")]
    Syntax(PathBuf, toml::de::Error),
    #[error("{0} vai de {1} a {2}")]
    OutOfRange(&'static str, i64, i64),
}

/// Default of `otlp_amostra`: of a thousand requests without `traceparent`, how many are traced.
const OTLP_SAMPLE: u32 = 10;

/// The settings in force. [`Settings`] says what each means.
#[derive(Clone)]
pub struct Config {
    pub bind: SocketAddr,
    /// `None` if not set: `elos serve` refuses that, and `elos demo` requires it.
    pub database_url: Option<String>,
    /// `None` to use `database_url`.
    pub nacional_url: Option<String>,
    /// `None` to use `database_url`.
    pub auditor_url: Option<String>,
    /// `None` if not set: the commands that need the owner of the tables refuse that.
    pub migrate_url: Option<String>,
    /// Whether the server may reach PostgreSQL on another machine without TLS.
    pub allow_plain_postgres: bool,
    pub data_dir: PathBuf,
    /// `None` to search for the programs.
    pub pg_bin: Option<PathBuf>,
    pub pool_max: u32,
    pub pool_idle: u32,
    pub statement_timeout: Duration,
    /// Time for which the server, although not ready, still accepts connections after SIGTERM.
    /// `None` means the default of the command.
    pub drain_delay: Option<Duration>,
    pub oidc: Oidc,
    /// `None` if not set: `elos demo` then creates a key, and `elos serve` signs no recibos.
    pub recibo_key: Option<PathBuf>,
    /// `None` means the default of the command.
    pub graphiql: Option<bool>,
    /// `None` means the default of the command.
    pub introspection: Option<bool>,
    pub max_cost: u64,
    /// `None` if no document is trusted.
    pub trusted_documents: Option<PathBuf>,
    pub trusted_only: bool,
    pub relaxed_trail: bool,
    pub http: Http,
    pub cors_origins: Vec<String>,
    pub connections: ConnectionLimits,
    /// `None` if no proxy passes on certificates.
    pub certificate_header: Option<HeaderName>,
    /// The address for TLS, and the certificate files. `None` if this server serves no TLS.
    pub tls: Option<(SocketAddr, tls::CertificateFiles)>,
    /// `None` if metrics are not served.
    pub metrics_bind: Option<SocketAddr>,
    /// The collector of traces. `None` if traces are not exported.
    pub otlp_url: Option<String>,
    /// The number of requests that are traced, of a thousand without `traceparent`.
    pub otlp_sample: u32,
    pub absences_per_minute: u32,
    /// `Some("production")` forbids the commands that are only for synthetic or empty databases.
    pub environment: Option<String>,
    pub log: String,
    pub log_format: LogFormat,
    /// Whether each request has a line in the log. If off, only refused and failed ones have.
    pub access_log: Switch,
    pub rules: RuleSwitches,
    pub subscriptions: Subscriptions,
}

/// Combines the three settings of TLS. All of them must be set, or none.
fn tls_files(
    bind: Option<SocketAddr>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(SocketAddr, tls::CertificateFiles)>, ConfigError> {
    match (bind, certificate, key) {
        (None, None, None) => Ok(None),
        (Some(bind), Some(certificate), Some(key)) => {
            Ok(Some((bind, tls::CertificateFiles { certificate, key })))
        }
        _ => Err(ConfigError::IncompleteTls),
    }
}

impl Config {
    pub fn resolve(given: Settings) -> Result<Self, ConfigError> {
        let file =
            given.config_file.as_deref().map(Settings::load).transpose()?.unwrap_or_default();
        let oidc = Oidc::resolve(&given, &file)?;
        let (rules, subscriptions) = (file.regras, file.assinaturas);
        let cors_origins = given.cors_origins.or(file.cors_origins).unwrap_or_default();
        if let Some(invalid) = cors_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::Origin(invalid.clone()));
        }
        let trusted_documents = given.documentos_confiaveis.or(file.documentos_confiaveis);
        let trusted_only = given.documentos_so_confiaveis.or(file.documentos_so_confiaveis);
        let trusted_only = trusted_only == Some(Switch::On);
        if trusted_only && trusted_documents.is_none() {
            return Err(ConfigError::MissingTrustedDocuments);
        }
        let proxies = given.proxies.or(file.proxies).unwrap_or_default();
        let certificate_header = given.certificado_cabecalho.or(file.certificado_cabecalho);
        let certificate_header = certificate_header
            .map(|name| name.parse().map_err(|_| ConfigError::Header(name)))
            .transpose()?;
        if certificate_header.is_some() && proxies.is_empty() {
            return Err(ConfigError::MissingProxies);
        }
        let tls = tls_files(
            given.tls_bind.or(file.tls_bind),
            given.tls_certificado.or(file.tls_certificado),
            given.tls_chave.or(file.tls_chave),
        )?;
        Ok(Self {
            certificate_header,
            tls,
            bind: given.bind.or(file.bind).unwrap_or((Ipv4Addr::LOCALHOST, 8080).into()),
            database_url: given.database_url.or(file.database_url),
            nacional_url: given.nacional_url.or(file.nacional_url),
            auditor_url: given.auditor_url.or(file.auditor_url),
            migrate_url: given.migrate_url.or(file.migrate_url),
            allow_plain_postgres: given.pg_sem_tls.or(file.pg_sem_tls) == Some(Switch::On),
            data_dir: given.data_dir.or(file.data_dir).unwrap_or_else(crate::embedded::default_dir),
            pg_bin: given.pg_bin.or(file.pg_bin),
            pool_max: given.pool_max.or(file.pool_max).unwrap_or(8),
            pool_idle: given.pool_idle.or(file.pool_idle).unwrap_or(12),
            statement_timeout: given
                .tempo_maximo
                .or(file.tempo_maximo)
                .map_or(db::STATEMENT_TIMEOUT, |seconds| Duration::from_secs(seconds.into())),
            drain_delay: given
                .pausa_ao_encerrar
                .or(file.pausa_ao_encerrar)
                .map(|seconds| Duration::from_secs(seconds.into())),
            oidc,
            recibo_key: given.chave_dos_recibos.or(file.chave_dos_recibos),
            cors_origins,
            connections: ConnectionLimits {
                max_total: given
                    .conexoes_maximo
                    .or(file.conexoes_maximo)
                    .map_or(ConnectionLimits::default().max_total, |n| n as usize),
                per_address: given
                    .conexoes_por_endereco
                    .or(file.conexoes_por_endereco)
                    .map_or(ConnectionLimits::default().per_address, |n| n as usize),
                proxies: proxies.into_iter().collect(),
            },
            metrics_bind: given.metrics_bind.or(file.metrics_bind),
            otlp_url: given.otlp_url.or(file.otlp_url),
            otlp_sample: given.otlp_amostra.or(file.otlp_amostra).unwrap_or(OTLP_SAMPLE),
            absences_per_minute: given
                .ausencias_por_minuto
                .or(file.ausencias_por_minuto)
                .unwrap_or(enumeration_limit::PER_MINUTE),
            environment: given.environment.or(file.environment),
            graphiql: given.graphiql.or(file.graphiql).map(|switch| switch == Switch::On),
            introspection: given
                .introspeccao
                .or(file.introspeccao)
                .map(|switch| switch == Switch::On),
            max_cost: given
                .custo_maximo
                .or(file.custo_maximo)
                .unwrap_or(DocumentSettings::default().max_cost),
            trusted_documents,
            trusted_only,
            relaxed_trail: given.trilha_relaxada.or(file.trilha_relaxada) == Some(Switch::On),
            http: Http {
                profile: given.http_profile.or(file.http_profile).unwrap_or_default(),
                max_batch: given.lote_maximo.or(file.lote_maximo).unwrap_or(0),
                body_memory_mib: given
                    .corpos_maximo
                    .or(file.corpos_maximo)
                    .unwrap_or(Http::default().body_memory_mib),
            },
            log: given.log.or(file.log).unwrap_or_else(|| "info".into()),
            log_format: given.log_format.or(file.log_format).unwrap_or_default(),
            access_log: given.log_de_acesso.or(file.log_de_acesso).unwrap_or(Switch::Off),
            rules,
            subscriptions,
        })
    }

    /// The URLs with which the server logs in to PostgreSQL, each with the name of its environment
    /// variable. A URL that is not set is left out.
    pub fn server_urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let urls = [
            ("DATABASE_URL", &self.database_url),
            ("ELOS_NACIONAL_URL", &self.nacional_url),
            ("ELOS_AUDITOR_URL", &self.auditor_url),
        ];
        urls.into_iter().filter_map(|(setting, url)| Some((setting, url.as_deref()?)))
    }

    /// Returns which credentials the Tramita API accepts besides tokens. `basic` is the command's
    /// default for HTTP Basic.
    pub fn tramita_auth(&self, basic: bool) -> TramitaAuthOptions {
        let proxies = self.connections.proxies.clone();
        let certificate_header = self.certificate_header.clone();
        TramitaAuthOptions { basic: self.oidc.basic(basic), certificate_header, proxies }
    }

    /// Returns the settings of GraphQL documents, and reads the trusted documents from their file.
    /// `introspection` is the command's default.
    pub fn document_settings(&self, introspection: bool) -> Result<DocumentSettings, ConfigError> {
        let trusted = match &self.trusted_documents {
            None => Vec::new(),
            Some(path) => {
                let json =
                    std::fs::read(path).map_err(|error| ConfigError::Read(path.clone(), error))?;
                trusted::load(&json)
                    .map_err(|error| ConfigError::TrustedDocuments(path.clone(), error))?
            }
        };
        Ok(DocumentSettings {
            max_cost: self.max_cost,
            introspection: self.introspection.unwrap_or(introspection),
            trusted: trusted.into(),
            trusted_only: self.trusted_only,
        })
    }

    /// Reads the key that signs recibos, if one is set.
    pub fn signer(&self) -> Result<Option<Signer>, ConfigError> {
        let Some(path) = &self.recibo_key else { return Ok(None) };
        let pem = std::fs::read(path).map_err(|error| ConfigError::Read(path.clone(), error))?;
        let signer = Signer::from_pem(&pem);
        signer.map(Some).map_err(|_| ConfigError::ReciboKey(path.clone()))
    }
}

/// Returns whether the text is an origin as browsers write it in `Origin`: without a path. The
/// wildcard is not allowed.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(['/', '*', '?', '#', '@', ' ']) && rest.is_ascii()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_in_the_file_is_an_error() {
        assert!(
            toml::from_str::<Settings>("pool_max = 3\n[regras]\nverificar_digito = false").is_ok()
        );
        assert!(toml::from_str::<Settings>("poool_max = 3").is_err());
        assert!(toml::from_str::<Settings>("[regras]\nverificar = false").is_err());
    }

    #[test]
    fn token_and_origin_settings_are_checked_at_start() {
        let resolve = |toml: &str| Config::resolve(toml::from_str::<Settings>(toml).unwrap());
        let is_valid = |given: Settings| Config::resolve(given).is_ok();
        assert!(resolve("").is_ok());
        let list = |text: &str| Some(vec![text.to_owned()]);
        for (algorithm, valid) in
            [("RS256", true), ("ES384", true), ("EdDSA", true), ("HS256", false), ("none", false)]
        {
            assert_eq!(
                is_valid(Settings { oidc_algorithms: list(algorithm), ..Settings::default() }),
                valid,
                "{algorithm}"
            );
        }
        assert!(!is_valid(Settings { oidc_claim_papeis: list("a..b"), ..Settings::default() }));
        for (origin, valid) in [
            ("https://a.b", true),
            ("http://localhost:3000", true),
            ("*", false),
            ("https://*.b", false),
            ("https://a/b", false),
            ("null", false),
        ] {
            assert_eq!(
                is_valid(Settings { cors_origins: list(origin), ..Settings::default() }),
                valid,
                "{origin}"
            );
        }
        let corporativo = |tribunal: &str| Settings {
            corporativo: [("6".to_owned(), tribunal.to_owned())].into(),
            ..Settings::default()
        };
        assert!(Oidc::resolve(&Settings::default(), &corporativo("8.06")).is_ok());
        assert!(Oidc::resolve(&Settings::default(), &corporativo("9.99")).is_err());
    }

    #[test]
    fn the_password_is_not_printed() {
        let url = || Some("postgres://u:segredo@h/d".to_owned());
        let given = Settings {
            database_url: url(),
            nacional_url: url(),
            auditor_url: url(),
            migrate_url: url(),
            ..Settings::default()
        };
        assert!(!Config::resolve(given).unwrap().to_string().contains("segredo"));
    }
}
