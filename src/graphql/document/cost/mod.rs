//! Computes the cost of an operation before it runs.
//!
//! Every operation costs [`OPERATION_COST`]. An object costs 1, or the `@cost` of its type; a
//! scalar costs nothing; a field with a `@cost` of its own costs that, once. A list multiplies the
//! cost of an item by the size that `@listSize` gives. For an abstract type, the most expensive of
//! its object types counts. One statement reads each root field and each field with `@listSize`,
//! for all parents together, and costs [`READ_COST`]. Each value of an argument costs its `@cost`,
//! including the values within it: this is the cost of a filter. If the operation counts the rows
//! of a list, the filter of the list counts [`SCANS_PER_COUNT`] times.

mod inputs;
mod exceeded;
pub(crate) mod weights;

use crate::graphql::document::convert::constant;
use crate::graphql::document::normalize::{CollectedField, CollectedSelection};
use crate::graphql::document::schema::DocumentSchema;
use crate::graphql::document::type_set::TypeSet;
use apollo_compiler::Node;
use apollo_compiler::ast::{Value, VariableDefinition};
use apollo_compiler::executable::Operation;
use async_graphql::{Name, Value as ConstValue, Variables};
use inputs::{InputCosts, UsageCosts, VariableUses};
use std::sync::Arc;
use weights::{CostRule, CostRules, ListSize};

pub use exceeded::{CostExceeded, FitsWith};

/// The assumed size of a list whose size the schema does not give.
const ASSUMED_ITEMS: f64 = 5.0;
/// The cost of `__schema` and of `__type` with all that they select. They read no data.
const INTROSPECTION_COST: f64 = 10.0;

/// The base cost of an operation: checking the token, the protocol, a record in the trail.
const OPERATION_COST: f64 = 100.0;
/// The cost of a statement, whatever it reads.
const READ_COST: f64 = 50.0;
/// The additional cost of counting a list at the root, because the count scans all rows of the
/// tribunal.
const ROOT_COUNT_COST: f64 = 300.0;
/// Factor on the cost of the filter of a counted list: one for the page, and two for the count,
/// which scans to the end.
const SCANS_PER_COUNT: f64 = 3.0;
/// The field that counts the rows of a list, over all pages.
const COUNT_FIELD: &str = "totalCount";

/// The cost of an operation as a function of its variables.
#[derive(Debug, Clone)]
pub struct CostPlan {
    children: Vec<CostNode>,
    variable_uses: VariableUses,
    /// Number of root fields, without those of introspection, and of fields with `@listSize` below
    /// them. Each is charged one statement.
    reads: u32,
    rules: Arc<CostRules>,
}

#[derive(Debug, Clone)]
struct CostNode {
    key: Name,
    /// The `@cost` of the field, which counts once: for a list in addition to `object` of each
    /// item, and otherwise in place of `object`.
    weight: Option<f64>,
    /// The cost of each object.
    object: f64,
    list: bool,
    /// Whether the size of the list is that of the parent, which names the field in its
    /// `sizedFields`.
    sized_by_parent: bool,
    slice: Option<Slice>,
    inputs: InputCosts,
    counts_rows: bool,
    children: Vec<CostNode>,
    /// The fields for some of the types that the object may have.
    cases: Vec<(TypeSet, Vec<CostNode>)>,
}

impl CostNode {
    /// Whether the operation counts the rows of the list.
    fn is_counted(&self) -> bool {
        self.children.iter().any(|child| child.counts_rows)
    }
}

#[derive(Debug, Clone)]
struct Slice {
    number: usize,
    /// Whether the size applies to the children that `sizedFields` names, and not to the field
    /// itself.
    of_children: bool,
    arguments: Vec<(Name, ArgumentSource)>,
    /// The argument to suggest if the client gave none.
    first: Option<Name>,
    assumed: f64,
}

/// The source of the value of a slicing argument.
#[derive(Debug, Clone)]
enum ArgumentSource {
    Literal(Option<f64>),
    Variable { name: Name, default: Option<f64> },
}

impl CostPlan {
    pub fn new(
        schema: &DocumentSchema,
        operation: &Operation,
        selections: &[CollectedSelection],
    ) -> Self {
        let variables = &operation.variables;
        let mut builder = CostBuilder {
            schema,
            variables,
            slices: 0,
            variable_uses: VariableUses::default(),
            reads: 0,
        };
        let (children, cases) = builder.selections(selections, None, true);
        debug_assert!(cases.is_empty(), "a root is not abstract");
        let CostBuilder { variable_uses, reads, .. } = builder;
        Self { children, variable_uses, reads, rules: Arc::clone(&schema.rules) }
    }

    pub fn cost(&self, variables: &Variables) -> u64 {
        integer(self.total(&self.evaluation(variables)))
    }

    fn evaluation<'v>(&self, variables: &'v Variables) -> Evaluation<'v> {
        let usage_costs = self.variable_uses.usage_costs(&self.rules, variables);
        Evaluation { variables, usage_costs, substitute: None }
    }

    /// Whether only the root field reads: there is one root field, and nothing below it has a cost.
    /// The scalars that have a statement of their own (the sensitive ones of an adolescente) occur
    /// only below a list.
    pub fn root_only(&self) -> bool {
        let is_free = |node: &CostNode| {
            node.weight.unwrap_or(node.object) == 0.0
                && node.children.is_empty()
                && node.cases.is_empty()
        };
        let [root] = self.children.as_slice() else { return false };
        root.children.iter().chain(root.cases.iter().flat_map(|(_, nodes)| nodes)).all(is_free)
    }

    fn total(&self, evaluation: &Evaluation<'_>) -> f64 {
        let fields: f64 = self.children.iter().map(|node| evaluation.node(node, 1.0)).sum();
        let count_cost = |node: &CostNode| if node.is_counted() { ROOT_COUNT_COST } else { 0.0 };
        let counted: f64 = self.children.iter().map(count_cost).sum();
        OPERATION_COST + fields + counted + READ_COST * f64::from(self.reads)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn integer(cost: f64) -> u64 {
    cost.ceil() as u64
}

struct Evaluation<'v> {
    variables: &'v Variables,
    usage_costs: UsageCosts,
    /// The number of a slice, and the size to try in place of its own.
    substitute: Option<(usize, f64)>,
}

impl Evaluation<'_> {
    fn node(&self, node: &CostNode, parent_size: f64) -> f64 {
        let of_children = self.of_children(node);
        let mut within: f64 = node.children.iter().map(|child| self.node(child, of_children)).sum();
        let mut by_type = Vec::<(usize, f64)>::new();
        for (types, nodes) in &node.cases {
            let cost: f64 = nodes.iter().map(|child| self.node(child, of_children)).sum();
            for ty in types.iter() {
                match by_type.iter_mut().find(|(other, _)| *other == ty) {
                    Some((_, sum)) => *sum += cost,
                    None => by_type.push((ty, cost)),
                }
            }
        }
        within += by_type.iter().map(|(_, cost)| *cost).fold(0.0, f64::max);
        let scans = if node.is_counted() { SCANS_PER_COUNT } else { 1.0 };
        let inputs = scans * node.inputs.cost(&self.usage_costs);
        match node.list {
            false => node.weight.unwrap_or(node.object) + within + inputs,
            true => {
                node.weight.unwrap_or(0.0)
                    + self.items(node, parent_size) * (node.object + within)
                    + inputs
            }
        }
    }

    fn of_children(&self, node: &CostNode) -> f64 {
        match &node.slice {
            Some(slice) if slice.of_children => self.size(slice),
            _ => 1.0,
        }
    }

    fn items(&self, node: &CostNode, parent_size: f64) -> f64 {
        match &node.slice {
            _ if !node.list => 1.0,
            _ if node.sized_by_parent => parent_size,
            Some(slice) if !slice.of_children => self.size(slice),
            _ => ASSUMED_ITEMS,
        }
    }

    /// Returns the largest of the slicing arguments that have a value or a default, or the assumed
    /// size if none has.
    fn size(&self, slice: &Slice) -> f64 {
        if let Some((number, size)) = self.substitute
            && number == slice.number
        {
            return size;
        }
        let given = slice.arguments.iter().filter_map(|(_, source)| match source {
            ArgumentSource::Literal(value) => *value,
            ArgumentSource::Variable { name, default } => match self.variables.get(name) {
                Some(value) => item_count(value),
                None => *default,
            },
        });
        given.reduce(f64::max).unwrap_or(slice.assumed).max(0.0)
    }
}

/// The size that a value gives: a number, or the length of a list.
fn item_count(value: &ConstValue) -> Option<f64> {
    match value {
        ConstValue::Number(number) => number.as_f64(),
        ConstValue::List(items) => u32::try_from(items.len()).ok().map(f64::from),
        _ => None,
    }
}

struct CostBuilder<'s> {
    schema: &'s DocumentSchema,
    variables: &'s [Node<VariableDefinition>],
    slices: usize,
    variable_uses: VariableUses,
    /// As in `CostPlan`.
    reads: u32,
}

impl CostBuilder<'_> {
    fn selections(
        &mut self,
        selections: &[CollectedSelection],
        parent: Option<&ListSize>,
        at_root: bool,
    ) -> (Vec<CostNode>, Vec<(TypeSet, Vec<CostNode>)>) {
        let (mut children, mut cases) = (Vec::new(), Vec::new());
        for selection in selections {
            match selection {
                CollectedSelection::Field(field) => {
                    children.push(self.node(field, parent, at_root));
                }
                CollectedSelection::InlineFragment(ty, fields) => {
                    let nodes =
                        fields.iter().map(|field| self.node(field, parent, at_root)).collect();
                    cases.push((self.schema.possible_types(ty), nodes));
                }
            }
        }
        (children, cases)
    }

    fn node(
        &mut self,
        field: &CollectedField,
        parent: Option<&ListSize>,
        at_root: bool,
    ) -> CostNode {
        let ty = &field.definition.ty;
        let in_introspection = ty.inner_named_type().starts_with("__");
        let schema = self.schema;
        let rule = schema.rules.of_field(&field.parent, &field.origin.name);
        let list_size = rule.and_then(|rule| rule.list.as_ref());
        let composite = !schema.possible_types(ty.inner_named_type()).is_empty();
        let is_introspection = matches!(field.origin.name.as_str(), "__schema" | "__type");
        let slice = rule.and_then(|rule| self.slice(field, rule));
        let inputs = self.inputs(field, rule);
        let (children, cases) = self.selections(&field.selections, list_size, false);
        let is_read = at_root && !field.origin.name.starts_with("__") || slice.is_some();
        self.reads += u32::from(is_read);
        CostNode {
            key: Name::new(field.origin.response_key().as_str()),
            weight: if is_introspection {
                Some(INTROSPECTION_COST)
            } else {
                rule.and_then(|rule| rule.weight)
            },
            object: match schema.rules.of_type(ty.inner_named_type()) {
                Some(weight) => weight,
                // Introspection costs nothing below the root.
                None if in_introspection || !composite => 0.0,
                None => 1.0,
            },
            list: ty.is_list() && !in_introspection,
            sized_by_parent: parent
                .is_some_and(|list| list.sized_fields.contains(&field.origin.name)),
            slice,
            inputs,
            counts_rows: field.origin.name == COUNT_FIELD,
            children,
            cases,
        }
    }

    fn inputs(&mut self, field: &CollectedField, rule: Option<&CostRule>) -> InputCosts {
        let mut inputs = InputCosts::default();
        let Some(rule) = rule else { return inputs };
        for argument in &field.origin.arguments {
            let Some(value_cost) = rule.arguments.get(&argument.name) else { continue };
            let (rules, definitions) = (&self.schema.rules, self.variables);
            inputs.add(&mut self.variable_uses, rules, definitions, value_cost, &argument.value);
        }
        inputs
    }

    fn slice(&mut self, field: &CollectedField, rule: &CostRule) -> Option<Slice> {
        let list = rule.list.as_ref()?;
        let source = |name: &apollo_compiler::Name, default: Option<i64>| {
            let given = field.origin.arguments.iter().find(|argument| argument.name == *name);
            match given.map(|argument| &*argument.value) {
                None => ArgumentSource::Literal(default.map(real)),
                Some(Value::Variable(variable)) => ArgumentSource::Variable {
                    name: Name::new(variable.as_str()),
                    default: match default_of(self.variables, variable) {
                        Some(value) => constant(value).as_ref().and_then(item_count),
                        None => default.map(real),
                    },
                },
                Some(Value::List(items)) => {
                    ArgumentSource::Literal(u32::try_from(items.len()).ok().map(f64::from))
                }
                Some(value) => ArgumentSource::Literal(value.to_f64()),
            }
        };
        let argument = |(name, default): &(apollo_compiler::Name, _)| {
            (Name::new(name.as_str()), source(name, *default))
        };
        let number = self.slices;
        self.slices += 1;
        Some(Slice {
            number,
            of_children: !list.sized_fields.is_empty(),
            arguments: list.slices.iter().map(argument).collect(),
            first: list.slices.first().map(|(name, _)| Name::new(name.as_str())),
            assumed: list.assumed.map_or(ASSUMED_ITEMS, f64::from),
        })
    }
}

/// The default value of a variable, if its definition has one.
fn default_of<'v>(
    definitions: &'v [Node<VariableDefinition>],
    variable: &apollo_compiler::Name,
) -> Option<&'v Value> {
    definitions.iter().find(|defined| defined.name == *variable)?.default_value.as_deref()
}

#[expect(clippy::cast_precision_loss, reason = "a default is a small number")]
fn real(integer: i64) -> f64 {
    integer as f64
}

#[cfg(test)]
mod tests;
