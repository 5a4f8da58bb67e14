//! Coercion of the values that a request gives (§3.10, §6.1.2 and §6.4.1 of the specification), before
//! any resolver runs.
//!
//! async-graphql reads a variable only when a resolver asks for it, so it could find a wrong one at
//! the second field of a mutation, after committing the first. It also takes a variable that was not
//! given for null, where the specification asks for the default.

mod arguments;
mod variables;

pub use arguments::{Hole, Holes, fill_holes, nullable_variables};
pub use variables::{InvalidVariable, boolean, coerce};

#[cfg(test)]
mod tests;
