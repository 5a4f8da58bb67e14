//! The queue between calls and the trail.
//!
//! A call takes a permit before it reads anything, and gives it back with its records; the thread
//! that writes takes all that is there, so that one commit serves every answer that waits. When
//! the trail falls behind, no permit is given: what could not be recorded is not read.

use super::entry::NovoRegistro;
use crate::error::{Error, Falha};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::timeout;

/// Calls that may be under way, or whose records wait to be written.
const PERMITS: usize = 32_768;
/// A queue of this length is written at once, whoever waits for it.
const FULL: usize = 1024;
/// A write that takes longer than this keeps others from reading.
const BEHIND: Duration = Duration::from_secs(1);
/// How long a call waits for a permit, and an answer for its record.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer waits for others to be written by the same commit, while others are on their
/// way; and how many are company enough. A commit waits for the disk: a few share it at little cost.
const COMPANY: Duration = Duration::from_millis(2);
const ENOUGH: usize = 32;
/// How long deliveries of events wait to be told together with others.
const DELIVERIES: Duration = Duration::from_millis(25);
/// How long records wait for which no answer waits.
const NOBODY_WAITS: Duration = Duration::from_millis(250);

/// What is done once records are on disk. Dropped without a call, they never will be.
pub type OnWritten = Box<dyn FnOnce() + Send>;

/// How soon records have to be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// An answer waits for them.
    Answer,
    /// An event waits for them: it may wait a moment more, for others that go with it.
    Delivery,
    /// Nobody waits.
    Later,
}

impl Urgency {
    const fn waits(self) -> Duration {
        match self {
            Self::Answer => COMPANY,
            Self::Delivery => DELIVERIES,
            Self::Later => NOBODY_WAITS,
        }
    }
}

/// The right of one call to have its records written.
pub struct Permit(pub(super) Option<OwnedSemaphorePermit>);

/// Tells when records are on disk.
#[must_use = "an answer may not leave before its records are written"]
pub struct Written(State);

enum State {
    Written,
    Waiting(oneshot::Receiver<()>),
    /// The writer ended before it came to them.
    Lost,
}

impl Written {
    /// What tells it, and what it tells.
    pub(crate) fn channel() -> (OnWritten, Self) {
        let (tell, told) = oneshot::channel();
        let tell = move || {
            // The caller may have gone.
            let _ = tell.send(());
        };
        (Box::new(tell), Self(State::Waiting(told)))
    }

    /// Nobody will write them any more: there is nothing to wait for.
    pub const fn lost(&self) -> bool {
        matches!(self.0, State::Lost)
    }

    /// Waits until the records are on disk; after a failure it may be asked again.
    pub async fn wait(&mut self) -> Result<(), Error> {
        let told = match &mut self.0 {
            State::Written => return Ok(()),
            State::Lost => return Err(unavailable()),
            State::Waiting(told) => timeout(PATIENCE, told).await,
        };
        match told {
            Ok(Ok(())) => self.0 = State::Written,
            Ok(Err(_)) => self.0 = State::Lost,
            Err(_) => {}
        }
        if matches!(self.0, State::Written) { Ok(()) } else { Err(unavailable()) }
    }
}

pub fn unavailable() -> Error {
    let mensagem = "a trilha de auditoria não pode ser gravada; tente de novo em instantes";
    Error::falha(Falha::Indisponivel, mensagem)
}

/// What the writer takes at a time.
#[derive(Default)]
pub struct Batch {
    pub records: Vec<NovoRegistro>,
    waiting: Vec<OnWritten>,
    permits: Vec<OwnedSemaphorePermit>,
}

impl Batch {
    /// Every record of it is on disk.
    pub fn written(self) {
        drop(self.permits);
        for then in self.waiting {
            then();
        }
    }
}

pub struct Queue {
    pending: Mutex<Pending>,
    arrived: Condvar,
    permits: Arc<Semaphore>,
    /// Since when the writer is at what it took out last.
    writing: watch::Sender<Option<Instant>>,
}

#[derive(Default)]
struct Pending {
    batch: Batch,
    /// When the batch has to be written; none while it is empty.
    due: Option<Instant>,
    /// Answers that wait for it.
    answers: usize,
    /// How many calls there were at a time, of late: as many are worth waiting for.
    calls: usize,
    /// When the thread that writes looks again by itself; none while it has to be woken.
    looks_at: Option<Instant>,
    closed: bool,
}

impl Queue {
    pub fn new() -> Self {
        Self {
            pending: Mutex::default(),
            arrived: Condvar::new(),
            permits: Arc::new(Semaphore::new(PERMITS)),
            writing: watch::Sender::new(None),
        }
    }

    /// A permit for one call; waits while there is none, or the trail is behind.
    pub async fn permit(&self) -> Result<Permit, Error> {
        let waiting = async {
            if self.is_behind() {
                let mut writing = self.writing.subscribe();
                let _ = writing.wait_for(|since| !behind(*since)).await;
            }
            Arc::clone(&self.permits).acquire_owned().await
        };
        match timeout(PATIENCE, waiting).await {
            Ok(Ok(permit)) => Ok(Permit(Some(permit))),
            _ => Err(unavailable()),
        }
    }

    /// A permit, if there is one at once: for a call that is over.
    pub fn try_permit(&self) -> Option<Permit> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(Permit(Some(permit)))
    }

    /// Whether the writer has been too long at what it took out last.
    pub fn is_behind(&self) -> bool {
        behind(*self.writing.borrow())
    }

    pub fn push(
        &self,
        permit: Permit,
        records: Vec<NovoRegistro>,
        urgency: Urgency,
        then: OnWritten,
    ) {
        let mut then = Some(then);
        if records.is_empty() || urgency == Urgency::Later {
            then.take().into_iter().for_each(|then| then());
        }
        if records.is_empty() {
            return;
        }
        let mut pending = self.pending();
        pending.batch.records.extend(records);
        pending.batch.waiting.extend(then);
        pending.batch.permits.extend(permit.0);
        if urgency == Urgency::Answer {
            pending.answers += 1;
            let calls = PERMITS - self.permits.available_permits();
            pending.calls = pending.calls.max(calls.min(ENOUGH));
        }
        let complete = pending.answers > 0 && pending.answers >= pending.calls;
        let full = pending.batch.records.len() >= FULL;
        let waits = if complete || full { Duration::ZERO } else { urgency.waits() };
        self.due_by(pending, Instant::now() + waits);
    }

    /// Tells when all that was pushed before is written.
    pub fn flush(&self) -> Written {
        let (tell, flushed) = Written::channel();
        let mut pending = self.pending();
        pending.batch.waiting.push(tell);
        self.due_by(pending, Instant::now());
        flushed
    }

    fn due_by(&self, mut pending: MutexGuard<'_, Pending>, due: Instant) {
        if pending.due.is_none_or(|standing| due < standing) {
            pending.due = Some(due);
            let in_time = pending.looks_at.is_some_and(|looks_at| looks_at <= due);
            drop(pending);
            if !in_time {
                self.arrived.notify_one();
            }
        }
    }

    /// No call is left: what is there is written, and the writer ends.
    pub fn close(&self) {
        self.pending().closed = true;
        self.arrived.notify_one();
    }

    /// The next batch, when it is due; none when the queue was closed and is empty. Blocks.
    pub fn take(&self) -> Option<Batch> {
        self.writing.send_if_modified(|since| since.take().is_some());
        let mut pending = self.pending();
        // While calls come, the next is soon here: it need not wake this thread, which costs more
        // than to look once in vain.
        let mut soon = (pending.calls > 0).then(|| Instant::now() + COMPANY);
        loop {
            let now = Instant::now();
            if pending.due.is_some_and(|due| due <= now || pending.closed) {
                break;
            }
            if pending.closed {
                return None;
            }
            pending.looks_at = pending.due.or(soon).filter(|looks_at| *looks_at > now);
            pending = match pending.looks_at {
                Some(looks_at) => {
                    let waited = self.arrived.wait_timeout(pending, looks_at - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(pending).unwrap_or_else(PoisonError::into_inner),
            };
            soon = None;
        }
        pending.looks_at = None;
        pending.due = None;
        // What was waited for in vain is expected less the next time.
        pending.calls = pending.answers.max(pending.calls * 3 / 4);
        pending.answers = 0;
        let batch = mem::take(&mut pending.batch);
        drop(pending);
        self.writing.send_replace(Some(Instant::now()));
        Some(batch)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn behind(since: Option<Instant>) -> bool {
    since.is_some_and(|since| since.elapsed() >= BEHIND)
}
