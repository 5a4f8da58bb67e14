//! What a socket sends before anybody knows who it is: little, whatever its frames promise.
//!
//! A frame is kept in memory until the rest of it comes. Its place in memory is charged to a
//! credential when it is whole; before `connection_ack` there is none, so the bytes themselves are
//! counted as they come.

use crate::http::body::SMALL;
use crate::work::INLINE;
use actix_web::error::PayloadError;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use std::cell::Cell;
use std::rc::Rc;

/// The largest message, its frames and the pings before it.
const BEFORE_ACK: usize = INLINE + SMALL;

/// Whether a socket is acknowledged. Clones tell of the same socket.
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

/// The same bytes, until there are too many before the socket is acknowledged.
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

/// Whether a socket was cut off here.
pub fn is_too_much(error: &std::io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<PayloadError>());
    matches!(error, Some(PayloadError::Overflow))
}
