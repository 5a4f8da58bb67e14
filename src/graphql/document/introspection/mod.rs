//! Answers `__schema` and `__type` from the schema that documents are validated against, which is
//! the one that `/schema.graphql` prints.
//!
//! The lists have the order that graphql-js gives them for the same SDL, so that a client can
//! compare the two texts.

mod answer;
mod order;

use super::schema::DocumentSchema;
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::collections::IndexSet;
use apollo_compiler::schema::{
    Component, ComponentOrigin, DirectiveList, EnumType, ExtendedType, ObjectType,
};
use apollo_compiler::{Name, Node, Schema};
use async_graphql::parser::types::{Field, OperationDefinition, Selection};
use async_graphql::{Positioned, Value as ConstValue, Variables};
use async_graphql_value::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub(super) use order::ListOrder;

/// The introspection types of the edition, which the types of apollo-compiler 1 lag behind.
const TYPES: &str = include_str!("types.graphql");

/// The texts of the built-in scalars, as graphql-js has them.
const SCALARS: [(&str, &str); 5] = [
    (
        "Int",
        "The `Int` scalar type represents non-fractional signed whole numeric values. Int can represent values between -(2^31) and 2^31 - 1.",
    ),
    (
        "Float",
        "The `Float` scalar type represents signed double-precision fractional values as specified by [IEEE 754](https://en.wikipedia.org/wiki/IEEE_floating_point).",
    ),
    (
        "String",
        "The `String` scalar type represents textual data, represented as UTF-8 character sequences. The String type is most often used by GraphQL to represent free-form human-readable text.",
    ),
    ("Boolean", "The `Boolean` scalar type represents `true` or `false`."),
    (
        "ID",
        "The `ID` scalar type represents a unique identifier, often used to refetch an object or as key for a cache. The ID type appears in a JSON response as a String; however, it is not intended to be human-readable. When expected as an input type, any string (such as `\"4\"`) or integer (such as `4`) input value will be accepted as an ID.",
    ),
];

/// Puts the introspection types of the edition into a schema.
pub(super) fn install(schema: &mut Schema) -> Result<(), String> {
    let document = ast::Document::parse(TYPES, "introspection/types.graphql")
        .map_err(|failed| failed.errors.to_string())?;
    for definition in &document.definitions {
        match definition {
            Definition::ObjectTypeDefinition(object) => {
                let fields = object.fields.iter().map(|field| (field.name.clone(), whole(field)));
                let ty = ObjectType {
                    description: object.description.clone(),
                    name: object.name.clone(),
                    implements_interfaces: IndexSet::default(),
                    directives: DirectiveList::default(),
                    fields: fields.collect(),
                };
                schema.types.insert(object.name.clone(), ExtendedType::Object(Node::new(ty)));
            }
            Definition::EnumTypeDefinition(defined) => {
                let values = defined.values.iter().map(|value| (value.value.clone(), whole(value)));
                let ty = EnumType {
                    description: defined.description.clone(),
                    name: defined.name.clone(),
                    directives: DirectiveList::default(),
                    values: values.collect(),
                };
                schema.types.insert(defined.name.clone(), ExtendedType::Enum(Node::new(ty)));
            }
            Definition::DirectiveDefinition(directive) => {
                let present = schema.directive_definitions.get_mut(&directive.name);
                if let Some(present) = present.filter(|present| present.is_built_in()) {
                    *present = directive.clone();
                }
            }
            _ => {}
        }
    }
    for (name, description) in SCALARS {
        if let Some(ExtendedType::Scalar(scalar)) = schema.types.get_mut(name) {
            scalar.make_mut().description = Some(Node::new_str(description));
        }
    }
    Ok(())
}

fn whole<T>(node: &Node<T>) -> Component<T> {
    node.to_component(ComponentOrigin::Definition)
}

/// The root fields of an operation that ask for the schema.
#[derive(Debug)]
pub struct IntrospectionPlan {
    schema: Arc<DocumentSchema>,
    fields: Vec<Field>,
    /// The answers, if they do not depend on the variables of a request.
    constant: Option<OnceLock<Answers>>,
}

/// The JSON of each root field, by its response key.
pub type Answers = Arc<HashMap<String, Vec<u8>>>;

impl IntrospectionPlan {
    /// Returns `None` for an operation that does not ask for the schema.
    pub fn new(
        schema: &Arc<DocumentSchema>,
        operation: &Positioned<OperationDefinition>,
    ) -> Option<Self> {
        let selections = operation.node.selection_set.node.items.iter();
        let fields = selections.filter_map(|selection| match &selection.node {
            Selection::Field(field) if asks_for_schema(&field.node) => Some(field.node.clone()),
            _ => None,
        });
        let fields: Vec<_> = fields.collect();
        let depends = fields.iter().any(uses_variables);
        let constant = (!depends).then(OnceLock::new);
        (!fields.is_empty()).then(|| Self { schema: Arc::clone(schema), fields, constant })
    }

    pub fn answers(&self, variables: &Variables) -> Answers {
        match &self.constant {
            Some(constant) => Arc::clone(constant.get_or_init(|| self.compute(variables))),
            None => self.compute(variables),
        }
    }

    fn compute(&self, variables: &Variables) -> Answers {
        let answer = |field: &Field| {
            let key = field.response_key().node.to_string();
            (key, answer::root(&self.schema, field, variables))
        };
        Arc::new(self.fields.iter().map(answer).collect())
    }
}

pub fn asks_for_schema(field: &Field) -> bool {
    matches!(field.name.node.as_str(), "__schema" | "__type")
}

fn uses_variables(field: &Field) -> bool {
    let is_variable = |value: &Positioned<Value>| matches!(value.node, Value::Variable(_));
    let within = field.selection_set.node.items.iter();
    field.arguments.iter().any(|(_, value)| is_variable(value))
        || within.into_iter().any(|selection| match &selection.node {
            Selection::Field(field) => uses_variables(&field.node),
            _ => false,
        })
}

/// The value of an argument, or `None` if the field does not give it.
fn argument(field: &Field, variables: &Variables, name: &str) -> Option<ConstValue> {
    let (_, value) = field.arguments.iter().find(|(given, _)| given.node == name)?;
    match &value.node {
        Value::Variable(variable) => variables.get(variable).cloned(),
        value => value.clone().into_const(),
    }
}

/// The name of a type of the schema, wherever a list has it.
fn names<'s>(types: impl Iterator<Item = &'s Name>) -> Vec<Name> {
    types.cloned().collect()
}
