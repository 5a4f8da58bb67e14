//! Limits the bytes that a client may send before it is authenticated, whatever length its frames
//! announce.
//!
//! A frame stays in memory until it is complete. The server charges a complete message to its
//! credential, but before `connection_ack` there is no credential, so this module counts the bytes
//! as they arrive.

use crate::work::MAX_INLINE_BYTES;
use crate::work::body_budget::UNCHARGED_BYTES;
use actix_web::error::PayloadError;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use std::cell::Cell;
use std::rc::Rc;

/// Maximum number of bytes before `connection_ack`: the largest message, with its frames and some
/// pings.
const BEFORE_ACK: usize = MAX_INLINE_BYTES + UNCHARGED_BYTES;

/// Whether the server has sent `connection_ack`. Clones share the flag.
#[derive(Clone, Default)]
pub struct Acknowledged(Rc<Cell<bool>>);

impl Acknowledged {
    pub fn set(&self) {
        self.0.set(true);
    }

    fn get(&self) -> bool {
        self.0.get()
    }
}

/// Passes the bytes on. Fails if there are too many before the acknowledgement.
pub async fn bounded(
    req: &HttpRequest,
    payload: web::Payload,
    acknowledged: &Acknowledged,
) -> actix_web::Result<web::Payload> {
    let (acknowledged, mut received) = (acknowledged.clone(), 0_usize);
    let bytes = payload.map(move |chunk: Result<Bytes, PayloadError>| {
        let chunk = chunk?;
        received = received.saturating_add(chunk.len());
        match acknowledged.get() || received <= BEFORE_ACK {
            true => Ok(chunk),
            false => Err(PayloadError::Overflow),
        }
    });
    let mut payload = dev::Payload::Stream { payload: bytes.boxed_local() };
    web::Payload::from_request(req, &mut payload).await
}

/// Whether the error comes from this limit.
pub fn is_overflow(error: &std::io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<PayloadError>());
    matches!(error, Some(PayloadError::Overflow))
}
