//! Serves one socket: authenticates the client, runs its operations and sends their events.
//!
//! One task reads from and writes to the connection. Each operation has a task of its own and sends
//! its events through a short queue. If the client does not read, the queue fills up and its
//! operations pause, so nothing accumulates. After the configured stall timeout the server closes
//! the socket.

use super::close_reason::Reason;
use super::message::{ClientMessage, Headers, ServerMessage};
use super::pre_auth_limit::{self, Acknowledged};
use crate::auth::{Actor, Auth, TRIBUNAL_HEADER};
use crate::call::{App, Call};
use crate::error::{Error, Failure};
use crate::graphql::execution::outcome::Outcome;
use crate::graphql::execution::request::BoundOperation;
use crate::graphql::execution::{GraphqlService, Started};
use crate::graphql::protocol::http::language;
use crate::graphql::protocol::http::parameters::StringParam;
use crate::graphql::protocol::http::parsed_request::ParsedRequest;
use crate::graphql::protocol::stream_registry::{SessionLease, StreamRegistry};
use crate::graphql::protocol::token_watch::{SessionEnd, TokenWatch};
use crate::work::MAX_INLINE_BYTES;
use crate::work::body_budget::UNCHARGED_BYTES;
use crate::work::quota::QuotaPermit;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::rt;
use actix_web::web::{self, Bytes};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Closed, ProtocolError, Session};
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

/// Time between two pings. A client that answers neither of two pings, and sends nothing else,
/// counts as gone.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(12);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that the client has to close the connection after the close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// Maximum number of events that wait to be sent, of all operations together.
const QUEUE_LEN: usize = 8;

/// The state of one connection. `actor` is `None` until `connection_init` has succeeded.
pub struct Socket {
    service: GraphqlService,
    sessions: Arc<StreamRegistry>,
    auth: web::Data<Auth>,
    /// The headers of the request that opened the socket. They may contain the token.
    headers: HeaderMap,
    /// The id of that request. All operations of the socket share it.
    correlation: String,
    connection: Session,
    acknowledged: Acknowledged,
    actor: Option<Actor>,
    end: Pin<Box<dyn Future<Output = SessionEnd>>>,
    lease: Option<SessionLease>,
    operations: HashMap<String, Operation>,
    /// Number of operations so far.
    generation: u64,
    queue: mpsc::Sender<OperationEvent>,
    events: mpsc::Receiver<OperationEvent>,
}

/// A running operation. Dropping it stops its task.
struct Operation {
    generation: u64,
    task: JoinHandle<()>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An event of an operation. `generation` distinguishes the operation from an older operation with
/// the same id.
struct OperationEvent {
    id: String,
    generation: u64,
    event: Event,
}

enum Event {
    Next(Outcome),
    Refusal(Vec<Value>),
    Complete,
}

type LoopResult = Result<(), Option<Reason>>;

impl Socket {
    pub fn new(
        (service, sessions): (GraphqlService, Arc<StreamRegistry>),
        auth: web::Data<Auth>,
        (headers, correlation): (HeaderMap, String),
        (connection, acknowledged): (Session, Acknowledged),
    ) -> Self {
        let (queue, events) = mpsc::channel(QUEUE_LEN);
        let (actor, lease, end) = (None, None, Box::pin(std::future::pending()));
        let operations = HashMap::new();
        let generation = 0;
        Self {
            service,
            sessions,
            auth,
            headers,
            correlation,
            connection,
            acknowledged,
            actor,
            end,
            lease,
            operations,
            generation,
            queue,
            events,
        }
    }

    /// Serves the socket until it must close, and then closes it with the reason.
    pub async fn serve(mut self, mut messages: AggregatedMessageStream) {
        let Err(reason) = self.message_loop(&mut messages).await else { return };
        let Self { connection, .. } = self;
        let Some(reason) = reason else { return };
        // If the client does not read, this may take until the connection ends, so do not wait for
        // it here.
        let closing = rt::spawn(connection.close(Some(reason.into())));
        // Read what still arrives: closing a connection with unread bytes makes TCP reset it, and
        // the client would lose the close reason.
        let until_end = async { while let Some(Ok(_)) = messages.recv().await {} };
        let _ = timeout(CLOSE_GRACE, until_end).await;
        drop(closing);
    }

    /// Runs until the socket must close. The error is the reason, or `None` if the client is gone.
    async fn message_loop(&mut self, messages: &mut AggregatedMessageStream) -> LoopResult {
        let wait = Duration::from_secs(self.sessions.limits.init_timeout.into());
        let init_deadline = Instant::now() + wait;
        let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
        let mut last_heard = Instant::now();
        let sessions = Arc::clone(&self.sessions);
        let shutdown = sessions.shutdown();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return Err(Some(Reason::ShuttingDown)),
                end = &mut self.end => return Err(Some(end.into())),
                () = sleep_until(init_deadline), if self.actor.is_none() => {
                    return Err(Some(Reason::InitTimeout));
                }
                _ = keep_alive.tick() => {
                    if last_heard.elapsed() > SILENCE_TIMEOUT {
                        return Err(None);
                    }
                    let stall_timeout = self.stall_timeout();
                    with_deadline(self.connection.ping(b""), stall_timeout).await?;
                }
                Some(event) = self.events.recv() => self.forward(event).await?,
                message = messages.recv() => {
                    last_heard = Instant::now();
                    self.receive(message).await?;
                }
            }
        }
    }

    async fn receive(
        &mut self,
        message: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> LoopResult {
        let text = match message {
            None => return Err(None),
            Some(Ok(AggregatedMessage::Text(text))) => text,
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                let stall_timeout = self.stall_timeout();
                return with_deadline(self.connection.pong(&bytes), stall_timeout).await;
            }
            Some(Ok(AggregatedMessage::Pong(_))) => return Ok(()),
            Some(Ok(AggregatedMessage::Close(_))) => return Err(Some(Reason::Normal)),
            Some(Ok(AggregatedMessage::Binary(_))) => {
                return Err(Some(Reason::InvalidMessage));
            }
            Some(Err(ProtocolError::Io(error))) if pre_auth_limit::is_overflow(&error) => {
                return Err(Some(Reason::MessageTooBig));
            }
            Some(Err(ProtocolError::Overflow)) => return Err(Some(Reason::MessageTooBig)),
            Some(Err(_)) => return Err(Some(Reason::ProtocolError)),
        };
        let (message, share) = self.read(text.into_bytes()).await?;
        match message {
            ClientMessage::Init(headers) => self.init(headers).await,
            ClientMessage::Ping(payload) => {
                self.send(&ServerMessage::Pong { payload: payload.as_deref() }).await
            }
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe { id, request } => {
                let language = language(&self.headers);
                let with_share = |mut request: ParsedRequest| {
                    request.share = share.map(Arc::new);
                    request.in_language(language)
                };
                self.subscribe(id, request.map(with_share)).await
            }
            ClientMessage::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    /// Parses a message. If it is large enough to be charged for, also returns its share of the
    /// memory.
    async fn read(
        &self,
        text: Bytes,
    ) -> Result<(ClientMessage, Option<QuotaPermit>), Option<Reason>> {
        let read = |text: &Bytes| ClientMessage::read(text).ok_or(Some(Reason::InvalidMessage));
        if text.len() <= UNCHARGED_BYTES {
            return Ok((read(&text)?, None));
        }
        let App { body_budget, cpu_pool, .. } = &*self.service.app;
        let Some(actor) = &self.actor else {
            return match text.len() > MAX_INLINE_BYTES {
                true => Err(Some(Reason::MessageTooBig)),
                false => Ok((read(&text)?, None)),
            };
        };
        let full = |_| Some(Reason::Overloaded);
        let share = body_budget.reserve(text.len(), actor.credential()).await.map_err(full)?;
        let message = match text.len() > MAX_INLINE_BYTES {
            true => cpu_pool.run(actor.credential(), move || read(&text)).await.map_err(full)??,
            false => read(&text)?,
        };
        Ok((message, Some(share)))
    }

    /// Authenticates the client, with the token of the message or, without one, of the request.
    async fn init(&mut self, Headers(headers): Headers) -> LoopResult {
        if self.actor.is_some() {
            return Err(Some(Reason::AlreadyInitialized));
        }
        for (name, value) in headers {
            let is_token = name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
            let StringParam::Given(value) = value else { return Err(Some(Reason::Refused)) };
            let value = HeaderValue::from_str(&value).map_err(|_| Some(Reason::Refused))?;
            match is_token {
                true => drop(self.headers.insert(AUTHORIZATION, value)),
                // Append: if the request already had this header, there are then two, and
                // authentication refuses them.
                false => self.headers.append(TRIBUNAL_HEADER, value),
            }
        }
        let identity = self.auth.authenticate_with_expiry(&self.headers).await;
        let identity = identity.map_err(|refused| match refused.error.log_and_redact().0 {
            Failure::Indisponivel => Reason::CheckUnavailable,
            _ => Reason::Refused,
        })?;
        let actor = identity.0.clone();
        let lease = self.sessions.lease(&actor);
        self.lease = Some(lease.ok_or(Reason::TooManyConnections)?);
        let clock = self.service.app.now;
        let token_watch = TokenWatch::new(self.auth.clone(), &self.headers, identity, clock);
        self.end = Box::pin(async move { token_watch.end().await });
        self.actor = Some(actor);
        self.acknowledged.set();
        self.send(&ServerMessage::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: String, request: Result<ParsedRequest, Error>) -> LoopResult {
        let Some(actor) = self.actor.clone() else { return Err(Some(Reason::NotInitialized)) };
        if self.operations.contains_key(&id) {
            return Err(Some(Reason::IdInUse));
        }
        let call = self.service.begin(actor, self.correlation.clone());
        let max = self.sessions.limits.max_operations;
        let ready = match self.operations.len() {
            n if n >= max => {
                let message =
                    format!("a conexão já tem {max} operações; encerre alguma ou abra outra");
                Err(Outcome::from_failure(Failure::CustoExcedeLimite, &message))
            }
            _ => match request {
                Ok(request) => request.prepare(&self.service, call.actor().credential()).await,
                Err(error) => Err(Outcome::from_error(&error)),
            },
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(refused) => {
                let _nothing_shown = call.finish(refused.status());
                return self.refuse(&id, &refused).await;
            }
        };
        self.generation += 1;
        let sender = OperationSender {
            id: id.clone(),
            generation: self.generation,
            queue: self.queue.clone(),
        };
        let task = match ready.operation_type() {
            // Open the subscription before the next message is read: a client that gets the pong
            // for a later ping knows that the subscription is open.
            OperationType::Subscription => match self.service.start(call.clone(), ready).await {
                Started::Answered(refused) => {
                    let _nothing_shown = call.finish(refused.status());
                    return self.refuse(&id, &refused).await;
                }
                Started::Subscribed(open_subscription) => {
                    let _nothing_shown = call.finish(200);
                    rt::spawn(sender.forward(open_subscription.outcomes()))
                }
            },
            _ => rt::spawn(sender.respond(self.service.clone(), call, ready)),
        };
        self.operations.insert(id, Operation { generation: self.generation, task });
        Ok(())
    }

    /// Sends the event of an operation, unless the client has completed that operation.
    async fn forward(
        &mut self,
        OperationEvent { id, generation, event }: OperationEvent,
    ) -> LoopResult {
        if self.operations.get(&id).is_none_or(|operation| operation.generation != generation) {
            return Ok(());
        }
        if !matches!(event, Event::Next(_)) {
            self.operations.remove(&id);
        }
        match &event {
            Event::Next(payload) => self.send(&ServerMessage::Next { id: &id, payload }).await,
            Event::Refusal(payload) => self.send(&ServerMessage::Error { id: &id, payload }).await,
            Event::Complete => self.send(&ServerMessage::Complete { id: &id }).await,
        }
    }

    async fn refuse(&mut self, id: &str, refused: &Outcome) -> LoopResult {
        self.send(&ServerMessage::Error { id, payload: &refused.errors }).await
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> LoopResult {
        let stall_timeout = self.stall_timeout();
        with_deadline(self.connection.text(message.text()), stall_timeout).await
    }

    /// Maximum time that a message waits until the connection accepts it.
    fn stall_timeout(&self) -> Duration {
        Duration::from_secs(self.sessions.limits.stall_timeout.into())
    }
}

async fn with_deadline(
    sending: impl Future<Output = Result<(), Closed>>,
    limit: Duration,
) -> LoopResult {
    match timeout(limit, sending).await {
        Ok(sent) => sent.map_err(|_| None),
        Err(_) => Err(Some(Reason::Stalled)),
    }
}

/// Sends the events of one operation to the queue of the socket.
struct OperationSender {
    id: String,
    generation: u64,
    queue: mpsc::Sender<OperationEvent>,
}

impl OperationSender {
    async fn send(&self, event: Event) {
        // Sending fails only if the socket is gone, and then this task ends soon too.
        let _ = self
            .queue
            .send(OperationEvent { id: self.id.clone(), generation: self.generation, event })
            .await;
    }

    async fn respond(self, service: GraphqlService, call: Call, ready: BoundOperation) {
        let outcome = service.execute(call, &ready).await;
        if outcome.data.is_none() {
            return self.send(Event::Refusal(outcome.errors)).await;
        }
        self.send(Event::Next(outcome)).await;
        self.send(Event::Complete).await;
    }

    async fn forward(self, outcomes: impl futures_util::Stream<Item = Outcome>) {
        tokio::pin!(outcomes);
        while let Some(outcome) = outcomes.next().await {
            self.send(Event::Next(outcome)).await;
        }
        self.send(Event::Complete).await;
    }
}
