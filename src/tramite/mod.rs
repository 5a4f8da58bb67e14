//! Tramita: processos that travel between órgãos, each by one NRE that never changes.
//!
//! Who has a processo is not kept but told by its trâmites: whoever received it
//! last, by a trâmite or as its heir, or, while nobody has, whoever sent it first.

mod commands;
mod componente;
pub mod graphql;
mod model;
mod nre;
mod parts;
mod protocolo;
pub mod recibo;
pub mod rules;
pub mod service;
pub mod store;

pub use commands::*;
pub use componente::*;
pub use model::*;
pub use nre::*;
pub use parts::*;
pub use protocolo::*;
