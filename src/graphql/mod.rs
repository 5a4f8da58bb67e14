//! The GraphQL API, in four folders, each of which depends only on those after it: `protocol` turns
//! bytes into requests and responses into bytes, `execution` answers a prepared document,
//! `document` turns the text of a document into a prepared one, and `schema` puts the slices
//! together.

pub mod document;
pub mod execution;
pub mod protocol;
pub mod schema;

pub use schema::{mark_semantic_non_null, schema, sdl, sdl_of};
