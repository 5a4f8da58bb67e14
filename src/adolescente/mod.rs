//! The adolescente to whom an ato infracional is attributed, as one tribunal registers the person.
//!
//! The identificador identifies a person in the whole country; each tribunal has its own record of
//! the person. Everything here is sealed (ECA 143).

mod alteracao;
pub mod graphql;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use alteracao::*;
pub use model::*;
