//! Logs. Messages are constants and values are fields; never a name, a number
//! of a processo, a CPF or a token.

use crate::config::{Config, FormatoDoLog};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

pub fn iniciar(config: &Config) {
    let filtro = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Whatever is asked for: a client of HTTP tells at its finest what it sends and receives, and
    // to the issuer that is secrets and tokens.
    let filtro = ["ureq=warn", "ureq_proto=warn", "rustls=warn"]
        .into_iter()
        .filter_map(|quieter| quieter.parse().ok())
        .fold(filtro, EnvFilter::add_directive);
    let base = tracing_subscriber::fmt().with_env_filter(filtro).with_writer(std::io::stderr);
    let json = match config.log_format {
        FormatoDoLog::Json => true,
        FormatoDoLog::Texto => false,
        FormatoDoLog::Auto => !std::io::stderr().is_terminal(),
    };
    // A second start in one process, as in tests, keeps the first subscriber.
    let _ = if json { base.json().try_init() } else { base.compact().try_init() };
}
