//! Values without a home in a slice.

pub mod characters;
pub mod cpf;
pub mod field;
pub mod regras;
pub mod resource;
pub mod time;
pub mod token_bucket;
pub mod tribunal;
