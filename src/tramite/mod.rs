//! Tramita: the electronic transit of processos between órgãos. Each processo in transit has one
//! NRE that never changes.
//!
//! Possession is derived from the trâmites and not stored: the holder of a processo is the órgão
//! that received it last, by a trâmite or as its heir, or, while no órgão has received it, the
//! first sender.

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
