//! The queue between calls and the audit trail.
//!
//! A call takes a slot before it reads anything and returns it together with its records. The
//! writer thread takes all queued records at once, so that one commit serves every waiting answer.
//! When the trail falls behind, a call that is to read gets no slot: it must not read what the
//! trail cannot record.

use super::entry::NewRecord;
use crate::error::{Error, Failure};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::time::timeout;

/// Maximum number of calls that are under way or have queued records.
const SLOTS: usize = 32_768;
/// The writer writes a queue of this length at once, without waiting for more records.
const FULL_BATCH: usize = 1024;
/// While a write has taken longer than this, a call that is to read gets no slot.
const BEHIND_AFTER: Duration = Duration::from_secs(1);
/// Maximum time that a call waits for a slot, and that an answer waits until its records are on
/// disk.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that an answer waits for other calls that are under way, so that one commit writes the
/// records of all of them. A commit waits for the disk, so sharing it costs little.
const ANSWER_DELAY: Duration = Duration::from_millis(2);
/// When this many answers wait, the writer writes the batch without further delay.
const MAX_EXPECTED_ANSWERS: usize = 32;
/// Time that deliveries of events wait, so that one commit writes several of them.
const DELIVERY_DELAY: Duration = Duration::from_millis(25);
/// Time that records wait when no answer waits for them.
const LATER_DELAY: Duration = Duration::from_millis(250);

/// The callback that runs once the records are on disk, or at once if nothing waits for them
/// ([`Urgency::Later`]). If it is dropped without being called, the records will never be written.
pub type OnWritten = Box<dyn FnOnce() + Send>;

/// The urgency of writing records to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// An answer waits for the records.
    Answer,
    /// The delivery of an event waits for the records. It can wait a little longer than an answer,
    /// so that more deliveries share the commit.
    Delivery,
    /// Nothing waits for the records.
    Later,
}

impl Urgency {
    const fn waits(self) -> Duration {
        match self {
            Self::Answer => ANSWER_DELAY,
            Self::Delivery => DELIVERY_DELAY,
            Self::Later => LATER_DELAY,
        }
    }
}

/// The right to queue the records of one call. It holds no permit while the trail is disabled.
pub struct TrailSlot(pub(super) Option<OwnedSemaphorePermit>);

/// Completes when the records are on disk.
#[must_use = "an answer may not leave before its records are written"]
pub struct Written(State);

enum State {
    Written,
    Waiting(oneshot::Receiver<()>),
    /// The writer ended before it wrote the records.
    Lost,
}

impl Written {
    /// A callback and the value that completes when the callback is called.
    pub(crate) fn channel() -> (OnWritten, Self) {
        let (sender, receiver) = oneshot::channel();
        let on_written = move || {
            // The receiver may be gone, because the caller disconnected.
            let _ = sender.send(());
        };
        (Box::new(on_written), Self(State::Waiting(receiver)))
    }

    /// Whether the writer ended without writing the records. Waiting again is then useless.
    pub const fn is_lost(&self) -> bool {
        matches!(self.0, State::Lost)
    }

    /// Waits until the records are on disk. After a timeout it can be called again.
    pub async fn wait(&mut self) -> Result<(), Error> {
        let outcome = match &mut self.0 {
            State::Written => return Ok(()),
            State::Lost => return Err(unavailable()),
            State::Waiting(receiver) => timeout(RECORD_TIMEOUT, receiver).await,
        };
        match outcome {
            Ok(Ok(())) => self.0 = State::Written,
            Ok(Err(_)) => self.0 = State::Lost,
            Err(_) => {}
        }
        if matches!(self.0, State::Written) { Ok(()) } else { Err(unavailable()) }
    }

    /// Waits until the records are on disk, however long that takes. Returns false if they will
    /// never be.
    pub async fn wait_to_end(&mut self) -> bool {
        while self.wait().await.is_err() {
            if self.is_lost() {
                return false;
            }
        }
        true
    }
}

pub fn unavailable() -> Error {
    let message = "a trilha de auditoria não pode ser gravada; tente de novo em instantes";
    Error::failure(Failure::Indisponivel, message)
}

/// The records that the writer takes at a time.
#[derive(Default)]
pub struct Batch {
    pub records: Vec<NewRecord>,
    waiting: Vec<OnWritten>,
    slots: Vec<OwnedSemaphorePermit>,
}

impl Batch {
    /// Call this once every record of the batch is on disk. It releases the slots and runs the
    /// callbacks.
    pub fn written(self) {
        drop(self.slots);
        for then in self.waiting {
            then();
        }
    }
}

pub struct Queue {
    pending: Mutex<Pending>,
    arrived: Condvar,
    slots: Arc<Semaphore>,
    /// The time at which the writer took the batch that it is writing now. `None` while it is idle.
    writing: watch::Sender<Option<Instant>>,
}

#[derive(Default)]
struct Pending {
    batch: Batch,
    /// The time at which the writer must write the batch. `None` while it is empty.
    due: Option<Instant>,
    /// The time at which the first record of the batch came. `None` while it has no record.
    since: Option<Instant>,
    /// Number of answers that wait for the batch.
    answers: usize,
    /// Number of answers to expect in this batch: a decaying maximum of the calls under way, at
    /// most [`MAX_EXPECTED_ANSWERS`]. Once this many answers wait, the batch is written without
    /// further delay.
    expected_answers: usize,
    /// The time at which the writer thread wakes up by itself. `None` while only a notification
    /// wakes it.
    wakes_at: Option<Instant>,
    closed: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            pending: Mutex::default(),
            arrived: Condvar::new(),
            slots: Arc::new(Semaphore::new(SLOTS)),
            writing: watch::Sender::new(None),
        }
    }

    /// Takes a slot for one call. Waits while all slots are taken or the trail is behind.
    ///
    /// # Errors
    /// `INDISPONIVEL` after [`RECORD_TIMEOUT`].
    pub async fn slot(&self) -> Result<TrailSlot, Error> {
        let waiting = async {
            if self.is_behind() {
                let mut writing = self.writing.subscribe();
                let _ = writing.wait_for(|since| !behind(*since)).await;
            }
            Arc::clone(&self.slots).acquire_owned().await
        };
        match timeout(RECORD_TIMEOUT, waiting).await {
            Ok(Ok(slot)) => Ok(TrailSlot(Some(slot))),
            _ => Err(unavailable()),
        }
    }

    /// How many records wait to be written, and for how long the oldest of them has waited. The
    /// number leaves out the records that are being written; the time includes how long that has
    /// taken.
    pub fn backlog(&self) -> (usize, Duration) {
        let (count, since) = {
            let pending = self.pending();
            (pending.batch.records.len(), pending.since)
        };
        let writing = *self.writing.borrow();
        let oldest = [since, writing].into_iter().flatten().min();
        (count, oldest.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// Takes a slot if one is free now, for a call that has already ended.
    pub fn try_slot(&self) -> Option<TrailSlot> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(TrailSlot(Some(slot)))
    }

    /// Whether the writer has been busy with its current batch for too long.
    pub fn is_behind(&self) -> bool {
        behind(*self.writing.borrow())
    }

    pub fn push(
        &self,
        slot: TrailSlot,
        records: Vec<NewRecord>,
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
        pending.since.get_or_insert_with(Instant::now);
        pending.batch.records.extend(records);
        pending.batch.waiting.extend(then);
        pending.batch.slots.extend(slot.0);
        if urgency == Urgency::Answer {
            pending.answers += 1;
            let calls = SLOTS - self.slots.available_permits();
            pending.expected_answers =
                pending.expected_answers.max(calls.min(MAX_EXPECTED_ANSWERS));
        }
        let complete = pending.answers > 0 && pending.answers >= pending.expected_answers;
        let full = pending.batch.records.len() >= FULL_BATCH;
        let waits = if complete || full { Duration::ZERO } else { urgency.waits() };
        self.due_by(pending, Instant::now() + waits);
    }

    /// Completes when everything that was pushed before is written.
    pub fn flush(&self) -> Written {
        let (on_written, flushed) = Written::channel();
        let mut pending = self.pending();
        pending.batch.waiting.push(on_written);
        self.due_by(pending, Instant::now());
        flushed
    }

    fn due_by(&self, mut pending: MutexGuard<'_, Pending>, due: Instant) {
        if pending.due.is_none_or(|current| due < current) {
            pending.due = Some(due);
            let in_time = pending.wakes_at.is_some_and(|wakes_at| wakes_at <= due);
            drop(pending);
            if !in_time {
                self.arrived.notify_one();
            }
        }
    }

    /// Closes the queue: the writer writes the remaining records and ends. No call may push
    /// afterwards.
    pub fn close(&self) {
        self.pending().closed = true;
        self.arrived.notify_one();
    }

    /// Blocks until the next batch is due. Returns `None` when the queue is closed and empty.
    pub fn take(&self) -> Option<Batch> {
        self.writing.send_if_modified(|since| since.take().is_some());
        let mut pending = self.pending();
        // While calls keep coming, more records will arrive soon. Set a timer once, so that the
        // call that pushes them need not notify this thread: a notification costs more than one
        // needless wake-up.
        let mut soon = (pending.expected_answers > 0).then(|| Instant::now() + ANSWER_DELAY);
        loop {
            let now = Instant::now();
            if pending.due.is_some_and(|due| due <= now || pending.closed) {
                break;
            }
            if pending.closed {
                return None;
            }
            pending.wakes_at = pending.due.or(soon).filter(|wakes_at| *wakes_at > now);
            pending = match pending.wakes_at {
                Some(wakes_at) => {
                    let waited = self.arrived.wait_timeout(pending, wakes_at - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(pending).unwrap_or_else(PoisonError::into_inner),
            };
            soon = None;
        }
        pending.wakes_at = None;
        (pending.due, pending.since) = (None, None);
        // If fewer answers came than expected, expect fewer the next time.
        pending.expected_answers = pending.answers.max(pending.expected_answers * 3 / 4);
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
    since.is_some_and(|since| since.elapsed() >= BEHIND_AFTER)
}
