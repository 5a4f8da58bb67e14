//! The record of one call for the audit trail: who makes the call, what it reads, and what it
//! writes.

use crate::audit::entry::{
    CanalAuditoria, EspecieAuditoria, NewRecord, SensitiveField, SensitiveFields,
};
use crate::audit::queue::{OnWritten, RECORD_TIMEOUT, TrailSlot, Written};
use crate::audit::writer::AuditTrail;
use crate::auth::{Actor, Papel};
use crate::error::Error;
use crate::value::resource::{HasResources, Resource};
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The parts of the audit record that are known when a call begins.
#[derive(Debug)]
pub struct CallStart {
    pub channel: CanalAuditoria,
    /// Name of the GraphQL operation, or path template of the REST route.
    pub operation: String,
    pub access: EspecieAuditoria,
    /// The id of the request, as in the logs.
    pub correlation: String,
}

/// The audit record of a call, which grows while the call runs. Cloning is cheap, and all clones
/// share one record.
#[derive(Clone)]
pub struct CallRecord(Arc<Inner>);

struct Inner {
    actor: Actor,
    channel: CanalAuditoria,
    correlation: String,
    audit: AuditTrail,
    sensitive: AtomicU32,
    absences: AtomicU32,
    /// Number of absent objects that the next attempt of the call will probably meet again. They
    /// are counted already.
    repeated: AtomicU32,
    /// The name of the operation for logs, which do not take the one that a client chose.
    bounded_operation: OnceLock<String>,
    state: Mutex<State>,
}

struct State {
    operation: String,
    access: EspecieAuditoria,
    read: Vec<Resource>,
    /// Resources in the audit records that the call's transactions have already written.
    written: Vec<Resource>,
    committed: bool,
    /// Audit records of refused writes. No transaction stores them, so the call writes them at its
    /// end.
    refused: Vec<NewRecord>,
    /// The slot for the call's records in the queue of the audit trail. The call takes it before
    /// its first read.
    slot: Option<TrailSlot>,
    /// The end of the call. `None` while it runs.
    ended: Option<Instant>,
    /// The call delivers an event of a subscription. Its record may wait for those of other
    /// deliveries.
    delivery: bool,
    /// The highest status of a failed part, for an answer that has status 200 as a whole. Zero if
    /// no part failed.
    worst_status: u16,
    /// The fields that the answer hides, each by its path.
    hidden: Vec<Vec<String>>,
}

impl CallRecord {
    pub fn new(actor: Actor, start: CallStart, audit: AuditTrail) -> Self {
        let CallStart { channel, operation, access, correlation } = start;
        let state = State {
            operation,
            access,
            read: Vec::new(),
            written: Vec::new(),
            committed: false,
            refused: Vec::new(),
            slot: None,
            ended: None,
            delivery: false,
            worst_status: 0,
            hidden: Vec::new(),
        };
        let (sensitive, absences) = (AtomicU32::default(), AtomicU32::default());
        let state = Mutex::new(state);
        Self(Arc::new(Inner {
            actor,
            channel,
            correlation,
            audit,
            sensitive,
            absences,
            repeated: AtomicU32::default(),
            bounded_operation: OnceLock::new(),
            state,
        }))
    }

    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    pub fn channel(&self) -> CanalAuditoria {
        self.0.channel
    }

    /// Returns the id of the request that made the call.
    pub fn correlation(&self) -> &str {
        &self.0.correlation
    }

    /// Sets the name and the kind of the operation, once they are known.
    pub fn set_operation(&self, operation: String, access: EspecieAuditoria) {
        let mut state = self.0.state();
        (state.operation, state.access) = (operation, access);
    }

    /// Sets the name of the operation for logs: one of a bounded set of names. The first one stays.
    pub fn set_bounded_operation(&self, name: &str) {
        let _ = self.0.bounded_operation.set(name.to_owned());
    }

    pub fn bounded_operation(&self) -> Option<&str> {
        self.0.bounded_operation.get().map(String::as_str)
    }

    /// Waits for a slot in the audit trail, unless the call already has one. Call this before the
    /// first read.
    pub async fn ensure_slot(&self) -> Result<(), Error> {
        if self.0.state().slot.is_some() {
            return Ok(());
        }
        let slot = self.0.audit.slot().await?;
        self.0.state().slot.get_or_insert(slot);
        Ok(())
    }

    /// Marks the call as the delivery of an event of a subscription.
    pub fn mark_delivery(&self) {
        self.0.state().delivery = true;
    }

    /// Notes that a part of the call failed with this status. The answer as a whole may still have
    /// status 200.
    pub fn add_failure(&self, status: u16) {
        let mut state = self.0.state();
        state.worst_status = state.worst_status.max(status);
    }

    /// Records the resources that were read.
    pub fn add_read(&self, read: &impl HasResources) {
        read.collect_resources(&mut self.0.state().read);
    }

    /// Like [`Self::add_read`], without the resources `except`, which a dry run created and rolled
    /// back.
    pub fn add_read_except(&self, read: &impl HasResources, except: &[Resource]) {
        let mut resources = Vec::new();
        read.collect_resources(&mut resources);
        resources.retain(|resource| !except.contains(resource));
        self.0.state().read.append(&mut resources);
    }

    /// Returns `value` if the caller may see sensitive data, and records the field if there is a
    /// value. Returns `None` otherwise.
    pub fn sensitive<T>(&self, field: SensitiveField, value: Option<T>) -> Option<T> {
        let seen = value.filter(|_| self.0.actor.has(Papel::DadosSensiveis));
        if seen.is_some() {
            self.0.sensitive.fetch_or(field.bit(), Ordering::Relaxed);
        }
        seen
    }

    /// Notes that the answer hides a sensitive field, whatever its value. Each path counts once.
    pub fn hide(&self, path: Vec<String>) {
        let mut state = self.0.state();
        if !state.hidden.contains(&path) {
            state.hidden.push(path);
        }
    }

    /// The paths of the fields that the answer hides.
    pub fn hidden(&self) -> Vec<Vec<String>> {
        self.0.state().hidden.clone()
    }

    /// Returns `found`, the result of a lookup by name, and counts it if it is absent.
    pub fn count_lookup<T>(&self, found: Option<T>) -> Option<T> {
        self.add_absent(usize::from(found.is_none()));
        found
    }

    /// Counts objects that the caller named and that do not exist or that the caller may not see.
    pub fn add_absent(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let deduct = |repeated: u32| Some(repeated.saturating_sub(count));
        let repeated = self.0.repeated.fetch_update(Ordering::Relaxed, Ordering::Relaxed, deduct);
        let fresh = count.saturating_sub(repeated.unwrap_or_default());
        self.0.absences.fetch_add(fresh, Ordering::Relaxed);
    }

    /// Must be called before the call runs again from its beginning, so that the next attempt does
    /// not count the same absent objects again.
    pub fn begin_retry(&self) {
        self.0.repeated.store(self.absences(), Ordering::Relaxed);
    }

    pub fn absences(&self) -> u32 {
        self.0.absences.load(Ordering::Relaxed)
    }

    /// Builds the audit record of a write, with the resources of its effect and of its answer. The
    /// transaction of the write must insert it.
    pub fn write_record(
        &self,
        command: &str,
        effect: &impl HasResources,
        read: &impl HasResources,
    ) -> NewRecord {
        let mut resources = Vec::new();
        effect.collect_resources(&mut resources);
        read.collect_resources(&mut resources);
        self.0.write_record(command, 200, resources)
    }

    /// Notes that the transaction with `record` was committed.
    pub fn add_write(&self, record: NewRecord) {
        let mut state = self.0.state();
        state.committed = true;
        state.written.extend(record.resources);
    }

    /// Returns whether a transaction of the call was committed.
    pub fn committed(&self) -> bool {
        self.0.state().committed
    }

    /// Records that a write was refused with this status. The trail gets this record at the end of
    /// the call.
    pub fn add_refusal(&self, command: &str, status: u16) {
        let record = self.0.write_record(command, status, Vec::new());
        self.0.state().refused.push(record);
    }

    /// Ends the call with this status, and queues the records that no transaction has written. No
    /// part of the answer may leave before the returned [`Written`] completes.
    pub fn finish(&self, status: u16) -> Written {
        let (on_written, written) = Written::channel();
        self.0.finish(status, on_written);
        written
    }

    /// Like [`Self::finish`]. `then` runs once the records are on disk, on the writer thread, or at
    /// once if nothing has to wait for them.
    pub fn finish_then(&self, status: u16, then: OnWritten) {
        self.0.finish(status, then);
    }

    /// Returns the time that the answer may still wait for its records.
    pub fn remaining_wait(&self) -> Duration {
        let ended = self.0.state().ended;
        ended.map_or(RECORD_TIMEOUT, |ended| RECORD_TIMEOUT.saturating_sub(ended.elapsed()))
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_record(&self, command: &str, status: u16, resources: Vec<Resource>) -> NewRecord {
        // A REST route performs one command, so its template names the operation. A GraphQL
        // operation may contain several mutations, so the record names the command.
        let operation = match self.channel {
            CanalAuditoria::Graphql => command.to_owned(),
            _ => self.state().operation.clone(),
        };
        let (access, fields) = (EspecieAuditoria::Escrita, SensitiveFields::default());
        self.record(operation, access, status, resources, fields)
    }

    fn record(
        &self,
        operation: String,
        access: EspecieAuditoria,
        status: u16,
        mut resources: Vec<Resource>,
        fields: SensitiveFields,
    ) -> NewRecord {
        resources.sort_unstable();
        resources.dedup();
        NewRecord {
            actor: self.actor.clone(),
            canal: self.channel,
            operation,
            especie: access,
            status,
            resources,
            fields,
            correlation: self.correlation.clone(),
            correlations: Vec::new(),
            delivery: false,
        }
    }

    fn finish(&self, status: u16, then: OnWritten) {
        let mut state = self.state();
        if state.ended.is_some() {
            return then();
        }
        state.ended = Some(Instant::now());
        let (slot, delivery) = (state.slot.take(), state.delivery);
        let mut records = mem::take(&mut state.refused);
        let recorded = state.committed || !records.is_empty();
        let (read, written) = (mem::take(&mut state.read), mem::take(&mut state.written));
        let (operation, access, worst_status) =
            (mem::take(&mut state.operation), state.access, state.worst_status);
        drop(state);
        let fields = SensitiveFields::from_bits(self.sensitive.load(Ordering::Relaxed));
        let only_written = read.iter().all(|resource| written.contains(resource));
        if !recorded || !only_written || fields != SensitiveFields::default() {
            // The write has its own record, so this one covers only the reads.
            let access = if recorded { EspecieAuditoria::Leitura } else { access };
            // The call looked up named objects, found none of them, and read nothing else.
            let nothing = read.is_empty() && self.absences.load(Ordering::Relaxed) > 0;
            let status = match status {
                // 294 is the GraphQL status of a partial answer, if the server is configured to
                // send it.
                294 if recorded => 200,
                200 | 294 if worst_status > 0 && !recorded => worst_status,
                200 if nothing => 404,
                other => other,
            };
            let record = self.record(operation, access, status, read, fields);
            records.push(NewRecord { delivery, ..record });
        }
        self.audit.record(slot, records, delivery, then);
    }
}

/// Records a call whose client disconnected or that panicked, because it may have read already.
impl Drop for Inner {
    fn drop(&mut self) {
        self.finish(500, Box::new(|| {}));
    }
}
