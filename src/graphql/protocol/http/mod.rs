//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for operations that do not write.
//!
//! [`respond`] handles a request from start to end: it authenticates the caller, reads the request
//! (`request.rs`), executes it and writes the response (`response.rs`).

mod batch;
pub mod parameters;
pub mod parsed_request;
pub mod request;
mod response;
mod sse;

use super::Protocols;
use super::token_watch::TokenWatch;
use crate::auth::Auth;
use crate::config::HttpProfile;
use crate::error::{Error, Failure};
use crate::graphql::document::messages::Language;
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::request::BoundOperation;
use crate::http::request as http_request;
use crate::http::semantics::language::prefers_english;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use request::{ParsedBody, ReadError};
use response::{MediaType, ResponseFormat};

/// Request header. The value `1` asks for the cost of the operation in the response.
const COST_HEADER: &str = "x-cost";

/// Handles a request to `/graphql` that is not a WebSocket.
pub async fn respond(
    req: HttpRequest,
    payload: web::Payload,
    service: web::Data<GraphqlService>,
    protocols: web::Data<Protocols>,
    auth: web::Data<Auth>,
) -> HttpResponse {
    let service = GraphqlService::clone(&service);
    let profile = protocols.http.profile;
    let Some(media_type) = MediaType::accepted(&req, profile) else {
        let message =
            "aceite application/graphql-response+json, application/json ou text/event-stream";
        let format = ResponseFormat { media_type: MediaType::Json, profile };
        return format.refuse(&Error::failure(Failure::NaoAceitavel, message));
    };
    let format = ResponseFormat { media_type, profile };
    let (actor, expires) = match auth.authenticate_with_expiry(req.headers()).await {
        Ok(identity) => identity,
        Err(refused) => {
            let mut response = format.refuse(&refused.error);
            refused.set_challenge(&mut response);
            return response;
        }
    };
    let call = service.begin(actor.clone(), http_request::correlation(&req));
    http_request::attach_call(&req, &call, refuse);
    let language = language(req.headers());
    let request = match request::read(&req, payload, protocols.http.max_batch).await {
        Ok(ParsedBody::Single(request)) => request.in_language(language),
        Ok(ParsedBody::Batch(_)) if media_type == MediaType::EventStream => {
            let message = "uma lista de operações responde-se em application/json";
            return format.refuse(&Error::failure(Failure::NaoAceitavel, message));
        }
        Ok(ParsedBody::Batch(mut requests)) => {
            requests = requests.into_iter().map(|r| Ok(r?.in_language(language))).collect();
            let outcomes = batch::execute(&service, call, requests).await;
            return response::respond_batch(&outcomes);
        }
        Err(ReadError::Unreadable) => return format.refuse_unreadable(),
        Err(ReadError::Refused(error)) => return format.refuse(&error),
    };
    let ready = match request.prepare(&service, actor.credential()).await {
        Ok(ready) => ready,
        // Send errors of the document as an event, because EventSource does not show the status of
        // a response to its client.
        Err(refused) if media_type == MediaType::EventStream => return sse::respond_once(&refused),
        Err(refused) => return format.respond(refused),
    };
    match check(&req, media_type, &ready) {
        Ok(MediaType::EventStream) => {
            let token_watch =
                TokenWatch::new(auth, req.headers(), (actor, expires), service.app.now);
            sse::respond(service, &protocols.sessions, (call, ready), token_watch, format).await
        }
        Ok(media_type) => {
            let mut outcome = service.execute(call, &ready).await;
            if req.headers().get(COST_HEADER).is_some_and(|value| value == "1") {
                outcome.set_cost(ready.cost, service.documents.max_cost());
            }
            ResponseFormat { media_type, profile }.respond(outcome)
        }
        Err(error) => format.refuse(&error),
    }
}

/// The language of the messages about the document.
pub fn language(headers: &HeaderMap) -> Language {
    match prefers_english(headers) {
        true => Language::English,
        false => Language::Portuguese,
    }
}

/// Checks that the operation may come by this method. Returns the media type of the response.
fn check(
    req: &HttpRequest,
    media_type: MediaType,
    ready: &BoundOperation,
) -> Result<MediaType, Error> {
    match ready.operation_type() {
        OperationType::Mutation if *req.method() == Method::GET => {
            let message = "por GET não se escreve; mande mutations por POST";
            Err(Error::failure(Failure::MetodoNaoPermitido, message))
        }
        OperationType::Subscription if MediaType::accepts_events(req) => Ok(MediaType::EventStream),
        OperationType::Subscription => {
            let message = "peça subscriptions com Accept: text/event-stream, ou por WebSocket (graphql-transport-ws)";
            Err(Error::failure(Failure::NaoAceitavel, message))
        }
        _ => Ok(media_type),
    }
}

/// Builds the GraphQL error response for a request that the server refuses before it knows the
/// media type of the response.
pub fn refuse(error: &Error) -> HttpResponse {
    ResponseFormat { media_type: MediaType::Json, profile: HttpProfile::default() }.refuse(error)
}

pub async fn method_not_allowed() -> HttpResponse {
    let message = "use POST, ou GET para consultas";
    let mut response = refuse(&Error::failure(Failure::MetodoNaoPermitido, message));
    response::set_allow(&mut response, "GET, POST");
    response
}
