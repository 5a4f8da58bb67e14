//! Writes months of the trail to signed files, and verifies such files against their hashes without
//! a database.
//!
//! A file is NDJSON in gzip members (`block`): a header, then each seal followed by its records
//! (`line`), then the totals and a signature (`trailer`, `signature`). It holds everything that the
//! hashes of the chain cover, so that anyone can verify the file alone (`reader`), and `zcat`
//! prints it. The command `elos auditoria archive` moves a month out of the database with `export`
//! and `store`. `compare` checks files against each other and against the database.

mod binary;
mod block;
mod compare;
mod correlation;
pub mod export;
mod finding;
mod line;
pub mod reader;
mod record;
mod run;
pub mod signature;
pub mod store;
mod timestamp;
mod trailer;
mod writer;

pub use compare::{Comparison, chains, compare_archives, files, out_of_reach, with_database};
pub use correlation::Correlation;
pub use finding::{Defect, Finding};
pub use line::{FORMAT, Header, Hex, SealLine};
pub use reader::{Checks, Report, verify, verify_input};
pub use record::{Record, digest};
pub use run::SealRange;
pub use signature::{PublicKey, thumbprint};
pub use store::{Archived, archived, as_owner};
pub use timestamp::Timestamp;
pub use writer::{ArchiveWriter, BLOCK, Written};
