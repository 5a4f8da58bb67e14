//! Traces across programs: the W3C context that a request has and passes on, and spans that are
//! exported by OTLP if the configuration says so.
//!
//! A span is recorded when it ends, with its start, so nothing is kept of a request that is not
//! sampled. A span holds names, counts, codes and the text of statements, and never a value: no
//! number of a processo, no name, no literal of a statement.

mod context;
mod current;
#[cfg(feature = "otlp")]
mod otlp;
mod span;
pub mod statement;

pub use context::TraceContext;
pub use current::{carried, current, within};
pub use span::{Attributes, Kind, Span, Value};

/// Whether this program can export spans.
pub const CAN_EXPORT: bool = cfg!(feature = "otlp");

/// Exports spans to the collector at `url` from now on. Of a thousand requests whose caller does not
/// say whether they are sampled, `per_mille` are.
#[cfg(feature = "otlp")]
pub fn start(url: &str, per_mille: u32) -> anyhow::Result<()> {
    otlp::start(url, per_mille)
}

/// Fails, because this program cannot export spans.
#[cfg(not(feature = "otlp"))]
pub fn start(_url: &str, _per_mille: u32) -> anyhow::Result<()> {
    anyhow::bail!("este programa foi construído sem OTLP (`--features otlp`)")
}

/// Sends the spans that wait. Blocks for a few seconds at most.
pub fn stop() {
    #[cfg(feature = "otlp")]
    otlp::stop();
}

/// Of a thousand new traces, how many are sampled. `None` if no spans are exported.
fn sampled_per_mille() -> Option<u64> {
    #[cfg(feature = "otlp")]
    return otlp::sampled_per_mille();
    #[cfg(not(feature = "otlp"))]
    None
}

fn export(finished: span::Finished) {
    #[cfg(feature = "otlp")]
    otlp::export(finished);
    #[cfg(not(feature = "otlp"))]
    drop(finished);
}
