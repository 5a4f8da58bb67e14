//! Group commit: writes of the same kind that wait for a permit run in one transaction.
//!
//! COMMIT waits for the disk, and a statement for ten rows costs little more than a statement for
//! one row. A write that finds a free permit runs at once, alone. Otherwise it waits, and runs
//! together with the waiting writes of the same kind and credential. Each write gets its own
//! verdict, answer and audit record. If the transaction fails, any of the writes may be the cause,
//! so the server rolls it back and runs each write again alone.

use super::{BatchFn, Command, Outcome, ReadBack, Request, record};
use crate::auth::Actor;
use crate::call::App;
use crate::db::write_queues::QueueKey;
use crate::db::{Admission, Lane, Session, unavailable};
use crate::error::Error;
use crate::trace::{self, TraceContext};
use crate::value::resource::HasResources;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Largest number of writes in one transaction. Each of them waits until all are done.
const MAX_BATCH: usize = 16;

/// Maximum time that a batch waits for a lock of another transaction. After that the batch fails,
/// and each of its writes runs again alone and waits for its own locks only.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

type Queue<C, L, U> = Vec<QueuedWrite<C, L, U>>;

struct QueuedWrite<C: Command, L, U> {
    request: Request<C, L>,
    since: Instant,
    /// The trace of the request that writes.
    trace: Option<TraceContext>,
    reply: oneshot::Sender<Reply<C, U>>,
    _waiting: Admission,
}

/// The reply to a waiting write.
enum Reply<C: Command, U> {
    Done(Result<Outcome<C, U>, Error>),
    /// The write has not been executed. Run it alone.
    RunAlone,
}

/// Executes `request` in one transaction with others of its kind, or alone.
pub(super) async fn write<C, L, U>(
    app: &Arc<App>,
    request: Request<C, L>,
    batch_fn: BatchFn<C>,
) -> Result<Outcome<C, U>, Error>
where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources + Send + 'static,
{
    let retry = request.clone();
    let waiting = app.db.admit(&request.context.author)?;
    match enqueue(app, request, waiting, batch_fn).await {
        Ok(Reply::Done(outcome)) => outcome,
        Ok(Reply::RunAlone) => {
            let author = retry.context.author.clone();
            app.db.write(&author, move |session| retry.execute(session, None)).await
        }
        // The sender was dropped without an answer: the write may or may not be committed.
        Err(_) => Err(unavailable()),
    }
}

/// Adds `request` to its queue. The first request of a queue starts a [`BatchRun`] for it.
fn enqueue<C, L, U>(
    app: &Arc<App>,
    request: Request<C, L>,
    waiting: Admission,
    batch_fn: BatchFn<C>,
) -> oneshot::Receiver<Reply<C, U>>
where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let actor = request.context.author.clone();
    let key = (TypeId::of::<(C, L, U)>(), request.context.tribunal, actor.shared_credential());
    let since = Instant::now();
    let queued = QueuedWrite { request, since, trace: trace::current(), reply, _waiting: waiting };
    match app.write_queues.lock().entry(key.clone()) {
        Entry::Occupied(mut queue) => {
            let queue: &mut Queue<C, L, U> =
                queue.get_mut().downcast_mut().expect("a queue under this key has this type");
            queue.push(queued);
            return receiver;
        }
        Entry::Vacant(vacant) => vacant.insert(Box::new(vec![queued])),
    };
    let app = Arc::clone(app);
    let batch_run =
        BatchRun::<C, L, U> { app, key, actor, since, has_waiting: true, marker: PhantomData };
    tokio::spawn(batch_run.run(batch_fn));
    receiver
}

/// Marks the type of the writes, of which [`BatchRun`] holds no value.
type WriteKind<C, L, U> = PhantomData<fn() -> (C, L, U)>;

/// The task that runs the waiting writes of one queue. If it is dropped early, each waiting write
/// runs alone.
struct BatchRun<C: Command, L: ReadBack<C, U>, U: Send + 'static> {
    app: Arc<App>,
    key: QueueKey,
    actor: Actor,
    /// The time at which the oldest write of the queue began to wait.
    since: Instant,
    /// Whether the queue still has writes, for which only this task is responsible.
    has_waiting: bool,
    marker: WriteKind<C, L, U>,
}

impl<C: Command, L: ReadBack<C, U>, U: HasResources + Send + 'static> BatchRun<C, L, U> {
    async fn run(self, batch_fn: BatchFn<C>) {
        let (app, tribunal) = (Arc::clone(&self.app), self.key.1);
        let permit = match app.db.permit_for_admitted(&self.actor, Lane::Write, self.since).await {
            Ok(permit) => permit,
            Err(error) => {
                let timed_out = |queue: Queue<C, L, U>| {
                    queue.into_iter().partition(|queued| app.db.has_waited_too_long(queued.since))
                };
                for queued in self.take(batch_fn, timed_out) {
                    // Ignore the error: the caller has stopped waiting.
                    let _ = queued.reply.send(Reply::Done(Err(error.clone())));
                }
                return;
            }
        };
        let batch = self.take(batch_fn, |mut queue| {
            let remaining = queue.split_off(queue.len().min(MAX_BATCH));
            (queue, remaining)
        });
        // A write whose caller disconnected before it ran is not executed.
        let live = batch.into_iter().filter(|queued| !queued.reply.is_closed());
        let live: Vec<_> = live.collect();
        let traces = live.iter().filter_map(|queued| queued.trace.clone()).collect();
        let live = live.into_iter();
        let (requests, replies): (Vec<_>, Vec<_>) =
            live.map(|queued| (queued.request, queued.reply)).unzip();
        let batch_replies = BatchReplies { replies, committing: Arc::default() };
        let committing = Arc::clone(&batch_replies.committing);
        let write = move |session: &mut Session<'_>| {
            let outcomes = execute_batch(session, requests, batch_fn)?;
            committing.store(true, Ordering::Release);
            Ok(outcomes)
        };
        let report = move |result| batch_replies.report(result);
        app.db.write_with_permit(permit, tribunal, traces, write, report);
    }

    /// Removes and returns the first part of what `split` makes of the queue. If the second part is
    /// not empty, it stays in the queue and a new task runs it.
    fn take(
        mut self,
        batch_fn: BatchFn<C>,
        split: impl FnOnce(Queue<C, L, U>) -> (Queue<C, L, U>, Queue<C, L, U>),
    ) -> Queue<C, L, U> {
        let taken = {
            let mut queues = self.app.write_queues.lock();
            let (taken, remaining) = split(remove_queue(&mut queues, &self.key));
            self.has_waiting = !remaining.is_empty();
            if let Some(first) = remaining.first() {
                self.since = first.since;
                queues.insert(self.key.clone(), Box::new(remaining));
            }
            taken
        };
        if self.has_waiting {
            tokio::spawn(self.run(batch_fn));
        }
        taken
    }
}

impl<C: Command, L: ReadBack<C, U>, U: Send + 'static> Drop for BatchRun<C, L, U> {
    fn drop(&mut self) {
        if self.has_waiting {
            let queue: Queue<C, L, U> = remove_queue(&mut self.app.write_queues.lock(), &self.key);
            for queued in queue {
                let _ = queued.reply.send(Reply::RunAlone);
            }
        }
    }
}

fn remove_queue<C: Command, L: ReadBack<C, U>, U: Send + 'static>(
    queues: &mut HashMap<QueueKey, Box<dyn Any + Send>>,
    key: &QueueKey,
) -> Queue<C, L, U> {
    let queue = queues.remove(key).and_then(|queue| queue.downcast().ok());
    queue.map(|queue| *queue).unwrap_or_default()
}

/// The reply channels of a batch. If this is dropped before COMMIT is sent, each write runs alone.
struct BatchReplies<C: Command, U> {
    replies: Vec<oneshot::Sender<Reply<C, U>>>,
    /// Whether everything but COMMIT is done. From then on, only the result of COMMIT tells whether
    /// the writes are stored.
    committing: Arc<AtomicBool>,
}

impl<C: Command, U> BatchReplies<C, U> {
    fn report(mut self, result: Result<Vec<Outcome<C, U>>, Error>) {
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
        let rolled_back =
            !self.committing.load(Ordering::Acquire) || matches!(error, Error::Internal(_));
        if count > 1 && rolled_back {
            tracing::warn!(
                quantos = count,
                "writes that went together failed; each is tried alone"
            );
            return self.committing.store(false, Ordering::Release);
        }
        for reply in self.replies.drain(..) {
            let _ = reply.send(Reply::Done(Err(error.clone())));
        }
    }
}

impl<C: Command, U> Drop for BatchReplies<C, U> {
    fn drop(&mut self) {
        if !self.committing.load(Ordering::Acquire) {
            for reply in self.replies.drain(..) {
                let _ = reply.send(Reply::RunAlone);
            }
        }
    }
}

/// Executes all requests in this transaction and returns their outcomes in the same order.
fn execute_batch<C, L, U>(
    session: &mut Session<'_>,
    requests: Vec<Request<C, L>>,
    batch_fn: BatchFn<C>,
) -> Result<Vec<Outcome<C, U>>, Error>
where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources,
{
    if requests.len() > 1 {
        session.set_lock_timeout(LOCK_TIMEOUT)?;
    }
    let (mut commands, mut contexts, mut completions) = (Vec::new(), Vec::new(), Vec::new());
    for Request { command, context, completion } in requests {
        commands.push(command);
        contexts.push(context);
        completions.push(completion);
    }
    let verdicts = batch_fn(session, commands.into_iter().zip(&contexts).collect())?;
    let outcomes = verdicts.into_iter().zip(completions);
    let outcomes: Vec<Outcome<C, U>> = outcomes
        .map(|(verdict, completion)| completion.read(session, verdict, false))
        .collect::<Result<_, _>>()?;
    record(session, outcomes.iter().flatten())?;
    Ok(outcomes)
}
