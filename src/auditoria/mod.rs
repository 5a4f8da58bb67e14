//! Who looked at what, and who changed it: a trail that is only ever added to, with a
//! chain of hashes over it.
//!
//! A write is recorded in its transaction; a read, before its answer leaves. A call takes the right
//! to be recorded before it reads, so that nothing is shown that the trail cannot tell.

mod achado;
pub mod archive;
pub mod comando;
pub mod graphql;
mod merge;
mod model;
mod progress;
mod queue;
mod rastro;
mod selo;
pub mod store;
pub mod verificacao;
mod writer;

pub use model::*;
pub use queue::{OnWritten, Written, unavailable};
pub use rastro::{Entrada, Rastro};
pub use selo::selar;
pub use writer::Auditoria;
