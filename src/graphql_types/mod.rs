//! What a slice builds its part of the schema from. Knows no slice.

pub mod batch;
pub mod connection;
pub mod context;
pub mod directives;
pub mod field_error;
pub mod filter;
pub mod json;
pub mod loaders;
pub mod scalars;
