//! Starts the logs. Messages are constants, and values are fields. A log line never contains a
//! person's name, the number of a processo, a CPF or a token.

use clap::ValueEnum;
use serde::Deserialize;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// The format of the logs. `Auto` is JSON unless stderr is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Auto,
    Texto,
    Json,
}

/// Starts the logs, on stderr. An invalid `filter` counts as `info`.
pub fn init(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // These limits replace what `filter` says of these crates: at the finest levels an HTTP client
    // logs what it sends and receives, which for the token issuer includes secrets and tokens.
    let filter = ["ureq=warn", "ureq_proto=warn", "rustls=warn"]
        .into_iter()
        .filter_map(|quieter| quieter.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Texto => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    // A second start in one process, as in tests, keeps the first subscriber.
    let _ = if json { base.json().try_init() } else { base.compact().try_init() };
}
