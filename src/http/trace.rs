//! The trace that a request belongs to (W3C Trace Context): the caller's `traceparent` and
//! `tracestate`, and the answer's `traceresponse`, which names this server's part of the trace.

use crate::trace::TraceContext;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// The header of the answer, by the draft of level 2.
pub const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Reads the context of the caller. `None` if there is none, or if it is malformed or repeated.
pub fn caller(headers: &HeaderMap) -> Option<TraceContext> {
    let mut values = headers.get_all(TRACEPARENT);
    let traceparent = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let states: Option<Vec<&str>> =
        headers.get_all(TRACESTATE).map(|value| value.to_str().ok()).collect();
    TraceContext::parse(traceparent, states.map(|states| states.join(",")).as_deref())
}

/// The value of the answer's header.
pub fn response(context: &TraceContext) -> Option<HeaderValue> {
    HeaderValue::try_from(context.traceparent()).ok()
}
