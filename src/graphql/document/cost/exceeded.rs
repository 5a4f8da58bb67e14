//! Explains why an operation costs too much, and which page size would fit.

use super::{ArgumentSource, CostNode, CostPlan, Evaluation, integer};
use async_graphql::Variables;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CostExceeded {
    pub cost: u64,
    pub limit: u64,
    /// Response keys, joined by dots, from the root to the most expensive list with a page size, or
    /// to the most expensive field if there is no such list.
    pub path: String,
    /// The part of `cost` that the field at `path` causes.
    pub path_cost: u64,
    /// `None` if no page size alone makes the operation fit.
    pub fits_with: Option<FitsWith>,
}

/// The largest page size of a list with which the operation would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FitsWith {
    pub path: String,
    pub argument: String,
    pub size: u32,
}

impl fmt::Display for CostExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cost, limit) = (Thousands(self.cost), Thousands(self.limit));
        write!(f, "a operação custa {cost}, e o limite é {limit}: ")?;
        write!(f, "`{}` custa {}", self.path, Thousands(self.path_cost))?;
        match &self.fits_with {
            Some(FitsWith { path, argument, size }) if *path == self.path => {
                write!(f, "; com `{argument}: {size}` caberia")
            }
            Some(FitsWith { path, argument, size }) => {
                write!(f, "; com `{argument}: {size}` em `{path}` caberia")
            }
            None => Ok(()),
        }
    }
}

/// Formats 8000 as 8.000.
struct Thousands(u64);

impl fmt::Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n @ 0..1000 => write!(f, "{n}"),
            n => write!(f, "{}.{:03}", Thousands(n / 1000), n % 1000),
        }
    }
}

/// A field on the path to the most expensive one.
struct Step<'n> {
    node: &'n CostNode,
    path: String,
    /// The part of the cost of the operation that the field causes.
    cost: f64,
}

impl CostPlan {
    /// Returns the cost of the operation, or an error if it exceeds `limit`.
    pub fn check(&self, limit: u64, variables: &Variables) -> Result<u64, Box<CostExceeded>> {
        let cost = self.cost(variables);
        if cost <= limit {
            return Ok(cost);
        }
        let steps = self.most_expensive(&self.evaluation(variables));
        let has_slice = |step: &&Step<'_>| step.node.slice.is_some();
        let worst = steps.iter().rev().find(has_slice).or(steps.last());
        Err(Box::new(CostExceeded {
            cost,
            limit,
            path: worst.map(|step| step.path.clone()).unwrap_or_default(),
            path_cost: worst.map_or(cost, |step| integer(step.cost)),
            fits_with: steps.iter().rev().find_map(|step| self.fits(step, limit, variables)),
        }))
    }

    /// Descends from the root into the most expensive field, as long as that causes at least half
    /// of the total cost. The first step is taken in any case.
    fn most_expensive(&self, evaluation: &Evaluation<'_>) -> Vec<Step<'_>> {
        let half = self.total(evaluation) / 2.0;
        let mut steps = Vec::<Step<'_>>::new();
        let (mut candidates, mut times, mut parent_size): (Vec<&CostNode>, _, _) =
            (self.children.iter().collect(), 1.0, 1.0);
        loop {
            let costs =
                candidates.iter().map(|node| (*node, times * evaluation.node(node, parent_size)));
            let Some((node, cost)) = costs.max_by(|(_, a), (_, b)| a.total_cmp(b)) else { break };
            if cost < half && !steps.is_empty() {
                break;
            }
            let path = match steps.last() {
                Some(parent) => format!("{}.{}", parent.path, node.key),
                None => node.key.to_string(),
            };
            steps.push(Step { node, path, cost });
            times *= evaluation.items(node, parent_size);
            parent_size = evaluation.of_children(node);
            candidates = node
                .children
                .iter()
                .chain(node.cases.iter().flat_map(|(_, nodes)| nodes))
                .collect();
        }
        steps
    }

    /// Finds the largest size of the slice with which the operation keeps to `limit`. `None` if
    /// there is none, or if the field has no slice. Bisection works because a larger slice never
    /// costs less.
    fn fits(&self, step: &Step<'_>, limit: u64, variables: &Variables) -> Option<FitsWith> {
        let slice = step.node.slice.as_ref()?;
        let given = slice.arguments.iter().find(|(_, source)| match source {
            ArgumentSource::Literal(value) => value.is_some(),
            ArgumentSource::Variable { name, default } => {
                variables.contains_key(name) || default.is_some()
            }
        });
        let argument = given.map(|(name, _)| name).or(slice.first.as_ref())?;
        let mut evaluation = self.evaluation(variables);
        let mut fits = |n: u32| {
            evaluation.substitute = Some((slice.number, f64::from(n)));
            integer(self.total(&evaluation)) <= limit
        };
        let (mut fitting, mut not_fitting) = (0, 1_u32 << 20);
        while not_fitting - fitting > 1 {
            let middle = fitting.midpoint(not_fitting);
            match fits(middle) {
                true => fitting = middle,
                false => not_fitting = middle,
            }
        }
        (fitting > 0).then(|| FitsWith {
            path: step.path.clone(),
            argument: argument.to_string(),
            size: fitting,
        })
    }
}
