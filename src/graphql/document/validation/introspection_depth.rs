//! A limit on lists of introspection within one another. Types lead to fields and fields to types,
//! and each level multiplies the size of the response by that of the schema. graphql-js has the same
//! limit.

use super::Checker;
use crate::graphql::document::error::{DocumentError, ErrorKind};
use crate::graphql::document::messages::{Key, Message};
use apollo_compiler::ast::{Field, Selection};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

const MAX_LISTS: usize = 3;

/// For each fragment that has been searched, the greatest number of lists around it.
type Checked<'a> = HashMap<&'a Name, usize>;

impl<'a> Checker<'a> {
    pub(super) fn introspection_depth(&mut self, field: &'a Node<Field>) {
        if self.field_exceeds(field, 0, &mut HashMap::new()) {
            let message = Message::new(Key::Introspection, Vec::new());
            let locations = vec![self.at(field.location())];
            let error = DocumentError::new(message, locations);
            self.push(DocumentError { kind: ErrorKind::Limit, ..error });
        }
    }

    fn field_exceeds(&self, field: &'a Field, lists: usize, checked: &mut Checked<'a>) -> bool {
        let is_list = matches!(
            field.name.as_str(),
            "fields" | "interfaces" | "possibleTypes" | "inputFields"
        );
        let lists = lists + usize::from(is_list);
        (is_list && lists >= MAX_LISTS) || self.any_exceeds(&field.selection_set, lists, checked)
    }

    fn any_exceeds(
        &self,
        selections: &'a [Selection],
        lists: usize,
        checked: &mut Checked<'a>,
    ) -> bool {
        selections.iter().any(|selection| match selection {
            Selection::Field(field) => self.field_exceeds(field, lists, checked),
            Selection::InlineFragment(inline) => {
                self.any_exceeds(&inline.selection_set, lists, checked)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.fragment_name;
                // A fragment counts as checked as soon as its search begins, so that a cycle ends.
                if checked.get(name).is_some_and(|before| *before >= lists) {
                    return false;
                }
                checked.insert(name, lists);
                let fragment = self.fragments.get(name);
                fragment.is_some_and(|fragment| {
                    self.any_exceeds(&fragment.selection_set, lists, checked)
                })
            }
        })
    }
}
