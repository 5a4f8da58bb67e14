//! The threads that write the audit trail: one writes the queued records, the other seals the
//! written ones.
//!
//! The writer drops no record that was queued. If the database cannot write now (standby, full
//! disk, revoked privilege, unknown error), the writer retries until it succeeds; meanwhile no call
//! may read. The writer sets aside, in a separate table, only a record that PostgreSQL proves it
//! cannot store.

use super::entry::NewRecord;
use super::queue::{Batch, OnWritten, Queue, TrailSlot, Urgency};
use super::store::Tail;
use super::{merge, queue, seal, store};
use crate::db::Db;
use crate::error::{Error, Failure};
use crate::telemetry::metrics::Metrics;
use std::cell::Cell;
use std::ops::Range;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Maximum time that a shutdown waits for the queue to empty. It is longer than one statement may
/// take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(20);
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
const SEAL_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum number of resource keys and correlation ids in one statement, so that the statement ends
/// long before the statement timeout.
const MAX_KEYS: usize = 50_000;

/// The handle through which calls add their records. Cheap to clone. The threads end when the last
/// clone is dropped.
#[derive(Clone)]
pub struct AuditTrail(Option<Arc<Trail>>);

struct Trail {
    queue: Arc<Queue>,
    metrics: Metrics,
    /// When set, an answer that has neither resources nor sensitive fields does not wait for its
    /// record.
    relaxed: OnceLock<bool>,
    seals: Arc<Mutex<Seals>>,
    /// The sealer thread stops when this sender is dropped.
    _sealer: mpsc::Sender<()>,
}

/// The last results of the sealer.
#[derive(Clone, Copy)]
struct Seals {
    /// The time of the last round that was complete.
    at: Instant,
    /// The records that were written and not sealed at `tail_at`.
    tail: Tail,
    tail_at: Instant,
}

/// The records that wait to be written, and the written ones that wait for a seal.
#[derive(Debug, Clone, Copy)]
pub struct Backlog {
    /// Queued records that the writer has not taken yet.
    pub records: usize,
    /// For how long the oldest record has waited, whether the writer has taken it or not.
    pub oldest: Duration,
    /// The time since the last round of seals that was complete.
    pub sealed: Duration,
    /// Written records without a seal.
    pub unsealed: usize,
    /// The age of the oldest of them.
    pub oldest_unsealed: Duration,
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl AuditTrail {
    /// Starts the writer thread and the sealer thread.
    pub fn start(db: Db, metrics: Metrics) -> Self {
        let queue = Arc::new(Queue::new());
        let (sealer, stop) = mpsc::channel();
        let now = Instant::now();
        let seals = Arc::new(Mutex::new(Seals { at: now, tail: Tail::default(), tail_at: now }));
        let (sealed, counted, known) = (db.clone(), metrics.clone(), Arc::clone(&seals));
        thread::spawn(move || seal(&sealed, &counted, &known, &stop));
        let writer = Writer { db, metrics: metrics.clone(), ids: Cell::default() };
        let source = Arc::clone(&queue);
        thread::spawn(move || {
            while let Some(batch) = source.take() {
                writer.write_batch(batch);
            }
        });
        let relaxed = OnceLock::new();
        Self(Some(Arc::new(Trail { queue, metrics, relaxed, seals, _sealer: sealer })))
    }

    /// A handle that records nothing. Benchmarks use it to measure the cost of recording.
    pub const fn disabled() -> Self {
        Self(None)
    }

    /// Whether calls are recorded.
    pub const fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// From now on, an answer whose record has no resources and no sensitive fields does not wait
    /// until that record is on disk.
    pub fn relax(&self) {
        if let Some(trail) = &self.0 {
            let _ = trail.relaxed.set(true);
        }
    }

    /// Returns a function that tells the backlog for as long as the trail exists. It does not keep
    /// the trail alive.
    pub fn backlog(&self) -> impl Fn() -> Option<Backlog> + Send + Sync + 'static {
        let trail = self.0.as_ref().map(Arc::downgrade);
        move || {
            let trail = trail.as_ref()?.upgrade()?;
            let (records, oldest) = trail.queue.backlog();
            let seals = *trail.seals.lock().unwrap_or_else(PoisonError::into_inner);
            let (unsealed, age) = (seals.tail.records, seals.tail.oldest);
            let oldest_unsealed = age.map_or(Duration::ZERO, |age| age + seals.tail_at.elapsed());
            Some(Backlog { records, oldest, sealed: seals.at.elapsed(), unsealed, oldest_unsealed })
        }
    }

    /// Whether the trail accepts records. While it does not, no call may read.
    pub fn is_writable(&self) -> bool {
        self.0.as_ref().is_none_or(|trail| !trail.queue.is_behind())
    }

    /// Takes a slot for one call. Waits while none is free.
    pub async fn slot(&self) -> Result<TrailSlot, Error> {
        match &self.0 {
            Some(trail) => trail.queue.slot().await,
            None => Ok(TrailSlot(None)),
        }
    }

    /// Queues the records of a call. `then` runs once they are on disk, or at once if no answer
    /// waits for them. A call that read nothing has no slot: its answer does not wait for its
    /// records, and when the queue is full, the metrics count them as lost.
    pub(crate) fn record(
        &self,
        slot: Option<TrailSlot>,
        records: Vec<NewRecord>,
        delivery: bool,
        then: OnWritten,
    ) {
        let Some(trail) = &self.0 else { return then() };
        if records.is_empty() {
            return then();
        }
        let urgency = match &slot {
            None => Urgency::Later,
            Some(_) if trail.relaxed.get().is_some() && records.iter().all(names_nobody) => {
                Urgency::Later
            }
            Some(_) if delivery => Urgency::Delivery,
            Some(_) => Urgency::Answer,
        };
        match slot.or_else(|| trail.queue.try_slot()) {
            Some(slot) => trail.queue.push(slot, records, urgency, then),
            None => {
                trail.metrics.lost(records.len());
                tracing::warn!(
                    "a call that read nothing is not in the audit trail: its queue is full"
                );
                then();
            }
        }
    }

    /// Waits until everything recorded so far is written. Returns false after `FLUSH_TIMEOUT`, and
    /// at once if the writer has ended without writing it.
    pub async fn flush(&self) -> bool {
        let Some(trail) = &self.0 else { return true };
        timeout(FLUSH_TIMEOUT, trail.queue.flush().wait_to_end()).await.unwrap_or(false)
    }
}

fn names_nobody(record: &NewRecord) -> bool {
    record.resources.is_empty() && record.fields.names().next().is_none()
}

struct Writer {
    db: Db,
    metrics: Metrics,
    /// Ids that were reserved from the sequence and are not used yet.
    ids: Cell<Option<Range<i64>>>,
}

/// Counts the first records that fit in one statement: at least one.
fn count_fitting(records: &[NewRecord]) -> usize {
    let mut resources = 0;
    let within = records.iter().take(store::BATCH_SIZE).take_while(|record| {
        resources += record.resources.len() + record.correlations.len();
        resources <= MAX_KEYS
    });
    within.count().max(1)
}

impl Writer {
    fn write_batch(&self, mut batch: Batch) {
        let records = merge::deliveries(std::mem::take(&mut batch.records));
        let mut rest = records.as_slice();
        while !rest.is_empty() {
            let (first, after) = rest.split_at(count_fitting(rest));
            self.write_until_stored(first);
            rest = after;
        }
        batch.written();
    }

    /// Returns when the database has stored all records. If it refuses a batch, writes each half
    /// separately, so that one record does not block the others.
    fn write_until_stored(&self, records: &[NewRecord]) {
        while let Err(error) = self.try_write(records) {
            if !matches!(error, Error::Failure(..)) {
                match records {
                    [record] => match self.insert_or_set_aside(record) {
                        Ok(()) => return,
                        Err(error) => log_refusal(&error),
                    },
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        self.write_until_stored(first);
                        return self.write_until_stored(second);
                    }
                }
            }
            self.metrics.audit_failed();
            // The reason was already logged, by `db` or by `log_refusal`.
            tracing::debug!(
                records = records.len(),
                "the audit trail could not be written; trying again"
            );
            thread::sleep(RETRY_INTERVAL);
        }
        self.metrics.audited(records.len());
    }

    /// Writes one batch under its own ids. If the connection breaks, the outcome is unknown: the
    /// batch is sent again under the same ids, so it cannot be stored twice.
    fn try_write(&self, records: &[NewRecord]) -> Result<(), Error> {
        let first = self.reserve_ids(records.len())?;
        loop {
            match self.db.with_auditor_conn(|conn| store::insert_reads(conn, first, records)) {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    if self.db.with_auditor_conn(|conn| store::is_stored(conn, first, records))? {
                        return Ok(());
                    }
                    // These ids belong to another batch. Take new ones the next time.
                    self.ids.take();
                    return Err(queue::unavailable());
                }
                Err(Error::Failure(..)) => {
                    self.metrics.audit_failed();
                    // `db` logs an outage once.
                    tracing::debug!("the database is not there for the audit trail; trying again");
                    thread::sleep(RETRY_INTERVAL);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The first of `count` consecutive ids that no other writer has. The sequence gives a
    /// thousand at a time.
    fn reserve_ids(&self, count: usize) -> Result<i64, Error> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let left = self.ids.take().filter(|left| left.end - left.start >= count);
        let left = match left {
            Some(left) => left,
            None => {
                let first = self.db.with_auditor_conn(store::reserve_ids)?;
                first..first + store::ID_BLOCK_SIZE
            }
        };
        self.ids.set(Some(left.start + count..left.end));
        Ok(left.start)
    }

    /// Handles a record that the database refused even alone: PostgreSQL decides whether the record
    /// itself is the cause.
    fn insert_or_set_aside(&self, record: &NewRecord) -> Result<(), Error> {
        match self.db.with_auditor_conn(|conn| store::insert_or_set_aside(conn, record))? {
            None => self.metrics.audited(1),
            Some(sqlstate) => {
                self.metrics.set_aside();
                tracing::error!(
                    correlacao = record.correlation,
                    sqlstate,
                    "the database cannot hold a record of the audit trail; it was set aside"
                );
            }
        }
        Ok(())
    }
}

fn log_refusal(error: &Error) {
    let (failure, _) = error.log_and_redact();
    tracing::warn!(codigo = failure.name(), "the database refuses the audit trail: no call reads");
}

/// The sealer thread: creates the partitions of the coming months and seals what is written, in a
/// loop.
fn seal(db: &Db, metrics: &Metrics, seals: &Mutex<Seals>, stop: &mpsc::Receiver<()>) {
    let known = || seals.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match db.with_auditor_conn(store::prepare_months) {
            // `db` logs an outage once.
            Ok(()) | Err(Error::Failure(Failure::Indisponivel, _)) => {}
            Err(error) => {
                let (failure, _) = error.log_and_redact();
                tracing::warn!(
                    codigo = failure.name(),
                    "the months of the audit trail could not be made"
                );
            }
        }
        if stop.recv_timeout(SEAL_INTERVAL) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        match seal::seal_pending(db) {
            Ok(sealed) => {
                metrics.sealed(sealed);
                known().at = Instant::now();
            }
            // `db` logs an outage once.
            Err(Error::Failure(Failure::Indisponivel, _)) => {}
            Err(error) => {
                let (failure, _) = error.log_and_redact();
                tracing::warn!(codigo = failure.name(), "the audit trail could not be sealed");
            }
        }
        // If the query fails, keep the last count: the age of the tail then grows on.
        if let Ok(tail) = store::unsealed_tail(db) {
            let mut known = known();
            (known.tail, known.tail_at) = (tail, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Measures;

    #[test]
    fn a_flush_ends_when_the_writer_has_ended() {
        let queue = Arc::new(Queue::new());
        let (sealer, _stop) = mpsc::channel();
        let now = Instant::now();
        let trail = AuditTrail(Some(Arc::new(Trail {
            queue: Arc::clone(&queue),
            metrics: Metrics::new(Measures::default()),
            relaxed: OnceLock::new(),
            seals: Arc::new(Mutex::new(Seals { at: now, tail: Tail::default(), tail_at: now })),
            _sealer: sealer,
        })));
        let (sender, flushed) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let _ = sender.send(runtime.unwrap().block_on(trail.flush()));
        });
        // A writer that panics drops the batch that it has taken.
        drop(queue.take());
        assert_eq!(flushed.recv_timeout(FLUSH_TIMEOUT / 2), Ok(false));
    }
}
