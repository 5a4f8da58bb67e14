//! Middleware that gives every request the HTTP semantics that any resource must have, so that
//! handlers need not know of HEAD, OPTIONS, conditional requests or compression.

use super::unknown;
use crate::http::request::HeadOnly;
use crate::http::semantics::coding::{self, AcceptedCodings};
use crate::http::semantics::{conditional, paths};
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The properties of a request that determine the form of its answer.
struct Negotiation {
    method: Method,
    codings: AcceptedCodings,
    /// A browser asks whether a page of another origin may send a request (CORS preflight).
    preflight: bool,
}

impl Negotiation {
    fn of(req: &ServiceRequest) -> Self {
        let headers = req.headers();
        // Tokens must not be compressed: an attacker who chooses a part of the response could
        // derive the secret from the compressed length.
        let gives_tokens = req.path().starts_with("/auth/");
        let codings = match gives_tokens {
            true => AcceptedCodings::default(),
            false => AcceptedCodings::of(headers),
        };
        let preflight = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Self { method: req.method().clone(), codings, preflight }
    }
}

/// Middleware for every request: removes empty segments from the path, treats HEAD as a GET without
/// a body, explains unknown paths and methods, answers conditional requests, and compresses.
pub async fn http_semantics<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    paths::remove_empty_segments(&mut req);
    let negotiation = Negotiation::of(&req);
    let head = negotiation.method == Method::HEAD && !req.headers().contains_key(header::UPGRADE);
    if head {
        // Handlers of GET requests that change something must look for this mark.
        req.extensions_mut().insert(HeadOnly);
        req.head_mut().method = Method::GET;
    }
    let response = next.call(req).await?.map_into_boxed_body();
    let response = unknown::explain_unknown(response, &negotiation.method, negotiation.preflight);
    let response = match head || negotiation.method == Method::GET {
        true => conditional::not_modified(response),
        false => response,
    };
    let response = coding::apply(response, negotiation.codings);
    Ok(match head {
        true => response.map_body(|_, body| BoxBody::new(EmptyBodyWithLength(body.size()))),
        false => response,
    })
}

/// An empty body that reports the length of the real one.
struct EmptyBodyWithLength(BodySize);

impl MessageBody for EmptyBodyWithLength {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        match self.0 {
            BodySize::Stream => BodySize::None,
            size => size,
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
