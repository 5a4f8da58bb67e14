//! The tribunals: the 27 courts of justice whose cases elos holds (J = 8).

pub mod graphql;
mod model;

pub use model::{TRIBUNAIS, Tribunal};

/// One of them, as a command line says it.
pub fn ler(texto: &str) -> Result<Tribunal, String> {
    Tribunal::de_texto(texto).ok_or_else(|| "tribunal desconhecido; use, por exemplo, 8.20".into())
}
