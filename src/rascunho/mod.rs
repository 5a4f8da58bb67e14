//! A processo before it has a number (R8): registered, and consumed when it gets one.

pub mod graphql;
mod model;
pub mod rules;
mod service;
pub mod store;

pub use model::*;
pub use service::Registrado;
