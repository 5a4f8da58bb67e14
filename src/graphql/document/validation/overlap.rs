//! Fields with the same response key can be merged (§5.3.2).
//!
//! The algorithm is that of graphql-js, so that the errors have the same locations: it compares
//! pairs of fields, and remembers which fragments it has compared. The number of comparisons is
//! bounded. A real document is far below the bound; one above it is refused.

use super::{Checker, MAX_ERRORS};
use crate::graphql::document::error::{DocumentError, ErrorKind};
use crate::graphql::document::messages::{Key, Message};
use apollo_compiler::ast::{Field, FieldDefinition, FragmentDefinition, Selection, Type, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Maximum number of comparisons of fields for a document. graphql-js has the same limit.
const MAX_COMPARISONS: usize = 500_000;
/// Number of uses of a key from which equal leaves are no longer compared one by one.
const MANY_USAGES: usize = 50;
/// Maximum number of locations of one error.
const MAX_LOCATIONS: usize = 20;

/// What has been compared already.
#[derive(Default)]
pub(super) struct Compared<'a> {
    comparisons: usize,
    collected: HashMap<(Option<&'a Name>, *const Selection), Rc<Collected<'a>>>,
    fields_and_fragment: HashSet<(*const Collected<'a>, &'a Name, bool)>,
    fragments: HashSet<(&'a Name, &'a Name, bool)>,
}

/// The fields of a selection set by response key, and the fragments that it spreads.
#[derive(Default)]
struct Collected<'a> {
    fields: Vec<(&'a Name, Vec<Usage<'a>>)>,
    by_key: HashMap<&'a Name, usize>,
    spreads: Vec<&'a Name>,
}

#[derive(Clone, Copy)]
struct Usage<'a> {
    parent: Option<&'a Name>,
    node: &'a Node<Field>,
    definition: Option<&'a FieldDefinition>,
}

impl Usage<'_> {
    fn is_same_leaf(&self, other: &Self) -> bool {
        let is_leaf = |field: &Field| field.arguments.is_empty() && field.selection_set.is_empty();
        self.parent == other.parent
            && self.node.name == other.node.name
            && is_leaf(self.node)
            && is_leaf(other.node)
    }
}

struct Conflict<'a> {
    key: Key,
    one: Vec<&'a Node<Field>>,
    other: Vec<&'a Node<Field>>,
}

type Conflicts<'a> = Vec<(&'a Name, Conflict<'a>)>;

impl<'a> Checker<'a> {
    pub(super) fn overlapping_fields(
        &mut self,
        parent: Option<&'a Name>,
        selections: &'a [Selection],
    ) {
        if matches!(selections, [] | [Selection::Field(_) | Selection::FragmentSpread(_)]) {
            return;
        }
        let set = self.collect(parent, selections);
        let mut conflicts = Conflicts::new();
        for &(key, ref usages) in &set.fields {
            for (n, one) in usages.iter().enumerate() {
                for other in &usages[n + 1..] {
                    self.compare(&mut conflicts, false, key, one, other);
                }
            }
        }
        for (n, &fragment) in set.spreads.iter().enumerate() {
            self.fields_with_fragment(&mut conflicts, false, &set, fragment);
            for &other in &set.spreads[n + 1..] {
                self.fragment_with_fragment(&mut conflicts, false, fragment, other);
            }
        }
        for (key, conflict) in conflicts {
            let fields = conflict.one.iter().chain(&conflict.other).take(MAX_LOCATIONS);
            let locations = fields.map(|field| self.at(field.location())).collect();
            let message = Message::new(conflict.key, vec![key.to_string()]);
            self.push(DocumentError::new(message, locations));
        }
    }

    /// Counts a comparison. Returns false once the limit is reached, and reports that once.
    fn spend(&mut self) -> bool {
        self.overlap.comparisons += 1;
        if self.overlap.comparisons == MAX_COMPARISONS {
            let error = DocumentError::new(Message::new(Key::TooManyPairs, Vec::new()), Vec::new());
            // Put this error first: the limit on the number of errors must not drop it.
            self.errors.insert(0, DocumentError { kind: ErrorKind::Limit, ..error });
            self.errors.truncate(MAX_ERRORS);
        }
        self.overlap.comparisons < MAX_COMPARISONS
    }

    fn collect(
        &mut self,
        parent: Option<&'a Name>,
        selections: &'a [Selection],
    ) -> Rc<Collected<'a>> {
        let id = (parent, selections.as_ptr());
        if let Some(collected) = self.overlap.collected.get(&id) {
            return Rc::clone(collected);
        }
        let mut collected = Collected::default();
        self.collect_into(parent, selections, &mut collected);
        let collected = Rc::new(collected);
        self.overlap.collected.insert(id, Rc::clone(&collected));
        collected
    }

    fn collect_into(
        &self,
        parent: Option<&'a Name>,
        selections: &'a [Selection],
        collected: &mut Collected<'a>,
    ) {
        let schema = self.checked.schema;
        for selection in selections {
            match selection {
                Selection::Field(node) => {
                    let definition = parent
                        .filter(|_| !node.name.starts_with("__"))
                        .and_then(|parent| schema.valid.type_field(parent, &node.name).ok());
                    let usage = Usage { parent, node, definition: definition.map(|d| &***d) };
                    let key = node.response_name();
                    let new = collected.fields.len();
                    let index = *collected.by_key.entry(key).or_insert(new);
                    if index == new {
                        collected.fields.push((key, Vec::new()));
                    }
                    let usages = &mut collected.fields[index].1;
                    // One of many equal leaves stands for the others.
                    let repeats = usages.len() >= MANY_USAGES
                        && usages[..MANY_USAGES].iter().any(|other| other.is_same_leaf(&usage));
                    if !repeats {
                        usages.push(usage);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if !collected.spreads.contains(&&spread.fragment_name) {
                        collected.spreads.push(&spread.fragment_name);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.type_condition.as_ref();
                    let parent = condition.map_or(parent, |name| {
                        schema.valid.types.contains_key(name).then_some(name)
                    });
                    self.collect_into(parent, &inline.selection_set, collected);
                }
            }
        }
    }

    fn collect_fragment(&mut self, fragment: &'a FragmentDefinition) -> Rc<Collected<'a>> {
        let condition = &fragment.type_condition;
        let known = self.checked.schema.valid.types.contains_key(condition);
        self.collect(known.then_some(condition), &fragment.selection_set)
    }

    fn fields_with_fragment(
        &mut self,
        conflicts: &mut Conflicts<'a>,
        exclusive: bool,
        set: &Rc<Collected<'a>>,
        fragment: &'a Name,
    ) {
        if set.fields.is_empty() || !self.spend() {
            return;
        }
        let pair = |exclusive| (Rc::as_ptr(set), fragment, exclusive);
        // Fields that were compared as not exclusive need no comparison as exclusive ones.
        if self.overlap.fields_and_fragment.contains(&pair(false))
            || !self.overlap.fields_and_fragment.insert(pair(exclusive))
        {
            return;
        }
        let Some(definition) = self.fragments.get(fragment).copied() else { return };
        let other = self.collect_fragment(definition);
        if Rc::ptr_eq(set, &other) {
            return;
        }
        self.between(conflicts, exclusive, set, &other);
        for &spread in &other.spreads {
            self.fields_with_fragment(conflicts, exclusive, set, spread);
        }
    }

    fn fragment_with_fragment(
        &mut self,
        conflicts: &mut Conflicts<'a>,
        exclusive: bool,
        one: &'a Name,
        other: &'a Name,
    ) {
        if one == other || !self.spend() {
            return;
        }
        let (first, second) = if one < other { (one, other) } else { (other, one) };
        if self.overlap.fragments.contains(&(first, second, false))
            || !self.overlap.fragments.insert((first, second, exclusive))
        {
            return;
        }
        let both = (self.fragments.get(one).copied(), self.fragments.get(other).copied());
        let (Some(definition_of_one), Some(definition_of_other)) = both else { return };
        let set_of_one = self.collect_fragment(definition_of_one);
        let set_of_other = self.collect_fragment(definition_of_other);
        self.between(conflicts, exclusive, &set_of_one, &set_of_other);
        for &spread in &set_of_other.spreads {
            self.fragment_with_fragment(conflicts, exclusive, one, spread);
        }
        for &spread in &set_of_one.spreads {
            self.fragment_with_fragment(conflicts, exclusive, spread, other);
        }
    }

    fn between(
        &mut self,
        conflicts: &mut Conflicts<'a>,
        exclusive: bool,
        one: &Collected<'a>,
        other: &Collected<'a>,
    ) {
        for &(key, ref usages) in &one.fields {
            let Some(index) = other.by_key.get(key) else { continue };
            for one in usages {
                for other in &other.fields[*index].1 {
                    self.compare(conflicts, exclusive, key, one, other);
                }
            }
        }
    }

    fn compare(
        &mut self,
        conflicts: &mut Conflicts<'a>,
        exclusive: bool,
        key: &'a Name,
        one: &Usage<'a>,
        other: &Usage<'a>,
    ) {
        if self.spend()
            && let Some(conflict) = self.conflict(exclusive, one, other)
        {
            conflicts.push((key, conflict));
        }
    }

    fn conflict(
        &mut self,
        exclusive: bool,
        one: &Usage<'a>,
        other: &Usage<'a>,
    ) -> Option<Conflict<'a>> {
        let is_object = |name: Option<&Name>| {
            name.is_some_and(|n| self.checked.schema.valid.get_object(n).is_some())
        };
        let exclusive = exclusive
            || (one.parent != other.parent && is_object(one.parent) && is_object(other.parent));
        let simple = |key| Some(Conflict { key, one: vec![one.node], other: vec![other.node] });
        if !exclusive {
            if one.node.name != other.node.name {
                return simple(Key::ConflictFields);
            }
            if !same_arguments(one.node, other.node) {
                return simple(Key::ConflictArguments);
            }
        }
        let types = (one.definition.map(|d| &d.ty), other.definition.map(|d| &d.ty));
        if let (Some(one), Some(other)) = types
            && self.types_conflict(one, other)
        {
            return simple(Key::ConflictTypes);
        }
        if one.node.selection_set.is_empty() || other.node.selection_set.is_empty() {
            return None;
        }
        let named = |ty: Option<&'a Type>| ty.map(Type::inner_named_type);
        let set_of_one = self.collect(named(types.0), &one.node.selection_set);
        let set_of_other = self.collect(named(types.1), &other.node.selection_set);
        let mut within = Conflicts::new();
        self.between(&mut within, exclusive, &set_of_one, &set_of_other);
        for &spread in &set_of_other.spreads {
            self.fields_with_fragment(&mut within, exclusive, &set_of_one, spread);
        }
        for &spread in &set_of_one.spreads {
            self.fields_with_fragment(&mut within, exclusive, &set_of_other, spread);
        }
        for &spread in &set_of_one.spreads {
            for &other in &set_of_other.spreads {
                self.fragment_with_fragment(&mut within, exclusive, spread, other);
            }
        }
        let key = within.first()?.1.key;
        let mut conflict = Conflict { key, one: vec![one.node], other: vec![other.node] };
        for (_, inner) in within {
            conflict.one.extend(inner.one);
            conflict.other.extend(inner.other);
        }
        Some(conflict)
    }

    fn types_conflict(&self, one: &Type, other: &Type) -> bool {
        match (one, other) {
            (Type::List(one), Type::List(other))
            | (Type::NonNullList(one), Type::NonNullList(other)) => self.types_conflict(one, other),
            (Type::Named(one), Type::Named(other))
            | (Type::NonNullNamed(one), Type::NonNullNamed(other)) => {
                let types = &self.checked.schema.valid.types;
                let is_leaf = |name| types.get(name).is_some_and(ExtendedType::is_leaf);
                one != other && (is_leaf(one) || is_leaf(other))
            }
            _ => true,
        }
    }
}

fn same_arguments(one: &Field, other: &Field) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|argument| {
            let mut others = other.arguments.iter();
            let same = others.rfind(|other| other.name == argument.name);
            same.is_some_and(|other| same_value(&argument.value, &other.value))
        })
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    let mut others = other.iter();
                    others.any(|(other, with)| name == other && same_value(value, with))
                })
        }
        // Numbers are equal only as they are written.
        (one, other) => one == other,
    }
}
