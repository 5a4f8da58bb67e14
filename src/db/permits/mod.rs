//! The right to use a connection, given in turns: see [`queue`].
//!
//! A request that waits either sleeps until it has its [`Permit`], or leaves what is to be done
//! with it: then a thread whose own work is over goes on with that, without waking anybody.

mod queue;

pub use queue::{Bounds, Caller, Lane};

use crate::auth::Ator;
use queue::{FairQueue, Ticket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{timeout, timeout_at};

/// How long a query or a write waits for company, before it goes without: those that run may be slow.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// How many run at once without being slower for it.
pub fn cores() -> usize {
    // Two where there is one processor: while one waits for PostgreSQL, another has its turn.
    thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

/// Places, and who waits for one. Clones share them.
#[derive(Clone)]
pub struct Permits(Arc<Mutex<FairQueue<Work>>>);

/// What is done on a blocking thread, once there is a place for it.
pub type Run = Box<dyn FnOnce(&Permit) + Send>;

enum Work {
    /// Somebody sleeps until the permit comes.
    Wake(oneshot::Sender<Permit>),
    Run(Handle, Run),
}

/// A place; dropped, it is given back.
pub struct Permit {
    permits: Permits,
    caller: Caller,
    lane: Lane,
    since: Instant,
    /// False once it was given back.
    held: bool,
}

/// A request that is counted as waiting for as long as this lives.
pub struct Waiting {
    permits: Permits,
    caller: Caller,
}

/// An entry of the queue; dropped, it waits no more.
pub struct Queued {
    permits: Permits,
    caller: Caller,
    lane: Lane,
    ticket: Ticket,
}

/// As many of the caller's requests wait as may; in so many seconds they have been served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded {
    pub seconds: u32,
}

impl Caller {
    pub fn of(ator: &Ator) -> Self {
        // Of no tribunal are only the national ones, whose places nobody else has.
        let tribunal = ator.escopo().tribunal().unwrap_or_default();
        Self { tribunal, credential: ator.shared_credencial() }
    }
}

impl Permits {
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Mutex::new(FairQueue::new(bounds))))
    }

    fn queue(&self) -> MutexGuard<'_, FairQueue<Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every request, before it does anything that may make it wait.
    pub fn wait(&self, caller: &Caller) -> Result<Waiting, Overloaded> {
        let mut queue = self.queue();
        match queue.wait(caller) {
            Ok(()) => Ok(Waiting { permits: self.clone(), caller: caller.clone() }),
            Err(queue::Full) => Err(Overloaded { seconds: queue.retry_after(caller) }),
        }
    }

    /// What is told to a request that has waited too long.
    pub fn overloaded(&self, caller: &Caller) -> Overloaded {
        Overloaded { seconds: self.queue().retry_after(caller) }
    }

    /// A place, whenever there is one.
    pub async fn acquire(&self, caller: &Caller, lane: Lane) -> Option<Permit> {
        let (sender, permit) = oneshot::channel();
        let _queued = self.enter(caller, lane, Work::Wake(sender));
        permit.await.ok()
    }

    /// A place, if there is one by then.
    pub async fn acquire_until(
        &self,
        caller: &Caller,
        lane: Lane,
        until: Instant,
    ) -> Option<Permit> {
        let (sender, mut permit) = oneshot::channel();
        let queued = self.enter(caller, lane, Work::Wake(sender));
        if let Ok(permit) = timeout(PATIENCE, &mut permit).await {
            return permit.ok();
        }
        queued.urge();
        timeout_at(until.into(), permit).await.ok()?.ok()
    }

    /// Has `run` done on a blocking thread of the present runtime, or on one whose work is over.
    pub fn run(&self, caller: &Caller, lane: Lane, run: Run) -> Queued {
        self.enter(caller, lane, Work::Run(Handle::current(), run))
    }

    fn enter(&self, caller: &Caller, lane: Lane, work: Work) -> Queued {
        let ticket = self.queue().enter(caller, lane, work);
        self.start_all();
        Queued { permits: self.clone(), caller: caller.clone(), lane, ticket }
    }

    /// Starts whatever has a place now.
    fn start_all(&self) {
        while let Some((permit, work)) = self.next() {
            match work {
                // Dropped, if nobody waits for it any more; then the place is the next one's.
                Work::Wake(sender) => drop(sender.send(permit)),
                Work::Run(runtime, run) => drop(runtime.spawn_blocking(move || permit.run(run))),
            }
        }
    }

    fn next(&self) -> Option<(Permit, Work)> {
        let (caller, lane, work) = self.queue().next()?;
        let permits = self.clone();
        let permit = Permit { permits, caller, lane, since: Instant::now(), held: true };
        Some((permit, work))
    }
}

impl Permit {
    /// Has `run` done on a blocking thread of the present runtime.
    pub fn spawn(self, run: Run) {
        drop(tokio::task::spawn_blocking(move || self.run(run)));
    }

    /// Does `run` here and, when it is over, whatever has a place then.
    fn run(self, run: Run) {
        let mut next = Some((self, run));
        while let Some((mut permit, run)) = next.take() {
            run(&permit);
            permit.give_back();
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
            // More than one may have a place, where a bound was in the way.
            permits.start_all();
        }
    }

    fn give_back(&mut self) {
        if std::mem::take(&mut self.held) {
            self.permits.queue().leave(&self.caller, self.lane, self.since.elapsed());
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.held {
            self.give_back();
            self.permits.start_all();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.permits.queue().stop_waiting(&self.caller);
    }
}

impl Queued {
    /// It waits for no company any more.
    pub fn urge(&self) {
        self.permits.queue().urge(&self.caller, self.lane, self.ticket);
        self.permits.start_all();
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        // What it was for is dropped outside of the lock.
        let _work = self.permits.queue().cancel(&self.caller, self.lane, self.ticket);
    }
}

#[cfg(test)]
mod tests;
