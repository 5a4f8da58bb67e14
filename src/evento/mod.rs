//! What happened to a processo or an adolescente: written with the change, never altered.

pub mod graphql;
mod model;
pub mod store;

pub use model::*;
