//! Rules about selections and their arguments (§5.3, §5.4, §5.5).

use super::Checker;
use crate::graphql::document::error::DocumentError;
use crate::graphql::document::messages::{Key, Message};
use apollo_compiler::ast::{
    Argument, DirectiveLocation, Field, FragmentSpread, InlineFragment, InputValueDefinition,
    Selection,
};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};

impl<'a> Checker<'a> {
    /// Checks the selections of a composite type. `parent` is `None` below an unknown field or
    /// type. `whole` is false for an inline fragment, whose fields are merged with those around it.
    pub(super) fn selection_set(
        &mut self,
        parent: Option<&'a Name>,
        selections: &'a [Selection],
        whole: bool,
    ) {
        let parent = parent.filter(|name| self.is_composite(name));
        if whole {
            self.overlapping_fields(parent, selections);
        }
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(inline) => self.inline_fragment(parent, inline),
                Selection::FragmentSpread(spread) => self.fragment_spread(parent, spread),
            }
        }
    }

    fn field(&mut self, parent: Option<&'a Name>, field: &'a Node<Field>) {
        let schema = self.checked.schema;
        let found = parent.and_then(|parent| {
            let definition = schema.valid.type_field(parent, &field.name).ok()?;
            Some((parent, definition))
        });
        let ty = found
            .and_then(|(_, definition)| schema.valid.types.get(definition.ty.inner_named_type()));
        match (ty, parent) {
            (Some(ty), _) => self.leaf_or_object(field, ty),
            (None, Some(parent)) => self.unknown_field(parent, field),
            (None, None) => {}
        }
        let coordinate = found.map(|(parent, _)| format!("{parent}.{}", field.name));
        let definitions = found.map(|(_, definition)| definition.arguments.as_slice());
        let owner = coordinate.as_deref().unwrap_or(&field.name);
        self.arguments(&field.arguments, definitions, owner);
        self.directives(&field.directives, DirectiveLocation::Field);
        if let Some(definitions) = definitions {
            self.required_arguments(&field.arguments, definitions, owner, field.location());
        }
        if matches!(field.name.as_str(), "__schema" | "__type") {
            self.introspection_depth(field);
        }
        self.selection_set(ty.map(ExtendedType::name), &field.selection_set, true);
    }

    fn leaf_or_object(&mut self, field: &'a Node<Field>, ty: &'a ExtendedType) {
        let selects = !field.selection_set.is_empty();
        let key = match ty {
            ExtendedType::Scalar(_) if selects => Key::ScalarSelection,
            ExtendedType::Enum(_) if selects => Key::EnumSelection,
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) => return,
            _ if selects => return,
            _ => {
                let locations = vec![self.at(field.location())];
                return self.report(Key::MissingSelection, &[], locations);
            }
        };
        let start = field.location().map_or(0, |span| span.offset());
        let brace = self.checked.positions.at(self.checked.syntax.brace_of(start));
        self.report(key, &[ty.name()], vec![brace]);
    }

    fn unknown_field(&mut self, parent: &'a Name, field: &'a Node<Field>) {
        let types = &self.checked.schema.valid.types;
        let near = self.suggest(&field.name, || match types.get(parent) {
            Some(ExtendedType::Object(ty)) => ty.fields.keys().map(Name::as_str).collect(),
            Some(ExtendedType::Interface(ty)) => ty.fields.keys().map(Name::as_str).collect(),
            _ => Vec::new(),
        });
        let parts = vec![parent.to_string(), field.name.to_string()];
        let message = Message::new(Key::UnknownField, parts).suggesting(near);
        let locations = vec![self.at(field.location())];
        self.push(DocumentError::new(message, locations).about(parent.as_str()));
    }

    fn inline_fragment(&mut self, parent: Option<&'a Name>, inline: &'a Node<InlineFragment>) {
        let ty = match &inline.type_condition {
            Some(condition) => self.type_condition(condition),
            None => parent,
        };
        if let (Some(ty), Some(parent)) = (ty, parent)
            && !self.overlap_of_types(ty, parent)
        {
            let locations = vec![self.at(inline.location())];
            self.report(Key::ImpossibleInline, &[ty, parent], locations);
        }
        self.directives(&inline.directives, DirectiveLocation::InlineFragment);
        self.selection_set(ty, &inline.selection_set, false);
    }

    fn fragment_spread(&mut self, parent: Option<&'a Name>, spread: &'a Node<FragmentSpread>) {
        let name = &spread.fragment_name;
        match self.fragments.get(name).map(|fragment| &fragment.type_condition) {
            None => {
                let names = || self.fragments.keys().map(|name| name.as_str()).collect();
                let near = self.suggest(name, names);
                let message = Message::new(Key::UnknownFragment, vec![name.to_string()]);
                let locations = vec![self.at(name.location())];
                self.push(DocumentError::new(message.suggesting(near), locations));
            }
            Some(ty) if self.is_composite(ty) => {
                if let Some(parent) = parent
                    && !self.overlap_of_types(ty, parent)
                {
                    let locations = vec![self.at(spread.location())];
                    self.report(Key::ImpossibleSpread, &[name, ty, parent], locations);
                }
            }
            Some(_) => {}
        }
        self.directives(&spread.directives, DirectiveLocation::FragmentSpread);
    }

    /// Returns the type of a condition if it is composite. Reports it otherwise.
    pub(super) fn type_condition(&mut self, name: &'a Name) -> Option<&'a Name> {
        if !self.known_type(name) {
            return None;
        }
        if !self.is_composite(name) {
            let locations = vec![self.at(name.location())];
            self.report(Key::FragmentOnLeaf, &[name], locations);
            return None;
        }
        Some(name)
    }

    pub(super) fn is_composite(&self, name: &str) -> bool {
        matches!(
            self.checked.schema.valid.types.get(name),
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_))
        )
    }

    fn overlap_of_types(&self, one: &Name, other: &Name) -> bool {
        let possible = |name: &Name| self.checked.schema.possible_types(name);
        one == other || !possible(one).is_disjoint(&possible(other))
    }

    /// Checks the names and the values of arguments. `owner` is the coordinate of the field or of
    /// the directive that has them. If the schema has no such field or directive, `owner` is its
    /// name and `definitions` is `None`.
    pub(super) fn arguments(
        &mut self,
        given: &'a [Node<Argument>],
        definitions: Option<&'a [Node<InputValueDefinition>]>,
        owner: &str,
    ) {
        for argument in given {
            let definition = definitions
                .and_then(|all| all.iter().find(|defined| defined.name == argument.name));
            if let (None, Some(all)) = (definition, definitions) {
                self.unknown_argument(argument, all, owner);
            }
            let coordinate = definition.map(|_| format!("{owner}({}:)", argument.name));
            let has_default = definition.is_some_and(|defined| defined.default_value.is_some());
            let ty = definition.and_then(|defined| self.input_type(&defined.ty));
            let path = argument.name.to_string();
            self.value(ty, has_default, &argument.value, path, coordinate);
        }
        let names = given.iter().map(|argument| &argument.name);
        let names: Vec<_> = names.map(|name| (name, self.at(name.location()))).collect();
        self.report_repeated(Key::DuplicateArgument, &names);
    }

    fn unknown_argument(
        &mut self,
        argument: &'a Node<Argument>,
        definitions: &'a [Node<InputValueDefinition>],
        owner: &str,
    ) {
        let names = || definitions.iter().map(|defined| defined.name.as_str()).collect();
        let near = self.suggest(&argument.name, names);
        let parts = vec![argument.name.to_string(), owner.to_owned()];
        let message = Message::new(Key::UnknownArgument, parts).suggesting(near);
        let locations = vec![self.at(argument.location())];
        self.push(DocumentError::new(message, locations).about(owner));
    }

    pub(super) fn required_arguments(
        &mut self,
        given: &'a [Node<Argument>],
        definitions: &'a [Node<InputValueDefinition>],
        owner: &str,
        span: Option<SourceSpan>,
    ) {
        for defined in definitions.iter().filter(|defined| defined.is_required()) {
            if !given.iter().any(|argument| argument.name == defined.name) {
                let coordinate = format!("{owner}({}:)", defined.name);
                let message = Message::new(Key::MissingArgument, vec![coordinate.clone()]);
                let locations = vec![self.at(span)];
                self.push(DocumentError::new(message, locations).about(coordinate));
            }
        }
    }
}
