//! Answers `__schema` and `__type` from the schema that documents are validated against, which is
//! the one that `/schema.graphql` prints.
//!
//! The lists have the order that graphql-js gives them for the same SDL, so that a client can
//! compare the answers of both.

mod answer;
pub(super) mod order;
pub(super) mod types;

use super::schema::DocumentSchema;
use async_graphql::parser::types::{Field, OperationDefinition, Selection};
use async_graphql::{Positioned, Value as ConstValue, Variables};
use async_graphql_value::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

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

/// The value of an argument. `None` if the field does not give it, or gives a variable without a
/// value.
fn argument(field: &Field, variables: &Variables, name: &str) -> Option<ConstValue> {
    let (_, value) = field.arguments.iter().find(|(given, _)| given.node == name)?;
    match &value.node {
        Value::Variable(variable) => variables.get(variable).cloned(),
        value => value.clone().into_const(),
    }
}
