//! Whether every worker thread still runs its tasks: a worker that is stuck serves none of its
//! connections, and nothing else would notice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const INTERVAL: Duration = Duration::from_millis(500);

/// The heartbeats of all workers. Cheap to clone.
#[derive(Clone)]
pub struct Heartbeats(Arc<Inner>);

struct Inner {
    start: Instant,
    /// When each worker last ran its heartbeat, in milliseconds after `start`. A worker owns its
    /// time, so that a worker that ended is not taken for one that is stuck.
    last: Mutex<Vec<Weak<AtomicU64>>>,
}

impl Default for Heartbeats {
    fn default() -> Self {
        Self(Arc::new(Inner { start: Instant::now(), last: Mutex::default() }))
    }
}

impl Heartbeats {
    /// Begins the heartbeat of the worker on whose thread this runs.
    pub fn begin(&self) {
        let last = Arc::new(AtomicU64::new(self.now()));
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&last));
        let heartbeats = self.clone();
        actix_web::rt::spawn(async move {
            loop {
                last.store(heartbeats.now(), Ordering::Relaxed);
                sleep(INTERVAL).await;
            }
        });
    }

    /// Whether every worker that has not ended ran its heartbeat within this time.
    pub fn all_within(&self, time: Duration) -> bool {
        let now = self.now();
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|last| last.strong_count() > 0);
        last.iter().filter_map(Weak::upgrade).all(|last| {
            u128::from(now.saturating_sub(last.load(Ordering::Relaxed))) <= time.as_millis()
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn a_stuck_worker_is_noticed_and_an_ended_one_is_not() {
        let heartbeats = Heartbeats::default();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let of_worker = heartbeats.clone();
        let worker = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                of_worker.begin();
                begun.send(()).unwrap();
                // The thread is blocked, so that the task does not run.
                let _ = released.recv();
            });
        });
        has_begun.recv().unwrap();
        assert!(heartbeats.all_within(Duration::from_secs(60)));
        let start = Instant::now();
        while heartbeats.all_within(Duration::from_millis(20)) {
            assert!(start.elapsed() < Duration::from_secs(60), "it was never noticed");
            thread::yield_now();
        }
        release.send(()).unwrap();
        worker.join().unwrap();
        assert!(heartbeats.all_within(Duration::ZERO), "it has ended");
    }
}
