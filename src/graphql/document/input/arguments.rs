//! Coerces arguments that contain variables without a value (§3.10, §6.4.1).
//!
//! The value of a variable does not change the shape of a prepared operation, but its absence does:
//! a field of an input object falls away, an argument takes its default, and a field whose argument
//! may not be null cannot be answered. Operations are therefore prepared once for each combination
//! of variables that are absent or null, as they are for each combination of conditions.

use crate::graphql::document::error::{DocumentError, ErrorKind};
use crate::graphql::document::messages::{Key, Message};
use crate::graphql::document::normalize::{CollectedField, CollectedSelection};
use crate::graphql::document::position::Positions;
use crate::graphql::document::schema::DocumentSchema;
use apollo_compiler::ast::{Argument, Type, Value};
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node};
use std::collections::{BTreeMap, HashSet};

/// Why a variable has no value that a resolver could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hole {
    Absent,
    Null,
}

/// The variables without a value.
pub type Holes = BTreeMap<Name, Hole>;

/// The variables whose absence changes the shape of an operation, or refuses one of its fields. Only
/// nullable variables can be absent.
pub fn nullable_variables(document: &ExecutableDocument, operation: &Operation) -> Vec<Name> {
    let nullable = operation.variables.iter().filter(|definition| !definition.ty.is_non_null());
    let nullable: HashSet<&Name> = nullable.map(|definition| &definition.name).collect();
    if nullable.is_empty() {
        return Vec::new();
    }
    let mut found = HashSet::new();
    for field in operation.all_fields(document) {
        for argument in &field.arguments {
            let definition = field.definition.argument_by_name(&argument.name);
            collect(definition.map(|node| &**node), &argument.value, &mut found);
        }
    }
    let mut found: Vec<Name> =
        found.into_iter().filter(|name| nullable.contains(name)).cloned().collect();
    found.sort_unstable();
    found
}

fn collect<'d>(
    definition: Option<&InputValueDefinition>,
    value: &'d Value,
    found: &mut HashSet<&'d Name>,
) {
    match value {
        Value::Variable(name) => {
            // async-graphql does with such an argument what the specification says.
            let plain = definition.is_some_and(|definition| {
                definition.default_value.is_none() && !definition.ty.is_non_null()
            });
            if !plain {
                found.insert(name);
            }
        }
        Value::List(items) => items.iter().for_each(|item| collect(None, item, found)),
        Value::Object(fields) => fields.iter().for_each(|(_, value)| collect(None, value, found)),
        _ => {}
    }
}

/// Rewrites the arguments that contain a hole. A field is marked as refused if a hole stands where
/// its arguments need a value.
pub fn fill_holes(
    schema: &DocumentSchema,
    holes: &Holes,
    positions: &Positions<'_>,
    selections: &mut [CollectedSelection],
) {
    let filler = Filler { schema, holes, positions };
    for selection in selections {
        filler.selection(selection);
    }
}

struct Filler<'f> {
    schema: &'f DocumentSchema,
    holes: &'f Holes,
    positions: &'f Positions<'f>,
}

/// An argument, an input field or an item of a list: its type, and whether it may be absent.
struct Place<'p> {
    ty: &'p Type,
    path: String,
    coordinate: String,
    optional: bool,
    one_of: bool,
}

type Filled = Result<Option<Node<Value>>, Box<DocumentError>>;

impl Filler<'_> {
    fn selection(&self, selection: &mut CollectedSelection) {
        match selection {
            CollectedSelection::Field(field) => self.field(field),
            CollectedSelection::InlineFragment(_, fields) => {
                for field in fields {
                    self.field(field);
                }
            }
        }
    }

    fn field(&self, field: &mut CollectedField) {
        let has_hole = field.origin.arguments.iter().any(|argument| self.has_hole(&argument.value));
        if has_hole {
            match self.arguments(field) {
                Ok(arguments) => field.origin.make_mut().arguments = arguments,
                Err(refused) => {
                    field.refused = Some(refused);
                    field.selections.clear();
                }
            }
        }
        field.selections.iter_mut().for_each(|selection| self.selection(selection));
    }

    fn has_hole(&self, value: &Value) -> bool {
        match value {
            Value::Variable(name) => self.holes.contains_key(name),
            Value::List(items) => items.iter().any(|item| self.has_hole(item)),
            Value::Object(fields) => fields.iter().any(|(_, value)| self.has_hole(value)),
            _ => false,
        }
    }

    fn arguments(&self, field: &CollectedField) -> Result<Vec<Node<Argument>>, Box<DocumentError>> {
        let mut arguments = Vec::with_capacity(field.origin.arguments.len());
        for argument in &field.origin.arguments {
            let Some(definition) = field.definition.argument_by_name(&argument.name) else {
                continue;
            };
            let place = Place {
                ty: &definition.ty,
                path: argument.name.to_string(),
                coordinate: format!("{}.{}({}:)", field.parent, field.origin.name, argument.name),
                optional: !definition.is_required(),
                one_of: false,
            };
            if let Some(value) = self.value(&place, &argument.value)? {
                let name = argument.name.clone();
                arguments.push(argument.same_location(Argument { name, value }));
            }
        }
        Ok(arguments)
    }

    /// Returns the value that stands for one with holes, or `None` if it counts as not given. A
    /// null variable stays where null is allowed.
    fn value(&self, place: &Place<'_>, value: &Node<Value>) -> Filled {
        match &**value {
            Value::Variable(name) => match self.holes.get(name) {
                Some(Hole::Absent) if place.optional && !place.one_of => Ok(None),
                Some(hole) if place.ty.is_non_null() || place.one_of => {
                    Err(self.refused(place, name, *hole, value))
                }
                _ => Ok(Some(value.clone())),
            },
            Value::List(items) if place.ty.is_list() => {
                let mut filled = Vec::with_capacity(items.len());
                for (n, item) in items.iter().enumerate() {
                    let place = Place {
                        ty: place.ty.item_type(),
                        path: format!("{}.{n}", place.path),
                        coordinate: place.coordinate.clone(),
                        optional: false,
                        one_of: false,
                    };
                    let absent = match &**item {
                        Value::Variable(name) => self.holes.contains_key(name),
                        _ => false,
                    };
                    match self.value(&place, item)? {
                        // An item without a value is null: a list has no gaps.
                        Some(_) if absent => filled.push(item.same_location(Value::Null)),
                        Some(item) => filled.push(item),
                        None => {}
                    }
                }
                Ok(Some(value.same_location(Value::List(filled))))
            }
            Value::Object(fields) => {
                let name = place.ty.inner_named_type();
                let Some(input) = self.schema.valid.get_input_object(name) else {
                    return Ok(Some(value.clone()));
                };
                let one_of = self.schema.is_one_of(name);
                let mut filled = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    let Some(definition) = input.fields.get(name) else { continue };
                    let place = Place {
                        ty: &definition.ty,
                        path: format!("{}.{name}", place.path),
                        coordinate: format!("{}.{name}", input.name),
                        optional: !definition.is_required(),
                        one_of,
                    };
                    if let Some(value) = self.value(&place, value)? {
                        filled.push((name.clone(), value));
                    }
                }
                Ok(Some(value.same_location(Value::Object(filled))))
            }
            _ => Ok(Some(value.clone())),
        }
    }

    fn refused(
        &self,
        place: &Place<'_>,
        name: &Name,
        hole: Hole,
        value: &Node<Value>,
    ) -> Box<DocumentError> {
        let key = match hole {
            Hole::Absent => Key::ArgumentAbsent,
            Hole::Null => Key::ArgumentNull,
        };
        let parts =
            vec![place.path.clone(), place.ty.clone().non_null().to_string(), name.to_string()];
        let locations = vec![self.positions.of(value.location())];
        let error = DocumentError::new(Message::new(key, parts), locations);
        let (coordinate, field) = (Some(place.coordinate.clone()), Some(place.path.clone()));
        Box::new(DocumentError { kind: ErrorKind::Variable, coordinate, field, ..error })
    }
}
