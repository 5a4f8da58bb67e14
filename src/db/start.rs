//! Connects at startup. The server may start before its database, for example after a power cut or
//! during a failover, so it waits for the database.

use super::outages::one_line;
use super::{ConnectError, Db, DbOptions};
use crate::error::Outage;
use diesel::ConnectionError;
use std::thread;
use std::time::{Duration, Instant};

const RETRY_INTERVAL: Duration = Duration::from_secs(1);
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Parts of libpq's messages for a host that is temporarily unreachable. They are in English,
/// because libpq translates only for a program that sets a locale, and this one sets none.
const UNREACHABLE: [&str; 10] = [
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "timeout expired",
    "No such file or directory",
    "No route to host",
    "Network is unreachable",
    "could not translate host name",
    "session is read-only",
    "server is in hot standby mode",
];

impl Db {
    /// Calls [`Db::connect`] until the database is reachable, and logs a warning every ten seconds
    /// meanwhile. Errors that a retry cannot fix are returned at once. Blocks the thread.
    pub fn connect_with_retry(options: &DbOptions) -> Result<Self, ConnectError> {
        let mut logged_at: Option<Instant> = None;
        loop {
            match Self::connect(options) {
                Err(error) if error.is_temporary() => {
                    if logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL) {
                        let cause = one_line(Outage::Unreachable, &error.to_string());
                        tracing::warn!(cause, "the database is not there yet; waiting for it");
                        logged_at = Some(Instant::now());
                    }
                    thread::sleep(RETRY_INTERVAL);
                }
                result => return result,
            }
        }
    }
}

impl ConnectError {
    /// Whether a retry may succeed without a change by an operator.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Unresponsive => true,
            Self::Connection(ConnectionError::BadConnection(text)) => is_temporary(text),
            Self::Query(error) => Outage::of(error).is_some(),
            _ => false,
        }
    }
}

/// Whether `text`, which has a line for each host, describes a temporary failure. A FATAL error
/// that is not a known outage would occur again, so one such line makes the failure permanent.
fn is_temporary(text: &str) -> bool {
    let is_temporary_line = |line: &str| {
        Outage::of_text(line).is_some() || UNREACHABLE.iter().any(|part| line.contains(part))
    };
    text.lines().any(is_temporary_line)
        && text.lines().all(|line| !line.contains("FATAL:") || is_temporary_line(line))
}

#[cfg(test)]
mod tests {
    use super::is_temporary;

    #[test]
    fn permanent_errors_are_not_retried() {
        let refused = "connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused\n\tIs the server running?";
        let starting = "connection to server at \"b\", port 5432 failed: FATAL:  the database system is starting up";
        let password = "connection to server at \"b\", port 5432 failed: FATAL:  password authentication failed for user \"app\"";
        let nobody = "could not translate host name \"db\" to address: Name or service not known";
        for text in [refused, starting, nobody, &format!("{refused}\n{starting}")] {
            assert!(is_temporary(text), "{text}");
        }
        for text in [password, &format!("{refused}\n{password}"), "invalid port number: \"x\""] {
            assert!(!is_temporary(text), "{text}");
        }
    }
}
