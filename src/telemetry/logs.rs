//! Starts the logs. Messages are constants, and values are fields. A log line never contains a
//! person's name, the number of a processo, a CPF or a token.

use clap::ValueEnum;
use serde::Deserialize;
use std::io::IsTerminal;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

/// The format of the logs. `Auto` is JSON unless stderr is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Auto,
    Texto,
    Json,
}

/// Crates that log no more than warnings, whatever the filter says: at the finest levels an HTTP
/// client logs what it sends and receives, which for the token issuer includes secrets and tokens.
const QUIET_CRATES: [&str; 3] = ["ureq", "ureq_proto", "rustls"];

/// Starts the logs, on stderr. An invalid `filter` counts as `info`.
pub fn init(format: LogFormat, filter: &str) {
    let json = match format {
        LogFormat::Json => true,
        LogFormat::Texto => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    // A second start in one process, as in tests, keeps the first subscriber.
    let _ = subscriber(json, filter, std::io::stderr).try_init();
}

fn subscriber<W>(json: bool, filter: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if json { lines.json().boxed() } else { lines.compact().boxed() };
    // A directive of `filter` may name a module or a span, and would then come before one that
    // names the crate. So these limits are a filter of their own.
    tracing_subscriber::registry().with(lines).with(filter).with(filter_fn(is_allowed))
}

/// Whether a crate may log at this level.
fn is_allowed(metadata: &Metadata<'_>) -> bool {
    let name = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::WARN || !QUIET_CRATES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing::subscriber::with_default;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_http_client_logs_no_secret_whatever_the_filter_says() {
        for filter in [
            "trace",
            "ureq=trace,ureq_proto=trace,rustls=trace",
            "info,ureq::unversioned=trace,ureq_proto::client=trace,rustls::client=trace",
            "info,[pedido]=trace",
        ] {
            let written = Written::default();
            let writer = written.clone();
            with_default(subscriber(false, filter, move || writer.clone()), || {
                let _span = tracing::info_span!("pedido").entered();
                tracing::trace!(target: "ureq::unversioned::transport", "secret");
                tracing::debug!(target: "ureq_proto::client::sendreq", "secret");
                tracing::info!(target: "rustls::client::hs", "secret");
                tracing::debug!(target: "ureq", "secret");
                tracing::warn!(target: "ureq::pool", "told");
                tracing::error!(target: "elos", "told");
            });
            let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
            assert!(!written.contains("secret"), "{filter}: {written}");
            assert!(written.contains("told"), "{filter}: {written}");
        }
    }
}
