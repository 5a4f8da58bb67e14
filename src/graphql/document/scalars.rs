//! Custom scalars, whose formats only their readers know.
//!
//! Values are checked before the operation runs: a resolver might find a wrong one only after the
//! request has committed another mutation.

use async_graphql::Value as ConstValue;

/// Returns why the value is not one of this scalar, in a sentence, or `None` if it is.
pub type CheckScalar = fn(scalar: &str, value: &ConstValue) -> Option<String>;
