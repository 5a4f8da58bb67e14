//! The catalogues to which the órgãos of the Tramita refer by number: repositórios and their
//! estruturas with the hierarchy, espécies of document, hipóteses legais of sigilo, motivos of
//! urgência. They hold no personal data.

pub mod graphql;
pub mod import;
pub mod key;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use model::*;
