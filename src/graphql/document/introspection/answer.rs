//! Writes the answer to one introspection field as JSON.

use super::argument;
use crate::graphql::document::literal;
use crate::graphql::document::schema::DocumentSchema;
use apollo_compiler::Node;
use apollo_compiler::ast::{
    self, DirectiveDefinition, EnumValueDefinition, FieldDefinition, InputValueDefinition,
    OperationType, Type,
};
use apollo_compiler::schema::ExtendedType;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Value as ConstValue, Variables};

/// The reason of a `@deprecated` that gives none.
const NO_REASON: &str = "No longer supported";

/// The JSON of `__schema` or of `__type`.
pub fn root(schema: &DocumentSchema, field: &Field, variables: &Variables) -> Vec<u8> {
    let mut writer = Writer { schema, variables, json: Vec::new() };
    match field.name.node.as_str() {
        "__schema" => writer.object(Element::Schema, &field.selection_set.node),
        _ => {
            let ty = match argument(field, variables, "name") {
                Some(ConstValue::String(name))
                    if schema.order.types.iter().any(|t| *t == *name) =>
                {
                    schema.valid.types.get(name.as_str())
                }
                _ => None,
            };
            writer.element(ty.map(Element::Named), field);
        }
    }
    writer.json
}

/// What introspection describes.
#[derive(Clone, Copy)]
enum Element<'s> {
    Schema,
    Named(&'s ExtendedType),
    /// A list or, if the flag is set, the non-null layer around a type.
    Wrapping(&'s Type, bool),
    Field(&'s FieldDefinition),
    InputValue(&'s InputValueDefinition),
    EnumValue(&'s EnumValueDefinition),
    Directive(&'s DirectiveDefinition),
}

struct Writer<'s> {
    schema: &'s DocumentSchema,
    variables: &'s Variables,
    json: Vec<u8>,
}

impl<'s> Writer<'s> {
    fn object(&mut self, element: Element<'s>, selections: &SelectionSet) {
        self.json.push(b'{');
        let mut first = true;
        for selection in &selections.items {
            // A normalized document has no fragments here, because no introspection type is abstract.
            let Selection::Field(field) = &selection.node else { continue };
            if !std::mem::take(&mut first) {
                self.json.push(b',');
            }
            self.text(&field.node.response_key().node);
            self.json.push(b':');
            self.field(element, &field.node);
        }
        self.json.push(b'}');
    }

    fn element(&mut self, element: Option<Element<'s>>, field: &Field) {
        match element {
            Some(element) => self.object(element, &field.selection_set.node),
            None => self.null(),
        }
    }

    fn list(&mut self, elements: impl Iterator<Item = Element<'s>>, field: &Field) {
        self.json.push(b'[');
        for (n, element) in elements.enumerate() {
            if n > 0 {
                self.json.push(b',');
            }
            self.object(element, &field.selection_set.node);
        }
        self.json.push(b']');
    }

    fn text(&mut self, text: &str) {
        // Writing to a `Vec` cannot fail.
        _ = serde_json::to_writer(&mut self.json, text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn boolean(&mut self, value: bool) {
        self.json.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn null(&mut self) {
        self.json.extend_from_slice(b"null");
    }

    fn field(&mut self, element: Element<'s>, field: &Field) {
        match (element, field.name.node.as_str()) {
            (element, "__typename") => self.text(element.type_name()),
            (Element::Schema, name) => self.schema_field(name, field),
            (Element::Named(ty), name) => self.type_field(ty, name, field),
            (Element::Wrapping(ty, non_null), name) => match name {
                "kind" => self.text(if non_null { "NON_NULL" } else { "LIST" }),
                "ofType" => {
                    let inner = self.inner(ty, non_null);
                    self.element(inner, field);
                }
                _ => self.null(),
            },
            (Element::Directive(directive), name) => self.directive_field(directive, name, field),
            (Element::EnumValue(value), "name") => self.text(&value.value),
            (Element::Field(defined), "name") => self.text(&defined.name),
            (Element::InputValue(defined), "name") => self.text(&defined.name),
            (Element::Field(defined), "type") => {
                let ty = self.type_element(&defined.ty);
                self.element(ty, field);
            }
            (Element::InputValue(defined), "type") => {
                let ty = self.type_element(&defined.ty);
                self.element(ty, field);
            }
            (Element::Field(defined), "args") => self.inputs(defined.arguments.iter(), field),
            (Element::InputValue(defined), "defaultValue") => {
                let default = defined.default_value.as_ref().map(|value| literal::print(value));
                self.optional(default.as_deref());
            }
            (element, "description") => self.optional(element.description()),
            (element, "isDeprecated") => self.boolean(element.deprecation().is_some()),
            (element, "deprecationReason") => self.optional(element.deprecation()),
            _ => self.null(),
        }
    }

    fn schema_field(&mut self, name: &str, field: &Field) {
        let schema = self.schema;
        let root = |ty| {
            let name = schema.valid.root_operation(ty)?;
            schema.valid.types.get(name).map(Element::Named)
        };
        match name {
            "description" => {
                let description = schema.valid.schema_definition.description.as_ref();
                self.optional(description.map(Node::as_str));
            }
            "types" => {
                let types = schema.order.types.iter();
                let types = types.filter_map(|name| schema.valid.types.get(name));
                self.list(types.map(Element::Named), field);
            }
            "queryType" => self.element(root(OperationType::Query), field),
            "mutationType" => self.element(root(OperationType::Mutation), field),
            "subscriptionType" => self.element(root(OperationType::Subscription), field),
            "directives" => {
                let directives = schema.order.directives.iter();
                let directives =
                    directives.filter_map(|name| schema.valid.directive_definitions.get(name));
                self.list(directives.map(|directive| Element::Directive(directive)), field);
            }
            _ => self.null(),
        }
    }

    fn type_field(&mut self, ty: &'s ExtendedType, name: &str, field: &Field) {
        let schema = self.schema;
        let types = |names: Vec<&'s apollo_compiler::Name>| {
            let named = names.into_iter().filter_map(|name| schema.valid.types.get(name));
            named.map(Element::Named)
        };
        match (name, ty) {
            ("kind", _) => self.text(kind(ty)),
            ("name", _) => self.text(ty.name()),
            ("description", _) => self.optional(ty.description().map(Node::as_str)),
            ("specifiedByURL", ExtendedType::Scalar(scalar)) => {
                let directive = scalar.directives.get("specifiedBy");
                let url =
                    directive.and_then(|directive| directive.specified_argument_by_name("url"));
                self.optional(url.and_then(|url| url.as_str()));
            }
            ("fields", ExtendedType::Object(object)) => {
                self.fields(object.fields.values().map(|field| &***field), field);
            }
            ("fields", ExtendedType::Interface(interface)) => {
                self.fields(interface.fields.values().map(|field| &***field), field);
            }
            ("interfaces", ExtendedType::Object(object)) => {
                let interfaces = object.implements_interfaces.iter().map(|i| &i.name);
                self.list(types(interfaces.collect()), field);
            }
            ("interfaces", ExtendedType::Interface(interface)) => {
                let interfaces = interface.implements_interfaces.iter().map(|i| &i.name);
                self.list(types(interfaces.collect()), field);
            }
            ("possibleTypes", ExtendedType::Interface(interface)) => {
                let objects = schema.order.implementations.get(&interface.name);
                self.list(types(objects.into_iter().flatten().collect()), field);
            }
            ("possibleTypes", ExtendedType::Union(union)) => {
                self.list(types(union.members.iter().map(|m| &m.name).collect()), field);
            }
            ("enumValues", ExtendedType::Enum(defined)) => {
                let values = defined.values.values().map(|value| Element::EnumValue(value));
                self.current(values, field);
            }
            ("inputFields", ExtendedType::InputObject(input)) => {
                self.inputs(input.fields.values().map(|field| &field.node), field);
            }
            ("isOneOf", ExtendedType::InputObject(input)) => {
                self.boolean(schema.is_one_of(&input.name));
            }
            _ => self.null(),
        }
    }

    fn directive_field(&mut self, directive: &'s DirectiveDefinition, name: &str, field: &Field) {
        match name {
            "name" => self.text(&directive.name),
            "description" => self.optional(directive.description.as_ref().map(Node::as_str)),
            "isRepeatable" => self.boolean(directive.repeatable),
            "isDeprecated" => self.boolean(false),
            "locations" => {
                let mut locations: Vec<_> =
                    directive.locations.iter().map(|location| location.name()).collect();
                // graphql-js 17 adds this location, which apollo-compiler cannot express.
                if directive.name == "deprecated" && !self.schema.defines_deprecated {
                    locations.push("DIRECTIVE_DEFINITION");
                }
                _ = serde_json::to_writer(&mut self.json, &locations);
            }
            "args" => self.inputs(directive.arguments.iter(), field),
            _ => self.null(),
        }
    }

    fn fields(&mut self, fields: impl Iterator<Item = &'s FieldDefinition>, field: &Field) {
        self.current(fields.map(Element::Field), field);
    }

    fn inputs(
        &mut self,
        inputs: impl Iterator<Item = &'s Node<InputValueDefinition>>,
        field: &Field,
    ) {
        self.current(inputs.map(|input| Element::InputValue(input)), field);
    }

    /// Writes the elements that are not deprecated or, if the field asks for them, all.
    fn current(&mut self, elements: impl Iterator<Item = Element<'s>>, field: &Field) {
        let all = argument(field, self.variables, "includeDeprecated");
        let all = all == Some(ConstValue::Boolean(true));
        self.list(elements.filter(|element| all || element.deprecation().is_none()), field);
    }

    fn type_element(&self, ty: &'s Type) -> Option<Element<'s>> {
        match ty {
            Type::Named(name) => self.schema.valid.types.get(name).map(Element::Named),
            wrapping => Some(Element::Wrapping(wrapping, wrapping.is_non_null())),
        }
    }

    /// The type within a list or within a non-null layer.
    fn inner(&self, ty: &'s Type, non_null: bool) -> Option<Element<'s>> {
        match ty {
            Type::Named(name) | Type::NonNullNamed(name) => {
                self.schema.valid.types.get(name).map(Element::Named)
            }
            Type::NonNullList(_) if non_null => Some(Element::Wrapping(ty, false)),
            Type::List(inner) | Type::NonNullList(inner) => self.type_element(inner),
        }
    }
}

impl<'s> Element<'s> {
    const fn type_name(self) -> &'static str {
        match self {
            Self::Schema => "__Schema",
            Self::Named(_) | Self::Wrapping(..) => "__Type",
            Self::Field(_) => "__Field",
            Self::InputValue(_) => "__InputValue",
            Self::EnumValue(_) => "__EnumValue",
            Self::Directive(_) => "__Directive",
        }
    }

    fn description(self) -> Option<&'s str> {
        let description = match self {
            Self::Field(field) => &field.description,
            Self::InputValue(input) => &input.description,
            Self::EnumValue(value) => &value.description,
            _ => return None,
        };
        description.as_ref().map(Node::as_str)
    }

    /// The reason why the element is deprecated. `None` if it is not.
    fn deprecation(self) -> Option<&'s str> {
        let directives: &ast::DirectiveList = match self {
            Self::Field(field) => &field.directives,
            Self::InputValue(input) => &input.directives,
            Self::EnumValue(value) => &value.directives,
            _ => return None,
        };
        let reason = directives.get("deprecated")?.specified_argument_by_name("reason");
        Some(reason.and_then(|reason| reason.as_str()).unwrap_or(NO_REASON))
    }
}

const fn kind(ty: &ExtendedType) -> &'static str {
    match ty {
        ExtendedType::Scalar(_) => "SCALAR",
        ExtendedType::Object(_) => "OBJECT",
        ExtendedType::Interface(_) => "INTERFACE",
        ExtendedType::Union(_) => "UNION",
        ExtendedType::Enum(_) => "ENUM",
        ExtendedType::InputObject(_) => "INPUT_OBJECT",
    }
}
