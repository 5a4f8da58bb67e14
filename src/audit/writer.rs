//! Writes the trail: one thread takes what waits in the queue, another seals what is written.
//!
//! A record is never dropped while its answer is shown. Whatever the database cannot do now (a
//! standby, a full disk, a right that was taken away, and what is not known) is tried again until
//! it can; meanwhile no call reads. Only a record that PostgreSQL proves it cannot hold is set
//! aside, in a table of its own.

use super::entry::NovoRegistro;
use super::queue::{Batch, OnWritten, Permit, Queue, Urgency};
use super::{merge, queue, seal, trail};
use crate::db::Db;
use crate::error::{Error, Falha};
use crate::telemetry::metrics::Metricas;
use std::cell::Cell;
use std::ops::Range;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;
use tokio::time::timeout;

/// How long a stop waits for the queue to empty: more than one statement may take.
const FLUSH: Duration = Duration::from_secs(20);
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(250);
const BETWEEN_SEALS: Duration = Duration::from_secs(10);
/// What one statement writes at most, in keys of records: it must end long before its time.
const RESOURCES: usize = 50_000;

/// Where calls are recorded. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct Auditoria(Option<Arc<Trail>>);

struct Trail {
    queue: Arc<Queue>,
    metrics: Metricas,
    /// Answers that name nobody do not wait for their record.
    relaxed: OnceLock<bool>,
    /// The sealer stops when this is gone.
    _sealer: mpsc::Sender<()>,
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Auditoria {
    /// Starts writing, and sealing what is written.
    pub fn iniciar(db: Db, metrics: Metricas) -> Self {
        let queue = Arc::new(Queue::new());
        let (sealer, stop) = mpsc::channel();
        let (seals, counted) = (db.clone(), metrics.clone());
        thread::spawn(move || seal(&seals, &counted, &stop));
        let writer = Writer { db, metrics: metrics.clone(), numbers: Cell::default() };
        let source = Arc::clone(&queue);
        thread::spawn(move || {
            while let Some(batch) = source.take() {
                writer.write_batch(batch);
            }
        });
        Self(Some(Arc::new(Trail { queue, metrics, relaxed: OnceLock::new(), _sealer: sealer })))
    }

    /// Records nothing of what is read: to measure what recording costs.
    pub const fn nenhuma() -> Self {
        Self(None)
    }

    /// Whether anything is recorded.
    pub const fn escreve(&self) -> bool {
        self.0.is_some()
    }

    /// From now on, answers that name nobody do not wait until their record is on disk.
    pub fn relax(&self) {
        if let Some(trail) = &self.0 {
            let _ = trail.relaxed.set(true);
        }
    }

    /// Whether the trail takes records: what it cannot take is not read.
    pub fn is_writable(&self) -> bool {
        self.0.as_ref().is_none_or(|trail| !trail.queue.is_behind())
    }

    /// A permit for one call; waits for one while there is none.
    pub async fn permit(&self) -> Result<Permit, Error> {
        match &self.0 {
            Some(trail) => trail.queue.permit().await,
            None => Ok(Permit(None)),
        }
    }

    /// What a call leaves behind, and what to do once it is on disk. One that read nothing has no
    /// permit: no answer waits for what it leaves, and when the queue is full it is counted as lost.
    pub(crate) fn record(
        &self,
        permit: Option<Permit>,
        records: Vec<NovoRegistro>,
        delivery: bool,
        then: OnWritten,
    ) {
        let Some(trail) = &self.0 else { return then() };
        if records.is_empty() {
            return then();
        }
        let urgency = match &permit {
            None => Urgency::Later,
            Some(_) if trail.relaxed.get().is_some() && records.iter().all(names_nobody) => {
                Urgency::Later
            }
            Some(_) if delivery => Urgency::Delivery,
            Some(_) => Urgency::Answer,
        };
        match permit.or_else(|| trail.queue.try_permit()) {
            Some(permit) => trail.queue.push(permit, records, urgency, then),
            None => {
                trail.metrics.perdeu(records.len());
                tracing::warn!(
                    "a call that read nothing is not in the audit trail: its queue is full"
                );
                then();
            }
        }
    }

    /// Waits until everything that was told is written. False when it was not in time.
    pub async fn esvaziar(&self) -> bool {
        let Some(trail) = &self.0 else { return true };
        let mut flushed = trail.queue.flush();
        let flushed = async { while flushed.wait().await.is_err() {} };
        timeout(FLUSH, flushed).await.is_ok()
    }
}

fn names_nobody(record: &NovoRegistro) -> bool {
    record.recursos.is_empty() && record.campos.nomes().next().is_none()
}

struct Writer {
    db: Db,
    metrics: Metricas,
    /// Numbers that were taken and not used yet.
    numbers: Cell<Option<Range<i64>>>,
}

/// How many of the first records one statement takes; at least one.
fn fitting(records: &[NovoRegistro]) -> usize {
    let mut resources = 0;
    let within = records.iter().take(trail::LOTE).take_while(|record| {
        resources += record.recursos.len() + record.correlacoes.len();
        resources <= RESOURCES
    });
    within.count().max(1)
}

impl Writer {
    fn write_batch(&self, mut batch: Batch) {
        let records = merge::deliveries(std::mem::take(&mut batch.records));
        let mut rest = records.as_slice();
        while !rest.is_empty() {
            let (first, after) = rest.split_at(fitting(rest));
            self.write(first);
            rest = after;
        }
        batch.written();
    }

    /// Returns when the database has all of them. A batch that it refuses is written by halves,
    /// so that one record does not keep the others.
    fn write(&self, records: &[NovoRegistro]) {
        while let Err(error) = self.attempt(records) {
            if !matches!(error, Error::Falha(..)) {
                match records {
                    [one] => match self.prove(one) {
                        Ok(()) => return,
                        Err(error) => told(&error),
                    },
                    several => {
                        let (first, second) = several.split_at(several.len() / 2);
                        self.write(first);
                        return self.write(second);
                    }
                }
            }
            self.metrics.nao_auditou();
            // Why was told: by `db`, or above.
            tracing::debug!(
                records = records.len(),
                "the audit trail could not be written; trying again"
            );
            thread::sleep(BETWEEN_ATTEMPTS);
        }
        self.metrics.auditou(records.len());
    }

    /// One batch, under numbers of its own. A broken connection leaves open whether it was
    /// written: it is sent again under the same ones, and stands once.
    fn attempt(&self, records: &[NovoRegistro]) -> Result<(), Error> {
        let first = self.take_numbers(records.len())?;
        loop {
            match self.db.como_auditor(|conn| trail::acrescentar(conn, first, records)) {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    if self.db.como_auditor(|conn| trail::stands(conn, first, records))? {
                        return Ok(());
                    }
                    // The numbers of another batch, of whoever took them.
                    self.numbers.take();
                    return Err(queue::unavailable());
                }
                Err(Error::Falha(..)) => {
                    self.metrics.nao_auditou();
                    // Told by `db`, once.
                    tracing::debug!("the database is not there for the audit trail; trying again");
                    thread::sleep(BETWEEN_ATTEMPTS);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The first of so many numbers that nobody else has: the database gives a thousand at a time.
    fn take_numbers(&self, how_many: usize) -> Result<i64, Error> {
        let how_many = i64::try_from(how_many).unwrap_or(i64::MAX);
        let left = self.numbers.take().filter(|left| left.end - left.start >= how_many);
        let left = match left {
            Some(left) => left,
            None => {
                let first = self.db.como_auditor(trail::numeros)?;
                first..first + trail::LOTE_DE_NUMEROS
            }
        };
        self.numbers.set(Some(left.start + how_many..left.end));
        Ok(left.start)
    }

    /// A record that was refused by itself: PostgreSQL says whether it is the record's fault.
    fn prove(&self, record: &NovoRegistro) -> Result<(), Error> {
        match self.db.como_auditor(|conn| trail::prove(conn, record))? {
            None => self.metrics.auditou(1),
            Some(sqlstate) => {
                self.metrics.set_aside();
                tracing::error!(
                    correlacao = record.correlacao,
                    sqlstate,
                    "the database cannot hold a record of the audit trail; it was set aside"
                );
            }
        }
        Ok(())
    }
}

fn told(error: &Error) {
    let (falha, _) = error.publica();
    tracing::warn!(codigo = falha.nome(), "the database refuses the audit trail: no call reads");
}

/// Makes the months to come, and seals what is written, again and again.
fn seal(db: &Db, metrics: &Metricas, stop: &mpsc::Receiver<()>) {
    loop {
        match db.como_auditor(trail::prepare_months) {
            // That the database is not there is told by `db`, once.
            Ok(()) | Err(Error::Falha(Falha::Indisponivel, _)) => {}
            Err(error) => {
                let (falha, _) = error.publica();
                tracing::warn!(
                    codigo = falha.nome(),
                    "the months of the audit trail could not be made"
                );
            }
        }
        if stop.recv_timeout(BETWEEN_SEALS) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        match seal::selar(db) {
            Ok(sealed) => metrics.selou(sealed),
            // Told by `db`, once.
            Err(Error::Falha(Falha::Indisponivel, _)) => {}
            Err(error) => {
                let (falha, _) = error.publica();
                tracing::warn!(codigo = falha.nome(), "the audit trail could not be sealed");
            }
        }
    }
}
