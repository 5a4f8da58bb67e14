//! An error in a document, and its position.

use async_graphql::Pos;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    pub message: String,
    pub locations: Vec<Pos>,
}
