//! Eventos: the recorded changes of processos and adolescentes. The transaction of a change writes
//! its evento, and nothing alters the evento later.

pub mod graphql;
mod model;
pub mod store;

pub use model::*;
