//! Rules about directives (§5.7).

use super::Checker;
use crate::graphql::document::messages::Key;
use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveList, DirectiveLocation};
use async_graphql::Pos;

impl<'a> Checker<'a> {
    pub(super) fn directives(&mut self, directives: &'a DirectiveList, place: DirectiveLocation) {
        let schema = self.checked.schema;
        let mut seen: Vec<(&Name, Pos)> = Vec::new();
        for directive in directives {
            let at = self.at(directive.location());
            let owner = format!("@{}", directive.name);
            let Some(definition) = schema.valid.directive_definitions.get(&directive.name) else {
                self.report(Key::UnknownDirective, &[&directive.name], vec![at]);
                self.arguments(&directive.arguments, None, &owner);
                continue;
            };
            if !definition.locations.contains(&place) {
                self.report(Key::MisplacedDirective, &[&directive.name, place.name()], vec![at]);
            }
            if !definition.repeatable {
                match seen.iter().find(|(name, _)| **name == directive.name) {
                    Some((_, first)) => {
                        let locations = vec![*first, at];
                        self.report(Key::RepeatedDirective, &[&directive.name], locations);
                    }
                    None => seen.push((&directive.name, at)),
                }
            }
            let arguments = definition.arguments.as_slice();
            self.arguments(&directive.arguments, Some(arguments), &owner);
            self.required_arguments(&directive.arguments, arguments, &owner, directive.location());
        }
    }
}
