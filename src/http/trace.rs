//! The trace of a request across programs (W3C Trace Context): the caller's `traceparent` goes into
//! the log, and the answer's `traceresponse` names this server's part of the trace.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The header of the answer, by the draft of level 2.
pub const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// The part of a trace that one request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: String,
    /// The caller's span.
    pub parent_id: String,
    /// This server's span.
    pub span_id: String,
    sampled: bool,
}

impl TraceContext {
    /// Reads the header. `None` if there is none, or if it is malformed: the standard asks to treat
    /// that as absent. `request` is the random id of the request, a part of which names the span.
    pub fn of(headers: &HeaderMap, request: Uuid) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT);
        let value = values.next().filter(|_| values.next().is_none())?;
        Self::parse(value.to_str().ok()?, request)
    }

    fn parse(text: &str, request: Uuid) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length)?;
            let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            part.bytes().all(is_hex).then_some(part)
        };
        let (version, trace_id, parent_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        // A later version may append parts, and version 00 has none.
        let whole = version != "ff" && (version != "00" || parts.next().is_none());
        let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        if !whole || is_zero(trace_id) || is_zero(parent_id) {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        let (_, span) = request.as_u64_pair();
        Some(Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            span_id: format!("{span:016x}"),
            sampled,
        })
    }

    /// The value of the answer's header.
    pub fn response(&self) -> Option<HeaderValue> {
        let Self { trace_id, span_id, sampled, .. } = self;
        HeaderValue::try_from(format!("00-{trace_id}-{span_id}-{:02x}", u8::from(*sampled))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn a_valid_parent_is_continued_and_any_other_is_none() {
        let request = Uuid::from_u64_pair(1, 0xabc);
        let read = |text: &str| TraceContext::parse(text, request);
        let context = read(&format!("00-{TRACE}-{PARENT}-01")).unwrap();
        assert_eq!((context.trace_id.as_str(), context.parent_id.as_str()), (TRACE, PARENT));
        assert_eq!(context.response().unwrap(), format!("00-{TRACE}-0000000000000abc-01"));
        let unsampled = read(&format!("00-{TRACE}-{PARENT}-02")).unwrap();
        assert!(unsampled.response().unwrap().to_str().unwrap().ends_with("-00"));
        assert!(read(&format!("cc-{TRACE}-{PARENT}-01-later")).is_some());
        for malformed in [
            String::new(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-{PARENT}-0g"),
            format!("00-{TRACE}x-{PARENT}-01"),
        ] {
            assert_eq!(read(&malformed), None, "{malformed}");
        }
    }
}
