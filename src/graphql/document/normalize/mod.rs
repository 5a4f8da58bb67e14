//! Rewrites an operation so that it has no named fragments and no conditions, and contains each
//! response key only once for each object type.
//!
//! async-graphql runs a field as many times as the document contains it, but the specification says
//! once (CollectFields and CollectSubfields, §6). This module merges equal response keys,
//! applies `@skip` and `@include`, and expands fragments. A fragment remains only as `... on Type`,
//! and only where the parent is an interface or a union.

mod field_groups;

use crate::graphql::document::error::DocumentError;
use crate::graphql::document::messages::{Key, Message};
use crate::graphql::document::schema::DocumentSchema;
use crate::graphql::document::type_set::TypeSet;
use apollo_compiler::ast::Value;
use apollo_compiler::executable::{
    DirectiveList, Field, FragmentMap, Operation, Selection, SelectionSet,
};
use apollo_compiler::schema::FieldDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node};
use field_groups::{FieldGroup, FieldGroups, Usage};
use std::collections::{BTreeMap, HashSet};

/// Maximum number of resulting fields. Expanding an abstract type into its object types can
/// multiply the fields.
const MAX_FIELDS: usize = 10_000;
/// Maximum number of steps, which the same expansion can multiply.
const MAX_STEPS: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NormalizeError {
    TooLarge,
    Conflict(Name),
}

impl NormalizeError {
    pub fn message(&self) -> Message {
        match self {
            Self::TooLarge => Message::new(Key::Selections, vec![MAX_FIELDS.to_string()]),
            Self::Conflict(key) => Message::new(Key::ConflictKey, vec![key.to_string()]),
        }
    }
}

#[derive(Debug, Clone)]
pub enum CollectedSelection {
    Field(CollectedField),
    /// Fields for one of the types that the abstract parent may have.
    InlineFragment(Name, Vec<CollectedField>),
}

#[derive(Debug, Clone)]
pub struct CollectedField {
    pub parent: Name,
    /// The first of the merged fields, which gives the name, the arguments and the position.
    pub origin: Node<Field>,
    pub definition: Node<FieldDefinition>,
    pub selections: Vec<CollectedSelection>,
    /// Why the field cannot be answered, if the variables of the request leave an argument without
    /// its value.
    pub refused: Option<Box<DocumentError>>,
}

/// The values of the variables that `@skip` and `@include` use.
pub type ConditionValues = BTreeMap<Name, bool>;

/// Normalizes the selections of an operation. The document must be valid and within the limits of
/// `expansion`.
pub fn normalize(
    schema: &DocumentSchema,
    document: &ExecutableDocument,
    operation: &Operation,
    condition_values: &ConditionValues,
) -> Result<Vec<CollectedSelection>, NormalizeError> {
    let fragments = &document.fragments;
    let mut normalizer = Normalizer { schema, fragments, condition_values, fields: 0, steps: 0 };
    normalizer.merge(&operation.selection_set.ty, &[&operation.selection_set])
}

/// Returns the variables that `@skip` and `@include` of this operation use, sorted.
pub fn condition_variables(document: &ExecutableDocument, operation: &Operation) -> Vec<Name> {
    fn push_variables<'d>(directives: &'d DirectiveList, found: &mut Vec<&'d Name>) {
        let conditions = directives.iter().filter(|d| d.name == "skip" || d.name == "include");
        let if_values = conditions.filter_map(|d| d.specified_argument_by_name("if"));
        found.extend(if_values.filter_map(|value| value.as_variable()));
    }
    let (mut found, mut visited) = (Vec::new(), HashSet::new());
    let mut to_visit = vec![&operation.selection_set];
    while let Some(selections) = to_visit.pop() {
        for selection in &selections.selections {
            push_variables(selection.directives(), &mut found);
            match selection {
                Selection::Field(field) => to_visit.push(&field.selection_set),
                Selection::InlineFragment(inline_fragment) => {
                    to_visit.push(&inline_fragment.selection_set);
                }
                Selection::FragmentSpread(usage) => {
                    let fragment = document.fragments.get(&usage.fragment_name);
                    if let Some(fragment) = fragment
                        && visited.insert(&usage.fragment_name)
                    {
                        to_visit.push(&fragment.selection_set);
                    }
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().cloned().collect()
}

struct Normalizer<'d> {
    schema: &'d DocumentSchema,
    fragments: &'d FragmentMap,
    condition_values: &'d ConditionValues,
    fields: usize,
    steps: usize,
}

impl<'d> Normalizer<'d> {
    /// Merges the selection sets of all uses of one field, whose type is `ty`, or that of the root.
    fn merge(
        &mut self,
        ty: &Name,
        sets: &[&'d SelectionSet],
    ) -> Result<Vec<CollectedSelection>, NormalizeError> {
        let target = self.schema.possible_types(ty);
        let mut groups = FieldGroups::default();
        for set in sets {
            self.collect(&set.ty, &target, set, &mut groups)?;
        }
        groups.remove_redundant()?;
        match groups.are_disjoint() {
            true => self.as_written(ty, &target, &groups.all),
            false => self.by_type(&target, &groups.all),
        }
    }

    fn collect(
        &mut self,
        condition: &'d Name,
        target: &TypeSet,
        set: &'d SelectionSet,
        groups: &mut FieldGroups<'d>,
    ) -> Result<(), NormalizeError> {
        for selection in &set.selections {
            self.step()?;
            if !self.is_included(selection.directives()) {
                continue;
            }
            let within = match selection {
                Selection::Field(field) => {
                    groups.insert(condition, target, field)?;
                    continue;
                }
                Selection::InlineFragment(inline_fragment) => &inline_fragment.selection_set,
                Selection::FragmentSpread(usage) => {
                    match self.fragments.get(&usage.fragment_name) {
                        Some(fragment) => &fragment.selection_set,
                        None => continue,
                    }
                }
            };
            let remaining = target.intersection(&self.schema.possible_types(&within.ty));
            if remaining.is_empty() {
                continue;
            }
            // A type condition that excludes no type changes nothing.
            let condition = if remaining == *target { condition } else { &within.ty };
            self.collect(condition, &remaining, within, groups)?;
        }
        Ok(())
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        let applies = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match &**value {
                Value::Boolean(applies) => Some(*applies),
                Value::Variable(variable) => self.condition_values.get(variable).copied(),
                _ => None,
            }
        };
        applies("skip") != Some(true) && applies("include") != Some(false)
    }

    /// Writes the groups as the client wrote them. No object type may have the same key in two of
    /// them.
    fn as_written(
        &mut self,
        ty: &Name,
        target: &TypeSet,
        groups: &[FieldGroup<'d>],
    ) -> Result<Vec<CollectedSelection>, NormalizeError> {
        let mut selections = Vec::with_capacity(groups.len());
        for group in groups {
            if group.target == *target && self.has(ty, group) {
                selections.push(CollectedSelection::Field(self.field(ty, &group.usages)?));
                continue;
            }
            for ty in self.conditions(target, group) {
                let field = self.field(&ty, &group.usages)?;
                match selections.last_mut() {
                    Some(CollectedSelection::InlineFragment(last, fields)) if *last == ty => {
                        fields.push(field);
                    }
                    _ => selections.push(CollectedSelection::InlineFragment(ty, vec![field])),
                }
            }
        }
        Ok(selections)
    }

    /// Chooses the types under which to request a group, as few as possible. An interface stays as
    /// the client wrote it. A union becomes its object types, because async-graphql does not
    /// support a union there.
    fn conditions(&self, target: &TypeSet, group: &FieldGroup<'d>) -> Vec<Name> {
        let condition = group.condition;
        let exact = self.schema.possible_types(condition).intersection(target) == group.target;
        let is_union = self.schema.valid.get_union(condition).is_some();
        if exact && !is_union && self.has(condition, group) {
            return vec![condition.clone()];
        }
        group.target.iter().filter_map(|index| self.schema.object(index).cloned()).collect()
    }

    fn has(&self, ty: &Name, group: &FieldGroup<'d>) -> bool {
        let name = group.usages.first().map(|usage| &usage.field.name);
        name.is_some_and(|name| self.schema.valid.type_field(ty, name).is_ok())
    }

    /// Writes all fields of each object type separately, in the order in which the client wrote
    /// them.
    fn by_type(
        &mut self,
        target: &TypeSet,
        groups: &[FieldGroup<'d>],
    ) -> Result<Vec<CollectedSelection>, NormalizeError> {
        let (schema, mut selections) = (self.schema, Vec::new());
        for index in target.iter() {
            let Some(ty) = schema.object(index) else { continue };
            let only_this = TypeSet::only(index);
            let mut own_groups = FieldGroups::default();
            for field in in_order(groups, index) {
                self.step()?;
                own_groups.insert(ty, &only_this, field)?;
            }
            let mut fields = Vec::with_capacity(own_groups.all.len());
            for group in &own_groups.all {
                fields.push(self.field(ty, &group.usages)?);
            }
            if !fields.is_empty() {
                selections.push(CollectedSelection::InlineFragment(ty.clone(), fields));
            }
        }
        Ok(selections)
    }

    fn field(
        &mut self,
        parent: &Name,
        usages: &[Usage<'d>],
    ) -> Result<CollectedField, NormalizeError> {
        self.fields += 1;
        let first = usages.first().ok_or(NormalizeError::TooLarge)?.field;
        if self.fields > MAX_FIELDS {
            return Err(NormalizeError::TooLarge);
        }
        // The definition in the object type may return a narrower type.
        let definition = match self.schema.valid.type_field(parent, &first.name) {
            Ok(definition) => definition.node.clone(),
            Err(_) => first.definition.clone(),
        };
        let sets: Vec<_> = usages.iter().map(|usage| &usage.field.selection_set).collect();
        let selections = self.merge(definition.ty.inner_named_type(), &sets)?;
        let (parent, origin) = (parent.clone(), first.clone());
        Ok(CollectedField { parent, origin, definition, selections, refused: None })
    }

    fn step(&mut self) -> Result<(), NormalizeError> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(NormalizeError::TooLarge) } else { Ok(()) }
    }
}

/// The fields that the client requested for one object type, in the order in which it wrote them.
/// They need sorting because a group gathers all uses for the same types, and uses for other types
/// may stand between them.
fn in_order<'d>(groups: &[FieldGroup<'d>], ty: usize) -> Vec<&'d Node<Field>> {
    let own_groups = groups.iter().filter(|group| group.target.contains(ty));
    let mut usages: Vec<_> = own_groups.flat_map(|group| &group.usages).collect();
    usages.sort_unstable_by_key(|usage| usage.index);
    usages.into_iter().map(|usage| usage.field).collect()
}

#[cfg(test)]
mod tests;
