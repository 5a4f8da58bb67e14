//! Values that belong to no slice.

pub mod characters;
pub mod cpf;
pub mod field;
pub mod finding;
pub mod hexadecimal;
pub mod percent;
pub mod rules;
pub mod resource;
pub mod time;
pub mod token_bucket;
pub mod tribunal;
