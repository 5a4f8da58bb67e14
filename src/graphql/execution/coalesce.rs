//! Request coalescing: queries of one credential with the same document that wait for a permit run
//! together.
//!
//! A query needs a permit to run. At most as many queries of one credential run at a time as there
//! are processors, because more would only slow each other down, and never more than half of the
//! permits. A query that has waited for `COALESCE_WAIT` is exempt from the first limit. Under load, the system of a tribunal
//! sends the same document again and again with other variables. The run that gets the permit takes
//! all waiting queries with the same document and the same rights, up to `MAX_BATCH`. Row-level
//! security shows all of them the same rows, and a level read for all of them costs little more
//! than a level read for one. A query that finds a free permit starts at once, alone.

use super::executor::{Executor, QueryRequest};
use super::outcome::Outcome;
use crate::auth::Actor;
use crate::call::Call;
use crate::db::{Admission, Db, Job, Lane, Queued, Snapshot};
use crate::error::Error;
use crate::graphql_types::batch::PendingKeys;
use ahash::HashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tracing::Span;

/// Maximum number of queries in one run. Each query waits until the run has read the data for all
/// of them.
const MAX_BATCH: usize = 16;

/// A query that waits for its run, with the sender of the channel on which its caller receives the
/// reply.
pub struct PendingQuery {
    pub call: Call,
    pub query: QueryRequest,
    pub pending_keys: Arc<PendingKeys>,
    pub span: Span,
    pub sender: oneshot::Sender<BatchReply>,
}

/// The reply of a run to one of its queries.
pub enum BatchReply {
    Answered(Outcome),
    /// The run failed for a reason that may belong to another query of the batch. Run this query
    /// again, alone.
    RetryAlone,
}

/// A function that executes one batch.
pub type RunBatch = fn(&Executor, Vec<PendingQuery>, Snapshot);

/// The queries that wait for a permit, in groups that can run together.
#[derive(Default)]
pub struct Coalescer {
    groups: Mutex<HashMap<Key, Group>>,
    next_number: AtomicU64,
}

/// The key of a group: the credential with its rights, and the prepared document, which all queries
/// of the group share. `document` is the address of the document. It stays valid because each
/// waiting query holds an `Arc` to the document.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    actor: Actor,
    document: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.document.hash(state);
        self.actor.credential().hash(state);
    }
}

struct Group {
    /// The waiting queries, oldest first. Never empty.
    waiting: VecDeque<(PendingQuery, Admission)>,
    /// Identifies the permit request that serves this group. When a run does not take the whole
    /// group, the rest gets a new request and a new number.
    number: u64,
    /// The entry of that permit request, once it is in the queue.
    queued: Option<Arc<Queued>>,
}

/// A query in a group. Dropping it removes the query if it still waits.
pub struct GroupMembership {
    coalescer: Arc<Coalescer>,
    key: Key,
    /// The keys of the query. Their address identifies it within its group. `None` once the reply has arrived.
    pending_keys: Option<Arc<PendingKeys>>,
}

impl Coalescer {
    fn groups(&self) -> MutexGuard<'_, HashMap<Key, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the query to its group. If there is no group, creates one and requests a permit for it;
    /// the thread that gets the permit then runs the queries of the group.
    pub fn enter(
        self: &Arc<Self>,
        executor: &Arc<Executor>,
        run_batch: RunBatch,
        pending_query: PendingQuery,
    ) -> Result<GroupMembership, Error> {
        let (actor, db) = (pending_query.call.actor().clone(), pending_query.call.app.db.clone());
        let waiting = db.admit(&actor)?;
        let document = Arc::as_ptr(&pending_query.query.prepared) as usize;
        let key = Key { actor, document };
        let pending_keys = Some(Arc::clone(&pending_query.pending_keys));
        let number = match self.groups().entry(key.clone()) {
            Entry::Occupied(mut group) => {
                group.get_mut().waiting.push_back((pending_query, waiting));
                None
            }
            Entry::Vacant(vacant) => {
                let number = self.next_number.fetch_add(1, Ordering::Relaxed);
                let waiting = VecDeque::from([(pending_query, waiting)]);
                vacant.insert(Group { waiting, number, queued: None });
                Some(number)
            }
        };
        if let Some(number) = number {
            self.request_permit(executor, run_batch, &db, &key, number);
        }
        Ok(GroupMembership { coalescer: Arc::clone(self), key, pending_keys })
    }

    fn request_permit(
        self: &Arc<Self>,
        executor: &Arc<Executor>,
        run_batch: RunBatch,
        db: &Db,
        key: &Key,
        number: u64,
    ) {
        let run: Job = {
            let (coalescer, executor) = (Arc::clone(self), Arc::clone(executor));
            let (db, key) = (db.clone(), key.clone());
            Box::new(move |permit| {
                let (batch, more) = coalescer.take(&key, number);
                if let Some(number) = more {
                    coalescer.request_permit(&executor, run_batch, &db, &key, number);
                }
                if !batch.is_empty() {
                    run_batch(&executor, batch, db.snapshot(permit, &key.actor, false));
                }
            })
        };
        let queued = Arc::new(db.run(&key.actor, Lane::Query, run));
        if let Some(group) = self.groups().get_mut(key).filter(|group| group.number == number) {
            group.queued = Some(queued);
        }
    }

    /// Removes the next batch from the group. If queries remain, also returns the number of the
    /// permit request that they need.
    fn take(&self, key: &Key, number: u64) -> (Vec<PendingQuery>, Option<u64>) {
        let mut groups = self.groups();
        let mut batch = Vec::new();
        let Some(group) = groups.get_mut(key).filter(|group| group.number == number) else {
            return (batch, None);
        };
        while batch.len() < MAX_BATCH
            && let Some((pending_query, _)) = group.waiting.pop_front()
        {
            // A caller that disconnected must not appear in the audit trail.
            if !pending_query.sender.is_closed() {
                batch.push(pending_query);
            }
        }
        let more =
            (!group.waiting.is_empty()).then(|| self.next_number.fetch_add(1, Ordering::Relaxed));
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

    /// Removes the query with this `pending_keys`. Returns whether it still waited.
    fn leave(&self, key: &Key, pending_keys: &Arc<PendingKeys>) -> bool {
        let mut groups = self.groups();
        let Some(group) = groups.get_mut(key) else { return false };
        let at = group
            .waiting
            .iter()
            .position(|(pending, _)| Arc::ptr_eq(&pending.pending_keys, pending_keys));
        let left = at.and_then(|at| group.waiting.remove(at));
        let group = if group.waiting.is_empty() { groups.remove(key) } else { None };
        drop(groups);
        // Release the lock before dropping `left` and `group`.
        drop(group);
        left.is_some()
    }
}

impl GroupMembership {
    /// Makes the permit request of the group urgent: the query has waited long enough for others to
    /// join.
    pub fn make_urgent(&self) {
        let queued = self.coalescer.groups().get(&self.key).and_then(|group| group.queued.clone());
        if let Some(queued) = queued {
            queued.make_urgent();
        }
    }

    /// Removes the query from its group. Returns whether it still waited for a permit.
    pub fn leave(&self) -> bool {
        self.pending_keys
            .as_ref()
            .is_some_and(|pending_keys| self.coalescer.leave(&self.key, pending_keys))
    }

    /// Marks the query as answered, so that dropping the membership removes nothing.
    pub fn answered(mut self) {
        self.pending_keys = None;
    }
}

impl Drop for GroupMembership {
    fn drop(&mut self) {
        self.leave();
    }
}
