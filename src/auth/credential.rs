//! The server's own list of OIDC clients. It takes precedence over the claims of a token.

use super::Papel;
use super::certificate::{Fingerprint, Validity};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::timeout;

/// Maximum age of a list that the server trusts. With an older list, a call that needs it waits up
/// to [`MAX_WAIT`] for a newer one, and is then refused.
const MAX_AGE: Duration = Duration::from_secs(5);
/// The time for which a call waits for a newer list. After an outage the list is read again within
/// moments, and a call that comes first need not fail.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// A client: its tribunal, its papéis, and the estruturas that it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// `None` for a client of no tribunal.
    pub tribunal: Option<i16>,
    pub papeis: Vec<Papel>,
    /// The estruturas, each as its repositório and número. An empty list stands for all estruturas
    /// of the tribunal.
    pub estruturas: Vec<(i32, String)>,
    pub revoked: bool,
}

/// The list of clients as last read from the database. All workers of the server share it.
#[derive(Clone)]
pub struct Credentials(Arc<watch::Sender<Snapshot>>);

struct Snapshot {
    known: Known,
    read_at: Instant,
}

/// The clients and the certificates on the list.
#[derive(Debug, Default)]
pub struct Known {
    pub by_azp: HashMap<String, Credential>,
    /// The `azp` of the client of each certificate, and the period in which the certificate is
    /// valid.
    pub certificates: HashMap<Fingerprint, (String, Validity)>,
}

/// The list is too old.
#[derive(Debug)]
pub struct StaleCredentials;

impl Snapshot {
    fn new(known: Known) -> Self {
        Self { known, read_at: Instant::now() }
    }

    fn is_fresh(&self) -> bool {
        self.read_at.elapsed() <= MAX_AGE
    }
}

impl Credentials {
    pub fn new(known: Known) -> Self {
        Self(Arc::new(watch::Sender::new(Snapshot::new(known))))
    }

    /// Replaces the list with one that was just read.
    pub fn replace(&self, known: Known) {
        self.0.send_replace(Snapshot::new(known));
    }

    /// Whether the list is recent enough to be trusted.
    pub fn are_fresh(&self) -> bool {
        self.0.borrow().is_fresh()
    }

    /// The time since the list was read.
    pub fn age(&self) -> Duration {
        self.0.borrow().read_at.elapsed()
    }

    /// The entry of this client. `None` when the list does not contain the client, so that only its
    /// token describes it.
    pub async fn of(&self, azp: &str) -> Result<Option<Credential>, StaleCredentials> {
        self.ask(|known| known.by_azp.get(azp).cloned()).await
    }

    /// The client of this certificate: its `azp`, its entry, and the period in which the
    /// certificate is valid. `None` when no client is registered with it.
    pub async fn of_certificate(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<(String, Credential, Validity)>, StaleCredentials> {
        self.ask(|known| {
            let (azp, validity) = known.certificates.get(&fingerprint)?;
            Some((azp.clone(), known.by_azp.get(azp)?.clone(), *validity))
        })
        .await
    }

    /// Asks the list. Waits for a newer one if it is too old.
    async fn ask<T>(&self, ask: impl FnOnce(&Known) -> T) -> Result<T, StaleCredentials> {
        if !self.are_fresh() {
            let mut snapshots = self.0.subscribe();
            let newer = timeout(MAX_WAIT, snapshots.wait_for(Snapshot::is_fresh)).await;
            newer.map_err(|_| StaleCredentials)?.map_err(|_| StaleCredentials)?;
        }
        Ok(ask(&self.0.borrow().known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_call_waits_for_a_newer_list() {
        let read_at = Instant::now().checked_sub(2 * MAX_AGE).expect("a clock that old");
        let old = Snapshot { known: Known::default(), read_at };
        let credentials = Credentials(Arc::new(watch::Sender::new(old)));
        assert!(!credentials.are_fresh());
        let credential =
            Credential { tribunal: Some(820), papeis: vec![], estruturas: vec![], revoked: true };
        let newer = Known {
            by_azp: HashMap::from([("a".to_owned(), credential.clone())]),
            ..Known::default()
        };
        let read = async { credentials.replace(newer) };
        let (found, ()) = tokio::join!(credentials.of("a"), read);
        assert_eq!(found.unwrap(), Some(credential));
        assert!(credentials.are_fresh());
    }
}
