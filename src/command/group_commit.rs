//! Group commit: writes of the same kind that wait for a permit run in one transaction.
//!
//! COMMIT waits for the disk, and a statement for ten rows costs little more than a statement for
//! one row. A write that finds a free permit runs at once, alone. Otherwise it waits, and runs
//! together with the waiting writes of the same kind and credential (`db::groups`). Each write gets
//! its own verdict, answer and audit record, and keeps its own idempotency key. If the transaction
//! fails, any of the writes may be the cause, so the server rolls it back and runs each write again
//! alone.

use super::{BatchFn, Command, Outcome, ReadBack, Request, directly, execute_batch};
use crate::auth::Actor;
use crate::call::App;
use crate::db::groups::Member;
use crate::db::{Db, Lane, Permit, unavailable};
use crate::error::Error;
use crate::trace::{self, TraceContext};
use crate::value::resource::HasResources;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Maximum time that a batch waits for a lock of another transaction. After that the batch fails,
/// and each of its writes runs again alone and waits for its own locks only.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

struct QueuedWrite<C: Command, L, U> {
    request: Request<C, L>,
    /// The trace of the request that writes.
    trace: Option<TraceContext>,
    reply: oneshot::Sender<Reply<C, U>>,
}

impl<C: Command, L: ReadBack<C, U>, U: Send + 'static> Member for QueuedWrite<C, L, U> {
    fn has_left(&self) -> bool {
        self.reply.is_closed()
    }
}

/// The reply to a waiting write.
enum Reply<C: Command, U> {
    Done(Result<Outcome<C, U>, Error>),
    /// Nothing of the write is stored. Run it alone.
    RunAlone,
}

/// Executes `request` in one transaction with others of its kind, or alone.
pub(super) async fn write<C, L, U>(
    app: &App,
    request: Request<C, L>,
    batch_fn: BatchFn<C>,
) -> Result<Outcome<C, U>, Error>
where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources + Send + 'static,
{
    let (db, actor, since) = (&app.db, request.context.author.clone(), Instant::now());
    let (tribunal, retry) = (request.context.tribunal, request.clone());
    let (reply, mut receiver) = oneshot::channel();
    let queued = QueuedWrite { request, trace: trace::current(), reply };
    let key = (tribunal, actor.shared_credential());
    let run = move |db: &Db, _: &Actor, batch: Vec<_>, permit: &Permit| {
        run_batch(db, permit, tribunal, batch, batch_fn);
    };
    let queue = app.write_queues.of();
    let membership = queue.enter((db, &actor, Lane::Write), key, queued, run)?;
    let reply = match membership.reply(db, &actor, since, &mut receiver).await? {
        Some(reply) => reply,
        None => receiver.await,
    };
    match reply {
        Ok(Reply::Done(outcome)) => outcome,
        Ok(Reply::RunAlone) => db.write(&actor, move |session| retry.execute(session)).await,
        // The sender was dropped without an answer: the write may or may not be committed.
        Err(_) => Err(unavailable()),
    }
}

/// Runs the batch on this thread and replies to each of its writes.
fn run_batch<C, L, U>(
    db: &Db,
    permit: &Permit,
    tribunal: i16,
    batch: Vec<QueuedWrite<C, L, U>>,
    batch_fn: BatchFn<C>,
) where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources,
{
    let traces: Vec<_> = batch.iter().filter_map(|queued| queued.trace.clone()).collect();
    let (requests, replies): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|queued| (queued.request, queued.reply)).unzip();
    // A refused write that is alone needs no savepoint, unless its key is to remember the refusal.
    let run = match requests.as_slice() {
        [Request { key: None, .. }] => directly,
        _ => batch_fn,
    };
    let mut replies = Replies { replies, committing: false };
    let result = db.write_with_permit(permit, tribunal, &traces, |session| {
        if requests.len() > 1 {
            session.set_lock_timeout(LOCK_TIMEOUT)?;
        }
        let outcomes = execute_batch(session, requests, run)?;
        replies.committing = true;
        Ok(outcomes)
    });
    replies.send(result);
}

/// The reply channels of a batch. If this is dropped before COMMIT is sent, each write runs alone.
struct Replies<C: Command, U> {
    replies: Vec<oneshot::Sender<Reply<C, U>>>,
    /// Whether everything but COMMIT is done. From then on, only the result of COMMIT tells whether
    /// the writes are stored.
    committing: bool,
}

impl<C: Command, U> Replies<C, U> {
    /// Sends each write its outcome. Sending fails if the caller has stopped waiting.
    fn send(mut self, result: Result<Vec<Outcome<C, U>>, Error>) {
        let count = self.replies.len();
        let error = match result {
            Ok(outcomes) => {
                for (reply, outcome) in self.replies.drain(..).zip(outcomes) {
                    let _ = reply.send(Reply::Done(Ok(outcome)));
                }
                return;
            }
            Err(error) => error,
        };
        // `Internal` means that the database answered, and the answer was an error, so nothing was
        // committed. This includes errors at COMMIT. Without an answer to COMMIT, the writes may be
        // stored, and a retry could write twice.
        let rolled_back = !self.committing || matches!(error, Error::Internal(_));
        if count > 1 && rolled_back {
            tracing::warn!(
                quantos = count,
                "writes that went together failed; each is tried alone"
            );
            self.committing = false;
            return;
        }
        for reply in self.replies.drain(..) {
            let _ = reply.send(Reply::Done(Err(error.clone())));
        }
    }
}

impl<C: Command, U> Drop for Replies<C, U> {
    fn drop(&mut self) {
        if !self.committing {
            for reply in self.replies.drain(..) {
                let _ = reply.send(Reply::RunAlone);
            }
        }
    }
}
