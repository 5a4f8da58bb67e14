//! Eventos: the recorded changes of processos, adolescentes and guias. The transaction of a change
//! writes its evento, and nothing alters the evento later.

pub mod graphql;
mod model;
pub mod store;

pub use model::*;
