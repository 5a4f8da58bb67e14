//! Request coalescing: queries of one credential with the same document that wait for a permit run
//! together.
//!
//! A query needs a permit to run. At most as many queries of one credential run at a time as there
//! are processors, because more would only slow each other down, and never more than half of the
//! permits. A query that has waited for `COALESCE_WAIT` is exempt from the first limit. Under load, the system of a tribunal
//! sends the same document again and again with other variables. The run that gets the permit takes
//! the waiting queries with the same document and the same rights (`db::groups`). Row-level
//! security shows all of them the same rows, and a level read for all of them costs little more
//! than a level read for one. A query that finds a free permit starts at once, alone.

use super::executor::{Executor, QueryRequest};
use super::outcome::Outcome;
use crate::auth::Actor;
use crate::call::Call;
use crate::db::groups::{Groups, Member, Membership};
use crate::db::{Db, Lane, Permit, Snapshot};
use crate::error::Error;
use crate::graphql_types::batch::PendingKeys;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tokio::sync::oneshot;
use tracing::Span;

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

/// The queries that wait for a permit.
pub type Coalescer = Groups<Key, PendingQuery>;

/// The key of a group: the credential with its rights, and the prepared document, which all queries
/// of the group share. `document` is the address of the document. It stays valid because each
/// waiting query holds an `Arc` to the document.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    actor: Actor,
    document: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.document.hash(state);
        self.actor.credential().hash(state);
    }
}

impl Member for PendingQuery {
    /// A caller that disconnected must not appear in the audit trail.
    fn has_left(&self) -> bool {
        self.sender.is_closed()
    }
}

/// Adds the query to its group.
pub fn enter(
    coalescer: &Arc<Coalescer>,
    executor: &Arc<Executor>,
    run_batch: RunBatch,
    pending_query: PendingQuery,
) -> Result<Membership<Key, PendingQuery>, Error> {
    let (actor, app) = (pending_query.call.actor().clone(), Arc::clone(&pending_query.call.app));
    let document = Arc::as_ptr(&pending_query.query.prepared) as usize;
    let key = Key { actor: actor.clone(), document };
    let executor = Arc::clone(executor);
    let run = move |db: &Db, actor: &Actor, batch: Vec<_>, permit: &Permit| {
        run_batch(&executor, batch, db.snapshot(permit, actor, false));
    };
    coalescer.enter((&app.db, &actor, Lane::Query), key, pending_query, run)
}
