//! Checks the custom scalars that a document contains as literals, before the operation runs.
//!
//! The validator does not know their formats, and a resolver might find a wrong value only after
//! the request has committed another mutation.

use crate::graphql::document::convert::constant;
use crate::graphql::document::normalize::{CollectedField, CollectedSelection};
use crate::graphql::document::schema::DocumentSchema;
use crate::value::characters::{self, UnexpectedCharacter};
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::ExtendedType;
use async_graphql::Value as ConstValue;

/// Whether the value is valid for this scalar.
pub type CheckScalar = fn(scalar: &str, value: &ConstValue) -> bool;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("o valor do argumento `{argument}` não é um `{scalar}`{foreign}")]
pub struct InvalidValue {
    pub argument: String,
    pub scalar: String,
    /// A character that occurs in no scalar.
    pub foreign: UnexpectedCharacter,
}

/// Checks every custom scalar that the selections contain as a literal.
pub fn check(
    schema: &DocumentSchema,
    is_valid: CheckScalar,
    selections: &[CollectedSelection],
) -> Result<(), InvalidValue> {
    selections.iter().try_for_each(|selection| match selection {
        CollectedSelection::Field(field) => check_field(schema, is_valid, field),
        CollectedSelection::InlineFragment(_, fields) => {
            fields.iter().try_for_each(|field| check_field(schema, is_valid, field))
        }
    })
}

fn check_field(
    schema: &DocumentSchema,
    is_valid: CheckScalar,
    field: &CollectedField,
) -> Result<(), InvalidValue> {
    for argument in &field.origin.arguments {
        if let Some(definition) = field.definition.argument_by_name(&argument.name)
            && let Err((scalar, foreign)) =
                check_value(schema, is_valid, &definition.ty, &argument.value)
        {
            let argument = argument.name.to_string();
            return Err(InvalidValue { argument, scalar, foreign });
        }
    }
    check(schema, is_valid, &field.selections)
}

/// The first non-ASCII character of a value. All custom scalars are ASCII.
pub fn foreign(value: &ConstValue) -> UnexpectedCharacter {
    match value {
        ConstValue::String(text) => characters::foreign_to_ascii(text),
        _ => UnexpectedCharacter(None),
    }
}

/// Checks one value. The error is the name of the scalar for which the value is not valid, and the
/// first non-ASCII character of the value.
fn check_value(
    schema: &DocumentSchema,
    is_valid: CheckScalar,
    ty: &Type,
    value: &Value,
) -> Result<(), (String, UnexpectedCharacter)> {
    let name = ty.inner_named_type();
    match (schema.valid.types.get(name), value) {
        (_, Value::Null | Value::Variable(_)) => Ok(()),
        (Some(_), Value::List(items)) if ty.is_list() => {
            items.iter().try_for_each(|item| check_value(schema, is_valid, ty.item_type(), item))
        }
        (Some(ExtendedType::Scalar(scalar)), value) if !scalar.is_built_in() => {
            // The resolver checks a value that contains a variable.
            match constant(value) {
                Some(value) if !is_valid(name, &value) => Err((name.to_string(), foreign(&value))),
                _ => Ok(()),
            }
        }
        (Some(ExtendedType::InputObject(input)), Value::Object(fields)) => {
            fields.iter().try_for_each(|(name, value)| match input.fields.get(name) {
                Some(field) => check_value(schema, is_valid, &field.ty, value),
                None => Ok(()),
            })
        }
        _ => Ok(()),
    }
}
