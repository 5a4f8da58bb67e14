//! Why an operation cannot be prepared.

use crate::graphql::document::error::DocumentError;
use crate::graphql::document::messages::Message;
use crate::graphql::document::normalize;
use crate::graphql::document::validate::{Invalid, UndefinedOperation};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrepareError {
    Document(Invalid),
    Operation(UndefinedOperation),
    /// Variables with wrong values, or fields with an argument that needs a value and has none.
    Values(Vec<DocumentError>),
    Normalize(normalize::NormalizeError),
}

impl From<Invalid> for PrepareError {
    fn from(invalid: Invalid) -> Self {
        Self::Document(invalid)
    }
}

impl From<UndefinedOperation> for PrepareError {
    fn from(undefined: UndefinedOperation) -> Self {
        Self::Operation(undefined)
    }
}

impl From<normalize::NormalizeError> for PrepareError {
    fn from(error: normalize::NormalizeError) -> Self {
        Self::Normalize(error)
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages: Vec<String> = self.messages().iter().map(ToString::to_string).collect();
        f.write_str(&messages.join("; "))
    }
}

impl PrepareError {
    pub fn messages(&self) -> Vec<Message> {
        match self {
            Self::Document(Invalid::Limit(exceeded)) => vec![exceeded.message()],
            Self::Document(Invalid::Expansion(exceeded)) => vec![exceeded.message()],
            Self::Document(Invalid::Malformed(errors) | Invalid::Invalid(errors))
            | Self::Values(errors) => errors.iter().map(|error| error.message.clone()).collect(),
            Self::Operation(undefined) => vec![undefined.message()],
            Self::Normalize(error) => vec![error.message()],
        }
    }
}
