//! Executes several operations of one request, a JSON array, one after the other. Each operation is
//! a call of its own, and has the same outcome as in a request of its own, except that a
//! subscription is refused.

use super::parsed_request::ParsedRequest;
use crate::call::Call;
use crate::error::{Error, Failure};
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::outcome::Outcome;
use async_graphql::parser::types::OperationType;

/// Executes the operations in order. `first` is the call that the server began before it read the
/// body; the first operation uses it.
pub async fn execute(
    service: &GraphqlService,
    first: Call,
    requests: Vec<Result<ParsedRequest, Error>>,
) -> Vec<Outcome> {
    let (actor, correlation) = (first.actor().clone(), first.record.correlation().to_owned());
    let mut first = Some(first);
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        let begin = || service.begin(actor.clone(), correlation.clone());
        let call = first.take().unwrap_or_else(begin);
        let outcome = execute_one(service, &call, request).await.unwrap_or_else(|refused| refused);
        // If the operation ran, the trail has its record already. A refusal shows nothing, so do
        // not wait for its record.
        let _nothing_shown = call.finish(outcome.status());
        outcomes.push(outcome);
    }
    outcomes
}

async fn execute_one(
    service: &GraphqlService,
    call: &Call,
    request: Result<ParsedRequest, Error>,
) -> Result<Outcome, Outcome> {
    let request = request.map_err(|error| Outcome::from_error(&error))?;
    let ready = request.prepare(service, call.actor().credential()).await?;
    if ready.operation_type() == OperationType::Subscription {
        let message = "peça cada subscription sozinha";
        return Err(Outcome::from_failure(Failure::NaoAceitavel, message));
    }
    Ok(service.execute(call.clone(), &ready).await)
}
