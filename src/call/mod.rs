//! The state that every request can reach ([`App`]), and one call by an actor ([`Call`]).

pub mod enumeration_limit;
pub mod record;

use crate::audit::{AuditTrail, OnWritten, Written};
use crate::auth::Actor;
use crate::auth::signer::Signer;
use crate::blob_store::{BlobStore, DatabaseBlobStore};
use crate::call::enumeration_limit::EnumerationLimit;
use crate::call::record::{CallRecord, CallStart};
use crate::db::write_queues::WriteQueues;
use crate::db::{Db, Session};
use crate::error::Error;
use crate::readiness::Readiness;
use crate::telemetry::metrics::Metrics;
use crate::value::resource::HasResources;
use crate::value::rules::RuleSwitches;
use crate::work::CpuPool;
use crate::work::body_budget::BodyBudget;
use crate::work::response_budget::ResponseBudget;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub blob_store: Arc<dyn BlobStore>,
    pub audit: AuditTrail,
    pub enumeration_limit: Arc<EnumerationLimit>,
    /// The queues of the writers, for group commit.
    pub write_queues: Arc<WriteQueues>,
    pub metrics: Metrics,
    /// The checks behind `/readyz`.
    pub readiness: Readiness,
    /// Signs what this server certifies. If it is `None`, recibos de envio are not signed.
    pub signer: Option<Arc<Signer>>,
    pub rules: RuleSwitches,
    /// Whether each request has a line in the log.
    pub access_log: bool,
    /// Limits the memory for request bodies.
    pub body_budget: Arc<BodyBudget>,
    /// Limits the memory for large answers.
    pub response_budget: Arc<ResponseBudget>,
    /// Runs work that takes too long for the async worker threads.
    pub cpu_pool: Arc<CpuPool>,
    /// The clock. It is a parameter so that rules and snapshots are deterministic in tests.
    pub now: fn() -> DateTime<Utc>,
}

impl App {
    /// Creates an `App` that stores files in the database.
    pub fn new(db: Db, rules: RuleSwitches, now: fn() -> DateTime<Utc>) -> Self {
        let blob_store = Arc::new(DatabaseBlobStore(db.clone()));
        let metrics = Metrics::new(db.measures());
        let audit = AuditTrail::start(db.clone(), metrics.clone());
        let (enumeration_limit, write_queues, readiness) = Default::default();
        let (body_budget, response_budget, cpu_pool) = Default::default();
        Self {
            db,
            blob_store,
            audit,
            enumeration_limit,
            write_queues,
            metrics,
            readiness,
            signer: None,
            rules,
            access_log: false,
            body_budget,
            response_budget,
            cpu_pool,
            now,
        }
    }

    #[must_use]
    pub fn with_signer(self, signer: Option<Signer>) -> Self {
        Self { signer: signer.map(Arc::new), ..self }
    }

    /// Sets whether the log gets a line for each request, whatever its answer.
    #[must_use]
    pub fn with_access_log(self, access_log: bool) -> Self {
        Self { access_log, ..self }
    }

    /// Limits the request bodies in memory to `mib` MiB.
    #[must_use]
    pub fn with_body_memory(self, mib: u32) -> Self {
        Self { body_budget: Arc::new(BodyBudget::new(mib)), ..self }
    }

    /// Disables the audit trail, to measure its cost.
    #[must_use]
    pub fn without_audit(self) -> Self {
        Self { audit: AuditTrail::disabled(), ..self }
    }

    /// Relaxes the audit trail if `relaxed` is set: an answer that names nobody then does not wait
    /// until its record is on disk.
    #[must_use]
    pub fn with_relaxed_audit(self, relaxed: bool) -> Self {
        if relaxed {
            self.audit.relax();
        }
        self
    }

    /// Limits how many absent objects a person, or else a credential, may ask for in a minute. Zero
    /// means no limit.
    #[must_use]
    pub fn with_absences_per_minute(self, max: u32) -> Self {
        Self { enumeration_limit: Arc::new(EnumerationLimit::new(max)), ..self }
    }
}

/// One call: the application, the actor, and the record for the audit trail. Cloning is cheap.
#[derive(Clone)]
pub struct Call {
    pub app: Arc<App>,
    pub record: CallRecord,
    lookups: Arc<Lookups>,
}

impl Call {
    pub fn new(app: Arc<App>, actor: Actor, start: CallStart) -> Self {
        let record = CallRecord::new(actor, start, app.audit.clone());
        let lookups = Arc::new(Lookups::new(Arc::clone(&app), record.clone()));
        Self { app, record, lookups }
    }

    /// Waits for a slot for the call's record in the audit trail. Call this before the call reads
    /// anything.
    pub async fn reserve_audit(&self) -> Result<(), Error> {
        self.record.ensure_slot().await
    }

    /// Takes `names` lookups from the enumeration limit before named objects are read.
    ///
    /// # Errors
    /// `RateLimited` when the person, or else the credential, has used up the limit before the
    /// first lookup of this call, or when this call has met more absent objects than a minute
    /// allows.
    pub fn charge_lookups(&self, names: usize) -> Result<(), Error> {
        self.lookups.take(u32::try_from(names).unwrap_or(u32::MAX))
    }

    /// Returns `found`, the result of a lookup by name, and counts it if it is absent.
    ///
    /// # Errors
    /// `RateLimited` when the call has met more absent objects than a minute allows.
    pub fn count_lookup<T>(&self, found: Option<T>) -> Result<Option<T>, Error> {
        let found = self.record.count_lookup(found);
        self.lookups.check()?;
        Ok(found)
    }

    /// Counts `names` objects that are absent. The errors are those of [`Self::count_lookup`].
    pub fn count_absent(&self, names: usize) -> Result<(), Error> {
        self.record.add_absent(names);
        self.lookups.check()
    }

    /// Returns the error with which the enumeration limit refused the first lookup of this call, if
    /// it did.
    pub fn rate_limited(&self) -> Option<Error> {
        let seconds = self.lookups.retry_after_seconds.load(Ordering::Relaxed);
        (seconds > 0).then_some(Error::RateLimited { seconds })
    }

    pub fn actor(&self) -> &Actor {
        self.record.actor()
    }

    /// Reads from the database and records the resources that were read. `read` may run twice: see
    /// [`Db::read`].
    pub async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        F: Fn(&mut Session<'_>) -> Result<T, Error> + Send + 'static,
        T: HasResources + Send + 'static,
    {
        self.reserve_audit().await?;
        let value = self.app.db.read(self.actor(), read).await?;
        self.record.add_read(&value);
        Ok(value)
    }

    /// Ends the call with this status. The answer may leave once the returned [`Written`]
    /// completes.
    pub fn finish(&self, status: u16) -> Written {
        self.settle(status);
        self.record.finish(status)
    }

    /// Like [`Self::finish`]. `then` runs once the records are on disk, on the writer thread, or at
    /// once if nothing has to wait for them.
    pub fn finish_then(&self, status: u16, then: OnWritten) {
        self.settle(status);
        self.record.finish_then(status, then);
    }

    fn settle(&self, status: u16) {
        if status == 404 && self.record.absences() == 0 {
            self.record.add_absent(1);
        }
        self.lookups.settle();
    }
}

/// The lookups by name of one call. They are settled when the call ends or its client disconnects.
struct Lookups {
    app: Arc<App>,
    record: CallRecord,
    taken: AtomicU32,
    settled: AtomicU32,
    /// The wait that the enumeration limit demands of this call. Zero unless it refused the first
    /// lookup.
    retry_after_seconds: AtomicU32,
}

impl Lookups {
    fn new(app: Arc<App>, record: CallRecord) -> Self {
        let (taken, settled, retry_after_seconds) = Default::default();
        Self { app, record, taken, settled, retry_after_seconds }
    }

    /// Takes `names` lookups. One call takes at most the limit of a minute.
    fn take(&self, names: u32) -> Result<(), Error> {
        let Some(limit) = self.app.enumeration_limit.per_call() else { return Ok(()) };
        let retry_after_seconds = self.retry_after_seconds.load(Ordering::Relaxed);
        if retry_after_seconds > 0 {
            return Err(Error::RateLimited { seconds: retry_after_seconds });
        }
        let before = self.taken.fetch_add(names.min(limit), Ordering::Relaxed).min(limit);
        let more = names.min(limit - before);
        if before > 0 {
            self.app.enumeration_limit.take(self.record.actor(), more);
            return self.check();
        }
        let begun = self.app.enumeration_limit.begin(self.record.actor(), more);
        if let Err(Error::RateLimited { seconds }) = &begun {
            self.taken.store(0, Ordering::Relaxed);
            self.retry_after_seconds.store(*seconds, Ordering::Relaxed);
            self.app.metrics.rate_limited(self.record.actor());
        }
        begun
    }

    fn check(&self) -> Result<(), Error> {
        let limit = self.app.enumeration_limit.per_call();
        if limit.is_none_or(|limit| self.record.absences() <= limit) {
            return Ok(());
        }
        Err(Error::RateLimited {
            seconds: self.app.enumeration_limit.retry_after(self.record.actor()),
        })
    }

    fn settle(&self) {
        let absent = self.record.absences();
        let missed = absent - self.settled.swap(absent, Ordering::Relaxed).min(absent);
        if missed > 0 {
            self.app.metrics.count_absences(self.record.actor(), missed);
        }
        let Some(limit) = self.app.enumeration_limit.per_call() else { return };
        let taken = self.taken.swap(0, Ordering::Relaxed).min(limit);
        self.app.enumeration_limit.settle(self.record.actor(), taken, missed.min(limit));
    }
}

impl Drop for Lookups {
    fn drop(&mut self) {
        self.settle();
    }
}
