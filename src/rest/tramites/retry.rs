//! Makes calls to the Tramita API wait while the server cannot serve, instead of answering 503.
//!
//! The platform's client takes any error for a reason to refuse the processo that it is receiving.
//! So this middleware holds a call until the server serves, and repeats a call that got 503, 504 or
//! 429 as long as its client waits. It limits the number of waiting calls.

use super::unread_body::SharedBody;
use crate::call::App;
use crate::error::Error;
use crate::http::body::has_body;
use crate::http::request::{self, Deadline};
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Longest wait of a call. The client gives up after 300 seconds.
const MAX_WAIT: Duration = Duration::from_secs(240);
/// Longest time to receive a small body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest body, in bytes, that the middleware keeps for a retry.
const MAX_KEPT_BODY: usize = 64 * 1024;
/// Seconds until the next try, when the answer has no `Retry-After`.
const DEFAULT_RETRY_AFTER: u64 = 2;

/// Limits the number of waiting calls. A waiting call holds a connection and little memory.
static WAITING: Semaphore = Semaphore::const_new(256);

/// Middleware that retries the calls to a resource while the server cannot serve.
#[derive(Clone, Copy)]
pub struct RetryWhileUnavailable;

pub struct RetryService<S> {
    service: Rc<S>,
}

impl<S, B> Transform<S, ServiceRequest> for RetryWhileUnavailable
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type InitError = ();
    type Transform = RetryService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RetryService { service: Rc::new(service) }))
    }
}

impl<S, B> Service<ServiceRequest> for RetryService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        call(Rc::clone(&self.service), req).boxed_local()
    }
}

async fn call<S, B>(
    service: Rc<S>,
    mut req: ServiceRequest,
) -> Result<ServiceResponse<B>, actix_web::Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    let app = req.app_data::<web::Data<App>>().cloned();
    let Some(app) = app.filter(|app| app.readiness.has_watcher()) else {
        return service.call(req).await;
    };
    let _under_way = app.readiness.call_under_way();
    let deadline = Deadline(Instant::now() + MAX_WAIT);
    req.extensions_mut().insert(deadline);
    // Wait before a handler reads the body, because it cannot read a long body twice.
    wait_for_server(&app, deadline).await;
    let replay = Replay::of(&mut req).await;
    loop {
        let response = service.call(req).await?;
        let Some(seconds) = retry_after(&response) else { return Ok(response) };
        // Only a known caller can be receiving a processo. An unknown one gets its answer at once,
        // so that the retries do not repeat a guess at a credential. During an outage of the
        // database no caller can be identified, so every call waits.
        let limited = response.status() == StatusCode::TOO_MANY_REQUESTS;
        let outage = !limited && app.db.outage_logged();
        if !request::is_known(response.request()) && !outage {
            return Ok(response);
        }
        let Some(payload) = replay.payload() else { return Ok(response) };
        let pause = Duration::from_secs(seconds);
        if !wait(&app, deadline, pause, limited).await {
            return Ok(response);
        }
        app.metrics.retried();
        let (http, _) = response.into_parts();
        request::detach_call(&http);
        req = ServiceRequest::from_parts(http, payload);
    }
}

/// The possible ways to repeat a request.
enum Replay {
    /// It is safe to repeat the request with this body.
    Kept(Bytes),
    /// No handler has begun to read the body, so the request has changed nothing yet.
    Untouched(SharedBody),
    Never,
}

impl Replay {
    async fn of(req: &mut ServiceRequest) -> Self {
        if may_repeat(req)
            && let Some(body) = keep_body(req).await
        {
            return Self::Kept(body);
        }
        if !has_body(req.headers()) {
            return Self::Never;
        }
        let body = SharedBody::of(req);
        req.set_payload(body.payload());
        Self::Untouched(body)
    }

    fn payload(&self) -> Option<Payload> {
        match self {
            Self::Kept(body) => Some(payload(body.clone())),
            Self::Untouched(body) if !body.is_touched() => Some(body.payload()),
            Self::Untouched(_) | Self::Never => None,
        }
    }
}

/// Whether it is safe to repeat the request, because a second one changes nothing more.
fn may_repeat(req: &ServiceRequest) -> bool {
    let path = req.path();
    match *req.method() {
        Method::GET => true,
        Method::POST => {
            path.ends_with("/recibo")
                || path.ends_with("/recebimento")
                || path.contains("/componentes-digitais")
        }
        _ => false,
    }
}

/// Reads a small body and puts a copy of it back into the request. `None` for a body that is long,
/// of unknown length, or incomplete.
async fn keep_body(req: &mut ServiceRequest) -> Option<Bytes> {
    if !has_body(req.headers()) {
        return Some(Bytes::new());
    }
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length
        .and_then(|length| length.parse::<usize>().ok())
        .is_none_or(|length| length > MAX_KEPT_BODY)
    {
        return None;
    }
    let mut body = req.take_payload();
    let mut read = BytesMut::new();
    let whole = timeout(BODY_TIMEOUT, async {
        while let Some(bytes) = body.next().await {
            read.extend_from_slice(&bytes?);
        }
        Ok::<(), PayloadError>(())
    });
    let whole = matches!(whole.await, Ok(Ok(())));
    let read = read.freeze();
    if whole {
        req.set_payload(payload(read.clone()));
        return Some(read);
    }
    // The body is incomplete. Put back what came, so that the handler reports the error.
    let rest = stream::once(async { Ok(read) }).chain(body);
    req.set_payload(Payload::Stream { payload: rest.boxed_local() });
    None
}

fn payload(body: Bytes) -> Payload {
    match body.is_empty() {
        true => Payload::None,
        false => Payload::Stream { payload: stream::once(async { Ok(body) }).boxed_local() },
    }
}

fn retry_after<B>(response: &ServiceResponse<B>) -> Option<u64> {
    let status = response.status();
    if !is_unavailable(status.as_u16()) && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let after = response.headers().get(header::RETRY_AFTER);
    Some(after.and_then(|after| after.to_str().ok()?.parse().ok()).unwrap_or(DEFAULT_RETRY_AFTER))
}

/// Whether a status says that the server cannot answer now (503) or that the database did not
/// finish in time (504). A write that takes too long is the first sign of an audit entry that waits
/// for a lock.
const fn is_unavailable(status: u16) -> bool {
    matches!(status, 503 | 504)
}

/// Waits until the server serves. Returns `false` if the deadline passes first or too many calls
/// wait.
async fn wait_for_server(app: &App, deadline: Deadline) -> bool {
    if app.readiness.serves() {
        return true;
    }
    let Some(_permit) = permit(deadline) else { return false };
    timeout(deadline.left(), app.readiness.until(true)).await.is_ok()
}

/// Waits before another try. A rate limit (`limited`) ends after `pause`. After another error, the
/// readiness conditions may report the outage only a moment later, so this waits up to `pause` for
/// that report, and then for the end of the outage. Returns `false` if the deadline passes first or
/// too many calls wait.
async fn wait(app: &App, deadline: Deadline, pause: Duration, limited: bool) -> bool {
    let Some(_permit) = permit(deadline) else { return false };
    if pause >= deadline.left() {
        return false;
    }
    if limited {
        tokio::time::sleep(pause).await;
        return true;
    }
    // Returns at once if the outage is already reported, and after `pause` if none is.
    let _ = timeout(pause, app.readiness.until(false)).await;
    timeout(deadline.left(), app.readiness.until(true)).await.is_ok()
}

/// A permit to wait. `None` after the deadline or when too many calls wait.
fn permit(deadline: Deadline) -> Option<SemaphorePermit<'static>> {
    if deadline.left().is_zero() {
        return None;
    }
    WAITING.try_acquire().ok()
}

/// Repeats a step while the server cannot serve, until the deadline of the request. The step must
/// be safe to repeat. A transfer of a file needs this because it cannot start again: it either goes
/// on or breaks off.
pub async fn retry<T, F>(
    req: &HttpRequest,
    app: &App,
    mut step: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let deadline = request::deadline(req);
    loop {
        let error = match step().await {
            Err(error) if is_unavailable(error.status()) => error,
            done => return done,
        };
        let pause = Duration::from_secs(error.retry_after().unwrap_or(1).into());
        let Some(deadline) = deadline else { return Err(error) };
        if !wait(app, deadline, pause, false).await {
            return Err(error);
        }
    }
}
