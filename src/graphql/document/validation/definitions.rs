//! Rules about operations and fragments as wholes: their names, their cycles, and the root of a
//! subscription.

use super::Checker;
use crate::graphql::document::error::DocumentError;
use crate::graphql::document::expansion::spreads;
use crate::graphql::document::messages::{Key, Message};
use apollo_compiler::ast::{Definition, FragmentDefinition, OperationDefinition, Selection};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use async_graphql::Pos;
use std::collections::{HashMap, HashSet};

impl<'a> Checker<'a> {
    /// Names are unique, and an operation without one stands alone (§5.2.2, §5.2.3, §5.5.1.1).
    pub(super) fn definition_names(&mut self) {
        let definitions = &self.checked.document.definitions;
        let operations = definitions.iter().filter(|d| d.as_operation_definition().is_some());
        let several = operations.count() > 1;
        let (mut operations, mut fragments) = (HashMap::new(), HashMap::new());
        for definition in definitions {
            let (name, seen, key) = match definition {
                Definition::OperationDefinition(operation) => match &operation.name {
                    Some(name) => (name, &mut operations, Key::DuplicateOperation),
                    None if several => {
                        let locations = vec![self.definition_at(operation.location())];
                        self.report(Key::AnonymousNotAlone, &[], locations);
                        continue;
                    }
                    None => continue,
                },
                Definition::FragmentDefinition(fragment) => {
                    (&fragment.name, &mut fragments, Key::DuplicateFragment)
                }
                _ => continue,
            };
            let at = self.at(name.location());
            match seen.get(name) {
                Some(first) => self.report(key, &[name], vec![*first, at]),
                None => _ = seen.insert(name, at),
            }
        }
    }

    /// A fragment does not contain itself (§5.5.2.2).
    pub(super) fn fragment_cycles(&mut self) {
        let document = self.checked.document;
        let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
        let mut search = CycleSearch::default();
        for fragment in fragments {
            self.search_cycle(fragment, &mut search);
        }
    }

    fn search_cycle(&mut self, fragment: &'a FragmentDefinition, search: &mut CycleSearch<'a>) {
        if !search.visited.insert(&fragment.name) {
            return;
        }
        search.depth_by_name.insert(&fragment.name, search.path.len());
        for (name, span) in spreads(&fragment.selection_set) {
            search.path.push(span);
            match search.depth_by_name.get(name) {
                Some(depth) => {
                    let locations: Vec<Pos> =
                        search.path[*depth..].iter().map(|span| self.at(*span)).collect();
                    self.report(Key::FragmentCycle, &[name], locations);
                }
                None => {
                    if let Some(fragment) = self.fragments.get(name).copied() {
                        self.search_cycle(fragment, search);
                    }
                }
            }
            search.path.pop();
        }
        search.depth_by_name.remove(&fragment.name);
    }

    /// A subscription selects one root field, which is not of introspection and which no condition
    /// can remove (§5.2.4.1).
    pub(super) fn subscription_root(
        &mut self,
        operation: &'a Node<OperationDefinition>,
        operation_at: Pos,
    ) {
        let mut roots = Roots::default();
        self.collect_roots(&operation.selection_set, &mut roots);
        if !roots.conditions.is_empty() {
            let locations = roots.conditions.iter().map(|span| self.at(*span)).collect();
            return self.report(Key::SubscriptionCondition, &[], locations);
        }
        if roots.fields.is_empty() {
            self.report(Key::SubscriptionRoots, &[], vec![operation_at]);
        }
        let places = |fields: &[RootField<'_>]| -> Vec<Pos> {
            fields.iter().map(|(_, span)| self.at(*span)).collect()
        };
        let extra: Vec<Pos> =
            roots.fields.iter().skip(1).flat_map(|(_, fields)| places(fields)).collect();
        let mut errors = Vec::new();
        if !extra.is_empty() {
            errors.push((Key::SubscriptionRoots, extra));
        }
        for (_, fields) in &roots.fields {
            if fields.first().is_some_and(|(name, _)| name.starts_with("__")) {
                errors.push((Key::SubscriptionIntrospection, places(fields)));
            }
        }
        for (key, locations) in errors {
            self.push(DocumentError::new(Message::new(key, Vec::new()), locations));
        }
    }

    fn collect_roots(&self, selections: &'a [Selection], roots: &mut Roots<'a>) {
        for selection in selections {
            let directives = match selection {
                Selection::Field(field) => &field.directives,
                Selection::InlineFragment(inline) => &inline.directives,
                Selection::FragmentSpread(spread) => &spread.directives,
            };
            // graphql-js reports one condition of a selection, and does not look into that
            // selection.
            let named = |name| directives.iter().find(|directive| directive.name == name);
            if let Some(condition) = named("skip").or_else(|| named("include")) {
                roots.conditions.push(condition.location());
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_name();
                    let usage = (&field.name, field.location());
                    match roots.fields.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, fields)) => fields.push(usage),
                        None => roots.fields.push((key, vec![usage])),
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.collect_roots(&inline.selection_set, roots);
                }
                Selection::FragmentSpread(spread) => {
                    if roots.visited.insert(&spread.fragment_name)
                        && let Some(fragment) = self.fragments.get(&spread.fragment_name)
                    {
                        self.collect_roots(&fragment.selection_set, roots);
                    }
                }
            }
        }
    }
}

/// A search for cycles, which follows spreads in depth.
#[derive(Default)]
struct CycleSearch<'a> {
    visited: HashSet<&'a Name>,
    path: Vec<Option<SourceSpan>>,
    depth_by_name: HashMap<&'a Name, usize>,
}

/// The name of a field, and its span in the text.
type RootField<'a> = (&'a Name, Option<SourceSpan>);

/// The root fields of a subscription, by response key in the order of the document, and the
/// conditions at its root.
#[derive(Default)]
struct Roots<'a> {
    fields: Vec<(&'a Name, Vec<RootField<'a>>)>,
    conditions: Vec<Option<SourceSpan>>,
    visited: HashSet<&'a Name>,
}
