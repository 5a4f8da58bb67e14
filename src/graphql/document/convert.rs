//! Converts a normalized operation from apollo-compiler's types to async-graphql's.
//!
//! The conversion goes node by node. Printing and parsing again would lose the line and column
//! numbers of the client's text, and would depend on how another parser reads `\u{…}` and block
//! strings.

use crate::graphql::document::normalize::{CollectedField, CollectedSelection};
use crate::graphql::document::position::Positions;
use crate::graphql_types::json::REFUSED;
use apollo_compiler::executable::Operation;
use apollo_compiler::{Name as ApolloName, Node, ast};
use async_graphql::parser::types::{
    Field, InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, Type,
    TypeCondition, VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, Value as ConstValue};
use async_graphql_value::{Number, Value};
use std::collections::HashSet;

/// Converts the operation, with these selections in place of its own.
pub fn convert(
    operation: &Node<Operation>,
    selections: &[CollectedSelection],
    positions: &Positions<'_>,
) -> Positioned<OperationDefinition> {
    let mut conversion = Conversion { positions, used: HashSet::new() };
    let pos = positions.of(operation.location());
    let selection_set = Positioned::new(conversion.selections(selections), pos);
    let definitions = operation.variables.iter();
    // Drop the variables that no converted field uses, such as those of `@skip` and `@include`.
    let used = definitions.filter(|definition| conversion.used.contains(&definition.name));
    let definition = OperationDefinition {
        ty: operation_type(operation.operation_type),
        variable_definitions: used.filter_map(|v| variable(v, positions)).collect(),
        directives: Vec::new(),
        selection_set,
    };
    Positioned::new(definition, pos)
}

pub fn operation_type(ty: ast::OperationType) -> OperationType {
    match ty {
        ast::OperationType::Query => OperationType::Query,
        ast::OperationType::Mutation => OperationType::Mutation,
        ast::OperationType::Subscription => OperationType::Subscription,
    }
}

fn variable(
    definition: &Node<ast::VariableDefinition>,
    positions: &Positions<'_>,
) -> Option<Positioned<VariableDefinition>> {
    let pos = positions.of(definition.location());
    let default = definition.default_value.as_ref().and_then(|value| constant(value));
    let definition = VariableDefinition {
        name: Positioned::new(name(&definition.name), pos),
        var_type: Positioned::new(Type::new(&definition.ty.to_string())?, pos),
        directives: Vec::new(),
        default_value: default.map(|value| Positioned::new(value, pos)),
    };
    Some(Positioned::new(definition, pos))
}

/// Converts the value to a constant, or returns `None` if it contains a variable.
pub fn constant(value: &ast::Value) -> Option<ConstValue> {
    fn no_variable(_: Name) -> Result<ConstValue, ()> {
        Err(())
    }
    convert_value(value, &mut HashSet::new()).into_const_with(no_variable).ok()
}

struct Conversion<'t> {
    positions: &'t Positions<'t>,
    used: HashSet<ApolloName>,
}

impl Conversion<'_> {
    fn selections(&mut self, selections: &[CollectedSelection]) -> SelectionSet {
        let items = selections.iter().map(|selection| match selection {
            CollectedSelection::Field(field) => self.field(field),
            CollectedSelection::InlineFragment(ty, fields) => {
                let items: Vec<_> = fields.iter().map(|field| self.field(field)).collect();
                let pos = items.first().map_or_else(Pos::default, |first| first.pos);
                let condition = TypeCondition { on: Positioned::new(name(ty), pos) };
                let inline_fragment = InlineFragment {
                    type_condition: Some(Positioned::new(condition, pos)),
                    directives: Vec::new(),
                    selection_set: Positioned::new(SelectionSet { items }, pos),
                };
                Positioned::new(
                    Selection::InlineFragment(Positioned::new(inline_fragment, pos)),
                    pos,
                )
            }
        });
        SelectionSet { items: items.collect() }
    }

    /// Converts a field without its directives: normalization has applied `@skip` and `@include`,
    /// and the schema has no others.
    fn field(&mut self, field: &CollectedField) -> Positioned<Selection> {
        let origin = &field.origin;
        let pos = self.positions.of(origin.location());
        if field.refused.is_some() {
            return refused(field, pos);
        }
        let arguments = origin.arguments.iter().map(|argument| {
            let argument_name =
                Positioned::new(name(&argument.name), self.positions.of(argument.location()));
            let value = convert_value(&argument.value, &mut self.used);
            (argument_name, Positioned::new(value, self.positions.of(argument.value.location())))
        });
        let arguments = arguments.collect();
        let field = Field {
            alias: origin.alias.as_ref().map(|alias| Positioned::new(name(alias), pos)),
            name: Positioned::new(name(&origin.name), pos),
            arguments,
            directives: Vec::new(),
            selection_set: Positioned::new(self.selections(&field.selections), pos),
        };
        Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
    }
}

/// The field named [`REFUSED`] that takes the place of a field marked as refused.
fn refused(field: &CollectedField, pos: Pos) -> Positioned<Selection> {
    let field = Field {
        alias: Some(Positioned::new(name(field.origin.response_key()), pos)),
        name: Positioned::new(Name::new(REFUSED), pos),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    };
    Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
}

fn name(name: &ApolloName) -> Name {
    Name::new(name.as_str())
}

fn convert_value(value: &ast::Value, used: &mut HashSet<ApolloName>) -> Value {
    match value {
        ast::Value::Null => Value::Null,
        ast::Value::Boolean(value) => Value::Boolean(*value),
        ast::Value::Enum(value) => Value::Enum(name(value)),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Variable(variable) => {
            used.insert(variable.clone());
            Value::Variable(name(variable))
        }
        ast::Value::Int(integer) => number(integer.as_str()),
        ast::Value::Float(real) => number(real.as_str()),
        ast::Value::List(items) => {
            Value::List(items.iter().map(|item| convert_value(item, used)).collect())
        }
        ast::Value::Object(fields) => {
            let field = |(n, v): &(ApolloName, Node<ast::Value>)| (name(n), convert_value(v, used));
            Value::Object(fields.iter().map(field).collect())
        }
    }
}

/// Converts a number. An integer of more than 64 bits, which may be an `ID`, becomes a string, so
/// that it keeps all digits. So does a number that no `f64` can hold.
fn number(text: &str) -> Value {
    // serde_json reads `-0` as a float.
    if text == "-0" {
        return Value::Number(0.into());
    }
    match text.parse::<Number>() {
        Ok(number) if !number.is_f64() || text.contains(['.', 'e', 'E']) => Value::Number(number),
        _ => Value::String(text.to_owned()),
    }
}
