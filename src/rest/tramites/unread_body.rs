//! Reads the rest of a body that the handler did not read. The platform's client treats a
//! connection that closes before it has sent its whole body as a fatal error.

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use futures_util::{Stream, StreamExt, stream};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Largest number of bytes to discard: above the size of the largest part of a file in its form.
const MAX_DISCARDED: usize = 201 * 1024 * 1024;
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const TOTAL_TIME: Duration = Duration::from_secs(300);

/// Middleware around the scopes of the Tramita API.
pub async fn drain_body<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let body = SharedBody::of(&mut req);
    req.set_payload(body.payload());
    let response = next.call(req).await?;
    body.discard().await;
    Ok(response)
}

/// The body of a request. The handler reads it through [`SharedBody::payload`], and this value keeps
/// the rest.
pub struct SharedBody(Rc<SharedPayload>);

struct SharedPayload {
    payload: RefCell<Payload>,
    touched: Cell<bool>,
}

impl SharedBody {
    pub fn of(req: &mut ServiceRequest) -> Self {
        let payload = RefCell::new(req.take_payload());
        Self(Rc::new(SharedPayload { payload, touched: Cell::new(false) }))
    }

    /// A payload for the handler that reads from this body.
    pub fn payload(&self) -> Payload {
        let lent = Rc::clone(&self.0);
        let bytes = stream::poll_fn(move |cx| {
            lent.touched.set(true);
            Pin::new(&mut *lent.payload.borrow_mut()).poll_next(cx)
        });
        Payload::Stream { payload: bytes.boxed_local() }
    }

    /// Whether a handler has started to read the body.
    pub fn is_touched(&self) -> bool {
        self.0.touched.get()
    }

    /// Reads and drops the rest of the body, so that the client goes on to read the answer.
    async fn discard(self) {
        let mut rest = self.payload();
        let (started, mut read) = (Instant::now(), 0);
        while read <= MAX_DISCARDED && started.elapsed() < TOTAL_TIME {
            match timeout(READ_TIMEOUT, rest.next()).await {
                Ok(Some(Ok(bytes))) => read += bytes.len(),
                _ => return,
            }
        }
    }
}
