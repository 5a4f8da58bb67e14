//! Who looked at what, and who changed it: a trail that is only ever added to, with a
//! chain of hashes over it.
//!
//! A write is recorded in its transaction; a read, by a queue that is written within a
//! second. A call keeps its place in that queue before it reads.

pub mod comando;
mod escritor;
pub mod graphql;
mod model;
mod rastro;
mod selo;
pub mod store;
pub mod verificacao;

pub use escritor::Auditoria;
pub use model::*;
pub use rastro::{Entrada, Rastro};
pub use selo::selar;
