//! Spans: parts of a request, each with a name, its time and its parent.

use super::context::new_span_id;
use super::{TraceContext, current, export, sampled_per_mille};
use std::borrow::Cow;
use std::time::Instant;

/// The part that a span plays between programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request that this server answers.
    Server,
    Internal,
    /// A request that another program answers.
    Client,
}

/// The value of an attribute. It must not come from the data of a tribunal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(Cow<'static, str>),
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

pub type Attributes = Vec<(&'static str, Value)>;

/// A span that has begun. Nothing is recorded of one that is dropped without an end.
#[derive(Debug)]
pub struct Span {
    context: TraceContext,
    parent: Option<u64>,
    /// Whether another program began the parent.
    remote_parent: bool,
    start: Instant,
}

/// A span that has ended.
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "nobody exports it"))]
pub(super) struct Finished {
    pub(super) context: TraceContext,
    pub(super) parent: Option<u64>,
    pub(super) remote_parent: bool,
    pub(super) kind: Kind,
    pub(super) name: Cow<'static, str>,
    pub(super) start: Instant,
    pub(super) end: Instant,
    pub(super) attributes: Attributes,
    pub(super) failed: bool,
}

impl Span {
    /// The span `span_id` of a request. Without a caller's context it begins a trace. `None` if
    /// there is no such context and spans are not exported.
    pub fn of_request(caller: Option<&TraceContext>, span_id: u64) -> Option<Self> {
        let context = match caller {
            Some(caller) => caller.with_span(span_id),
            None => TraceContext::begin(span_id, sampled_per_mille()?),
        };
        let parent = caller.map(|caller| caller.span_id);
        let remote_parent = parent.is_some();
        Some(Self { context, parent, remote_parent, start: Instant::now() })
    }

    /// A part of the running span. `None` if that is not recorded.
    pub fn child() -> Option<Self> {
        Self::under(&current()?, Instant::now())
    }

    /// An operation: a part of the running request or, on a connection that outlives its request,
    /// a trace of its own. `None` if it is not recorded.
    pub fn operation() -> Option<Self> {
        let per_mille = sampled_per_mille()?;
        if current().is_some() {
            return Self::child();
        }
        let context = TraceContext::begin(new_span_id(), per_mille);
        let start = Instant::now();
        context.sampled.then_some(Self { context, parent: None, remote_parent: false, start })
    }

    /// A part of the span `parent`, which began at `start`. `None` if the parent is not recorded.
    pub(super) fn under(parent: &TraceContext, start: Instant) -> Option<Self> {
        let recorded = parent.sampled && sampled_per_mille().is_some();
        recorded.then(|| Self {
            context: parent.with_span(new_span_id()),
            parent: Some(parent.span_id),
            remote_parent: false,
            start,
        })
    }

    pub const fn context(&self) -> &TraceContext {
        &self.context
    }

    /// The id of the span that this one is a part of. `None` for the first span of a trace.
    pub const fn parent(&self) -> Option<u64> {
        self.parent
    }

    /// Ends the span now, and records it if its trace is sampled.
    pub fn end(
        self,
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
        attributes: Attributes,
        failed: bool,
    ) {
        self.end_at(Instant::now(), kind, name.into(), attributes, failed);
    }

    pub(super) fn end_at(
        self,
        end: Instant,
        kind: Kind,
        name: Cow<'static, str>,
        attributes: Attributes,
        failed: bool,
    ) {
        let Self { context, parent, remote_parent, start } = self;
        if context.sampled {
            export(Finished {
                context,
                parent,
                remote_parent,
                kind,
                name,
                start,
                end,
                attributes,
                failed,
            });
        }
    }
}
