//! Runs a query on one blocking thread, with one connection, from the first field to the last.
//!
//! The executor proceeds as far as it can. When every resolver waits for data from the database,
//! the keys that they wait for form one level of the response: one statement reads each kind of
//! relation, and then the executor continues. So the shape of the operation decides which
//! statements run. A run takes one connection and, if it needs more than one statement, one
//! snapshot.
//!
//! Queries of one credential with the same document that wait for a permit share one run
//! (`coalesce.rs`): the run reads each level once for all of them.

use super::coalesce::{self, BatchReply, Coalescer, PendingQuery};
use super::executor::{Executor, QueryRequest};
use super::outcome::Outcome;
use super::request::{BoundOperation, name_operation};
use crate::audit::unavailable;
use crate::call::Call;
use crate::db::{Lane, Snapshot};
use crate::error::Error;
use crate::graphql_types::batch::{PendingKeys, load_level};
use crate::graphql_types::context::RequestContext;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
use tokio::time::timeout;

/// If a run took longer than this, the next query with the same document runs alone, because each
/// query of a batch waits for all the others.
const SLOW: Duration = Duration::from_millis(100);

/// Executes a query: in a batch, unless its document is slow, and alone if it did not run in a
/// batch or failed there.
pub async fn execute_query(
    executor: &Arc<Executor>,
    coalescer: &Arc<Coalescer>,
    call: Call,
    ready: &BoundOperation,
) -> Result<Outcome, Error> {
    call.reserve_audit().await?;
    let since = Instant::now();
    let tried = !ready.prepared().is_slow();
    if tried {
        if let Some(outcome) = coalesced(executor, coalescer, &call, ready, since).await? {
            return Ok(outcome);
        }
        call.record.begin_retry();
        call.app.metrics.retried();
    }
    run_alone(executor, &call, ready, since, tried).await
}

/// Runs the query together with others that have the same document. Returns `None` if it has to run
/// again, alone.
async fn coalesced(
    executor: &Arc<Executor>,
    coalescer: &Arc<Coalescer>,
    call: &Call,
    ready: &BoundOperation,
    since: Instant,
) -> Result<Option<Outcome>, Error> {
    let (pending_query, mut receiver) = pending_query(call, ready);
    let membership = coalesce::enter(coalescer, executor, run, pending_query)?;
    let reply = membership.reply(&call.app.db, call.actor(), since, &mut receiver).await?;
    let reply = match reply {
        Some(reply) => reply,
        None => wait_for_reply(call, &mut receiver).await,
    };
    match reply {
        Ok(BatchReply::Answered(outcome)) => Ok(Some(outcome)),
        // A dropped sender means that the run panicked, perhaps because of another query of the
        // batch.
        Ok(BatchReply::RetryAlone) | Err(_) => Ok(None),
    }
}

/// Runs the query alone. The snapshot uses savepoints if a batch has already `tried` the query.
/// Otherwise the first snapshot uses none, and the query runs once more, with savepoints, if that
/// snapshot ends before the response is complete.
async fn run_alone(
    executor: &Arc<Executor>,
    call: &Call,
    ready: &BoundOperation,
    since: Instant,
    tried: bool,
) -> Result<Outcome, Error> {
    let mut use_savepoints = tried;
    loop {
        let (pending_query, mut receiver) = pending_query(call, ready);
        let permit = call.app.db.permit(call.actor(), Lane::Unbatched, since).await?;
        let (executor, db) = (Arc::clone(executor), call.app.db.clone());
        permit.spawn(Box::new(move |permit| {
            let snapshot = db.snapshot(permit, pending_query.call.actor(), use_savepoints);
            run(&executor, vec![pending_query], snapshot);
        }));
        match wait_for_reply(call, &mut receiver).await {
            Ok(BatchReply::Answered(outcome)) => return Ok(outcome),
            Ok(BatchReply::RetryAlone) if !use_savepoints => {
                use_savepoints = true;
                call.record.begin_retry();
                call.app.metrics.retried();
            }
            _ => {
                return Err(Error::internal(anyhow::anyhow!(
                    "a query that ran alone got no reply"
                )));
            }
        }
    }
}

/// Waits for the reply. Gives up with a refusal if the trail does not record the response in time.
async fn wait_for_reply(
    call: &Call,
    receiver: &mut oneshot::Receiver<BatchReply>,
) -> Result<BatchReply, RecvError> {
    loop {
        let remaining_wait = call.record.remaining_wait();
        if remaining_wait.is_zero() {
            return Ok(BatchReply::Answered(Outcome::from_error(&unavailable())));
        }
        if let Ok(reply) = timeout(remaining_wait, &mut *receiver).await {
            return reply;
        }
    }
}

/// A response that waits until the trail has recorded what it shows. Sending it only then wakes the
/// waiting task once, instead of once for the response and once for the record. If this value is
/// dropped before it is sent, the drop sends a refusal.
struct PendingAnswer(Option<(oneshot::Sender<BatchReply>, Outcome)>);

impl PendingAnswer {
    fn send_when_recorded(call: &Call, outcome: Outcome, sender: oneshot::Sender<BatchReply>) {
        // A caller that disconnected has seen nothing. When the last clone of its call is dropped,
        // the trail records the call with status 500.
        if sender.is_closed() {
            return;
        }
        let outcome = outcome.for_call(call);
        let status = outcome.status();
        let mut answer = Self(Some((sender, outcome)));
        let send = move || {
            if let Some((sender, outcome)) = answer.0.take() {
                let _ = sender.send(BatchReply::Answered(outcome));
            }
        };
        call.finish_then(status, Box::new(send));
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        if let Some((sender, _)) = self.0.take() {
            let refused = Outcome::from_error(&unavailable());
            let _ = sender.send(BatchReply::Answered(refused));
        }
    }
}

fn pending_query(
    call: &Call,
    ready: &BoundOperation,
) -> (PendingQuery, oneshot::Receiver<BatchReply>) {
    let (sender, receiver) = oneshot::channel();
    let pending_keys = Arc::new(PendingKeys::of_running_request());
    let context = RequestContext::for_query(call.clone(), Arc::clone(&pending_keys));
    let (call, span) = (call.clone(), tracing::Span::current());
    name_operation(&call, ready);
    let prepared = Arc::clone(ready.prepared());
    let (variables, language) = (ready.variables().clone(), ready.language);
    let query = QueryRequest { prepared, variables, context, language };
    (PendingQuery { call, query, pending_keys, span, sender }, receiver)
}

/// Runs the batch. If it panics, the panic hook has logged that already. Do not propagate the
/// panic: the dropped senders tell the waiting queries that the run has failed.
fn run(executor: &Executor, batch: Vec<PendingQuery>, snapshot: Snapshot) {
    let _ = catch_unwind(AssertUnwindSafe(|| answer_all(executor, batch, snapshot)));
}

/// Executes the queries of the batch on this thread, and replies to each as soon as its response is
/// ready.
fn answer_all(executor: &Executor, batch: Vec<PendingQuery>, mut snapshot: Snapshot) {
    let Some(prepared) = batch.first().map(|first| Arc::clone(&first.query.prepared)) else {
        return;
    };
    let (start, count) = (Instant::now(), batch.len());
    let (failed, again) = (Cell::new(false), Cell::new(false));
    let mut calls = Vec::with_capacity(count);
    let mut slots = Vec::with_capacity(count);
    for PendingQuery { call, query, pending_keys, span, sender } in batch {
        calls.push((call, pending_keys));
        slots.push(Some((Box::pin(executor.query(query)), span, sender)));
    }
    let all = poll_fn(|cx| {
        let mut remaining = false;
        for (slot, (call, pending_keys)) in slots.iter_mut().zip(&calls) {
            let Some((response, span, _)) = slot else { continue };
            let Poll::Ready(response) = span.in_scope(|| response.as_mut().poll(cx)) else {
                remaining = true;
                continue;
            };
            let outcome = Outcome::from_response(response);
            let retry = (count > 1 && failed.get() || again.get()) && !outcome.errors.is_empty();
            // A null may have replaced a part of the response: forget the keys that this part
            // requested.
            pending_keys.forget();
            if let Some((.., sender)) = slot.take() {
                match retry {
                    // Sending fails if the caller has disconnected.
                    true => drop(sender.send(BatchReply::RetryAlone)),
                    false => PendingAnswer::send_when_recorded(call, outcome, sender),
                }
            }
        }
        if remaining { Poll::Pending } else { Poll::Ready(()) }
    });
    let root_only = prepared.cost.root_only();
    block_on_levels(all, || {
        let level = load_level(&calls, &mut snapshot, root_only);
        failed.set(failed.get() || level.failed);
        again.set(again.get() || level.again);
        level.any
    });
    prepared.set_slow(start.elapsed() > SLOW);
}

/// Polls `response` on this thread until it is ready. Whenever no resolver can proceed,
/// `load_level` reads the keys that they wait for. If it returns false, the resolvers wait for
/// something other than the database, and the thread sleeps until a waker wakes it.
fn block_on_levels<T>(
    response: impl Future<Output = T>,
    mut load_level: impl FnMut() -> bool,
) -> T {
    let signal = Arc::new(Signal { woken: AtomicBool::new(false), thread: thread::current() });
    let waker = Waker::from(Arc::clone(&signal));
    let (mut cx, mut response) = (Context::from_waker(&waker), pin!(response));
    loop {
        if let Poll::Ready(ready) = response.as_mut().poll(&mut cx) {
            return ready;
        }
        while !signal.woken.swap(false, Ordering::Acquire) {
            if !load_level() {
                thread::park();
            }
        }
    }
}

struct Signal {
    woken: AtomicBool,
    thread: Thread,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_level_is_loaded_only_when_no_resolver_can_proceed() {
        let level = Cell::new(0);
        let waiting = Cell::new(None::<Waker>);
        let steps = async {
            // The loop polls a future that has woken itself again before it loads a level.
            for _ in 0..3 {
                let mut passed = false;
                poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if std::mem::replace(&mut passed, true) {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            }
            assert_eq!(level.get(), 0);
            poll_fn(|cx| {
                waiting.set(Some(cx.waker().clone()));
                if level.get() == 1 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        };
        block_on_levels(steps, || {
            level.set(level.get() + 1);
            waiting.take().map(Waker::wake).is_some()
        });
        assert_eq!(level.get(), 1);
    }

    #[test]
    fn a_future_that_another_thread_wakes_is_polled_again() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let other = thread::spawn(move || sender.send(7));
        assert_eq!(block_on_levels(receiver, || false), Ok(7));
        other.join().unwrap().unwrap();
    }
}
