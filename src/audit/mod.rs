//! Who looked at what, and who changed it: a trail that is only ever added to, with a
//! chain of hashes over it.
//!
//! A write is recorded in its transaction; a read, before its answer leaves. A call takes the right
//! to be recorded before it reads, so that nothing is shown that the trail cannot tell.

pub mod finding;
pub mod archive;
pub mod merge;
pub mod entry;
pub mod progress;
pub mod queue;
pub mod seal;
pub mod trail;
pub mod verify;
pub mod writer;

pub use entry::*;
pub use queue::{OnWritten, Written, unavailable};
pub use seal::selar;
pub use writer::Auditoria;
