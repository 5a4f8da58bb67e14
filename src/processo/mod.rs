//! The court processo: the apuração of an ato infracional, or the execução of the measure that follows.
//!
//! An apuração has one or more adolescentes, an execução exactly one and the
//! apuração that it comes from. Between processo and adolescente stands the
//! vínculo, which ends but is never deleted.

mod commands;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use commands::*;
pub use model::*;
