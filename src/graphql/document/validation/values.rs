//! Rules about values in a document (§5.6).

use super::Checker;
use super::usages::VariableUse;
use crate::graphql::document::convert::constant;
use crate::graphql::document::error::{DocumentError, ErrorKind};
use crate::graphql::document::messages::{Key, Message, Part};
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

/// Where a value stands in the input: its path, and the coordinate of the argument or input field
/// that has it, if the schema declares one.
#[derive(Clone)]
struct Place {
    path: String,
    coordinate: Option<String>,
}

impl Place {
    fn within(&self, step: &str, coordinate: Option<String>) -> Self {
        let coordinate = coordinate.or_else(|| self.coordinate.clone());
        Self { path: format!("{}.{step}", self.path), coordinate }
    }
}

impl<'a> Checker<'a> {
    /// Checks the value of an argument, or the default of a variable.
    pub(super) fn value(
        &mut self,
        ty: Option<&'a Type>,
        has_default: bool,
        value: &'a Node<Value>,
        path: String,
        coordinate: Option<String>,
    ) {
        self.walk(ty, has_default, false, value);
        if let Some(ty) = ty {
            self.literal(ty, value, &Place { path, coordinate });
        }
    }

    /// Notes the variables in a value, and checks that no field of an object is repeated.
    fn walk(
        &mut self,
        ty: Option<&'a Type>,
        has_default: bool,
        one_of: bool,
        value: &'a Node<Value>,
    ) {
        match &**value {
            Value::Variable(name) => {
                let span = value.location();
                self.usages.variable(VariableUse { name, span, ty, has_default, one_of });
            }
            Value::List(items) => {
                let item_type = ty.map(|ty| if ty.is_list() { ty.item_type() } else { ty });
                for item in items {
                    self.walk(item_type, false, false, item);
                }
            }
            Value::Object(fields) => {
                let schema = self.checked.schema;
                let input = ty.and_then(|ty| schema.valid.get_input_object(ty.inner_named_type()));
                let one_of = input.is_some_and(|input| schema.is_one_of(&input.name));
                let mut seen = HashMap::<&Name, Option<SourceSpan>>::new();
                for (name, value) in fields {
                    match seen.get(name) {
                        Some(first) => {
                            let locations = vec![self.at(*first), self.at(name.location())];
                            self.report(Key::DuplicateInputField, &[name], locations);
                        }
                        None => _ = seen.insert(name, name.location()),
                    }
                    let defined = input.and_then(|input| input.fields.get(name));
                    let has_default = defined.is_some_and(|field| field.default_value.is_some());
                    self.walk(defined.map(|field| &*field.ty), has_default, one_of, value);
                }
            }
            _ => {}
        }
    }

    /// Checks a value without its variables, whose types another rule checks.
    fn literal(&mut self, ty: &'a Type, value: &'a Node<Value>, place: &Place) {
        let schema = self.checked.schema;
        match (&**value, ty) {
            (Value::Variable(_), _) => {}
            (Value::Null, ty) => {
                if ty.is_non_null() {
                    self.wrong_value(ty, value, place);
                }
            }
            (Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
                for (n, item) in items.iter().enumerate() {
                    self.literal(inner, item, &place.within(&n.to_string(), None));
                }
            }
            // A single value stands for a list of one.
            (_, Type::List(inner) | Type::NonNullList(inner)) => self.literal(inner, value, place),
            (_, Type::Named(name) | Type::NonNullNamed(name)) => match schema.valid.types.get(name)
            {
                Some(ExtendedType::InputObject(input)) => match &**value {
                    Value::Object(fields) => self.object(input, fields, value, place),
                    _ => self.wrong_value(ty, value, place),
                },
                Some(ExtendedType::Enum(defined)) => match &**value {
                    Value::Enum(given) if defined.values.contains_key(given) => {}
                    Value::Enum(given) => {
                        let names = || defined.values.keys().map(Name::as_str).collect();
                        let near = self.suggest(given, names);
                        let parts = vec![given.to_string(), name.to_string()];
                        let message = Message::new(Key::UnknownValue, parts).suggesting(near);
                        self.wrong(message, value, place);
                    }
                    _ => self.wrong_value(ty, value, place),
                },
                Some(ExtendedType::Scalar(_)) => self.scalar(ty, name, value, place),
                _ => {}
            },
        }
    }

    fn object(
        &mut self,
        input: &'a InputObjectType,
        fields: &'a [(Name, Node<Value>)],
        value: &'a Node<Value>,
        place: &Place,
    ) {
        for (name, defined) in &input.fields {
            let coordinate = format!("{}.{name}", input.name);
            // The last of repeated fields counts; another rule reports them.
            match fields.iter().rev().find(|(given, _)| given == name) {
                Some((_, given)) => {
                    self.literal(&defined.ty, given, &place.within(name, Some(coordinate)));
                }
                None if defined.is_required() => {
                    let message = Message::new(Key::MissingInputField, vec![coordinate.clone()]);
                    self.wrong(message, value, &place.within(name, Some(coordinate)));
                }
                None => {}
            }
        }
        let mut known = Vec::new();
        for (name, given) in fields {
            if input.fields.contains_key(name) {
                known.push((name, given));
                continue;
            }
            let names = || input.fields.keys().map(Name::as_str).collect();
            let near = self.suggest(name, names);
            let parts = vec![name.to_string(), input.name.to_string()];
            let message = Message::new(Key::UnknownInputField, parts).suggesting(near);
            let place = place.within(name, Some(input.name.to_string()));
            self.wrong_at(ErrorKind::Rule, message, name.location(), &place);
        }
        if self.checked.schema.is_one_of(&input.name) {
            match known.as_slice() {
                [(name, only)] if only.is_null() => {
                    let parts = vec![input.name.to_string(), name.to_string()];
                    self.wrong(Message::new(Key::OneOfNull, parts), value, place);
                }
                [_] => {}
                _ => {
                    let parts = vec![input.name.to_string()];
                    self.wrong(Message::new(Key::OneOfCount, parts), value, place);
                }
            }
        }
    }

    fn scalar(&mut self, ty: &'a Type, name: &Name, value: &'a Node<Value>, place: &Place) {
        let accepted = match (name.as_str(), &**value) {
            ("Int", Value::Int(number)) => {
                if number.try_to_i32().is_err() {
                    self.wrong(Message::new(Key::IntRange, Vec::new()), value, place);
                }
                true
            }
            ("Float", Value::Int(_) | Value::Float(_))
            | ("String", Value::String(_))
            | ("Boolean", Value::Boolean(_))
            | ("ID", Value::String(_) | Value::Int(_)) => true,
            ("Int" | "Float" | "String" | "Boolean" | "ID", _) => false,
            _ => {
                // A resolver checks a value that contains a variable.
                let defect =
                    constant(value).and_then(|value| (self.checked.check_scalar)(name, &value));
                if let Some(defect) = defect {
                    let parts = vec![place.path.clone(), name.to_string(), defect];
                    let message = Message::new(Key::WrongScalar, parts);
                    self.wrong_at(ErrorKind::Scalar, message, value.location(), place);
                }
                true
            }
        };
        if !accepted {
            self.wrong_value(ty, value, place);
        }
    }

    fn wrong_value(&mut self, ty: &Type, value: &'a Node<Value>, place: &Place) {
        let parts = vec![Part::Text(ty.to_string()), Part::Word(kind(value))];
        self.wrong(Message::of(Key::WrongValue, parts), value, place);
    }

    fn wrong(&mut self, message: Message, value: &'a Node<Value>, place: &Place) {
        self.wrong_at(ErrorKind::Rule, message, value.location(), place);
    }

    fn wrong_at(
        &mut self,
        kind: ErrorKind,
        message: Message,
        span: Option<SourceSpan>,
        place: &Place,
    ) {
        let error = DocumentError::new(message, vec![self.at(span)]);
        let (coordinate, field) = (place.coordinate.clone(), Some(place.path.clone()));
        self.push(DocumentError { kind, coordinate, field, ..error });
    }
}

/// The kind of a value, for a message. The value itself may be secret.
const fn kind(value: &Value) -> Key {
    match value {
        Value::Null => Key::ANull,
        Value::Boolean(_) => Key::ABoolean,
        Value::Enum(_) => Key::AnEnum,
        Value::String(_) => Key::AString,
        Value::Variable(_) => Key::AVariable,
        Value::Float(_) => Key::AFloat,
        Value::Int(_) => Key::AnInteger,
        Value::List(_) => Key::AList,
        Value::Object(_) => Key::AnObject,
    }
}
