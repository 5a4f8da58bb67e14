//! Work that takes longer than the async workers should be held: it has threads of its own.
//!
//! A worker answers many connections in turns. While it reads a body of a megabyte, or holds a
//! long document against the schema, none of the others is answered, not even `/readyz`.

pub mod shares;

use crate::error::Error;
use crate::work::shares::Shares;
use std::thread;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::Span;

/// Bytes that are read on the worker: that takes a fraction of a millisecond.
pub const INLINE: usize = 16 * 1024;

/// How long such work waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// One for the whole server.
pub struct Work {
    turns: Shares,
}

impl Default for Work {
    fn default() -> Self {
        // One caller has one turn, so that there is always another for somebody else.
        Self { turns: Shares::new(at_once(), 1) }
    }
}

impl Work {
    /// Does it on another thread, when it is the caller's turn.
    pub async fn run<T: Send + 'static>(
        &self,
        caller: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.turns.take(1, Some(caller), PATIENCE).await;
        let turn = turn.ok_or(Error::Sobrecarga { segundos: 2 })?;
        let span = Span::current();
        let done = spawn_blocking(move || {
            // The turn lasts as long as the work does, even if nobody waits for it any more.
            let _turn = turn;
            span.in_scope(work)
        });
        done.await.map_err(Error::interno)
    }
}

/// How many are done at once, and so how many threads this takes.
pub fn at_once() -> u32 {
    let processors = thread::available_parallelism().map_or(2, |n| n.get().max(2));
    u32::try_from(processors).unwrap_or(2)
}
