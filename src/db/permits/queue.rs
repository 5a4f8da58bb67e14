//! Who gets the next place: a structure without threads, clocks or a database.
//!
//! Tribunais take turns, and within a tribunal its credentials; within a credential it is first
//! come, first served. Each has a bound of what it may run and of what it may let wait, and a part of the
//! places is kept for tribunais that run nothing, so that whoever floods waits behind itself.

use crate::db::service_time::ServiceTime;
use ahash::{HashMap, HashMapExt};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Who asks for a place. All national credentials are of one tribunal here: they have places of
/// their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    pub tribunal: i16,
    pub credential: Arc<str>,
}

/// What a place is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A query, which others like it may join while it waits.
    Query,
    /// A write, which others like it may join while it waits.
    Write,
    /// Alone, whoever waits.
    Alone,
}

const LANES: [Lane; 3] = [Lane::Query, Lane::Write, Lane::Alone];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub places: usize,
    /// How many of them one credential may have.
    pub credential: usize,
    /// How many are only for tribunais that have none.
    pub reserve: usize,
    /// How many of a credential's queries, and of its writes, run at once before others like them
    /// wait for company; who is urgent does not.
    pub together: usize,
    /// How many requests of one credential may wait.
    pub credential_waiting: usize,
    /// How many requests of one tribunal may wait.
    pub tribunal_waiting: usize,
}

/// Requests that one credential may let wait, for each place.
const WAITING_PER_PLACE: usize = 32;

impl Bounds {
    /// A credential has at most half of the places, and a quarter is kept for tribunais that have
    /// none. `cores` run at once: with more, each is only slower, and has less company.
    pub fn of(places: usize, cores: usize) -> Self {
        let places = places.max(1);
        let credential = (places / 2).max(1);
        Self {
            places,
            credential,
            reserve: places.div_ceil(4).min(places - 1),
            together: cores.clamp(1, credential),
            credential_waiting: places * WAITING_PER_PLACE,
            tribunal_waiting: places * WAITING_PER_PLACE * 2,
        }
    }

    /// The same, for callers of one tribunal only: there is nobody to keep places for.
    #[must_use]
    pub fn of_one_tribunal(self) -> Self {
        Self { reserve: 0, ..self }
    }

    /// Nobody is bounded but by the places.
    pub fn unshared(places: usize) -> Self {
        Self {
            credential: places,
            reserve: 0,
            together: places,
            credential_waiting: usize::MAX,
            tribunal_waiting: usize::MAX,
            ..Self::of(places, places)
        }
    }
}

/// Too many requests of this credential, or of its tribunal, wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Names an entry of a lane; a later one is larger.
pub type Ticket = u64;

/// Entries that wait for a place, each with the work that it wants one for.
pub struct FairQueue<W> {
    bounds: Bounds,
    running: usize,
    tribunals: HashMap<i16, Tribunal<W>>,
    /// Those with entries; the front is next, unless a bound holds it back.
    turn: VecDeque<i16>,
    next_ticket: Ticket,
    /// Of all, for whoever has not run anything yet.
    service: ServiceTime,
}

struct Tribunal<W> {
    running: usize,
    /// Requests, not entries: several may wait for one.
    waiting: usize,
    credentials: HashMap<Arc<str>, Credential<W>>,
    turn: VecDeque<Arc<str>>,
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
        Self { running: 0, waiting: 0, credentials: HashMap::new(), turn: VecDeque::new() }
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
            turn: VecDeque::new(),
            next_ticket: 0,
            service: ServiceTime::default(),
        }
    }

    /// Counts a request that waits, if it may.
    pub fn wait(&mut self, caller: &Caller) -> Result<(), Full> {
        let bounds = self.bounds;
        let tribunal = self.tribunals.entry(caller.tribunal).or_default();
        let credential = tribunal.credentials.entry(Arc::clone(&caller.credential)).or_default();
        // Whoever is over a bound has requests that wait, so nothing is left behind here.
        if credential.waiting >= bounds.credential_waiting
            || tribunal.waiting >= bounds.tribunal_waiting
        {
            self.forget(caller);
            return Err(Full);
        }
        credential.waiting += 1;
        tribunal.waiting += 1;
        Ok(())
    }

    /// A request that was counted does not wait any more.
    pub fn stop_waiting(&mut self, caller: &Caller) {
        if let Some(tribunal) = self.tribunals.get_mut(&caller.tribunal) {
            tribunal.waiting = tribunal.waiting.saturating_sub(1);
            if let Some(credential) = tribunal.credentials.get_mut(&caller.credential) {
                credential.waiting = credential.waiting.saturating_sub(1);
            }
        }
        self.forget(caller);
    }

    /// An entry at the end of its lane. Call [`Self::next`] until there is none.
    pub fn enter(&mut self, caller: &Caller, lane: Lane, work: W) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let tribunal = self.tribunals.entry(caller.tribunal).or_default();
        let credential = tribunal.credentials.entry(Arc::clone(&caller.credential)).or_default();
        if credential.is_empty() {
            if tribunal.turn.is_empty() {
                self.turn.push_back(caller.tribunal);
            }
            tribunal.turn.push_back(Arc::clone(&caller.credential));
        }
        let entry = Entry { ticket, urgent: false, work };
        credential.lanes[lane as usize].entries.push_back(entry);
        ticket
    }

    /// Whose turn it is, if a place is free for it; it is running from here on.
    pub fn next(&mut self) -> Option<(Caller, Lane, W)> {
        let bounds = self.bounds;
        let free = bounds.places.saturating_sub(self.running);
        if free == 0 {
            return None;
        }
        for at in 0..self.turn.len() {
            let code = self.turn[at];
            let Some(tribunal) = self.tribunals.get_mut(&code) else { continue };
            if tribunal.running > 0 && free <= bounds.reserve {
                continue;
            }
            let Some((credential, lane, work)) = tribunal.next(bounds) else { continue };
            self.running += 1;
            self.turn.remove(at);
            if !tribunal.turn.is_empty() {
                self.turn.push_back(code);
            }
            return Some((Caller { tribunal: code, credential }, lane, work));
        }
        None
    }

    /// A place is given back that was had for so long. Call [`Self::next`] until there is none.
    pub fn leave(&mut self, caller: &Caller, lane: Lane, held: Duration) {
        self.running = self.running.saturating_sub(1);
        self.service.note(held);
        if let Some(tribunal) = self.tribunals.get_mut(&caller.tribunal) {
            tribunal.running = tribunal.running.saturating_sub(1);
            if let Some(credential) = tribunal.credentials.get_mut(&caller.credential) {
                credential.running = credential.running.saturating_sub(1);
                let lane = &mut credential.lanes[lane as usize];
                lane.running = lane.running.saturating_sub(1);
                credential.service.note(held);
            }
        }
        self.forget(caller);
    }

    /// Takes an entry out, if it still waits.
    pub fn cancel(&mut self, caller: &Caller, lane: Lane, ticket: Ticket) -> Option<W> {
        let tribunal = self.tribunals.get_mut(&caller.tribunal)?;
        let credential = tribunal.credentials.get_mut(&caller.credential)?;
        let entries = &mut credential.lanes[lane as usize].entries;
        let at = entries.binary_search_by_key(&ticket, |entry| entry.ticket).ok()?;
        let entry = entries.remove(at)?;
        if credential.is_empty() {
            tribunal.turn.retain(|one| *one != caller.credential);
            if tribunal.turn.is_empty() {
                self.turn.retain(|one| *one != caller.tribunal);
            }
        }
        self.forget(caller);
        Some(entry.work)
    }

    /// This entry and those before it wait for no company any more. Call [`Self::next`] until
    /// there is none.
    pub fn urge(&mut self, caller: &Caller, lane: Lane, ticket: Ticket) {
        let tribunal = self.tribunals.get_mut(&caller.tribunal);
        let credential = tribunal.and_then(|all| all.credentials.get_mut(&caller.credential));
        let entries = credential.into_iter().flat_map(|one| &mut one.lanes[lane as usize].entries);
        for entry in entries.take_while(|entry| entry.ticket <= ticket) {
            entry.urgent = true;
        }
    }

    /// In how many seconds what this credential lets wait has been served.
    pub fn retry_after(&self, caller: &Caller) -> u32 {
        let tribunal = self.tribunals.get(&caller.tribunal);
        let credential = tribunal.and_then(|all| all.credentials.get(&caller.credential));
        let service = credential.map(|one| &one.service).filter(|own| own.is_known());
        let waiting = credential.map_or(0, |one| one.waiting);
        service.unwrap_or(&self.service).until_free(waiting, self.bounds.credential)
    }

    /// Nothing is kept of whoever neither runs nor waits.
    fn forget(&mut self, caller: &Caller) {
        let Some(tribunal) = self.tribunals.get_mut(&caller.tribunal) else { return };
        let idle = |one: &Credential<W>| one.running == 0 && one.waiting == 0 && one.is_empty();
        if tribunal.credentials.get(&caller.credential).is_some_and(idle) {
            tribunal.credentials.remove(&caller.credential);
        }
        if tribunal.credentials.is_empty() {
            self.tribunals.remove(&caller.tribunal);
        }
    }
}

impl<W> Tribunal<W> {
    fn next(&mut self, bounds: Bounds) -> Option<(Arc<str>, Lane, W)> {
        for at in 0..self.turn.len() {
            let Some(credential) = self.credentials.get_mut(&self.turn[at]) else { continue };
            let Some((lane, work)) = credential.next(bounds) else { continue };
            let more = !credential.is_empty();
            let name = self.turn.remove(at)?;
            if more {
                self.turn.push_back(Arc::clone(&name));
            }
            self.running += 1;
            return Some((name, lane, work));
        }
        None
    }
}

impl<W> Credential<W> {
    fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.entries.is_empty())
    }

    /// The oldest of its entries that may run.
    fn next(&mut self, bounds: Bounds) -> Option<(Lane, W)> {
        if self.running >= bounds.credential {
            return None;
        }
        let ready = LANES.into_iter().filter_map(|lane| {
            let state = &self.lanes[lane as usize];
            let first = state.entries.front()?;
            let may = lane == Lane::Alone || first.urgent || state.running < bounds.together;
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
