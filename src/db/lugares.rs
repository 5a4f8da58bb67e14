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
    // One more than there are processors: while one waits for PostgreSQL, another has its turn.
    thread::available_parallelism().map_or(2, |quantos| quantos.get() + 1)
}

#[derive(Clone)]
pub struct Lugares(Arc<Semaphore>);

/// One of them, or what went without.
pub type Lugar = Option<OwnedSemaphorePermit>;

impl Default for Lugares {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(quantos_lugares())))
    }
}

impl Lugares {
    /// Waits for a place; not for ever.
    pub async fn lugar(&self) -> Lugar {
        let lugar = Arc::clone(&self.0).acquire_owned();
        timeout(PACIENCIA, lugar).await.ok()?.ok()
    }
}
