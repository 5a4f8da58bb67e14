//! Implements graphql-transport-ws: queries, mutations and subscriptions over one WebSocket.
//!
//! `socket.rs` serves a connection, `message.rs` defines the messages, `close_reason.rs` the
//! reasons to close, and `pre_auth_limit.rs` limits the bytes that may arrive before the client is
//! authenticated.

mod pre_auth_limit;
mod message;
mod close_reason;
mod socket;

use crate::auth::Auth;
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::outcome::Outcome;
use crate::graphql::protocol::Protocols;
use crate::http::origin::AllowedOrigins;
use crate::http::request;
use actix_web::guard::GuardContext;
use actix_web::http::header::{SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use close_reason::Reason;
use pre_auth_limit::Acknowledged;
use socket::Socket;
use std::sync::Arc;

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// Maximum size of one message in bytes, whether it comes in one frame or in several.
const MAX_MESSAGE_SIZE: usize = 1024 * 1024;

/// Whether a request asks for a WebSocket.
pub fn is_websocket(ctx: &GuardContext<'_>) -> bool {
    let upgrade = ctx.head().headers().get(UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Accepts a WebSocket and serves it on a task of its own.
pub async fn open(
    req: HttpRequest,
    payload: web::Payload,
    service: web::Data<GraphqlService>,
    protocols: web::Data<Protocols>,
    auth: web::Data<Auth>,
    origins: web::Data<AllowedOrigins>,
) -> actix_web::Result<HttpResponse> {
    if let Err(error) = origins.check(req.headers()) {
        return Ok(HttpResponse::Forbidden().json(Outcome::from_error(&error)));
    }
    let acknowledged = Acknowledged::default();
    let payload = pre_auth_limit::bounded(&req, payload, &acknowledged).await?;
    let (response, connection, messages) =
        actix_ws::handle_with_protocols(&req, payload, &[SUBPROTOCOL])?;
    if !response.headers().contains_key(SEC_WEBSOCKET_PROTOCOL) {
        let close = connection.close(Some(Reason::UnacceptableSubprotocol.into()));
        actix_web::rt::spawn(close);
        return Ok(response);
    }
    let messages = messages
        .max_frame_size(MAX_MESSAGE_SIZE)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE_SIZE);
    let request = (req.headers().clone(), request::correlation(&req));
    let socket = Socket::new(
        (GraphqlService::clone(&service), Arc::clone(&protocols.sessions)),
        auth,
        request,
        (connection, acknowledged),
    );
    actix_web::rt::spawn(socket.serve(messages));
    Ok(response)
}
