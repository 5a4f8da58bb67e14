//! Reads the directives `@cost` and `@listSize` of the schema (IBM GraphQL Cost Directives), once.

use crate::graphql::document::type_set::TypeSet;
use apollo_compiler::ast::{DirectiveList, FieldDefinition, InputValueDefinition, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};
use std::collections::HashMap;

/// The cost rule of one field.
#[derive(Debug, Clone, Default)]
pub struct CostRule {
    /// The `@cost` of the field, in place of the default weight. `None` if it has none.
    pub weight: Option<f64>,
    pub list: Option<ListSize>,
    /// The cost of the values of each argument.
    pub arguments: HashMap<Name, ValueCost>,
}

/// The cost of each value of an argument or of an input field.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueCost {
    pub weight: f64,
    /// The type of the value without its lists. If it is an input object type, the values within
    /// cost too.
    pub ty: Name,
}

impl ValueCost {
    fn of(defined: &InputValueDefinition) -> Self {
        let weight = defined.directives.get("cost").and_then(|directive| weight_of(directive));
        Self { weight: weight.unwrap_or(0.0), ty: defined.ty.inner_named_type().clone() }
    }
}

/// The `@listSize` of a field. The cost ignores `requireOneSlicingArgument`: if no slicing argument
/// has a value or a default, the assumed size counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSize {
    pub assumed: Option<u32>,
    /// The slicing arguments, each with its default.
    pub slices: Vec<(Name, Option<i64>)>,
    pub sized_fields: Vec<Name>,
}

#[derive(Debug, Default)]
pub struct CostRules {
    fields: HashMap<Name, HashMap<Name, CostRule>>,
    types: HashMap<Name, f64>,
    /// The fields of each input object type.
    inputs: HashMap<Name, HashMap<Name, ValueCost>>,
}

impl CostRules {
    /// Reads the rules. A field of an interface has the rule of the interface, but at least the
    /// weight and the size of each implementation.
    pub(crate) fn from_schema(
        schema: &Schema,
        objects: &[Name],
        possible_types: &HashMap<Name, TypeSet>,
    ) -> Self {
        let mut fields = HashMap::<Name, HashMap<Name, CostRule>>::new();
        let (mut types, mut inputs) = (HashMap::new(), HashMap::new());
        for (name, ty) in &schema.types {
            if let ExtendedType::InputObject(input) = ty {
                let value_costs = input.fields.iter();
                let value_costs =
                    value_costs.map(|(name, field)| (name.clone(), ValueCost::of(field)));
                inputs.insert(name.clone(), value_costs.collect());
            }
            let definitions = match ty {
                ExtendedType::Object(object) => &object.fields,
                ExtendedType::Interface(interface) => &interface.fields,
                _ => continue,
            };
            if let Some(weight) = ty.directives().get("cost").and_then(|d| weight_of(d)) {
                types.insert(name.clone(), weight);
            }
            let rules = definitions.iter().map(|(name, field)| (name.clone(), CostRule::of(field)));
            fields.insert(name.clone(), rules.collect());
        }
        for name in schema.types.iter().filter(|(_, t)| t.is_interface()).map(|(name, _)| name) {
            let Some(mut interface_fields) = fields.remove(name) else { continue };
            for (field, rule) in &mut interface_fields {
                let indices = possible_types.get(name).into_iter().flat_map(TypeSet::iter);
                let implementations = indices.filter_map(|index| objects.get(index));
                let own = implementations.filter_map(|object| fields.get(object)?.get(field));
                own.for_each(|implementation| rule.at_least(implementation));
            }
            fields.insert(name.clone(), interface_fields);
        }
        Self { fields, types, inputs }
    }

    pub fn of_field(&self, ty: &str, field: &str) -> Option<&CostRule> {
        self.fields.get(ty)?.get(field)
    }

    /// The fields of an input object type. `None` for a scalar or an enum.
    pub fn of_input(&self, ty: &str) -> Option<&HashMap<Name, ValueCost>> {
        self.inputs.get(ty)
    }

    pub fn of_type(&self, ty: &str) -> Option<f64> {
        self.types.get(ty).copied()
    }
}

impl CostRule {
    fn of(field: &FieldDefinition) -> Self {
        let weight = field.directives.get("cost").and_then(|directive| weight_of(directive));
        let arguments = field.arguments.iter();
        let arguments =
            arguments.map(|argument| (argument.name.clone(), ValueCost::of(argument))).collect();
        Self { weight, list: ListSize::of(&field.directives, field), arguments }
    }

    fn at_least(&mut self, another: &Self) {
        self.weight = match (self.weight, another.weight) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        match (&mut self.list, &another.list) {
            (Some(list), Some(another)) => list.assumed = list.assumed.max(another.assumed),
            (list @ None, another) => list.clone_from(another),
            (Some(_), None) => {}
        }
    }
}

impl ListSize {
    fn of(directives: &DirectiveList, field: &FieldDefinition) -> Option<Self> {
        let directive = directives.get("listSize")?;
        let value = |name: &str| directive.specified_argument_by_name(name);
        let names = |name: &str| -> Vec<Name> {
            let items = value(name).and_then(|value| value.as_list()).unwrap_or_default();
            let to_name = |item: &Node<Value>| item.as_str().and_then(|text| Name::new(text).ok());
            items.iter().filter_map(to_name).collect()
        };
        let default = |name: &Name| {
            let value = field.argument_by_name(name)?.default_value.as_ref()?;
            value.to_i32().map(i64::from)
        };
        let slices = names("slicingArguments");
        Some(Self {
            assumed: value("assumedSize")
                .and_then(|value| value.to_i32())
                .and_then(|n| u32::try_from(n).ok()),
            slices: slices.into_iter().map(|name| (name.clone(), default(&name))).collect(),
            sized_fields: names("sizedFields"),
        })
    }
}

fn weight_of(directive: &apollo_compiler::ast::Directive) -> Option<f64> {
    directive.specified_argument_by_name("weight")?.as_str()?.parse().ok()
}
