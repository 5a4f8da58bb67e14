//! The fair queue that decides who gets the next permit. It uses no threads, clocks or database.
//!
//! Tribunais take turns, then the credentials of a tribunal; within a credential, the oldest
//! entry is first. A credential has a limit of running entries; a credential and a tribunal each
//! have a limit of waiting requests. Some permits are reserved for tribunais that run nothing, so
//! that a caller that floods the server delays mainly itself.

use crate::db::QueueLoad;
use crate::db::service_time::ServiceTime;
use ahash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The credential that asks for a permit, and its tribunal. All national credentials share one
/// tribunal code here, because they have a pool of permits of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    pub tribunal: i16,
    pub credential: Arc<str>,
}

/// The kind of work for which a caller wants a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A query. Compatible queries may join it while it waits.
    Query,
    /// A write. Writes of the same kind may join it while it waits.
    Write,
    /// Work that nothing can join. It never waits for others.
    Unbatched,
}

const LANES: [Lane; 3] = [Lane::Query, Lane::Write, Lane::Unbatched];

/// The number of permits, and how they are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Number of permits.
    pub permits: usize,
    /// Maximum number of permits that one credential may hold.
    pub max_per_credential: usize,
    /// Number of permits reserved for tribunais that hold none.
    pub reserved: usize,
    /// Maximum number of entries of one credential that run at the same time in the lane `Query`,
    /// and as many again in the lane `Write`. Further entries of such a lane wait so that others
    /// can join them, unless they are urgent. The lane `Unbatched` has no such limit.
    pub max_per_credential_and_lane: usize,
    /// Maximum number of waiting requests of one credential.
    pub max_waiting_per_credential: usize,
    /// Maximum number of waiting requests of one tribunal.
    pub max_waiting_per_tribunal: usize,
}

/// Maximum number of waiting requests of one credential, for each permit.
const WAITING_PER_PERMIT: usize = 32;

/// Up to this many credentials of a tribunal keep their state while they are idle.
const IDLE_CREDENTIALS: usize = 16;

impl Bounds {
    /// One credential holds at most half of the permits, and a quarter is reserved for tribunais
    /// that hold none. At most `max_parallel` queries and as many writes of a credential run at
    /// once: more would only slow each other down, and fewer of them would be coalesced.
    pub fn of(permits: usize, max_parallel: usize) -> Self {
        let permits = permits.max(1);
        let max_per_credential = (permits / 2).max(1);
        Self {
            permits,
            max_per_credential,
            reserved: permits.div_ceil(4).min(permits - 1),
            max_per_credential_and_lane: max_parallel.clamp(1, max_per_credential),
            max_waiting_per_credential: permits * WAITING_PER_PERMIT,
            max_waiting_per_tribunal: permits * WAITING_PER_PERMIT * 2,
        }
    }

    /// The same bounds without a reserve, for a pool whose callers all have one tribunal code.
    #[must_use]
    pub fn of_one_tribunal(self) -> Self {
        Self { reserved: 0, ..self }
    }

    /// Bounds that limit nothing but the number of permits.
    pub fn unlimited(permits: usize) -> Self {
        Self {
            max_per_credential: permits,
            reserved: 0,
            max_per_credential_and_lane: permits,
            max_waiting_per_credential: usize::MAX,
            max_waiting_per_tribunal: usize::MAX,
            ..Self::of(permits, permits)
        }
    }
}

/// The refusal when too many requests of a credential or of its tribunal are already waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Identifies an entry of the queue. Later entries have larger tickets.
pub type Ticket = u64;

/// Entries that wait for a permit, each with its work `W`, and the counts of what runs.
pub struct FairQueue<W> {
    bounds: Bounds,
    running: usize,
    /// The tribunais that have asked so far. There are few, so none is forgotten.
    tribunals: HashMap<i16, Tribunal<W>>,
    /// Tribunais that have entries. The first one that no bound holds back is next.
    rotation: VecDeque<i16>,
    next_ticket: Ticket,
    /// The service time over all credentials, used for a credential that has not run anything yet.
    service: ServiceTime,
}

struct Tribunal<W> {
    running: usize,
    /// Number of waiting requests, which differs from the number of entries: several requests
    /// may share one entry.
    waiting: usize,
    /// The state of an idle credential stays until [`Tribunal::forget_idle`]: most callers come
    /// back soon.
    credentials: HashMap<Arc<str>, Credential<W>>,
    /// The number of credentials at which the idle ones are forgotten.
    forget_at: usize,
    rotation: VecDeque<Arc<str>>,
}

struct Credential<W> {
    running: usize,
    waiting: usize,
    lanes: [LaneState<W>; 3],
    service: ServiceTime,
}

struct LaneState<W> {
    running: usize,
    entries: VecDeque<Entry<W>>,
}

struct Entry<W> {
    ticket: Ticket,
    urgent: bool,
    work: W,
}

impl<W> Default for Tribunal<W> {
    fn default() -> Self {
        Self {
            running: 0,
            waiting: 0,
            credentials: HashMap::new(),
            forget_at: IDLE_CREDENTIALS,
            rotation: VecDeque::new(),
        }
    }
}

impl<W> Default for LaneState<W> {
    fn default() -> Self {
        Self { running: 0, entries: VecDeque::new() }
    }
}

impl<W> Default for Credential<W> {
    fn default() -> Self {
        let lanes = LANES.map(|_| LaneState::default());
        Self { running: 0, waiting: 0, lanes, service: ServiceTime::default() }
    }
}

impl<W> FairQueue<W> {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            running: 0,
            tribunals: HashMap::new(),
            rotation: VecDeque::new(),
            next_ticket: 0,
            service: ServiceTime::default(),
        }
    }

    /// Counts a waiting request, or refuses it if a limit is reached.
    pub fn admit(&mut self, caller: &Caller) -> Result<(), Full> {
        let bounds = self.bounds;
        let tribunal = self.tribunals.entry(caller.tribunal).or_default();
        if tribunal.waiting >= bounds.max_waiting_per_tribunal {
            return Err(Full);
        }
        let credential = tribunal.credential(caller);
        if credential.waiting >= bounds.max_waiting_per_credential {
            return Err(Full);
        }
        credential.waiting += 1;
        tribunal.waiting += 1;
        Ok(())
    }

    /// Ends the wait of a request that [`Self::admit`] counted.
    pub fn leave(&mut self, caller: &Caller) {
        if let Some(tribunal) = self.tribunals.get_mut(&caller.tribunal) {
            tribunal.waiting = tribunal.waiting.saturating_sub(1);
            if let Some(credential) = tribunal.credentials.get_mut(&caller.credential) {
                credential.waiting = credential.waiting.saturating_sub(1);
            }
        }
    }

    /// Appends an entry to its lane. The caller must then call [`Self::next`] until it returns
    /// `None`.
    pub fn enter(&mut self, caller: &Caller, lane: Lane, work: W) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let tribunal = self.tribunals.entry(caller.tribunal).or_default();
        let credential = tribunal.credential(caller);
        let was_empty = credential.is_empty();
        let entry = Entry { ticket, urgent: false, work };
        credential.lanes[lane as usize].entries.push_back(entry);
        if was_empty {
            if tribunal.rotation.is_empty() {
                self.rotation.push_back(caller.tribunal);
            }
            tribunal.rotation.push_back(Arc::clone(&caller.credential));
        }
        ticket
    }

    /// Removes the next entry that may run and counts it as running.
    pub fn next(&mut self) -> Option<(Caller, Lane, W)> {
        let bounds = self.bounds;
        let free = bounds.permits.saturating_sub(self.running);
        if free == 0 {
            return None;
        }
        for index in 0..self.rotation.len() {
            let code = self.rotation[index];
            let Some(tribunal) = self.tribunals.get_mut(&code) else { continue };
            if tribunal.running > 0 && free <= bounds.reserved {
                continue;
            }
            let Some((credential, lane, work)) = tribunal.next(bounds) else { continue };
            self.running += 1;
            self.rotation.remove(index);
            if !tribunal.rotation.is_empty() {
                self.rotation.push_back(code);
            }
            return Some((Caller { tribunal: code, credential }, lane, work));
        }
        None
    }

    /// Returns a permit that was held for `held`. The caller must then call [`Self::next`] until it
    /// returns `None`.
    pub fn release(&mut self, caller: &Caller, lane: Lane, held: Duration) {
        self.running = self.running.saturating_sub(1);
        self.service.record(held);
        if let Some(tribunal) = self.tribunals.get_mut(&caller.tribunal) {
            tribunal.running = tribunal.running.saturating_sub(1);
            if let Some(credential) = tribunal.credentials.get_mut(&caller.credential) {
                credential.running = credential.running.saturating_sub(1);
                let lane = &mut credential.lanes[lane as usize];
                lane.running = lane.running.saturating_sub(1);
                credential.service.record(held);
            }
        }
    }

    /// Removes an entry that is still waiting and returns its work.
    pub fn cancel(&mut self, caller: &Caller, lane: Lane, ticket: Ticket) -> Option<W> {
        let tribunal = self.tribunals.get_mut(&caller.tribunal)?;
        let credential = tribunal.credentials.get_mut(&caller.credential)?;
        let entries = &mut credential.lanes[lane as usize].entries;
        let index = entries.binary_search_by_key(&ticket, |entry| entry.ticket).ok()?;
        let entry = entries.remove(index)?;
        if credential.is_empty() {
            tribunal.rotation.retain(|other| *other != caller.credential);
            if tribunal.rotation.is_empty() {
                self.rotation.retain(|other| *other != caller.tribunal);
            }
        }
        Some(entry.work)
    }

    /// Makes this entry and the older ones of its lane urgent, so that they no longer wait for
    /// others to join them. The caller must then call [`Self::next`] until it returns `None`.
    pub fn make_urgent(&mut self, caller: &Caller, lane: Lane, ticket: Ticket) {
        let tribunal = self.tribunals.get_mut(&caller.tribunal);
        let credential = tribunal.and_then(|all| all.credentials.get_mut(&caller.credential));
        let entries = credential
            .into_iter()
            .flat_map(|credential| &mut credential.lanes[lane as usize].entries);
        for entry in entries.take_while(|entry| entry.ticket <= ticket) {
            entry.urgent = true;
        }
    }

    /// Estimated seconds until the waiting requests of this credential are served.
    pub fn retry_after(&self, caller: &Caller) -> u32 {
        let tribunal = self.tribunals.get(&caller.tribunal);
        let credential = tribunal.and_then(|all| all.credentials.get(&caller.credential));
        let service = credential.map(|credential| &credential.service).filter(|own| own.is_known());
        let waiting = credential.map_or(0, |credential| credential.waiting);
        service.unwrap_or(&self.service).until_free(waiting, self.bounds.max_per_credential)
    }

    pub fn load(&self) -> QueueLoad {
        QueueLoad {
            permits: self.bounds.permits,
            running: self.running,
            waiting: self.tribunals.values().map(|tribunal| tribunal.waiting).sum(),
            tribunals: self.tribunals.values().filter(|tribunal| tribunal.is_busy()).count(),
        }
    }
}

impl<W> Tribunal<W> {
    /// The state of the caller's credential, which is new if it has none.
    fn credential(&mut self, caller: &Caller) -> &mut Credential<W> {
        if self.credentials.len() >= self.forget_at {
            self.forget_idle();
        }
        self.credentials.entry(Arc::clone(&caller.credential)).or_default()
    }

    /// Forgets the credentials that neither run nor wait. The next time comes when as many have been
    /// added as are left, so that the mean cost for each of them is constant.
    fn forget_idle(&mut self) {
        self.credentials.retain(|_, credential| credential.is_busy());
        self.forget_at = IDLE_CREDENTIALS.max(self.credentials.len() * 2);
    }

    fn is_busy(&self) -> bool {
        self.running > 0 || self.waiting > 0 || !self.rotation.is_empty()
    }

    fn next(&mut self, bounds: Bounds) -> Option<(Arc<str>, Lane, W)> {
        for index in 0..self.rotation.len() {
            let Some(credential) = self.credentials.get_mut(&self.rotation[index]) else {
                continue;
            };
            let Some((lane, work)) = credential.next(bounds) else { continue };
            let more = !credential.is_empty();
            let name = self.rotation.remove(index)?;
            if more {
                self.rotation.push_back(Arc::clone(&name));
            }
            self.running += 1;
            return Some((name, lane, work));
        }
        None
    }
}

impl<W> Credential<W> {
    fn is_busy(&self) -> bool {
        self.running > 0 || self.waiting > 0 || !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.entries.is_empty())
    }

    /// Removes the oldest entry that may run.
    fn next(&mut self, bounds: Bounds) -> Option<(Lane, W)> {
        if self.running >= bounds.max_per_credential {
            return None;
        }
        let ready = LANES.into_iter().filter_map(|lane| {
            let state = &self.lanes[lane as usize];
            let first = state.entries.front()?;
            let may = lane == Lane::Unbatched
                || first.urgent
                || state.running < bounds.max_per_credential_and_lane;
            may.then_some((first.ticket, lane))
        });
        let (_, lane) = ready.min_by_key(|(ticket, _)| *ticket)?;
        let state = &mut self.lanes[lane as usize];
        let entry = state.entries.pop_front()?;
        state.running += 1;
        self.running += 1;
        Some((lane, entry.work))
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
