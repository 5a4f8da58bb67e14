//! The guia: a judicial order that one adolescente serve a measure (Resolução CNJ 165/2012).

mod commands;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use commands::*;
pub use model::*;
