//! The tribunals: the 27 courts of justice whose cases elos holds (J = 8).

pub mod graphql;
mod model;

pub use model::{TRIBUNAIS, Tribunal};
