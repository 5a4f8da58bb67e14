//! The guia: a judicial order of a measure, for one adolescente (Resolução CNJ 165/2012).

mod commands;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use commands::*;
pub use model::*;
