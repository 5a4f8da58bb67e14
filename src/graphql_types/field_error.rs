//! Converts [`Error`] to GraphQL errors, and keeps the path of a field that failed.

use crate::error::Error;
use async_graphql::{Context, ErrorExtensions, QueryPathSegment, Value};

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (failure, message) = error.log_and_redact();
        Self::new(message).extend_with(|_, extensions| {
            extensions.set("code", failure.name());
            extensions.set("status", failure.status());
        })
    }
}

/// The result of a field that may fail and is never null. The name must not be `Result`: the derive
/// macro recognizes that name and resolves the field differently.
pub type Fallible<T> = std::result::Result<T, FieldError>;

/// An error together with the path of its field. async-graphql loses the deep path: in a list, each
/// item overwrites the path with its own.
#[derive(Debug, Clone)]
pub struct FieldError {
    error: Error,
    path: Vec<Value>,
}

impl FieldError {
    /// The error extension that holds the path until the response is written.
    pub const PATH: &'static str = "path";

    pub fn at(ctx: &Context<'_>, error: Error) -> Self {
        let mut path = Vec::new();
        let mut at = ctx.path_node.as_ref();
        while let Some(part) = at {
            path.push(match part.segment {
                QueryPathSegment::Index(index) => Value::from(index),
                QueryPathSegment::Name(name) => Value::from(name),
            });
            at = part.parent;
        }
        path.reverse();
        Self { error, path }
    }
}

impl From<FieldError> for async_graphql::Error {
    fn from(FieldError { error, path }: FieldError) -> Self {
        Self::from(error).extend_with(|_, extensions| extensions.set(FieldError::PATH, path))
    }
}
