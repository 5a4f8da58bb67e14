//! Gives every request of both APIs an id and a span for the logs. At the end of the request,
//! records its call in the audit trail and its duration in the metrics.

use super::trace::{self as trace_headers, TRACERESPONSE};
use crate::call::record::CallRecord;
use crate::call::{App, Call};
use crate::error::Error;
use crate::trace::{self, Kind, Span};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use std::time::{Duration, Instant};
use tracing::{Instrument, field};
use uuid::Uuid;

/// The header with the id of the request. The server always generates a new id, because a client
/// could use one id for many requests, or the id of somebody else. If the client sends a UUID, the
/// log has it as `client_id`.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The name of every path without a route. The path itself could contain a person's name.
const UNKNOWN_ROUTE: &str = "(desconhecida)";

struct CorrelationId(String);

/// The status for the audit record, if it differs from the HTTP status of the response.
pub struct AuditedStatus(pub u16);

/// Marks a HEAD request. The server runs it as a GET, whose handler must then change nothing.
pub struct HeadOnly;

/// Returns whether the client sent a HEAD. The middleware of `server` changes the method of such a
/// request to GET.
pub fn is_head(req: &HttpRequest) -> bool {
    req.extensions().contains::<HeadOnly>()
}

/// Returns the method that the client sent.
pub fn method(req: &HttpRequest) -> &Method {
    if is_head(req) { &Method::HEAD } else { req.method() }
}

/// The instant until which the server answers late rather than refuse the request, because the
/// client cannot retry.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Instant);

impl Deadline {
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Returns the deadline of the request, if it has one.
pub fn deadline(req: &HttpRequest) -> Option<Deadline> {
    req.extensions().get::<Deadline>().copied()
}

/// Minimum duration of a refusal by the enumeration limit. Some clients retry at once and ignore
/// `Retry-After`.
const MIN_REFUSAL_TIME: Duration = Duration::from_millis(500);

/// Builds the error response of the API that serves the request.
type Refuse = fn(&Error) -> HttpResponse;

/// The call of a request, and the function that builds its answer if the audit trail does not take
/// the record.
struct AttachedCall(Call, Refuse);

/// Middleware for every request. It sends the answer only when the audit trail allows it.
pub async fn track<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let start = Instant::now();
    let unique = Uuid::new_v4();
    let id = unique.to_string();
    req.extensions_mut().insert(CorrelationId(id.clone()));
    let method = method_label(method(req.request()));
    let span = tracing::info_span!(
        "request",
        id,
        method,
        client_id = field::Empty,
        trace_id = field::Empty,
        parent_id = field::Empty,
        span_id = field::Empty
    );
    let caller = trace_headers::caller(req.headers());
    let (_, span_id) = unique.as_u64_pair();
    let part = Span::of_request(caller.as_ref(), span_id);
    record_trace(&span, part.as_ref());
    let context = part.as_ref().map(|part| part.context().clone());
    if let Some(from_client) = client_id(req.headers()) {
        span.record("client_id", field::display(from_client));
    }
    let app = req.app_data::<web::Data<App>>().cloned();
    let next = trace::within(context.clone(), next.call(req));
    let response = next.instrument(span.clone()).await?;

    let route = route(response.request());
    let attached = response.request().extensions_mut().remove::<AttachedCall>();
    let record = attached.as_ref().map(|AttachedCall(call, _)| call.record.clone());
    let refused = match attached {
        None => None,
        Some(AttachedCall(call, refuse)) => {
            if call.rate_limited().is_some() {
                tokio::time::sleep(MIN_REFUSAL_TIME).await;
            }
            let audited_status =
                response.response().extensions().get::<AuditedStatus>().map(|status| status.0);
            let mut written = call.finish(audited_status.unwrap_or(response.status().as_u16()));
            let deadline = deadline(response.request());
            loop {
                match written.wait().await {
                    Ok(()) => break None,
                    // Wait again: each wait has its own timeout.
                    Err(_)
                        if deadline.is_some_and(|d| !d.left().is_zero()) && !written.is_lost() => {}
                    Err(error) => break Some(refuse(&error)),
                }
            }
        }
    };
    let mut response = match refused {
        None => response.map_into_left_body(),
        Some(refusal) => response.into_response(refusal).map_into_right_body(),
    };
    let status = response.status().as_u16();
    let elapsed = start.elapsed();
    let mut end = End { route, status, elapsed, access_log: false, logged_elsewhere: false };
    if let Some(app) = app {
        app.metrics.answered(method, &end.route, status, elapsed);
        end.access_log = app.access_log && !end.is_good_probe();
        // While an instance is not ready, `/readyz` fails several times a second, and the outage is
        // logged elsewhere.
        end.logged_elsewhere =
            status == 503 && (app.db.outage_logged() || end.route.starts_with("/readyz"));
    }
    span.in_scope(|| end.log(record.as_ref()));
    if let Some(part) = part.filter(|_| !end.is_good_probe()) {
        let attributes = vec![
            ("http.request.method", method.into()),
            ("http.route", end.route.clone().into()),
            ("http.response.status_code", status.into()),
            ("elos.pedido", id.clone().into()),
        ];
        part.end(Kind::Server, format!("{method} {}", end.route), attributes, status >= 500);
    }
    if let Some(value) = caller.and(context).as_ref().and_then(trace_headers::response) {
        response.headers_mut().insert(TRACERESPONSE, value);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    Ok(response)
}

/// Gives the ids of the trace to the lines of the log. Without a caller's context, the trace is in
/// the log only if its spans are recorded.
fn record_trace(span: &tracing::Span, part: Option<&Span>) {
    let Some(part) = part else { return };
    let context = part.context();
    if part.parent().is_none() && !context.sampled {
        return;
    }
    span.record("trace_id", field::display(format_args!("{:032x}", context.trace_id)));
    span.record("span_id", field::display(format_args!("{:016x}", context.span_id)));
    if let Some(parent) = part.parent() {
        span.record("parent_id", field::display(format_args!("{parent:016x}")));
    }
}

/// The end of a request, for its line in the log.
struct End {
    route: String,
    status: u16,
    elapsed: Duration,
    /// Whether each request has a line at level info.
    access_log: bool,
    /// Whether other lines already tell why this request failed.
    logged_elsewhere: bool,
}

impl End {
    /// Whether an orchestrator asked and got a good answer. It asks every few seconds.
    fn is_good_probe(&self) -> bool {
        self.status < 400 && (self.route == "/healthz" || self.route.starts_with("/readyz"))
    }

    /// Writes the line. The operation has one of a bounded set of names, and a client without `azp`
    /// has no name: its `sub` may identify a person.
    fn log(&self, record: Option<&CallRecord>) {
        let Self { route: rota, status, .. } = self;
        let ms = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX);
        let operacao = record.and_then(CallRecord::bounded_operation);
        let credencial = record.and_then(|record| record.actor().azp());
        match status {
            0..=399 if self.access_log => {
                tracing::info!(rota, operacao, credencial, status, ms, "answered");
            }
            0..=399 => tracing::debug!(rota, operacao, credencial, status, ms, "answered"),
            400..=499 => tracing::info!(rota, operacao, credencial, status, ms, "refused"),
            _ if self.logged_elsewhere && self.access_log => {
                tracing::info!(rota, operacao, credencial, status, ms, "failed");
            }
            _ if self.logged_elsewhere => {
                tracing::debug!(rota, operacao, credencial, status, ms, "failed");
            }
            _ => tracing::warn!(rota, operacao, credencial, status, ms, "failed"),
        }
    }
}

/// Returns the method as one of a few fixed words, because a client may send any text as its
/// method.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "OUTRO",
    }
}

fn client_id(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(REQUEST_ID_HEADER)?.to_str().ok()?.parse().ok()
}

/// Returns the template of the route, never the path.
pub fn route(req: &HttpRequest) -> String {
    req.match_pattern().unwrap_or_else(|| UNKNOWN_ROUTE.to_owned())
}

/// Refuses an address that is not UTF-8, because a name in it would be decoded as a different name.
fn check_utf8(part: &str, place: &str) -> Result<(), Error> {
    let bytes: Vec<u8> = percent_decode_str(part).collect();
    let Err(error) = std::str::from_utf8(&bytes) else { return Ok(()) };
    let byte = bytes[error.valid_up_to()];
    let message = format!(
        "o endereço não é UTF-8: tem, {place} de `?`, o byte %{byte:02X}, que não é de caractere nenhum"
    );
    Err(Error::invalid(message))
}

/// Checks that the path is UTF-8.
pub fn check_path(req: &HttpRequest) -> Result<(), Error> {
    check_utf8(req.uri().path(), "antes")
}

/// Parses the parameters of a query string, which must be UTF-8.
pub fn params(query: &str) -> Result<Vec<(String, String)>, Error> {
    check_utf8(query, "depois")?;
    let parsed = web::Query::<Vec<(String, String)>>::from_query(query);
    parsed.map(web::Query::into_inner).map_err(|_| Error::invalid("a query string está malformada"))
}

/// Returns the id of the request.
pub fn correlation(req: &HttpRequest) -> String {
    req.extensions().get::<CorrelationId>().map_or_else(String::new, |id| id.0.clone())
}

/// Returns whether the caller is known, that is, whether a [`Call`] is attached to the request.
pub fn is_known(req: &HttpRequest) -> bool {
    req.extensions().contains::<AttachedCall>()
}

/// Returns the key under which the limits on memory and CPU count the request: its credential or,
/// before that is known, its address. No credential contains a blank, so the two cannot be
/// confused.
pub fn quota_key(req: &HttpRequest) -> String {
    if let Some(AttachedCall(call, _)) = req.extensions().get::<AttachedCall>() {
        return call.actor().credential().to_owned();
    }
    let address = req.peer_addr().map(|peer| peer.ip().to_canonical());
    address.map_or_else(|| "address unknown".to_owned(), |address| format!("address {address}"))
}

/// Attaches the call to the request, so that it is recorded when the request ends. `refuse` builds
/// the answer if the audit trail does not take the record.
pub fn attach_call(req: &HttpRequest, call: &Call, refuse: Refuse) {
    req.extensions_mut().insert(AttachedCall(call.clone(), refuse));
}

/// Detaches the call, because the server runs the request again.
pub fn detach_call(req: &HttpRequest) {
    req.extensions_mut().remove::<AttachedCall>();
}
