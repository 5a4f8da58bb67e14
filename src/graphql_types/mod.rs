//! The parts from which the slices build their share of the GraphQL schema. This module depends on
//! no slice.

pub mod batch;
pub mod connection;
pub mod context;
pub mod directives;
pub mod field_error;
pub mod filter;
pub mod global_id;
pub mod json;
pub mod loaders;
pub mod mutation;
pub mod object;
pub mod scalars;
pub mod schema_env;
