//! `elos serve`: the server in production, with a database and a token issuer of its operator.

use super::{database_options, now, preflight, refused_transports};
use crate::auth::Auth;
use crate::config::Config;
use crate::db::{Db, credentials};
use crate::server::{self, GraphqlSettings, Parts, ServiceManager};
use anyhow::{Context, ensure};
use std::net::TcpListener;

pub fn run(config: &Config) -> anyhow::Result<()> {
    let mut refusals = preflight::refusals(config);
    refusals.extend(refused_transports(config));
    ensure!(refusals.is_empty(), "{}", refusals.join("\n      "));
    server::start_traces(config)?;
    let url = config.database_url.as_deref().context("falta DATABASE_URL")?;
    let oidc = &config.oidc;
    let issuer = oidc.issuer.as_ref().context("falta ELOS_OIDC_ISSUER")?;
    let database = database_options(config, url);
    if let Some(manager) = ServiceManager::from_environment() {
        manager.wait_for("o banco de dados");
    }
    let db = Db::connect_with_retry(&database)?;
    let credentials = credentials::from_database(&db)?;
    let listener = TcpListener::bind(config.bind)
        .with_context(|| format!("não foi possível escutar em {}", config.bind))?;
    let app = server::app(config, db, config.signer()?, now);
    let parts = Parts {
        app,
        auth: Auth::new(oidc.options(issuer.clone(), config.tramita_auth(false)), credentials),
        graphql: GraphqlSettings::of(config, false)?,
        tls: server::listen_tls(config)?,
        graphiql: config.graphiql.unwrap_or(false),
        loopback_only: false,
        cors: config.cors_origins.clone(),
        connections: config.connections.clone(),
        metrics: server::listen_metrics(config)?,
        drain_delay: config.drain_delay.unwrap_or(server::DRAIN_DELAY),
        #[cfg(feature = "dev-issuer")]
        issuer: None,
    };
    server::run(parts, listener, || ())
}
