//! Tramita: processos that travel between órgãos, each by one NRE that never changes.
//!
//! Who has a processo is not kept but told by its trâmites: whoever received it
//! last, by a trâmite or as its heir, or, while nobody has, whoever sent it first.

mod comandos;
mod componente;
pub mod graphql;
mod model;
mod nre;
mod partes;
mod protocolo;
pub mod recibo;
pub mod rules;
pub mod service;
pub mod store;

pub use comandos::*;
pub use componente::*;
pub use model::*;
pub use nre::*;
pub use partes::*;
pub use protocolo::*;
