//! A server may start before its database does: after a power cut, or in the middle of a failover.

use super::outages::one_line;
use super::{ConexaoRecusada, Db, DbOptions};
use crate::error::Outage;
use diesel::ConnectionError;
use std::thread;
use std::time::{Duration, Instant};

const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);
const TOLD_AGAIN: Duration = Duration::from_secs(10);

/// What libpq, which speaks English here, says of a host that is not there now.
const AWAY: [&str; 10] = [
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
    /// [`Db::conectar`], as soon as the database is there; tells of it while it is not. What would
    /// be refused the next time too is refused at once. Blocks.
    pub fn connect_when_there(options: &DbOptions) -> Result<Self, ConexaoRecusada> {
        let mut told: Option<Instant> = None;
        loop {
            match Self::conectar(options) {
                Err(refused) if refused.may_pass() => {
                    if told.is_none_or(|told| told.elapsed() >= TOLD_AGAIN) {
                        let cause = one_line(Outage::Unreachable, &refused.to_string());
                        tracing::warn!(cause, "the database is not there yet; waiting for it");
                        told = Some(Instant::now());
                    }
                    thread::sleep(BETWEEN_ATTEMPTS);
                }
                connected => return connected,
            }
        }
    }
}

impl ConexaoRecusada {
    /// Whether nothing has to be changed for it to be otherwise the next time.
    fn may_pass(&self) -> bool {
        match self {
            Self::Silencio => true,
            Self::Conexao(ConnectionError::BadConnection(text)) => is_away(text),
            Self::Consulta(error) => Outage::of(error).is_some(),
            _ => false,
        }
    }
}

/// `text` has a line for each host; what a server refused (FATAL) it would refuse again.
fn is_away(text: &str) -> bool {
    let passes =
        |line: &str| Outage::of_text(line).is_some() || AWAY.iter().any(|sign| line.contains(sign));
    text.lines().any(passes) && text.lines().all(|line| !line.contains("FATAL:") || passes(line))
}

#[cfg(test)]
mod tests {
    use super::is_away;

    #[test]
    fn what_is_refused_for_good_is_not_waited_for() {
        let refused = "connection to server at \"a\" (10.0.0.1), port 5432 failed: Connection refused\n\tIs the server running?";
        let starting = "connection to server at \"b\", port 5432 failed: FATAL:  the database system is starting up";
        let password = "connection to server at \"b\", port 5432 failed: FATAL:  password authentication failed for user \"app\"";
        let nobody = "could not translate host name \"db\" to address: Name or service not known";
        for text in [refused, starting, nobody, &format!("{refused}\n{starting}")] {
            assert!(is_away(text), "{text}");
        }
        for text in [password, &format!("{refused}\n{password}"), "invalid port number: \"x\""] {
            assert!(!is_away(text), "{text}");
        }
    }
}
