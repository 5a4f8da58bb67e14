//! The adolescente to whom an ato infracional is attributed, as one tribunal registers them.
//!
//! The identificador names a person in the whole country; the record is each
//! tribunal's own. Everything here is sealed (ECA 143).

mod alteracao;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use alteracao::*;
pub use model::*;
