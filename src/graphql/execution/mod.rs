//! Executes a prepared operation, independently of the protocol that it came by (HTTP, SSE or
//! WebSocket).
//!
//! Queries run on the executor of this crate ([`executor`], [`blocking`], [`coalesce`]). Mutations,
//! and the events of subscriptions ([`subscription`]), run on async-graphql's own executor.

pub mod blocking;
pub mod coalesce;
pub mod documents;
pub mod executor;
pub mod feed_reads;
pub mod outcome;
pub mod request;
pub mod subscription;

use crate::auth::Actor;
use crate::call::{App, Call};
use crate::error::Error;
use crate::graphql_types::context::RequestContext;
use crate::trace::{self, Kind, Span};
use async_graphql::parser::types::OperationType;
use coalesce::Coalescer;
use documents::Documents;
use executor::{Executor, QueryRequest};
use outcome::Outcome;
use request::{BoundOperation, build_request};
use std::sync::Arc;
use std::time::Instant;
use subscription::{OpenSubscription, SubscriptionRuntime};

/// Everything that the execution of an operation needs. Cheap to clone.
#[derive(Clone)]
pub struct GraphqlService {
    pub documents: Arc<Documents>,
    pub app: Arc<App>,
    executor: Arc<Executor>,
    coalescer: Arc<Coalescer>,
    subscriptions: SubscriptionRuntime,
}

/// The result of [`GraphqlService::start`]: a query or a mutation has one outcome, a subscription
/// has a stream of outcomes.
pub enum Started {
    Answered(Outcome),
    Subscribed(Box<OpenSubscription>),
}

impl GraphqlService {
    pub fn new(executor: Executor, documents: Documents, app: Arc<App>) -> Self {
        let (executor, documents) = (Arc::new(executor), Arc::new(documents));
        let subscriptions = SubscriptionRuntime::new(Arc::clone(&executor), Arc::clone(&app));
        Self { documents, app, executor, coalescer: Arc::default(), subscriptions }
    }

    /// Begins the call of a request before the server knows its operation.
    pub fn begin(&self, actor: Actor, correlation: String) -> Call {
        request::begin(&self.app, actor, correlation)
    }

    /// Executes a query or a mutation, or opens a subscription.
    pub async fn start(&self, call: Call, ready: BoundOperation) -> Started {
        if ready.operation_type() != OperationType::Subscription {
            return Started::Answered(self.execute(call, &ready).await);
        }
        self.name_in_logs(&call, &ready);
        match OpenSubscription::open(self.subscriptions.clone(), call, ready).await {
            Ok(open_subscription) => Started::Subscribed(Box::new(open_subscription)),
            Err(refused) => Started::Answered(refused),
        }
    }

    /// Executes a query or a mutation. Returns only after the audit trail has recorded what the
    /// response shows; if the trail cannot record it, the response is a refusal.
    pub async fn execute(&self, call: Call, ready: &BoundOperation) -> Outcome {
        let (start, metrics) = (Instant::now(), call.app.metrics.clone());
        let operation = self.name_in_logs(&call, ready);
        let span = Span::operation();
        let context = span.as_ref().map(|span| span.context().clone());
        let outcome = trace::within(context, self.execute_recorded(call, ready)).await;
        let kind = kind_name(ready.operation_type());
        metrics.executed(kind, operation, outcome.code(), start.elapsed());
        if let Some(span) = span {
            let attributes = vec![
                ("graphql.operation.type", kind.into()),
                ("elos.operacao", operation.to_owned().into()),
                ("elos.codigo", outcome.code().to_owned().into()),
            ];
            let failed = outcome.status() >= 500;
            span.end(Kind::Internal, format!("{kind} {operation}"), attributes, failed);
        }
        outcome
    }

    /// Returns the operation's name out of a bounded set, and gives it to the log.
    fn name_in_logs<'a>(&self, call: &Call, ready: &'a BoundOperation) -> &'a str {
        let operation = ready.bounded_name(|name| self.documents.is_known_name(name));
        call.record.set_bounded_operation(operation);
        operation
    }

    async fn execute_recorded(&self, call: Call, ready: &BoundOperation) -> Outcome {
        let ended = call.clone();
        let memory = call.app.response_budget.reserve(ready.cost, call.actor().credential()).await;
        let (memory, outcome) = match memory {
            Ok(memory) => (memory, self.run(call, ready).await),
            Err(error) => (None, Outcome::from_error(&error)),
        };
        let outcome = outcome.for_call(&ended);
        match ended.finish(outcome.status()).wait().await {
            Ok(()) => Outcome { memory, ..outcome },
            Err(error) => Outcome::from_error(&error),
        }
    }

    async fn run(&self, call: Call, ready: &BoundOperation) -> Outcome {
        match ready.operation_type() {
            OperationType::Query if ready.prepared().reads_nothing() => self
                .answer_from_memory(call, ready)
                .await
                .unwrap_or_else(|e| Outcome::from_error(&e)),
            OperationType::Query => {
                blocking::execute_query(&self.executor, &self.coalescer, call, ready)
                    .await
                    .unwrap_or_else(|error| Outcome::from_error(&error))
            }
            _ => {
                let request = build_request(RequestContext::for_request(call), ready);
                let mut response = self.executor.schema().execute(request).await;
                response.errors.extend(executor::refused_roots(ready.prepared(), ready.language));
                Outcome::from_response(response)
            }
        }
    }

    /// Answers a query that asks only for the schema, without a connection to the database.
    async fn answer_from_memory(
        &self,
        call: Call,
        ready: &BoundOperation,
    ) -> Result<Outcome, Error> {
        call.reserve_audit().await?;
        request::name_operation(&call, ready);
        let query = QueryRequest {
            prepared: Arc::clone(ready.prepared()),
            variables: ready.variables().clone(),
            context: RequestContext::for_query(call, Arc::default()),
            language: ready.language,
        };
        Ok(Outcome::from_response(self.executor.query(query).await))
    }
}

const fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
