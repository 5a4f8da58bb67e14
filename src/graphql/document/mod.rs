//! Turns the text of a document into an operation that the executor can run. [`prepare`] describes
//! all steps.

mod cost;
mod scalars;
mod schema;
mod limits;
pub mod messages;
mod normalize;
pub mod persisted;
mod position;
pub mod prepare;
pub mod raw_variables;
mod error;
mod expansion;
mod convert;
mod input;
mod introspection;
mod literal;
mod validation;
mod suggestions;
mod syntax;
mod type_set;
mod validate;

pub use cost::{CostExceeded, CostPlan, FitsWith};
pub use error::{DocumentError, ErrorKind};
pub use expansion::ExpansionExceeded;
pub use introspection::Answers;
pub use normalize::{ConditionValues, NormalizeError, normalize};
pub use schema::{DocumentSchema, InvalidSchema};
pub use validate::{Invalid, ValidateOptions, validate};
