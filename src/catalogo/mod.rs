//! What the órgãos of the Tramita refer to by a number: units with their hierarchy, kinds of
//! document, legal bases of secrecy, reasons of urgency. None of it tells of a person.

pub mod graphql;
pub mod import;
pub mod key;
mod model;
pub mod rules;
pub mod service;
pub mod store;

pub use model::*;
