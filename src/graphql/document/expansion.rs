//! Measures how large a document is with its fragments expanded, without expanding them.
//!
//! Twenty fragments that each spread the next one twice take 600 bytes and stand for a million
//! selections. This module measures each fragment once, after the fragments that it spreads. The
//! recursion is at most as deep as the nesting of the text, which `limits` bounds.

use super::messages::{Key, Message};
use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};
use apollo_compiler::parser::SourceSpan;
use std::collections::{HashMap, HashSet};

/// Limits on the expanded size of each operation and of each fragment, and on the directives of the
/// document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpansionLimits {
    /// Maximum nesting of fields.
    pub depth: usize,
    /// Maximum nesting of fields and fragments together.
    pub levels: usize,
    pub aliases: usize,
    pub root_fields: usize,
    /// Maximum number of directives in the text of the document, before expansion.
    pub directives: usize,
    /// Maximum number of selections in all operations together, and in each fragment, after
    /// expansion.
    pub selections: usize,
}

impl Default for ExpansionLimits {
    fn default() -> Self {
        let (directives, selections) = (200, 4_000);
        Self { depth: 30, levels: 90, aliases: 200, root_fields: 50, directives, selections }
    }
}

/// The limit that a document exceeds, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpansionExceeded {
    Depth(usize),
    Levels(usize),
    Aliases(usize),
    RootFields(usize),
    Directives(usize),
    Selections(usize),
    /// A fragment contains itself, so its size has no end.
    Cycle,
}

impl ExpansionExceeded {
    pub fn message(self) -> Message {
        let (key, limit) = match self {
            Self::Depth(limit) => (Key::Depth, limit),
            Self::Levels(limit) => (Key::Levels, limit),
            Self::Aliases(limit) => (Key::Aliases, limit),
            Self::RootFields(limit) => (Key::RootFields, limit),
            Self::Directives(limit) => (Key::Directives, limit),
            Self::Selections(limit) => (Key::Selections, limit),
            Self::Cycle => (Key::AnyFragmentCycle, 0),
        };
        Message::new(key, vec![limit.to_string()])
    }
}

/// Checks the limits before validation, whose time grows with the expanded size.
pub fn check(document: &Document, limits: ExpansionLimits) -> Result<(), ExpansionExceeded> {
    if directives(document) > limits.directives {
        return Err(ExpansionExceeded::Directives(limits.directives));
    }
    let fragments = measure_fragments(document)?;
    let mut selections = 0_usize;
    for definition in &document.definitions {
        // Check unused fragments too, because validation also walks through them.
        let (size, operation) = match definition {
            Definition::OperationDefinition(operation) => {
                (measure(&operation.selection_set, &fragments), true)
            }
            Definition::FragmentDefinition(fragment) => {
                (measure(&fragment.selection_set, &fragments), false)
            }
            _ => continue,
        };
        if operation {
            selections = selections.saturating_add(size.selections);
            if size.root_fields > limits.root_fields {
                return Err(ExpansionExceeded::RootFields(limits.root_fields));
            }
        }
        if selections.max(size.selections) > limits.selections {
            return Err(ExpansionExceeded::Selections(limits.selections));
        }
        if size.depth > limits.depth {
            return Err(ExpansionExceeded::Depth(limits.depth));
        }
        if size.levels > limits.levels {
            return Err(ExpansionExceeded::Levels(limits.levels));
        }
        if size.aliases > limits.aliases {
            return Err(ExpansionExceeded::Aliases(limits.aliases));
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, Default)]
struct Size {
    selections: usize,
    depth: usize,
    levels: usize,
    aliases: usize,
    root_fields: usize,
}

impl Size {
    fn add(&mut self, part: Self) {
        self.selections = self.selections.saturating_add(part.selections);
        self.aliases = self.aliases.saturating_add(part.aliases);
        self.root_fields = self.root_fields.saturating_add(part.root_fields);
        self.depth = self.depth.max(part.depth);
        self.levels = self.levels.max(part.levels);
    }
}

fn measure(selections: &[Selection], fragments: &HashMap<&Name, Size>) -> Size {
    let mut total = Size::default();
    for selection in selections {
        let mut part = match selection {
            Selection::Field(field) => {
                let within = measure(&field.selection_set, fragments);
                Size {
                    depth: within.depth + 1,
                    aliases: within.aliases.saturating_add(field.alias.is_some().into()),
                    root_fields: 1,
                    ..within
                }
            }
            Selection::InlineFragment(inline_fragment) => {
                measure(&inline_fragment.selection_set, fragments)
            }
            // Validation reports unknown fragments.
            Selection::FragmentSpread(spread) => {
                fragments.get(&spread.fragment_name).copied().unwrap_or_default()
            }
        };
        part.selections = part.selections.saturating_add(1);
        part.levels += 1;
        total.add(part);
    }
    total
}

/// Measures each fragment after the fragments that it spreads. A fragment that remains unmeasured
/// is part of a cycle, or spreads one.
fn measure_fragments(document: &Document) -> Result<HashMap<&Name, Size>, ExpansionExceeded> {
    let mut fragments = HashMap::new();
    for fragment in document.definitions.iter().filter_map(Definition::as_fragment_definition) {
        fragments.entry(&fragment.name).or_insert(fragment);
    }
    let mut remaining = HashMap::<&Name, usize>::new();
    let mut used_by = HashMap::<&Name, Vec<&Name>>::new();
    for (name, fragment) in &fragments {
        let spreads = spreads(&fragment.selection_set).into_iter().map(|(spread, _)| spread);
        let spreads: HashSet<&Name> =
            spreads.filter(|spread| fragments.contains_key(spread)).collect();
        remaining.insert(name, spreads.len());
        for spread in spreads {
            used_by.entry(spread).or_default().push(name);
        }
    }
    let ready = remaining.iter().filter(|(_, remaining)| **remaining == 0);
    let mut ready: Vec<&Name> = ready.map(|(name, _)| *name).collect();
    let mut sizes = HashMap::new();
    while let Some(name) = ready.pop() {
        if let Some(fragment) = fragments.get(name) {
            sizes.insert(name, measure(&fragment.selection_set, &sizes));
        }
        for dependent in used_by.remove(name).unwrap_or_default() {
            if let Some(remaining) = remaining.get_mut(dependent) {
                *remaining -= 1;
                if *remaining == 0 {
                    ready.push(dependent);
                }
            }
        }
    }
    if sizes.len() < fragments.len() { Err(ExpansionExceeded::Cycle) } else { Ok(sizes) }
}

/// The spreads in a selection set: those of a set before those of the sets within it, as graphql-js
/// orders them.
pub(super) fn spreads(selections: &[Selection]) -> Vec<(&Name, Option<SourceSpan>)> {
    let mut found = Vec::new();
    let mut to_visit = vec![selections];
    while let Some(selections) = to_visit.pop() {
        for selection in selections {
            match selection {
                Selection::Field(field) => to_visit.push(&field.selection_set),
                Selection::InlineFragment(inline) => to_visit.push(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    found.push((&spread.fragment_name, spread.location()));
                }
            }
        }
    }
    found
}

fn directives(document: &Document) -> usize {
    let in_definition = |definition: &Definition| match definition {
        Definition::OperationDefinition(operation) => {
            let in_variables = operation.variables.iter().map(|v| v.directives.len());
            in_variables.sum::<usize>() + in_selections(&operation.selection_set)
        }
        Definition::FragmentDefinition(fragment) => in_selections(&fragment.selection_set),
        _ => 0,
    };
    let definitions = document.definitions.iter();
    return definitions.map(|d| d.directives().len() + in_definition(d)).sum();

    fn in_selections(selections: &[Selection]) -> usize {
        let in_selection = |selection: &Selection| match selection {
            Selection::Field(field) => field.directives.len() + in_selections(&field.selection_set),
            Selection::InlineFragment(inline_fragment) => {
                inline_fragment.directives.len() + in_selections(&inline_fragment.selection_set)
            }
            Selection::FragmentSpread(spread) => spread.directives.len(),
        };
        selections.iter().map(in_selection).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), ExpansionExceeded> {
        check(&Document::parse(text, "").unwrap(), ExpansionLimits::default())
    }

    #[test]
    fn fragments_that_double_are_counted_without_expansion() {
        let bomb = |levels: usize| {
            let fragment = |i| format!("fragment f{i} on Query {{ ...f{n} ...f{n} }} ", n = i + 1);
            let fragments: String = (0..levels).map(fragment).collect();
            format!("{{ b {{ ...f0 }} }} {fragments} fragment f{levels} on Query {{ a }}")
        };
        assert_eq!(check_text(&bomb(10)), Ok(()));
        assert_eq!(check_text(&bomb(25)), Err(ExpansionExceeded::Selections(4_000)));
        assert_eq!(check_text(&bomb(200)), Err(ExpansionExceeded::Selections(4_000)));
    }

    #[test]
    fn cycles_are_told_though_nothing_uses_them() {
        assert_eq!(
            check_text("{ ...a } fragment a on Query { ...a }"),
            Err(ExpansionExceeded::Cycle)
        );
        let far = "{ x } fragment a on Query { ...b } fragment b on Query { y { ...a } }";
        assert_eq!(check_text(far), Err(ExpansionExceeded::Cycle));
        assert_eq!(check_text("{ ...a ...a ...nao } fragment a on Query { x }"), Ok(()));
    }

    #[test]
    fn a_long_chain_of_fragments_does_not_exhaust_the_stack() {
        let fragment = |i| format!("fragment f{i} on Q {{ ...f{} }} ", i + 1);
        let fragments: String = (0..2400).map(fragment).collect();
        let chain = format!("{{ ...f0 }} {fragments}");
        assert_eq!(check_text(&chain), Err(ExpansionExceeded::Levels(90)));
    }

    #[test]
    fn each_limit_holds_for_the_expanded_document() {
        let nested = |n: usize| format!("{}a{}", "{a".repeat(n - 1), "}".repeat(n - 1));
        let deep = |n: usize| format!("{{ ...f }} fragment f on Query {{ x {} }}", nested(n));
        assert_eq!(check_text(&deep(29)), Ok(()));
        assert_eq!(check_text(&deep(31)), Err(ExpansionExceeded::Depth(30)));
        let root_fields =
            |n: usize| format!("{{ ...f }} fragment f on Query {{ {} }}", "a ".repeat(n));
        assert_eq!(check_text(&root_fields(50)), Ok(()));
        assert_eq!(check_text(&root_fields(51)), Err(ExpansionExceeded::RootFields(50)));
        let aliases = |n: usize| format!("{{ x {{ {} }} }}", "a: b ".repeat(n));
        assert_eq!(check_text(&aliases(200)), Ok(()));
        assert_eq!(check_text(&aliases(201)), Err(ExpansionExceeded::Aliases(200)));
        let directives = |n: usize| format!("query($a: Int @a) @b {{ x {} }}", "@a ".repeat(n));
        assert_eq!(check_text(&directives(198)), Ok(()));
        assert_eq!(check_text(&directives(199)), Err(ExpansionExceeded::Directives(200)));
    }
}
