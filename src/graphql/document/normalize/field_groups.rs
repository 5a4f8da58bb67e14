//! The fields collected from selection sets, grouped by response key and possible types.

use super::NormalizeError;
use crate::graphql::document::type_set::TypeSet;
use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::executable::Field;
use apollo_compiler::{Name, Node};
use std::collections::{HashMap, HashSet};

/// The uses of one response key for the same object types of the parent.
pub(super) struct FieldGroup<'d> {
    pub(super) target: TypeSet,
    /// The innermost type condition around the field.
    pub(super) condition: &'d Name,
    pub(super) usages: Vec<Usage<'d>>,
}

/// A field as the client wrote it, and its position among all collected fields.
pub(super) struct Usage<'d> {
    pub(super) index: usize,
    pub(super) field: &'d Node<Field>,
}

impl<'d> FieldGroup<'d> {
    pub(super) fn key(&self) -> Option<&'d Name> {
        self.usages.first().map(|usage| usage.field.response_key())
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.usages.iter().all(|usage| usage.field.selection_set.selections.is_empty())
    }
}

/// The collected groups, in the order in which each first occurs.
#[derive(Default)]
pub(super) struct FieldGroups<'d> {
    pub(super) all: Vec<FieldGroup<'d>>,
    collected: usize,
    by_key: HashMap<&'d Name, Vec<usize>>,
}

impl<'d> FieldGroups<'d> {
    pub(super) fn insert(
        &mut self,
        condition: &'d Name,
        target: &TypeSet,
        field: &'d Node<Field>,
    ) -> Result<(), NormalizeError> {
        let key = field.response_key();
        let usage = Usage { index: self.collected, field };
        self.collected += 1;
        let equal = self.by_key.entry(key).or_default();
        for &i in equal.iter() {
            if let Some(group) = self.all.get_mut(i)
                && group.target == *target
            {
                if group.usages.first().is_some_and(|first| !same(first.field, field)) {
                    return Err(NormalizeError::Conflict(key.clone()));
                }
                // A repeated leaf adds nothing.
                if !field.selection_set.selections.is_empty() {
                    group.usages.push(usage);
                }
                return Ok(());
            }
        }
        equal.push(self.all.len());
        self.all.push(FieldGroup { target: target.clone(), condition, usages: vec![usage] });
        Ok(())
    }

    /// Removes leaves that an earlier group already requests for all their types: `id ... on
    /// Processo { id }`, as Relay writes it.
    pub(super) fn remove_redundant(&mut self) -> Result<(), NormalizeError> {
        let mut redundant = HashSet::new();
        for indices in self.by_key.values().filter(|indices| indices.len() > 1) {
            let groups = || indices.iter().filter_map(|&i| Some((i, self.all.get(i)?)));
            for (i, group) in groups() {
                let before = groups().take_while(|(j, _)| *j < i);
                let covers =
                    |other: &FieldGroup<'_>| other.target.covers(&group.target) && other.is_leaf();
                if group.is_leaf()
                    && let Some((_, before)) = before.into_iter().find(|(_, other)| covers(other))
                {
                    if let (Some(one), Some(other)) = (group.usages.first(), before.usages.first())
                        && !same(one.field, other.field)
                    {
                        return Err(NormalizeError::Conflict(one.field.response_key().clone()));
                    }
                    redundant.insert(i);
                }
            }
        }
        if !redundant.is_empty() {
            let mut i = 0..;
            self.all.retain(|_| i.next().is_none_or(|i| !redundant.contains(&i)));
        }
        Ok(())
    }

    /// Whether no object type has the same key in two groups.
    pub(super) fn are_disjoint(&self) -> bool {
        let mut seen = HashMap::<&Name, TypeSet>::new();
        self.all.iter().all(|group| {
            let Some(key) = group.key() else { return true };
            let seen_set = seen.entry(key).or_default();
            let disjoint = seen_set.is_disjoint(&group.target);
            *seen_set = seen_set.union(&group.target);
            disjoint
        })
    }
}

/// Whether both are the same field with the same arguments, in any order.
fn same(one: &Field, other: &Field) -> bool {
    let equal = |argument: &Node<Argument>| {
        let other_argument = other.arguments.iter().find(|a| a.name == argument.name);
        other_argument.is_some_and(|a| same_value(&a.value, &argument.value))
    };
    one.name == other.name
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(equal)
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same_value(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let equal = |(name, value): &(Name, Node<Value>)| {
                other.iter().any(|(n, v)| n == name && same_value(v, value))
            };
            one.len() == other.len() && one.iter().all(equal)
        }
        _ => one == other,
    }
}
