//! Validation rules that apollo-compiler 1 lacks: `@oneOf` and, inside lists and input objects, the
//! positions of variables and the uniqueness of field names.
//!
//! `script/conformance/oraculo` compares apollo-compiler with graphql-js, document by document, and
//! found these gaps. This module also limits the nesting of introspection.

use crate::graphql::document::error::DocumentError;
use crate::graphql::document::normalize::{CollectedField, CollectedSelection as Collected};
use crate::graphql::document::position::Positions;
use crate::graphql::document::schema::DocumentSchema;
use apollo_compiler::ast::{Argument, DirectiveList, Type, Value};
use apollo_compiler::executable::{Operation, Selection, SelectionSet, VariableDefinition};
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node};
use std::collections::{HashMap, HashSet};

/// Returns the errors of a document that apollo-compiler accepts.
pub fn check(
    schema: &DocumentSchema,
    document: &ExecutableDocument,
    positions: &Positions<'_>,
) -> Vec<DocumentError> {
    let mut errors = Vec::new();
    // Check a fragment again for each operation, because each declares its own variables.
    for operation in document.operations.iter() {
        RuleChecker {
            schema,
            document,
            positions,
            variables: by_name(operation),
            errors: &mut errors,
        }
        .operation(operation);
    }
    errors
}

fn by_name(operation: &Operation) -> HashMap<&Name, &VariableDefinition> {
    operation.variables.iter().map(|variable| (&variable.name, &**variable)).collect()
}

struct RuleChecker<'a> {
    schema: &'a DocumentSchema,
    document: &'a ExecutableDocument,
    positions: &'a Positions<'a>,
    variables: HashMap<&'a Name, &'a VariableDefinition>,
    errors: &'a mut Vec<DocumentError>,
}

/// The declaration of the schema at the position of a value.
#[derive(Clone, Copy)]
struct Location<'a> {
    ty: &'a Type,
    has_default: bool,
    one_of: bool,
}

impl<'a> RuleChecker<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        for variable in &operation.variables {
            if let Some(value) = &variable.default_value {
                let ty = &*variable.ty;
                self.value(Location { ty, has_default: false, one_of: false }, value);
            }
        }
        let mut seen = HashSet::new();
        let mut to_visit: Vec<&'a SelectionSet> = vec![&operation.selection_set];
        while let Some(selections) = to_visit.pop() {
            for selection in &selections.selections {
                self.directives(selection.directives());
                match selection {
                    Selection::Field(field) => {
                        self.arguments(&field.arguments, &field.definition.arguments);
                        to_visit.push(&field.selection_set);
                    }
                    Selection::InlineFragment(inline_fragment) => {
                        to_visit.push(&inline_fragment.selection_set);
                    }
                    Selection::FragmentSpread(spread) if seen.insert(&spread.fragment_name) => {
                        let fragment = self.document.fragments.get(&spread.fragment_name);
                        to_visit.extend(fragment.map(|fragment| &fragment.selection_set));
                    }
                    Selection::FragmentSpread(_) => {}
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        let schema = self.schema;
        for directive in directives {
            if let Some(defined) = schema.valid.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &defined.arguments);
            }
        }
    }

    fn arguments(&mut self, given: &[Node<Argument>], definitions: &[Node<InputValueDefinition>]) {
        for argument in given {
            if let Some(defined) = definitions.iter().find(|d| d.name == argument.name) {
                self.value(Location::of(defined), &argument.value);
            }
        }
    }

    fn value(&mut self, location: Location<'_>, value: &Node<Value>) {
        match &**value {
            Value::Variable(name) => self.variable(location, name, value),
            Value::List(items) => {
                let ty = location.ty.item_type();
                let location = Location { ty, has_default: false, one_of: false };
                for item in items {
                    self.value(location, item);
                }
            }
            Value::Object(fields) => self.object(location.ty.inner_named_type(), value, fields),
            _ => {}
        }
    }

    fn object(&mut self, name: &Name, value: &Node<Value>, fields: &[(Name, Node<Value>)]) {
        let schema = self.schema;
        let mut names = HashSet::new();
        if let Some((repeated, _)) = fields.iter().find(|(name, _)| !names.insert(name)) {
            self.error(value, format!("o campo `{repeated}` se repete no mesmo objeto"));
        }
        // A custom scalar accepts objects of any shape.
        let Some(input) = schema.valid.get_input_object(name) else { return };
        let one_of = schema.is_one_of(name);
        match fields {
            _ if !one_of => {}
            [(field, value)] if value.is_null() => {
                self.error(
                    value,
                    format!("`{name}.{field}` não pode ser nulo: `{name}` é `@oneOf`"),
                );
            }
            [_] => {}
            _ => {
                self.error(value, format!("`{name}` é `@oneOf`: dê exatamente um dos seus campos"));
            }
        }
        for (name, value) in fields {
            if let Some(defined) = input.fields.get(name) {
                self.value(Location { one_of, ..Location::of(defined) }, value);
            }
        }
    }

    /// Applies IsVariableUsageAllowed (§5.8.5 of the specification).
    fn variable(&mut self, location: Location<'_>, name: &Name, value: &Node<Value>) {
        let Some(definition) = self.variables.get(name) else { return };
        let has_default = definition.default_value.as_ref().is_some_and(|value| !value.is_null());
        let nullable = !definition.ty.is_non_null();
        let tolerates_null =
            location.ty.is_non_null() && nullable && (has_default || location.has_default);
        let accepted = match tolerates_null {
            true => definition.ty.is_assignable_to(&location.ty.clone().nullable()),
            false => definition.ty.is_assignable_to(location.ty),
        };
        if !accepted || (location.one_of && nullable) {
            let (given, requested) = (&definition.ty, location.ty);
            let requested =
                if location.one_of { requested.clone().non_null() } else { requested.clone() };
            let message = format!(
                "a variável `${name}`, do tipo `{given}`, não serve onde se espera `{requested}`"
            );
            self.error(value, message);
        }
    }

    fn error(&mut self, at: &Node<Value>, message: String) {
        let locations = vec![self.positions.of(at.location())];
        self.errors.push(DocumentError { message, locations });
    }
}

impl<'a> Location<'a> {
    fn of(defined: &'a InputValueDefinition) -> Self {
        Self { ty: &defined.ty, has_default: defined.default_value.is_some(), one_of: false }
    }
}

/// Maximum number of lists of introspection within one another. Types lead to fields and fields to
/// types, and each level multiplies the size of the response by that of the schema. graphql-js has
/// the same limit.
const MAX_INTROSPECTION_DEPTH: usize = 3;

pub fn introspection_too_deep(selections: &[Collected]) -> bool {
    fn is_deep(field: &CollectedField, lists: usize) -> bool {
        let list = matches!(
            field.origin.name.as_str(),
            "fields" | "interfaces" | "possibleTypes" | "inputFields"
        );
        let lists = lists + usize::from(list && field.parent.starts_with("__"));
        lists >= MAX_INTROSPECTION_DEPTH
            || fields(&field.selections).any(|field| is_deep(field, lists))
    }
    fn fields(selections: &[Collected]) -> impl Iterator<Item = &CollectedField> {
        selections.iter().flat_map(|selection| match selection {
            Collected::Field(field) => std::slice::from_ref(field),
            Collected::InlineFragment(_, fields) => fields,
        })
    }
    fields(selections).any(|field| is_deep(field, 0))
}
