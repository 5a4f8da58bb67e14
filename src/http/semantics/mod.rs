//! HTTP semantics for both APIs, mostly of RFC 9110: superfluous slashes in paths, content codings,
//! languages, conditional requests, entity tags, and headers that are lists.

pub mod coding;
pub mod conditional;
pub mod language;
pub mod paths;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
pub use conditional::opaque_tag;
use sha2::{Digest, Sha256};

/// Returns the response with this status, without its body and the headers that describe the body.
pub fn without_body(
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

/// Returns a strong entity tag for content that does not change while the program runs: a hash of
/// the bytes.
pub fn etag(bytes: &[u8]) -> String {
    etag_of(&Sha256::digest(bytes))
}

/// Returns the entity tag for a hash that is already known.
pub fn etag_of(hash: &[u8]) -> String {
    format!("\"{}\"", BASE64.encode(&hash[..hash.len().min(16)]))
}

/// Returns the items of a header that is a comma-separated list and may occur on several lines.
pub fn list_items(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
}
