//! The server's own list of OIDC clients. It takes precedence over the claims of a token.

use super::Papel;
use super::certificate::{Fingerprint, Validity};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Maximum age of a list that the server trusts. With an older list, it refuses every caller.
const MAX_AGE: Duration = Duration::from_secs(5);

/// A client: its tribunal, its papéis, and the estruturas that it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub tribunal: Option<i16>,
    pub papeis: Vec<Papel>,
    /// The estruturas, each as its repositório and número. An empty list stands for all estruturas
    /// of the tribunal.
    pub estruturas: Vec<(i32, String)>,
    pub revoked: bool,
}

/// The list of clients as last read from the database. All workers of the server share it.
#[derive(Clone)]
pub struct Credentials(Arc<RwLock<Snapshot>>);

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

impl Credentials {
    pub fn new(known: Known) -> Self {
        Self(Arc::new(RwLock::new(Snapshot { known, read_at: Instant::now() })))
    }

    /// Replaces the list with one that was just read.
    pub fn replace(&self, known: Known) {
        let mut snapshot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *snapshot = Snapshot { known, read_at: Instant::now() };
    }

    /// The entry of this client. `None` when the list does not contain the client, so that only its
    /// token describes it.
    pub fn of(&self, azp: &str) -> Result<Option<Credential>, StaleCredentials> {
        self.ask(|known| known.by_azp.get(azp).cloned())
    }

    /// The client of this certificate: its `azp`, its entry, and the period of the registration.
    pub fn of_certificate(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<(String, Credential, Validity)>, StaleCredentials> {
        self.ask(|known| {
            let (azp, validity) = known.certificates.get(&fingerprint)?;
            Some((azp.clone(), known.by_azp.get(azp)?.clone(), *validity))
        })
    }

    fn ask<T>(&self, ask: impl FnOnce(&Known) -> T) -> Result<T, StaleCredentials> {
        let snapshot = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match snapshot.read_at.elapsed() {
            age if age > MAX_AGE => Err(StaleCredentials),
            _ => Ok(ask(&snapshot.known)),
        }
    }
}
