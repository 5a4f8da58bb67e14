//! The processo in court: the apuração of an ato infracional, or the execução of the measure that
//! follows it.
//!
//! An apuração has one or more adolescentes. An execução has exactly one, and names the apuração
//! that it comes from. A vínculo links an adolescente to a processo; it can end, but is never
//! deleted.

mod commands;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use commands::*;
pub use model::*;
