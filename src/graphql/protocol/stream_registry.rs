//! Counts the open sockets and event streams of each credential, and tells all of them when the
//! server shuts down.

use crate::auth::Actor;
use crate::config::Subscriptions;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Counts the open sockets and event streams of each credential.
pub struct StreamRegistry {
    pub limits: Subscriptions,
    per_client: Arc<Mutex<HashMap<String, u32>>>,
    shutting_down: watch::Sender<bool>,
}

/// Counts one session until it is dropped.
pub struct SessionLease {
    per_client: Arc<Mutex<HashMap<String, u32>>>,
    client: String,
}

impl StreamRegistry {
    pub fn new(limits: Subscriptions) -> Self {
        Self { limits, per_client: Arc::default(), shutting_down: watch::Sender::new(false) }
    }

    /// Counts a new session of the credential. Returns `None` if it already has the maximum.
    pub fn lease(&self, actor: &Actor) -> Option<SessionLease> {
        let client = actor.credential().to_owned();
        let mut per_client = self.per_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = per_client.entry(client.clone()).or_default();
        if *count >= self.limits.max_connections {
            return None;
        }
        *count += 1;
        Some(SessionLease { per_client: Arc::clone(&self.per_client), client })
    }

    /// Tells every session to end. Each sends its client a reason, so that the client reconnects
    /// elsewhere.
    pub fn begin_shutdown(&self) {
        self.shutting_down.send_replace(true);
    }

    /// Waits until no session is open, but not longer than `timeout`.
    pub async fn wait_until_empty(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        while !self.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Completes when the shutdown of the sessions begins.
    pub async fn shutdown(&self) {
        let mut shutting_down = self.shutting_down.subscribe();
        let _ = shutting_down.wait_for(|shutting_down| *shutting_down).await;
    }

    fn is_empty(&self) -> bool {
        self.per_client.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Drop for SessionLease {
    fn drop(&mut self) {
        let mut per_client = self.per_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = per_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                per_client.remove(&self.client);
            }
        }
    }
}
