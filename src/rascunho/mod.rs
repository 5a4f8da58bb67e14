//! The rascunho: a draft of a processo that has no number yet (R8). A client registers it, and the
//! registration of the processo consumes it.

pub mod graphql;
mod model;
pub mod rules;
mod service;
pub mod store;

pub use model::*;
pub use service::Registrado;
