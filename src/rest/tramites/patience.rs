//! Calls of the Tramita wait for the server where others are told to come back.
//!
//! Whoever receives by the platform's client takes any error answer for a reason to refuse the
//! processo. So a call waits for what keeps the server from serving, and is tried again when it
//! was told 503, 504 or 429, before its client would give up. Only so many wait at a time.

use super::wire::Body;
use crate::call::App;
use crate::error::Error;
use crate::http::request::{self, Deadline};
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The client gives up after 300 seconds.
const PATIENCE: Duration = Duration::from_secs(240);
/// As long as a body of a few fields may take to come.
const SMALL_BODY: Duration = Duration::from_secs(30);
/// Kept to try again with.
const SMALL: usize = 64 * 1024;
/// When an answer does not say.
const AGAIN: u64 = 2;

/// One that waits holds a connection and little else.
static WAITING: Semaphore = Semaphore::const_new(256);

/// Around a resource.
#[derive(Clone, Copy)]
pub struct Patient;

pub struct PatientService<S> {
    service: Rc<S>,
}

impl<S, B> Transform<S, ServiceRequest> for Patient
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type InitError = ();
    type Transform = PatientService<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(PatientService { service: Rc::new(service) }))
    }
}

impl<S, B> Service<ServiceRequest> for PatientService<S>
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
    let Some(app) = app.filter(|app| app.readiness.is_followed()) else {
        return service.call(req).await;
    };
    let _under_way = app.readiness.call_under_way();
    let deadline = Deadline(Instant::now() + PATIENCE);
    req.extensions_mut().insert(deadline);
    // Before its body is read, since a long one cannot be read again.
    wait_for_server(&app, deadline).await;
    let again = Again::of(&mut req).await;
    loop {
        let response = service.call(req).await?;
        let Some(seconds) = told_to_come_back(&response) else { return Ok(response) };
        // Only one who is known may be receiving; others are not kept waiting, and guess no more.
        // Without the database nobody is known.
        let limited = response.status() == StatusCode::TOO_MANY_REQUESTS;
        let away = !limited && app.db.outage_told();
        if !request::is_known(response.request()) && !away {
            return Ok(response);
        }
        let Some(payload) = again.payload() else { return Ok(response) };
        let pause = Duration::from_secs(seconds);
        if !wait(&app, deadline, pause, limited).await {
            return Ok(response);
        }
        let (http, _) = response.into_parts();
        request::forget(&http);
        req = ServiceRequest::from_parts(http, payload);
    }
}

/// With what a request can be tried again.
enum Again {
    /// Asking twice comes to the same as asking once, and this is its body.
    Kept(Bytes),
    /// As long as nobody has begun to read its body, nothing was done of it.
    Untouched(Body),
    Never,
}

impl Again {
    async fn of(req: &mut ServiceRequest) -> Self {
        if may_repeat(req)
            && let Some(body) = keep_body(req).await
        {
            return Self::Kept(body);
        }
        if !has_body(req.headers()) {
            return Self::Never;
        }
        let body = Body::of(req);
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

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// Whether asking twice comes to the same as asking once.
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

/// The body, if it is a short one; the request has it too.
async fn keep_body(req: &mut ServiceRequest) -> Option<Bytes> {
    if !has_body(req.headers()) {
        return Some(Bytes::new());
    }
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse::<usize>().ok()).is_none_or(|length| length > SMALL) {
        return None;
    }
    let mut body = req.take_payload();
    let mut read = BytesMut::new();
    let whole = timeout(SMALL_BODY, async {
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
    // What is missing is for the handler to find out.
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

fn told_to_come_back<B>(response: &ServiceResponse<B>) -> Option<u64> {
    let status = response.status();
    if !too_late_or_away(status.as_u16()) && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let after = response.headers().get(header::RETRY_AFTER);
    Some(after.and_then(|after| after.to_str().ok()?.parse().ok()).unwrap_or(AGAIN))
}

/// The database is away, or did not do it in time: a record of the trail that waits for a lock
/// shows first as a write that takes too long.
const fn too_late_or_away(status: u16) -> bool {
    matches!(status, 503 | 504)
}

/// Waits until the server serves; false when it does not in time, or too many wait.
async fn wait_for_server(app: &App, deadline: Deadline) -> bool {
    if app.readiness.serves() {
        return true;
    }
    let Some(_place) = place(deadline) else { return false };
    timeout(deadline.left(), app.readiness.until(true)).await.is_ok()
}

/// Waits before another try. A limit that is counted by time is over after the pause; what keeps
/// the server from serving may show only in a moment, and then its end is waited for.
async fn wait(app: &App, deadline: Deadline, pause: Duration, limited: bool) -> bool {
    let Some(_place) = place(deadline) else { return false };
    if pause >= deadline.left() {
        return false;
    }
    if limited {
        tokio::time::sleep(pause).await;
        return true;
    }
    // Ends at once where it is known already, and after the pause where there is nothing to know.
    let _ = timeout(pause, app.readiness.until(false)).await;
    timeout(deadline.left(), app.readiness.until(true)).await.is_ok()
}

/// The right to wait; none when it is too late, or there are too many.
fn place(deadline: Deadline) -> Option<SemaphorePermit<'static>> {
    if deadline.left().is_zero() {
        return None;
    }
    WAITING.try_acquire().ok()
}

/// Does what may be done twice, again and again while the server cannot: a piece of a file that
/// is on its way can only go on, or break off.
pub async fn insist<T, F>(
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
            Err(error) if too_late_or_away(error.status()) => error,
            done => return done,
        };
        let pause = Duration::from_secs(error.esperar().unwrap_or(1).into());
        let Some(deadline) = deadline else { return Err(error) };
        if !wait(app, deadline, pause, false).await {
            return Err(error);
        }
    }
}
