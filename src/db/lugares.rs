//! Places for what goes to the database in company.

use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a place is waited for, before one goes without: those who have them may be slow.
pub const PACIENCIA: Duration = Duration::from_millis(100);

/// How many go at a time. With more, each is only slower, and has less company.
pub fn quantos_lugares() -> usize {
    // Two where there is one processor: while one waits for PostgreSQL, another has its turn.
    thread::available_parallelism().map_or(2, |quantos| quantos.get().max(2))
}

/// So many places; who comes for one waits in line.
pub struct Lugares(Arc<Semaphore>);

impl Default for Lugares {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(quantos_lugares())))
    }
}

impl Lugares {
    /// A place, given back by dropping it; or none, when it was waited for too long.
    pub async fn lugar(&self) -> Option<OwnedSemaphorePermit> {
        let lugar = Arc::clone(&self.0).acquire_owned();
        timeout(PACIENCIA, lugar).await.ok()?.ok()
    }
}
