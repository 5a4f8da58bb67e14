//! The first door: GraphQL. Four rooms, each of which knows only those below it: `protocol` turns
//! bytes into requests and answers into bytes, `execution` answers a prepared document, `document`
//! prepares the text of one, and `schema` puts the slices together.

pub mod document;
pub mod execution;
pub mod protocol;
pub mod schema;

pub use schema::{schema, sdl};
