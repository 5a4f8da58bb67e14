//! The context of a trace (W3C Trace Context): what `traceparent` and `tracestate` say.

use std::sync::Arc;
use uuid::Uuid;

/// The longest `tracestate` that is passed on, in bytes. The standard asks for at least this much.
const MAX_STATE: usize = 512;
/// The number of low bits of a trace id that the standard wants to be random.
const RANDOM_BITS: u32 = 56;

/// A span that is under way, and the trace that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: u128,
    pub span_id: u64,
    /// Whether the spans of the trace are recorded.
    pub sampled: bool,
    /// The caller's `tracestate`, which is passed on unchanged. `None` if there is no valid one.
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// Reads the context of a caller. `None` if it is malformed: the standard asks to treat that as
    /// absent.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let mut part = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length)?;
            let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            part.bytes().all(is_hex).then_some(part)
        };
        let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        // A later version may append parts, and version 00 has none.
        let whole = version != "ff" && (version != "00" || parts.next().is_none());
        let trace_id = u128::from_str_radix(trace_id, 16).ok()?;
        let span_id = u64::from_str_radix(span_id, 16).ok()?;
        if !whole || trace_id == 0 || span_id == 0 {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
        let state = tracestate.filter(|text| {
            !text.is_empty() && text.len() <= MAX_STATE && text.bytes().all(is_plain)
        });
        Some(Self { trace_id, span_id, sampled, state: state.map(Arc::from) })
    }

    /// A trace that begins with the span `span_id`. Of a thousand, `per_mille` are sampled.
    pub(super) fn begin(span_id: u64, per_mille: u64) -> Self {
        let trace_id = Uuid::new_v4().as_u128();
        let sampled = is_sampled(trace_id, per_mille);
        Self { trace_id, span_id, sampled, state: None }
    }

    /// The context of another span of the same trace.
    #[must_use]
    pub fn with_span(&self, span_id: u64) -> Self {
        Self { span_id, ..self.clone() }
    }

    /// The value of `traceparent` for a program that is called now.
    pub fn traceparent(&self) -> String {
        let Self { trace_id, span_id, sampled, .. } = self;
        format!("00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(*sampled))
    }

    /// The value of `tracestate` for a program that is called now. `None` to send none.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Returns a new id of a span, which is never zero.
pub(super) fn new_span_id() -> u64 {
    // A version 4 UUID has set bits in both halves.
    Uuid::new_v4().as_u64_pair().1
}

/// Decides by the id, so that every program that sees the trace can decide alike.
fn is_sampled(trace_id: u128, per_mille: u64) -> bool {
    let of_all = 1_u128 << RANDOM_BITS;
    trace_id % of_all < of_all / 1000 * u128::from(per_mille) || per_mille >= 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn a_valid_context_goes_on_and_any_other_is_none() {
        let read = |text: &str| TraceContext::parse(text, Some("a=1,b=2"));
        let context = read(&format!("00-{TRACE}-{PARENT}-01")).unwrap();
        assert_eq!(context.traceparent(), format!("00-{TRACE}-{PARENT}-01"));
        let next = context.with_span(0xabc);
        assert_eq!(next.traceparent(), format!("00-{TRACE}-0000000000000abc-01"));
        assert_eq!(next.tracestate(), Some("a=1,b=2"));
        let unsampled = read(&format!("00-{TRACE}-{PARENT}-02")).unwrap();
        assert!(unsampled.traceparent().ends_with("-00"));
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

    #[test]
    fn a_state_that_no_header_can_hold_does_not_go_on() {
        let state = |state: &str| {
            let context = TraceContext::parse(&format!("00-{TRACE}-{PARENT}-01"), Some(state));
            context.unwrap().tracestate().map(str::to_owned)
        };
        assert_eq!(state("a=1"), Some("a=1".into()));
        for refused in ["", "a=\r\n1", "ã=1", &"a".repeat(513)] {
            assert_eq!(state(refused), None, "{refused}");
        }
    }

    #[test]
    fn as_many_traces_are_sampled_as_the_setting_says() {
        let sampled = |per_mille| {
            let traces = (0..10_000).map(|_| TraceContext::begin(1, per_mille));
            traces.filter(|trace| trace.sampled).count()
        };
        assert_eq!((sampled(0), sampled(1000)), (0, 10_000));
        let tenth = sampled(100);
        assert!((700..1300).contains(&tenth), "{tenth}");
    }
}
