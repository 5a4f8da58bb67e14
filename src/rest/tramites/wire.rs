//! What the Tramita's routes bear on the wire that others do not: bodies that nobody looked at. The platform's client takes a connection that
//! is closed before it has sent its body for the end of the world.

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

/// More than the longest part of a file, in its form.
const DISCARDED: usize = 201 * 1024 * 1024;
const PAUSE: Duration = Duration::from_secs(60);
const AT_MOST: Duration = Duration::from_secs(300);

/// Wraps the scopes of the Tramita.
pub async fn tolerate<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let body = Body::of(&mut req);
    req.set_payload(body.payload());
    let response = next.call(req).await?;
    body.discard().await;
    Ok(response)
}

/// The body of a request, kept by who lends it: what a handler left of it is still there.
pub struct Body(Rc<Lent>);

struct Lent {
    payload: RefCell<Payload>,
    touched: Cell<bool>,
}

impl Body {
    pub fn of(req: &mut ServiceRequest) -> Self {
        let payload = RefCell::new(req.take_payload());
        Self(Rc::new(Lent { payload, touched: Cell::new(false) }))
    }

    /// For a handler to read.
    pub fn payload(&self) -> Payload {
        let lent = Rc::clone(&self.0);
        let bytes = stream::poll_fn(move |cx| {
            lent.touched.set(true);
            Pin::new(&mut *lent.payload.borrow_mut()).poll_next(cx)
        });
        Payload::Stream { payload: bytes.boxed_local() }
    }

    /// Somebody has begun to read it.
    pub fn is_touched(&self) -> bool {
        self.0.touched.get()
    }

    /// Reads what the client still sends, so that it is there to read the answer.
    async fn discard(self) {
        let mut rest = self.payload();
        let (begun, mut read) = (Instant::now(), 0);
        while read <= DISCARDED && begun.elapsed() < AT_MOST {
            match timeout(PAUSE, rest.next()).await {
                Ok(Some(Ok(bytes))) => read += bytes.len(),
                _ => return,
            }
        }
    }
}
