//! The validation rules of the specification, edition of September 2025 (§5), with the errors of
//! all rules, each at the locations that graphql-js reports.
//!
//! apollo-compiler 1 stops at the first kind of error and lacks a few rules. It still parses the
//! document and builds the tree that the later steps use.

mod definitions;
mod directives;
mod fields;
mod introspection_depth;
mod overlap;
mod usages;
mod values;

use super::error::DocumentError;
use super::messages::{Key, Message};
use super::position::Positions;
use super::scalars::CheckScalar;
use super::schema::DocumentSchema;
use super::suggestions::nearest;
use super::syntax::Syntax;
use apollo_compiler::ast::{
    Definition, DirectiveLocation, Document, FragmentDefinition, OperationDefinition,
    OperationType, Type,
};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use async_graphql::Pos;
use std::collections::HashMap;
use usages::Usages;

/// Maximum number of errors reported for a document.
pub const MAX_ERRORS: usize = 10;

/// What the rules read.
#[derive(Clone, Copy)]
pub struct Checked<'a> {
    pub schema: &'a DocumentSchema,
    pub document: &'a Document,
    pub syntax: &'a Syntax,
    pub positions: &'a Positions<'a>,
    pub check_scalar: CheckScalar,
    /// Whether messages suggest the name that the client probably meant.
    pub suggestions: bool,
}

/// Returns the errors of a document: at most [`MAX_ERRORS`]. If the document repeats too many
/// fields to compare them, that error is the first.
pub fn check(checked: Checked<'_>) -> Vec<DocumentError> {
    let definitions = checked.document.definitions.iter();
    let fragments = definitions.filter_map(Definition::as_fragment_definition);
    let mut checker = Checker {
        fragments: fragments.map(|fragment| (&fragment.name, fragment)).collect(),
        checked,
        errors: Vec::new(),
        usages: Usages::default(),
        overlap: overlap::Compared::default(),
    };
    checker.document();
    checker.errors
}

struct Checker<'a> {
    checked: Checked<'a>,
    fragments: HashMap<&'a Name, &'a Node<FragmentDefinition>>,
    errors: Vec<DocumentError>,
    /// The variables that each definition uses.
    usages: Usages<'a>,
    overlap: overlap::Compared<'a>,
}

impl<'a> Checker<'a> {
    fn document(&mut self) {
        self.definition_names();
        for definition in &self.checked.document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => self.operation(operation),
                Definition::FragmentDefinition(fragment) => self.fragment(fragment),
                other => {
                    let name = other.name().map_or("schema", Name::as_str);
                    let locations = vec![self.at(other.location())];
                    self.report(Key::NotExecutable, &[name], locations);
                }
            }
        }
        self.fragment_cycles();
        self.usages();
    }

    fn operation(&mut self, operation: &'a Node<OperationDefinition>) {
        let at = self.definition_at(operation.location());
        let schema = self.checked.schema;
        let root = schema.valid.root_operation(operation.operation_type);
        if root.is_none() {
            self.report(Key::UnknownOperationType, &[operation.operation_type.name()], vec![at]);
        }
        self.usages.begin(None);
        if operation.operation_type == OperationType::Subscription {
            self.subscription_root(operation, at);
        }
        self.variable_definitions(operation);
        let location = match operation.operation_type {
            OperationType::Query => DirectiveLocation::Query,
            OperationType::Mutation => DirectiveLocation::Mutation,
            OperationType::Subscription => DirectiveLocation::Subscription,
        };
        self.directives(&operation.directives, location);
        self.selection_set(root, &operation.selection_set, true);
    }

    fn variable_definitions(&mut self, operation: &'a OperationDefinition) {
        for definition in &operation.variables {
            let known = self.known_type(definition.ty.inner_named_type());
            if known && !self.checked.schema.valid.is_input_type(&definition.ty) {
                let locations = vec![self.at(definition.ty.location())];
                self.report(Key::VariableNotInput, &[&definition.name], locations);
            }
            if let Some(default) = &definition.default_value {
                let ty = self.input_type(&definition.ty);
                self.value(ty, false, default, format!("${}", definition.name), None);
            }
            self.directives(&definition.directives, DirectiveLocation::VariableDefinition);
        }
        let definitions = operation.variables.iter();
        let names = definitions.map(|d| (&d.name, self.variable_name_at(d.location())));
        let names: Vec<_> = names.collect();
        self.report_repeated(Key::DuplicateVariable, &names);
    }

    fn fragment(&mut self, fragment: &'a Node<FragmentDefinition>) {
        self.usages.begin(Some(&fragment.name));
        let condition = self.type_condition(&fragment.type_condition);
        self.directives(&fragment.directives, DirectiveLocation::FragmentDefinition);
        self.selection_set(condition, &fragment.selection_set, true);
    }

    /// Returns the type if it is an input type.
    fn input_type(&self, ty: &'a Type) -> Option<&'a Type> {
        self.checked.schema.valid.is_input_type(ty).then_some(ty)
    }

    /// Whether the schema has the type. Reports it if not.
    fn known_type(&mut self, name: &'a Name) -> bool {
        let types = &self.checked.schema.valid.types;
        let known = types.contains_key(name) && !self.checked.schema.is_left_out(name);
        if !known {
            let near = self.suggest(name, || types.keys().map(Name::as_str).collect());
            let message = Message::new(Key::UnknownType, vec![name.to_string()]);
            let locations = vec![self.at(name.location())];
            self.push(DocumentError::new(message.suggesting(near), locations));
        }
        known
    }

    /// The name that a client probably meant. `None` if no name is near, or if clients may not
    /// learn the names of the schema.
    fn suggest(&self, wrong: &str, known: impl FnOnce() -> Vec<&'a str>) -> Option<&'a str> {
        match self.checked.suggestions {
            true => nearest(wrong, known().into_iter()),
            false => None,
        }
    }

    fn at(&self, span: Option<SourceSpan>) -> Pos {
        self.checked.positions.of(span)
    }

    /// Where a definition begins, including its description if it has one.
    fn definition_at(&self, span: Option<SourceSpan>) -> Pos {
        let offset = span.map_or(0, |span| span.offset());
        self.checked.positions.at(self.checked.syntax.with_description(offset))
    }

    /// Where the name of a variable definition begins, after the `$`.
    fn variable_name_at(&self, span: Option<SourceSpan>) -> Pos {
        self.checked.positions.at(span.map_or(0, |span| span.offset()) + 1)
    }

    /// Reports each name that occurs more than once, with all its locations.
    fn report_repeated(&mut self, key: Key, names: &[(&Name, Pos)]) {
        let mut by_name: Vec<(&Name, Vec<Pos>)> = Vec::new();
        for &(name, at) in names {
            match by_name.iter_mut().find(|(other, _)| *other == name) {
                Some((_, places)) => places.push(at),
                None => by_name.push((name, vec![at])),
            }
        }
        for (name, places) in by_name.into_iter().filter(|(_, places)| places.len() > 1) {
            self.report(key, &[name], places);
        }
    }

    fn report(&mut self, key: Key, parts: &[&str], locations: Vec<Pos>) {
        let parts = parts.iter().map(ToString::to_string).collect();
        self.push(DocumentError::new(Message::new(key, parts), locations));
    }

    fn push(&mut self, error: DocumentError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }
}

#[cfg(test)]
mod tests;
