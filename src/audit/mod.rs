//! The audit trail records every read and every change of a resource, with its actor. It is
//! append-only, and a chain of hashes makes changes to it detectable.
//!
//! The trail records a write in the transaction of that write, and a read before its answer leaves.
//! A relaxed trail lets an answer that names nobody leave earlier. A call takes a slot in the trail
//! before it reads, so that no answer shows what the trail cannot record.
//!
//! The record of a read is made in four steps: `call::record` collects what the call reads and
//! builds the record when the call ends, [`queue`] holds it, the thread of [`writer`] takes all that
//! wait, and [`store`] inserts them in one statement. Then the answers leave.

mod finding;
pub mod archive;
mod merge;
pub mod entry;
pub mod progress;
pub mod queue;
pub mod seal;
pub mod store;
pub mod verify;
pub mod writer;

pub use entry::*;
pub use queue::{OnWritten, Written, unavailable};
pub use seal::seal_pending;
pub use store::unsealed_tail;
pub use writer::AuditTrail;
