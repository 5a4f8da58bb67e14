//! Computes the cost of the values of arguments: the `@cost` of each value, and of the values
//! within it.

use super::weights::{CostRules, ValueCost};
use apollo_compiler::Node;
use apollo_compiler::ast::{Value, VariableDefinition};
use async_graphql::{Name, Value as ConstValue, Variables};

/// The uses of variables whose values may have a cost, without duplicates.
#[derive(Debug, Clone, Default)]
pub struct VariableUses(Vec<VariableUse>);

#[derive(Debug, Clone, PartialEq)]
struct VariableUse {
    name: Name,
    value_cost: ValueCost,
    /// The cost if the request does not contain the variable.
    default: f64,
}

/// The cost of the arguments of one field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InputCosts {
    literal: f64,
    /// Indices into [`VariableUses`].
    variable_uses: Vec<usize>,
}

/// The cost of each of the [`VariableUses`], for the variables of a request.
pub struct UsageCosts(Vec<f64>);

impl VariableUses {
    pub fn usage_costs(&self, rules: &CostRules, variables: &Variables) -> UsageCosts {
        let weight = |variable_use: &VariableUse| match variables.get(&variable_use.name) {
            Some(value) => given(rules, &variable_use.value_cost, value),
            None => variable_use.default,
        };
        UsageCosts(self.0.iter().map(weight).collect())
    }

    fn of(&mut self, variable_use: VariableUse) -> usize {
        self.0.iter().position(|other| *other == variable_use).unwrap_or_else(|| {
            self.0.push(variable_use);
            self.0.len() - 1
        })
    }
}

impl InputCosts {
    pub fn cost(&self, usage_costs: &UsageCosts) -> f64 {
        let variables =
            self.variable_uses.iter().filter_map(|variable_use| usage_costs.0.get(*variable_use));
        self.literal + variables.sum::<f64>()
    }

    /// Adds the cost of a value that the document contains.
    pub fn add(
        &mut self,
        variable_uses: &mut VariableUses,
        rules: &CostRules,
        definitions: &[Node<VariableDefinition>],
        value_cost: &ValueCost,
        value: &Value,
    ) {
        match value {
            Value::Null => {}
            Value::Variable(name) => {
                if value_cost.weight == 0.0 && rules.of_input(&value_cost.ty).is_none() {
                    return;
                }
                let defined = definitions.iter().find(|defined| defined.name == *name);
                let default = defined.and_then(|defined| defined.default_value.as_ref());
                let default = default.map_or(0.0, |value| {
                    let mut default = Self::default();
                    default.add(variable_uses, rules, &[], value_cost, value);
                    default.literal
                });
                let name = Name::new(name.as_str());
                self.variable_uses.push(variable_uses.of(VariableUse {
                    name,
                    value_cost: value_cost.clone(),
                    default,
                }));
            }
            Value::List(items) => {
                for item in items {
                    self.add(variable_uses, rules, definitions, value_cost, item);
                }
            }
            Value::Object(fields) => {
                self.literal += value_cost.weight;
                let Some(value_costs) = rules.of_input(&value_cost.ty) else { return };
                for (name, value) in fields {
                    if let Some(value_cost) = value_costs.get(name) {
                        self.add(variable_uses, rules, definitions, value_cost, value);
                    }
                }
            }
            _ => self.literal += value_cost.weight,
        }
    }
}

/// Returns the cost of a value from the variables of the request.
fn given(rules: &CostRules, value_cost: &ValueCost, value: &ConstValue) -> f64 {
    match value {
        ConstValue::Null => 0.0,
        ConstValue::List(items) => items.iter().map(|item| given(rules, value_cost, item)).sum(),
        ConstValue::Object(fields) => {
            let Some(value_costs) = rules.of_input(&value_cost.ty) else {
                return value_cost.weight;
            };
            let within = fields.iter().filter_map(|(name, value)| {
                Some(given(rules, value_costs.get(name.as_str())?, value))
            });
            value_cost.weight + within.sum::<f64>()
        }
        _ => value_cost.weight,
    }
}
