//! Requests that wait for a permit in groups, so that one run serves several of them.
//!
//! Requests with the same key form a group while they wait. The run that gets the permit takes all
//! of them, up to [`MAX_BATCH`]. A request that finds a free permit runs at once, alone. Queries are
//! coalesced this way (`graphql::execution::coalesce`), and writes share a transaction
//! (`command::group_commit`).

use super::Db;
use super::permits::{Admission, COALESCE_WAIT, Job, Lane, Permit, Queued};
use crate::auth::Actor;
use crate::error::Error;
use ahash::HashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
use tokio::time::{timeout, timeout_at};

/// Maximum number of requests in one run. Each of them waits until the run has served all.
const MAX_BATCH: usize = 16;

/// A request that can share a run.
pub trait Member: Send + 'static {
    /// Whether its caller has disconnected. Such a request does not run.
    fn has_left(&self) -> bool;
}

/// Serves a batch with this permit. The actor is that of the group's first request.
pub trait Run<M>: Fn(&Db, &Actor, Vec<M>, &Permit) + Send + Sync + 'static {}

impl<M, F: Fn(&Db, &Actor, Vec<M>, &Permit) + Send + Sync + 'static> Run<M> for F {}

/// The waiting requests, in groups that can run together.
pub struct Groups<K, M> {
    groups: Mutex<HashMap<K, Group<M>>>,
    next_number: AtomicU64,
}

struct Group<M> {
    /// The waiting requests, oldest first. Never empty.
    waiting: VecDeque<Waiting<M>>,
    /// Identifies the permit request that serves this group. When a run does not take the whole
    /// group, the rest gets a new request and a new number.
    number: u64,
    /// The entry of that permit request, once it is in the queue.
    queued: Option<Arc<Queued>>,
}

struct Waiting<M> {
    ticket: u64,
    since: Instant,
    member: M,
    _admission: Admission,
}

/// A request in a group. Dropping it removes the request if it still waits.
pub struct Membership<K: Eq + Hash, M> {
    groups: Arc<Groups<K, M>>,
    key: K,
    /// `None` once the request no longer waits.
    ticket: Option<u64>,
}

/// All that a group needs to get a permit and to run.
struct PermitRequest<K, M, F> {
    groups: Arc<Groups<K, M>>,
    db: Db,
    actor: Actor,
    lane: Lane,
    key: K,
    run: F,
}

impl<K, M> Default for Groups<K, M> {
    fn default() -> Self {
        Self { groups: Mutex::default(), next_number: AtomicU64::default() }
    }
}

impl<K, M> Groups<K, M>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    M: Member,
{
    /// Adds the request to its group. If there is no group, creates one and requests a permit for
    /// it. The thread that gets the permit calls the `run` of the group's first request, so `run`
    /// must serve every request with this key.
    pub fn enter(
        self: &Arc<Self>,
        (db, actor, lane): (&Db, &Actor, Lane),
        key: K,
        member: M,
        run: impl Run<M>,
    ) -> Result<Membership<K, M>, Error> {
        let admission = db.admit(actor)?;
        let (ticket, since) = (self.next_number(), Instant::now());
        let waiting = Waiting { ticket, since, member, _admission: admission };
        let number = match self.lock().entry(key.clone()) {
            Entry::Occupied(mut group) => {
                group.get_mut().waiting.push_back(waiting);
                None
            }
            Entry::Vacant(vacant) => {
                let number = self.next_number();
                let waiting = VecDeque::from([waiting]);
                vacant.insert(Group { waiting, number, queued: None });
                Some(number)
            }
        };
        if let Some(number) = number {
            let (groups, db, actor) = (Arc::clone(self), db.clone(), actor.clone());
            let key = key.clone();
            Arc::new(PermitRequest { groups, db, actor, lane, key, run }).send(number);
        }
        Ok(Membership { groups: Arc::clone(self), key, ticket: Some(ticket) })
    }

    fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    /// Removes the next batch from the group. If requests remain, also returns the number of the
    /// permit request that they need.
    fn take(&self, key: &K, number: u64) -> (Vec<M>, Option<u64>) {
        let mut groups = self.lock();
        let mut batch = Vec::new();
        let Some(group) = groups.get_mut(key).filter(|group| group.number == number) else {
            return (batch, None);
        };
        while batch.len() < MAX_BATCH
            && let Some(Waiting { member, .. }) = group.waiting.pop_front()
        {
            if !member.has_left() {
                batch.push(member);
            }
        }
        let more = (!group.waiting.is_empty()).then(|| self.next_number());
        // Release the lock before dropping the queue entry, because its drop locks the queue of
        // permits.
        let _queued = match more {
            Some(number) => {
                group.number = number;
                group.queued.take()
            }
            None => groups.remove(key).and_then(|group| group.queued),
        };
        drop(groups);
        (batch, more)
    }
}

impl<K: Eq + Hash, M> Groups<K, M> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Group<M>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the request with this `ticket`. Returns whether it still waited.
    fn leave(&self, key: &K, ticket: u64) -> bool {
        let mut groups = self.lock();
        let Some(group) = groups.get_mut(key) else { return false };
        let at = group.waiting.iter().position(|waiting| waiting.ticket == ticket);
        let left = at.and_then(|at| group.waiting.remove(at));
        let group = if group.waiting.is_empty() { groups.remove(key) } else { None };
        drop(groups);
        // Release the lock before dropping `left` and `group`.
        drop(group);
        left.is_some()
    }
}

impl<K, M, F> PermitRequest<K, M, F>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    M: Member,
    F: Run<M>,
{
    fn send(self: Arc<Self>, number: u64) {
        let request = Arc::clone(&self);
        let job: Job = Box::new(move |permit| {
            let (batch, more) = request.groups.take(&request.key, number);
            if let Some(number) = more {
                Arc::clone(&request).send(number);
            }
            if !batch.is_empty() {
                (request.run)(&request.db, &request.actor, batch, permit);
            }
        });
        let queued = Arc::new(self.db.run(&self.actor, self.lane, job));
        let mut groups = self.groups.lock();
        let group = groups.get_mut(&self.key).filter(|group| group.number == number);
        // The rest of a group may already have waited long enough for others to join it.
        let urgent = group.is_some_and(|group| {
            group.queued = Some(Arc::clone(&queued));
            group.waiting.front().is_some_and(|first| first.since.elapsed() >= COALESCE_WAIT)
        });
        // Release the lock before `queued` is used or dropped.
        drop(groups);
        if urgent {
            queued.make_urgent();
        }
    }
}

impl<K: Eq + Hash, M> Membership<K, M> {
    /// Waits for the reply of the run. If the request still waits for a permit at the deadline,
    /// removes and refuses it. Returns `None` if it runs by then: a run has a time limit of its own.
    pub async fn reply<T>(
        mut self,
        db: &Db,
        actor: &Actor,
        since: Instant,
        receiver: &mut oneshot::Receiver<T>,
    ) -> Result<Option<Result<T, RecvError>>, Error> {
        if let Ok(reply) = timeout(COALESCE_WAIT, &mut *receiver).await {
            self.ticket = None;
            return Ok(Some(reply));
        }
        self.make_urgent();
        if let Ok(reply) = timeout_at(db.permit_deadline(since).into(), receiver).await {
            self.ticket = None;
            return Ok(Some(reply));
        }
        match self.leave() {
            true => Err(db.permit_timeout_error(actor)),
            false => Ok(None),
        }
    }

    /// Makes the permit request of the group urgent: the request has waited long enough for others
    /// to join.
    fn make_urgent(&self) {
        let queued = self.groups.lock().get(&self.key).and_then(|group| group.queued.clone());
        if let Some(queued) = queued {
            queued.make_urgent();
        }
    }

    fn leave(&mut self) -> bool {
        self.ticket.take().is_some_and(|ticket| self.groups.leave(&self.key, ticket))
    }
}

impl<K: Eq + Hash, M> Drop for Membership<K, M> {
    fn drop(&mut self) {
        self.leave();
    }
}
