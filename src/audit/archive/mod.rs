//! Months of the trail as files: written, signed, and held against their hashes without a database.
//!
//! A file is NDJSON in gzip members (`block`): a header, then each seal with its records (`line`),
//! then what it comes to, signed (`trailer`, `signature`). It holds all that the chain's hashes are
//! taken of, so that whoever has it verifies it by himself (`reader`); and `zcat` shows it. `command` takes a month out of the database, by `export`
//! and `store`; `compare` holds files against each other and against what the database says of them.

mod binary;
pub mod block;
mod compare;
mod correlation;
pub mod export;
pub mod finding;
pub mod line;
pub mod reader;
pub mod record;
pub mod run;
pub mod signature;
pub mod store;
mod timestamp;
mod trailer;
pub mod writer;

pub use compare::{Comparison, among, chains, files, out_of_reach, with_database};
pub use correlation::Correlation;
pub use finding::{Defect, Finding};
pub use line::{FORMAT, Header, Hex, SealLine};
pub use reader::{Checks, Report, verify, verify_input};
pub use record::{Record, digest};
pub use run::Run;
pub use signature::{PublicKey, thumbprint};
pub use store::{Archived, archived, as_owner};
pub use timestamp::Timestamp;
pub use writer::{ArchiveWriter, BLOCK, Written};
