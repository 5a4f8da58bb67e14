//! Rules about variables and fragments that an operation uses, also through its fragments (§5.5.1.4,
//! §5.8).

use super::Checker;
use crate::graphql::document::expansion::spreads;
use crate::graphql::document::messages::Key;
use apollo_compiler::ast::{Definition, OperationDefinition, Type, VariableDefinition};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use std::collections::{HashMap, HashSet};

/// The use of a variable.
#[derive(Clone, Copy)]
pub(super) struct VariableUse<'a> {
    pub name: &'a Name,
    pub span: Option<SourceSpan>,
    /// The type that the schema expects, if it is known.
    pub ty: Option<&'a Type>,
    /// Whether the schema has a default value for the location of the variable (§5.8.5).
    pub has_default: bool,
    /// Whether the variable is the value of a field of a `@oneOf` input object.
    pub one_of: bool,
}

/// What each definition uses, in the order of the document.
#[derive(Default)]
pub(super) struct Usages<'a> {
    /// The name of each definition, `None` for an operation, and the variables that it uses.
    definitions: Vec<(Option<&'a Name>, Vec<VariableUse<'a>>)>,
}

impl<'a> Usages<'a> {
    pub fn begin(&mut self, fragment: Option<&'a Name>) {
        self.definitions.push((fragment, Vec::new()));
    }

    pub fn variable(&mut self, usage: VariableUse<'a>) {
        if let Some((_, usages)) = self.definitions.last_mut() {
            usages.push(usage);
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn usages(&mut self) {
        let definitions = std::mem::take(&mut self.usages.definitions);
        let by_fragment: HashMap<&Name, &[VariableUse<'a>]> = definitions
            .iter()
            .filter_map(|(name, usages)| Some(((*name)?, usages.as_slice())))
            .collect();
        let own = definitions.iter().filter(|(name, _)| name.is_none());
        let document = self.checked.document;
        let operations =
            document.definitions.iter().filter_map(Definition::as_operation_definition);
        let mut used_fragments = HashSet::new();
        for (operation, (_, own)) in operations.zip(own) {
            let fragments = self.reachable(operation);
            let within = fragments.iter().filter_map(|name| by_fragment.get(name));
            let usages: Vec<VariableUse<'a>> =
                own.iter().chain(within.copied().flatten()).copied().collect();
            self.variables_of(operation, &usages);
            used_fragments.extend(fragments);
        }
        for definition in &document.definitions {
            if let Some(fragment) = definition.as_fragment_definition()
                && !used_fragments.contains(&fragment.name)
            {
                let locations = vec![self.definition_at(fragment.location())];
                self.report(Key::UnusedFragment, &[&fragment.name], locations);
            }
        }
    }

    /// The fragments that an operation reaches, each once.
    fn reachable(&self, operation: &'a OperationDefinition) -> Vec<&'a Name> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let mut to_visit = vec![operation.selection_set.as_slice()];
        while let Some(selections) = to_visit.pop() {
            for (name, _) in spreads(selections) {
                if seen.insert(name)
                    && let Some(fragment) = self.fragments.get(name)
                {
                    found.push(name);
                    to_visit.push(&fragment.selection_set);
                }
            }
        }
        found
    }

    fn variables_of(
        &mut self,
        operation: &'a Node<OperationDefinition>,
        usages: &[VariableUse<'a>],
    ) {
        let at = self.definition_at(operation.location());
        for usage in usages {
            // The last definition of a name counts, as in graphql-js.
            let mut definitions = operation.variables.iter().rev();
            let Some(definition) = definitions.find(|defined| defined.name == *usage.name) else {
                let locations = vec![self.at(usage.span), at];
                self.report(Key::UndefinedVariable, &[usage.name], locations);
                continue;
            };
            let Some(ty) = usage.ty else { continue };
            let has_default = definition.default_value.as_ref().is_some_and(|v| !v.is_null());
            let known =
                self.checked.schema.valid.types.contains_key(definition.ty.inner_named_type());
            if known && !is_allowed(&definition.ty, has_default, usage, ty) {
                self.position(definition, usage, ty);
            }
            if usage.one_of && known && !definition.ty.is_non_null() {
                self.position(definition, usage, &ty.clone().non_null());
            }
        }
        for definition in &operation.variables {
            if !usages.iter().any(|usage| *usage.name == definition.name) {
                let locations = vec![self.definition_at(definition.location())];
                self.report(Key::UnusedVariable, &[&definition.name], locations);
            }
        }
    }

    fn position(
        &mut self,
        definition: &Node<VariableDefinition>,
        usage: &VariableUse<'_>,
        expected: &Type,
    ) {
        let locations = vec![self.definition_at(definition.location()), self.at(usage.span)];
        let (given, expected) = (definition.ty.to_string(), expected.to_string());
        let parts = [definition.name.as_str(), given.as_str(), expected.as_str()];
        self.report(Key::VariablePosition, &parts, locations);
    }
}

/// IsVariableUsageAllowed (§5.8.5).
fn is_allowed(variable: &Type, has_default: bool, usage: &VariableUse<'_>, place: &Type) -> bool {
    let tolerates_null = place.is_non_null() && !variable.is_non_null();
    match tolerates_null && (has_default || usage.has_default) {
        true => variable.is_assignable_to(&place.clone().nullable()),
        false => variable.is_assignable_to(place),
    }
}
