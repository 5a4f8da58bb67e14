//! An error in a document or in its variables, with its locations.

use super::messages::Message;
use async_graphql::Pos;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    pub kind: ErrorKind,
    pub message: Message,
    pub locations: Vec<Pos>,
    /// The coordinate of the element of the schema that the error is about, such as
    /// `Query.processos(filtro:)`. `None` if it is about no element.
    pub coordinate: Option<String>,
    /// The path of the wrong value in the input, such as `filtro.criadoDe`. `None` if the error is
    /// about no value.
    pub field: Option<String>,
}

/// The kind of an error, from which its code follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The document breaks a rule of the specification.
    Rule,
    /// The document exceeds a limit of this server.
    Limit,
    /// A value of a custom scalar is malformed.
    Scalar,
    /// A variable has a wrong value.
    Variable,
}

impl DocumentError {
    pub const fn new(message: Message, locations: Vec<Pos>) -> Self {
        Self { kind: ErrorKind::Rule, message, locations, coordinate: None, field: None }
    }

    #[must_use]
    pub fn about(mut self, coordinate: impl Into<String>) -> Self {
        self.coordinate = Some(coordinate.into());
        self
    }
}
