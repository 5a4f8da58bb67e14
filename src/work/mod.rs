//! Runs CPU-bound work on blocking threads instead of the async workers.
//!
//! A worker serves many connections in turn. While it parses a body of a megabyte or validates a
//! long document, it serves none of the others, not even `/readyz`.
//!
//! The submodules limit the memory of request bodies and of large answers, and the share of each
//! caller.

pub mod response_budget;
pub mod body_budget;
pub mod quota;

use crate::error::Error;
use crate::work::quota::Quota;
use std::thread;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tracing::Span;

/// Maximum size in bytes of a body that the worker parses itself, which takes a fraction of a
/// millisecond.
pub const MAX_INLINE_BYTES: usize = 16 * 1024;

/// Maximum time that work waits for its permit.
const WORK_WAIT: Duration = Duration::from_secs(2);

/// Limits the CPU-bound work of the whole server.
pub struct CpuPool {
    permits: Quota,
}

impl Default for CpuPool {
    fn default() -> Self {
        // Each caller has one permit, so that no caller takes all of them.
        Self { permits: Quota::new(max_parallel(), 1) }
    }
}

impl CpuPool {
    /// Runs `work` on a blocking thread, as soon as the caller gets a permit.
    pub async fn run<T: Send + 'static>(
        &self,
        caller: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permits.take(1, Some(caller), WORK_WAIT).await;
        let permit = permit.ok_or(Error::Overloaded { seconds: 2 })?;
        let span = Span::current();
        let result = spawn_blocking(move || {
            // Hold the permit until the work ends, even if the caller has disconnected.
            let _permit = permit;
            span.in_scope(work)
        });
        result.await.map_err(Error::internal)
    }
}

/// Maximum number of pieces of work that run in parallel. Each of them occupies one thread.
pub fn max_parallel() -> u32 {
    let processors = thread::available_parallelism().map_or(2, |n| n.get().max(2));
    u32::try_from(processors).unwrap_or(2)
}
