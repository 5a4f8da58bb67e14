//! Permits to use a database connection, granted in the fair order that [`queue`] decides.
//!
//! A request either awaits its [`Permit`], or queues the work to run once it has one. Queued work
//! can run on the thread that has just finished other work, so that no task must be woken.
//!
//! What decides how many queries run at once is [`Bounds::of`]: all requests share `pool_max`
//! permits, one credential holds at most half of them, and a quarter is kept for tribunais that hold
//! none. Of the queries of one credential, [`parallelism_per_credential`] run at a time; the others
//! wait up to [`COALESCE_WAIT`] to be joined into one run.

mod queue;

pub use queue::{Bounds, Caller, Lane};

use super::QueueLoad;
use crate::auth::Actor;
use prometheus_client::metrics::histogram::Histogram;
use queue::{FairQueue, Ticket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};

/// Maximum time that a query or a write waits for others to join it. After that it becomes urgent.
/// The limit is needed because the current permit holders may be slow.
pub const COALESCE_WAIT: Duration = Duration::from_millis(100);

/// Maximum number of queries of one credential that run at the same time without slowing each other
/// down. Urgent ones do not count.
pub fn parallelism_per_credential() -> usize {
    // At least two, even on one processor: one query can run while the other waits for PostgreSQL.
    thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

/// The permits of one pool and the queue for them. Clones share both.
#[derive(Clone)]
pub struct Permits(Arc<Shared>);

struct Shared {
    queue: Mutex<FairQueue<QueuedWork>>,
    /// Where the time of each wait is counted. `None` to count none.
    waits: Option<Histogram>,
}

/// Work, and the time at which it began to wait.
struct QueuedWork {
    since: Instant,
    work: Work,
}

/// Work that runs on a blocking thread once it has a permit.
pub type Job = Box<dyn FnOnce(&Permit) + Send>;

enum Work {
    /// Send the permit to the task that awaits it.
    Wake(oneshot::Sender<Permit>),
    /// Run this on a blocking thread of the given runtime.
    Run(Handle, Job),
}

/// The right to use one connection. Dropping it returns it to the queue.
pub struct Permit {
    permits: Permits,
    caller: Caller,
    lane: Lane,
    since: Instant,
    /// Whether the permit is still to be returned. `drop` must not return it twice.
    held: bool,
}

/// Counts one request as waiting until it is dropped.
pub struct Admission {
    permits: Permits,
    caller: Caller,
}

/// An entry of the queue. Dropping it cancels the entry if it is still waiting.
pub struct Queued {
    permits: Permits,
    caller: Caller,
    lane: Lane,
    ticket: Ticket,
}

/// The refusal of a request because the caller's limit of waiting requests is reached, or because
/// it has waited too long. `seconds` is the estimated time until the waiting ones are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded {
    pub seconds: u32,
}

impl Caller {
    pub fn of(actor: &Actor) -> Self {
        // Only national credentials have no tribunal, and they have a pool of their own, so a
        // shared code for them collides with nobody.
        let tribunal = actor.scope().tribunal().unwrap_or_default();
        Self { tribunal, credential: actor.shared_credential() }
    }
}

impl Permits {
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Shared { queue: Mutex::new(FairQueue::new(bounds)), waits: None }))
    }

    /// Permits that count how long work waits for them.
    pub fn measured(bounds: Bounds, waits: Histogram) -> Self {
        let queue = Mutex::new(FairQueue::new(bounds));
        Self(Arc::new(Shared { queue, waits: Some(waits) }))
    }

    /// How many permits are in use, and how many requests wait.
    pub fn load(&self) -> QueueLoad {
        self.queue().load()
    }

    fn queue(&self) -> MutexGuard<'_, FairQueue<QueuedWork>> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request as waiting. Every request must call this before it queues for a permit.
    pub fn admit(&self, caller: &Caller) -> Result<Admission, Overloaded> {
        let mut queue = self.queue();
        match queue.admit(caller) {
            Ok(()) => Ok(Admission { permits: self.clone(), caller: caller.clone() }),
            Err(queue::Full) => Err(Overloaded { seconds: queue.retry_after(caller) }),
        }
    }

    /// The refusal for a request that has waited too long.
    pub fn overloaded(&self, caller: &Caller) -> Overloaded {
        Overloaded { seconds: self.queue().retry_after(caller) }
    }

    /// Waits for a permit without a time limit.
    pub async fn acquire(&self, caller: &Caller, lane: Lane) -> Option<Permit> {
        let (sender, permit) = oneshot::channel();
        let _queued = self.enter(caller, lane, Work::Wake(sender));
        permit.await.ok()
    }

    /// Waits for a permit until `until`, and then returns `None`. After [`COALESCE_WAIT`] the entry
    /// becomes urgent.
    pub async fn acquire_until(
        &self,
        caller: &Caller,
        lane: Lane,
        until: Instant,
    ) -> Option<Permit> {
        let (sender, mut permit) = oneshot::channel();
        let queued = self.enter(caller, lane, Work::Wake(sender));
        if let Ok(permit) = timeout(COALESCE_WAIT, &mut permit).await {
            return permit.ok();
        }
        queued.make_urgent();
        timeout_at(until.into(), permit).await.ok()?.ok()
    }

    /// Queues `run`. Once it has a permit, it runs on a blocking thread of the current runtime, or
    /// on a blocking thread that has just finished other work.
    pub fn run(&self, caller: &Caller, lane: Lane, run: Job) -> Queued {
        self.enter(caller, lane, Work::Run(Handle::current(), run))
    }

    fn enter(&self, caller: &Caller, lane: Lane, work: Work) -> Queued {
        let entry = QueuedWork { since: Instant::now(), work };
        let ticket = self.queue().enter(caller, lane, entry);
        self.start_all();
        Queued { permits: self.clone(), caller: caller.clone(), lane, ticket }
    }

    /// Starts every entry that can have a permit now.
    fn start_all(&self) {
        while let Some((permit, work)) = self.next() {
            match work {
                // If the receiver is gone, the permit comes back and is dropped, and its `drop`
                // passes it to the next entry.
                Work::Wake(sender) => drop(sender.send(permit)),
                Work::Run(runtime, run) => drop(runtime.spawn_blocking(move || permit.run(run))),
            }
        }
    }

    fn next(&self) -> Option<(Permit, Work)> {
        let (caller, lane, QueuedWork { since: entered, work }) = self.queue().next()?;
        let (permits, since) = (self.clone(), Instant::now());
        if let Some(waits) = &self.0.waits {
            waits.observe((since - entered).as_secs_f64());
        }
        let permit = Permit { permits, caller, lane, since, held: true };
        Some((permit, work))
    }
}

impl Permit {
    /// Runs `run` with this permit on a blocking thread of the current runtime.
    pub fn spawn(self, run: Job) {
        drop(tokio::task::spawn_blocking(move || self.run(run)));
    }

    /// Runs `run` on this thread, then the next work that gets a permit, until there is none.
    fn run(self, run: Job) {
        let mut next = Some((self, run));
        while let Some((mut permit, run)) = next.take() {
            run(&permit);
            permit.release();
            let permits = permit.permits.clone();
            while let Some((permit, work)) = permits.next() {
                match work {
                    Work::Wake(sender) => drop(sender.send(permit)),
                    Work::Run(_, run) => {
                        next = Some((permit, run));
                        break;
                    }
                }
            }
            // One returned permit can release several entries that a bound held back.
            permits.start_all();
        }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            self.permits.queue().release(&self.caller, self.lane, self.since.elapsed());
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.held {
            self.release();
            self.permits.start_all();
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.permits.queue().leave(&self.caller);
    }
}

impl Queued {
    /// Makes the entry urgent: it no longer waits for others to join it.
    pub fn make_urgent(&self) {
        self.permits.queue().make_urgent(&self.caller, self.lane, self.ticket);
        self.permits.start_all();
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        // Binding the result drops the work after the lock is released: dropping the work can run
        // code that locks the queue again.
        let _work = self.permits.queue().cancel(&self.caller, self.lane, self.ticket);
    }
}

#[cfg(test)]
mod tests;
