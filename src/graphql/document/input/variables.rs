//! Coerces the variables of a request to the types that the operation declares.

use crate::graphql::document::convert::constant;
use crate::graphql::document::error::ErrorKind;
use crate::graphql::document::messages::{Key, Message};
use crate::graphql::document::scalars::CheckScalar;
use crate::graphql::document::schema::DocumentSchema;
use apollo_compiler::Node;
use apollo_compiler::ast::{Type, VariableDefinition};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Number, Value, Variables};
use std::fmt::Write;

/// A variable with a wrong value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidVariable {
    pub kind: ErrorKind,
    pub message: Message,
    /// The path of the wrong value from the name of the variable on, such as `filtro.criadoDe`.
    pub path: String,
    /// The definition of the variable.
    pub definition: Option<SourceSpan>,
    /// The coordinate of the input field that has the wrong value. `None` if the variable itself
    /// has it.
    pub coordinate: Option<String>,
}

/// Maximum number of errors reported for the variables of a request.
const MAX_ERRORS: usize = 10;

/// Coerces the variables, and adds the defaults of those that the request does not give. Ignores
/// variables that the operation does not declare.
pub fn coerce(
    schema: &DocumentSchema,
    check_scalar: CheckScalar,
    definitions: &[Node<VariableDefinition>],
    mut variables: Variables,
) -> Result<Variables, Vec<InvalidVariable>> {
    let mut errors = Vec::new();
    for definition in definitions {
        let mut coercion =
            Coercion { schema, check_scalar, definition, path: Vec::new(), errors: &mut errors };
        if let Some(value) = variables.get_mut(definition.name.as_str()) {
            coercion.value(&definition.ty, value);
            continue;
        }
        match definition.default_value.as_ref().and_then(|default| constant(default)) {
            Some(mut default) => {
                coercion.value(&definition.ty, &mut default);
                variables.insert(Name::new(definition.name.as_str()), default);
            }
            None if definition.ty.is_non_null() => {
                coercion.wrong(Key::VariableMissing, Vec::new());
            }
            None => {}
        }
    }
    errors.truncate(MAX_ERRORS);
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

#[derive(Clone, Copy)]
enum Step<'s> {
    /// A field of an input object, with the object's type.
    Field(&'s str, &'s str),
    Item(usize),
}

struct Coercion<'c, 's> {
    schema: &'s DocumentSchema,
    check_scalar: CheckScalar,
    definition: &'c Node<VariableDefinition>,
    /// The path from the variable to the value that is being coerced.
    path: Vec<Step<'s>>,
    errors: &'c mut Vec<InvalidVariable>,
}

impl<'s> Coercion<'_, 's> {
    fn value(&mut self, ty: &Type, value: &mut Value) {
        let schema = self.schema;
        match (&mut *value, ty) {
            (Value::Null, ty) => {
                if ty.is_non_null() && self.path.is_empty() {
                    self.wrong(Key::VariableNull, Vec::new());
                } else if ty.is_non_null() {
                    self.wrong_type(ty);
                }
            }
            (Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
                for (n, item) in items.iter_mut().enumerate() {
                    self.within(Step::Item(n), |within| within.value(inner, item));
                }
            }
            // A single value stands for a list of one.
            (_, Type::List(inner) | Type::NonNullList(inner)) => {
                self.value(inner, value);
                *value = Value::List(vec![std::mem::take(value)]);
            }
            (_, Type::Named(name) | Type::NonNullNamed(name)) => {
                match (schema.valid.types.get(name), &mut *value) {
                    (Some(ExtendedType::Scalar(_)), _) => self.scalar(ty, name, value),
                    (Some(ExtendedType::Enum(defined)), Value::String(given)) => {
                        if !defined.values.contains_key(given.as_str()) {
                            self.wrong_type(ty);
                        }
                    }
                    // Only a default has this form: JSON has no enum values.
                    (Some(ExtendedType::Enum(_)), Value::Enum(_)) => {}
                    (Some(ExtendedType::InputObject(input)), Value::Object(fields)) => {
                        self.object(input, fields);
                    }
                    _ => self.wrong_type(ty),
                }
            }
        }
    }

    fn object(&mut self, input: &'s InputObjectType, given: &mut IndexMap<Name, Value>) {
        let one_of = self.schema.is_one_of(&input.name);
        let single = given.len() == 1 && given.values().all(|value| *value != Value::Null);
        let unknown = |name: &&Name| !input.fields.contains_key(name.as_str());
        if given.len() > input.fields.len() || given.keys().any(|name| unknown(&name)) {
            let unknown: Vec<String> =
                given.keys().filter(unknown).map(ToString::to_string).collect();
            for name in unknown {
                self.wrong(Key::VariableUnknownField, vec![name]);
            }
        }
        for (name, field) in &input.fields {
            if let Some(value) = given.get_mut(name.as_str()) {
                let step = Step::Field(name, &input.name);
                self.within(step, |within| within.value(&field.ty, value));
                continue;
            }
            match field.default_value.as_ref().and_then(|default| constant(default)) {
                Some(mut default) => {
                    self.value(&field.ty, &mut default);
                    given.insert(Name::new(name.as_str()), default);
                }
                None if field.ty.is_non_null() => {
                    self.wrong(Key::VariableMissingField, vec![name.to_string()]);
                }
                None => {}
            }
        }
        if one_of && !single {
            self.wrong(Key::VariableOneOf, Vec::new());
        }
    }

    fn scalar(&mut self, ty: &Type, name: &str, value: &mut Value) {
        let accepted = match (name, &mut *value) {
            ("Int", Value::Number(number)) => match integer(number) {
                Some(n) if i32::try_from(n).is_ok() => {
                    if number.is_f64() {
                        *value = Value::Number(n.into());
                    }
                    true
                }
                None if number.is_f64() => false,
                _ => return self.wrong(Key::VariableRange, Vec::new()),
            },
            ("ID", Value::Number(number)) => {
                let text = match integer(number) {
                    Some(n) => Some(n.to_string()),
                    None => (!number.is_f64()).then(|| number.to_string()),
                };
                let is_integer = text.is_some();
                if let Some(text) = text {
                    *value = Value::String(text);
                }
                is_integer
            }
            ("Float", Value::Number(_))
            | ("String" | "ID", Value::String(_))
            | ("Boolean", Value::Boolean(_)) => true,
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
            _ => match (self.check_scalar)(name, value) {
                None => true,
                Some(defect) => {
                    let path = format!("${}", self.shown_path());
                    let message = Message::new(Key::WrongScalar, vec![path, name.into(), defect]);
                    return self.push(ErrorKind::Scalar, message);
                }
            },
        };
        if !accepted {
            self.wrong_type(ty);
        }
    }

    fn within(&mut self, step: Step<'s>, coerce: impl FnOnce(&mut Self)) {
        self.path.push(step);
        coerce(self);
        self.path.pop();
    }

    fn wrong_type(&mut self, ty: &Type) {
        self.wrong(Key::VariableWrong, vec![ty.to_string()]);
    }

    /// Reports the value at the current path, which is the first part of the message.
    fn wrong(&mut self, key: Key, parts: Vec<String>) {
        let parts = std::iter::once(self.shown_path()).chain(parts).collect();
        self.push(ErrorKind::Variable, Message::new(key, parts));
    }

    fn push(&mut self, kind: ErrorKind, message: Message) {
        let field = self.path.iter().rev().find_map(|step| match step {
            Step::Field(name, input) => Some(format!("{input}.{name}")),
            Step::Item(_) => None,
        });
        let path = self.dotted_path();
        let definition = self.definition.location();
        self.errors.push(InvalidVariable { kind, message, path, definition, coordinate: field });
    }

    /// The path as messages show it: `filtro.numero[0]`.
    fn shown_path(&self) -> String {
        self.joined(|path, n| _ = write!(path, "[{n}]"))
    }

    fn dotted_path(&self) -> String {
        self.joined(|path, n| _ = write!(path, ".{n}"))
    }

    fn joined(&self, item: impl Fn(&mut String, usize)) -> String {
        let mut path = self.definition.name.to_string();
        for step in &self.path {
            match step {
                Step::Field(name, _) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Item(n) => item(&mut path, *n),
            }
        }
        path
    }
}

/// The value of a number without a fraction, such as `20` and `20.0`. `None` for a number with a
/// fraction, or beyond the range in which the value is exact.
#[expect(clippy::cast_possible_truncation, reason = "within the bounds, the cast is exact")]
fn integer(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(n) = number.as_i64() {
        return Some(n);
    }
    let real = number.as_f64().filter(|_| number.is_f64())?;
    (real.fract() == 0.0 && real.abs() <= EXACT).then_some(real as i64)
}

/// Returns the value of a boolean variable that has been coerced. Fails if it is absent or null.
pub fn boolean(
    definitions: &[Node<VariableDefinition>],
    variables: &Variables,
    name: &str,
) -> Result<bool, Box<InvalidVariable>> {
    match variables.get(name) {
        Some(Value::Boolean(value)) => Ok(*value),
        given => {
            let key = if given.is_some() { Key::VariableNull } else { Key::VariableMissing };
            let definition = definitions.iter().find(|definition| definition.name == name);
            Err(Box::new(InvalidVariable {
                kind: ErrorKind::Variable,
                message: Message::new(key, vec![name.to_owned()]),
                path: name.to_owned(),
                definition: definition.and_then(Node::location),
                coordinate: None,
            }))
        }
    }
}
