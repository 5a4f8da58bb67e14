//! Turns the text of a document into an operation that the executor can run. [`prepare`] describes
//! all steps.

mod cost;
mod scalars;
mod schema;
mod limits;
mod messages;
mod normalize;
pub mod persisted;
mod position;
pub mod prepare;
pub mod raw_variables;
mod error;
mod expansion;
mod extra_rules;
mod convert;
mod type_set;
mod validate;
mod variables;

pub use cost::{CostExceeded, CostPlan, FitsWith};
pub use error::DocumentError;
pub use expansion::ExpansionExceeded;
pub use normalize::{ConditionValues, NormalizeError, normalize};
pub use schema::{DocumentSchema, InvalidSchema};
pub use validate::{Invalid, ValidateOptions, validate};
pub use variables::InvalidVariable;
