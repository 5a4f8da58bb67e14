//! What keeps `elos serve` from starting, as far as it shows without the database and the issuer.
//! `elos serve`, `elos check-config` and `elos doctor` ask the same list.

use crate::auth::{KeySource, is_secure_url};
use crate::config::Config;
use crate::graphql;
use crate::graphql::execution::documents::Documents;
use crate::http::tls::Tls;
use crate::trace;
use actix_web::http::Uri;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// Returns all reasons, one sentence each, except the transports to PostgreSQL. They name settings
/// and files, and never a secret.
pub fn refusals(config: &Config) -> Vec<String> {
    let mut refusals = Vec::new();
    if config.database_url.is_none() {
        refusals.push(
            "falta DATABASE_URL: `elos serve` não traz banco (para experimentar, `elos demo`)"
                .into(),
        );
    }
    issuer(config, &mut refusals);
    refusals.extend(config.signer().err().map(|error| error.to_string()));
    refusals.extend(documents(config).err().map(|error| format!("{error:#}")));
    if let Some((_, files)) = &config.tls {
        refusals.extend(Tls::read(files.clone()).err().map(|error| format!("{error:#}")));
    }
    refusals.extend(otlp(config));
    refusals.extend(shared_addresses(config));
    refusals
}

fn otlp(config: &Config) -> Option<String> {
    let url = config.otlp_url.as_ref()?;
    let is_http = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    match is_http && url.parse::<Uri>().is_ok_and(|url| url.path().len() > 1) {
        _ if !trace::CAN_EXPORT => Some("otlp_url: este programa foi construído sem OTLP".into()),
        true => None,
        false => Some(
            "otlp_url: não é a URL de um coletor OTLP/HTTP, com o caminho; por exemplo, http://127.0.0.1:4318/v1/traces"
                .into(),
        ),
    }
}

fn issuer(config: &Config, refusals: &mut Vec<String>) {
    let oidc = &config.oidc;
    if oidc.issuer.is_none() {
        refusals
            .push("falta ELOS_OIDC_ISSUER, o emissor dos tokens, exatamente como em `iss`".into());
    }
    for (setting, url) in [
        ("ISSUER", oidc.issuer.as_ref()),
        ("JWKS_URL", oidc.jwks_url.as_ref()),
        ("TOKEN_URL", oidc.token_url.as_ref()),
    ] {
        if url.is_some_and(|url| !is_secure_url(url)) && !oidc.allow_http {
            refusals.push(format!(
                "ELOS_OIDC_{setting} tem de ser https, ou de loopback: por http qualquer um no caminho trocaria as \
                 chaves ou leria os segredos (se a rede é de confiança, ELOS_OIDC_ALLOW_HTTP=on)"
            ));
        }
    }
    if let Some(file) = &oidc.jwks_file
        && let Err(error) = KeySource::File(file.clone()).count()
    {
        let file = file.display();
        refusals.push(format!("{file}: não há nele chaves do emissor que se leiam: {error:#}"));
    }
}

fn documents(config: &Config) -> anyhow::Result<()> {
    Documents::new(&graphql::sdl(), &config.document_settings(false)?)?;
    Ok(())
}

/// The addresses that `elos serve` listens on, by the name of their setting.
fn addresses(config: &Config) -> Vec<(&'static str, SocketAddr)> {
    let tls = config.tls.as_ref().map(|(bind, _)| ("tls_bind", *bind));
    let metrics = config.metrics_bind.map(|bind| ("metrics_bind", bind));
    [("bind", config.bind)].into_iter().chain(tls).chain(metrics).collect()
}

fn shared_addresses(config: &Config) -> Vec<String> {
    let addresses = addresses(config);
    let mut shared = Vec::new();
    for (n, (second, address)) in addresses.iter().enumerate() {
        let first = addresses[..n].iter().find(|(_, other)| other == address && address.port() > 0);
        if let Some((first, _)) = first {
            shared.push(format!("{first} e {second} são o mesmo endereço: {address}"));
        }
    }
    shared
}

/// Why the server cannot listen on an address now.
pub enum Address {
    /// Something listens there already, which may be the running elos.
    InUse(String),
    /// The system does not allow to listen there.
    Refused(String),
}

/// Tries to listen on each address, for a moment. Returns those where that fails.
pub fn try_addresses(config: &Config) -> Vec<Address> {
    let tried = addresses(config).into_iter().filter_map(|(setting, address)| {
        let error = TcpListener::bind(address).err()?;
        let text = format!("{setting}: não foi possível escutar em {address}: {error}");
        Some(match error.kind() {
            ErrorKind::AddrInUse => Address::InUse(text),
            _ => Address::Refused(text),
        })
    });
    tried.collect()
}
