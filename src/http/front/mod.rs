//! HTTP as the world speaks it, in front of both doors: HEAD, OPTIONS, paths with more slashes
//! than they need, answers that the client has already, compression, and what is said of a path
//! that nobody answers to.

pub mod coding;
mod conditional;
pub mod paths;
mod unknown;

use crate::http::request::HeadOnly;
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use coding::Coding;
pub use conditional::opaque;
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What of a request decides the form of its answer.
struct Asked {
    method: Method,
    coding: Option<Coding>,
    /// A browser asks whether a page of another origin may call.
    preflight: bool,
}

impl Asked {
    fn by(req: &ServiceRequest) -> Self {
        let headers = req.headers();
        // A secret beside what a stranger chose must not be measured.
        let gives_tokens = req.path().starts_with("/auth/");
        let coding = if gives_tokens { None } else { Coding::accepted(headers) };
        let preflight = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Self { method: req.method().clone(), coding, preflight }
    }
}

/// Wraps every request.
pub async fn speak<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    paths::clean(&mut req);
    let asked = Asked::by(&req);
    let head = asked.method == Method::HEAD && !req.headers().contains_key(header::UPGRADE);
    if head {
        // Whoever would change something by a GET looks for the mark.
        req.extensions_mut().insert(HeadOnly);
        req.head_mut().method = Method::GET;
    }
    let response = next.call(req).await?.map_into_boxed_body();
    let response = unknown::explain(response, &asked.method, asked.preflight);
    let response = match head || asked.method == Method::GET {
        true => conditional::not_modified(response),
        false => response,
    };
    let response = coding::apply(response, asked.coding);
    Ok(match head {
        true => response.map_body(|_, body| BoxBody::new(Measured(body.size()))),
        false => response,
    })
}

/// Says of a body how long it is, and no more.
struct Measured(BodySize);

impl MessageBody for Measured {
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

/// An answer without a body, and without what told of one.
fn without_body(
    response: ServiceResponse<BoxBody>,
    status: StatusCode,
) -> ServiceResponse<BoxBody> {
    let mut response = response.map_body(|_, _| BoxBody::new(()));
    *response.response_mut().status_mut() = status;
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        response.headers_mut().remove(name);
    }
    response
}

/// A strong tag of what does not change while the program runs: it is of the bytes themselves.
pub fn etag(bytes: &[u8]) -> String {
    etag_of(&Sha256::digest(bytes))
}

/// The same, where the hash is known.
pub fn etag_of(hash: &[u8]) -> String {
    format!("\"{}\"", BASE64.encode(&hash[..hash.len().min(16)]))
}

/// The values of a header of which each line, and each part of a line, is one.
pub fn listed(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
}
