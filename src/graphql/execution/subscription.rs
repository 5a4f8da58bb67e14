//! Runs one open subscription: reads its feed, and executes its operation once for each event.

use super::executor::Executor;
use super::feed_reads::FeedReads;
use super::outcome::Outcome;
use super::request::{self, BoundOperation, build_request};
use crate::auth::Actor;
use crate::call::App;
use crate::call::Call;
use crate::db::feed::{FeedCursor, PgSnapshot};
use crate::db::{Bounds, Permits};
use crate::db::{Caller, Lane};
use crate::error::{Error, Failure};
use crate::graphql::schema::feeds::{FeedContext, FeedItem, FeedQuery};
use crate::graphql_types::context::RequestContext;
use crate::telemetry::metrics::OpenCount;
use async_graphql::Response;
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt, stream};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Pause after a failure of the database.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Maximum number of events of one subscription that run at the same time.
const MAX_CONCURRENT: usize = 16;
/// Number of attempts after which the subscription delivers an event with the errors that remain.
const MAX_ATTEMPTS: u32 = 20;

/// Maximum number of deliveries that run at the same time, in the whole process.
const MAX_DELIVERIES: usize = 4;

/// The state that all subscriptions of the process share. Cheap to clone.
#[derive(Clone)]
pub struct SubscriptionRuntime {
    executor: Arc<Executor>,
    app: Arc<App>,
    reads: Arc<FeedReads>,
    /// Permits for deliveries. A thousand subscribers may wake up at once, and their reads must
    /// leave connections for the requests.
    deliveries: Arc<Permits>,
}

impl SubscriptionRuntime {
    pub fn new(executor: Arc<Executor>, app: Arc<App>) -> Self {
        let deliveries = Arc::new(Permits::new(Bounds::of(MAX_DELIVERIES, MAX_DELIVERIES)));
        Self { executor, app, reads: Arc::default(), deliveries }
    }
}

/// A subscription after its opening. It belongs to one socket or event stream.
pub struct OpenSubscription {
    runtime: SubscriptionRuntime,
    actor: Actor,
    /// The id of the request that opened the subscription. Each delivered event is a call of its
    /// own, with this id.
    correlation: String,
    ready: BoundOperation,
    query: FeedQuery,
    /// The transactions that had completed when the subscription opened. Present only if it starts
    /// with new events, that is, without `desde`.
    before: Option<PgSnapshot>,
    /// Position up to which this subscription has read the feed.
    cursor: FeedCursor,
    horizon: watch::Receiver<u64>,
    buffered: VecDeque<FeedItem>,
    /// Outcomes of the next events. `next` returns all of them before it reads the feed again.
    answered: VecDeque<Outcome>,
    _open: OpenCount,
}

impl OpenSubscription {
    /// Runs the operation once to validate it, and fixes the position in the feed. The subscription
    /// delivers everything that is committed after `open` returns.
    ///
    /// # Errors
    /// The outcome that refuses the subscription.
    pub async fn open(
        runtime: SubscriptionRuntime,
        call: Call,
        ready: BoundOperation,
    ) -> Result<Self, Outcome> {
        let (actor, correlation) = (call.actor().clone(), call.record.correlation().to_owned());
        let feed_context = Arc::new(FeedContext::opening());
        let response = run(&runtime, call, &ready, Arc::clone(&feed_context)).await;
        if let Some(refused) = response {
            return Err(Outcome { data: None, ..Outcome::from_response(refused) });
        }
        let note = match &*feed_context {
            FeedContext::Opening(note) => note.get().cloned(),
            FeedContext::Delivery(_) => None,
        };
        let no_field =
            || Error::failure(Failure::DocumentoInvalido, "a subscription não pede nada");
        let (query, since) = note.ok_or_else(|| Outcome::from_error(&no_field()))?;
        let horizon = runtime.app.db.horizon();
        let snapshot = runtime.app.db.read(&actor, PgSnapshot::take).await;
        let snapshot = snapshot.map_err(|error| Outcome::from_error(&error))?;
        let (cursor, before) = match since {
            None => (FeedCursor::before(snapshot.horizon), Some(snapshot)),
            // The cursor comes from another database, or from this one before an older state was
            // restored.
            Some(cursor) if cursor.xid >= snapshot.next => {
                let message = "o cursor está adiante do fluxo; recomece sem `desde`";
                return Err(Outcome::from_error(&Error::invalid(message)));
            }
            Some(cursor) => (cursor, None),
        };
        let (buffered, answered) = Default::default();
        let open = runtime.app.metrics.subscribed();
        Ok(Self {
            runtime,
            actor,
            correlation,
            ready,
            query,
            before,
            cursor,
            horizon,
            buffered,
            answered,
            _open: open,
        })
    }

    /// All outcomes from here on, in the order of the feed. The stream never ends.
    pub fn outcomes(self) -> impl Stream<Item = Outcome> {
        stream::unfold(self, |mut open_subscription| async {
            let outcome = open_subscription.next().await;
            Some((outcome, open_subscription))
        })
    }

    /// Returns the next outcome. The stream asks for it only when the connection or its queue can
    /// take more.
    async fn next(&mut self) -> Outcome {
        loop {
            if let Some(outcome) = self.answered.pop_front() {
                return outcome;
            }
            if !self.buffered.is_empty() {
                self.answer().await;
                continue;
            }
            let horizon = *self.horizon.borrow_and_update();
            if self.cursor < FeedCursor::before(horizon) {
                self.read_until(horizon).await;
            } else if self.horizon.changed().await.is_err() {
                // The sender lives until the server stops.
                std::future::pending::<()>().await;
            }
        }
    }

    async fn read_until(&mut self, horizon: u64) {
        let reads = &self.runtime.reads;
        let (db, query) = (&self.runtime.app.db, &self.query);
        match reads.read(db, &self.actor, query, self.cursor, horizon).await {
            Ok(page) => {
                let new_items = page.items.iter().filter(|(cursor, _)| {
                    self.before.as_ref().is_none_or(|snapshot| !snapshot.had_completed(cursor.xid))
                });
                self.buffered.extend(new_items.map(|(_, item)| item.clone()));
                self.cursor = page.until;
            }
            // `db` logs this failure, once.
            Err(Error::Failure(Failure::Indisponivel, _)) => sleep(RETRY_DELAY).await,
            Err(error) => {
                let (failure, _) = error.log_and_redact();
                tracing::warn!(codigo = failure.name(), "a feed could not be read");
                sleep(RETRY_DELAY).await;
            }
        }
    }

    /// Executes the next few events at the same time. Each event waits for its permit and for the
    /// trail, so a subscription that executed them one after the other would fall behind the
    /// writers.
    async fn answer(&mut self) {
        let count = self.buffered.len().min(MAX_CONCURRENT);
        let items: Vec<FeedItem> = self.buffered.drain(..count).collect();
        let answers = join_all(items.into_iter().map(|item| self.deliver(item))).await;
        self.answered.extend(answers);
    }

    /// Executes the operation for one event. Retries after an error that may pass, such as a
    /// database that does not answer: an event without its processo is of little use.
    async fn deliver(&self, item: FeedItem) -> Outcome {
        let call = self.call_when_admitted().await;
        call.record.add_read(&item);
        let mut attempts = 0;
        loop {
            let feed_context = Arc::new(FeedContext::Delivery(item.clone()));
            // See [`SubscriptionRuntime::deliveries`].
            let deliveries = &self.runtime.deliveries;
            let permit = deliveries.acquire(&Caller::of(&self.actor), Lane::Unbatched).await;
            let response = run(&self.runtime, call.clone(), &self.ready, feed_context).await;
            drop(permit);
            let mut outcome = Outcome::from_response(response.unwrap_or_default());
            outcome.set_hidden(&call.record);
            let is_temporary = |error: &serde_json::Value| {
                let code = &error["extensions"]["code"];
                *code == Failure::Indisponivel.name()
                    || *code == Failure::Sobrecarregado.name()
                    || *code == Failure::LimiteDeRequisicoes.name()
            };
            attempts += 1;
            if attempts >= MAX_ATTEMPTS || !outcome.errors.iter().any(is_temporary) {
                outcome.record_failures(&call.record);
                // Do not send the event before the trail has recorded it, however long that takes.
                let mut written = call.finish(200);
                while written.wait().await.is_err() {
                    sleep(RETRY_DELAY).await;
                }
                if let Some(at) = item.occurred_at() {
                    let lag = (self.runtime.app.now)() - at;
                    self.runtime.app.metrics.delivered(lag.as_seconds_f64().max(0.0));
                }
                return outcome;
            }
            sleep(RETRY_DELAY).await;
        }
    }

    /// Begins the call of one delivery. Waits until the trail accepts it, because the delivery may
    /// read nothing before that.
    async fn call_when_admitted(&self) -> Call {
        let call = request::begin(&self.runtime.app, self.actor.clone(), self.correlation.clone());
        call.record.mark_delivery();
        while call.reserve_audit().await.is_err() {
            sleep(RETRY_DELAY).await;
        }
        call
    }
}

/// Runs the operation and returns its first response, if there is one.
async fn run(
    runtime: &SubscriptionRuntime,
    call: Call,
    ready: &BoundOperation,
    feed_context: Arc<FeedContext>,
) -> Option<Response> {
    let request = build_request(RequestContext::for_request(call), ready).data(feed_context);
    runtime.executor.schema().execute_stream(request).next().await
}
