//! The introspection types of the specification, edition of September 2025. Those of
//! apollo-compiler 1 are older.

use apollo_compiler::ast::{self, Definition};
use apollo_compiler::collections::IndexSet;
use apollo_compiler::schema::{
    Component, ComponentOrigin, DirectiveList, EnumType, ExtendedType, ObjectType,
};
use apollo_compiler::{Node, Schema};

const TYPES: &str = include_str!("types.graphql");

/// The texts of the built-in scalars, as graphql-js has them.
const SCALARS: [(&str, &str); 5] = [
    (
        "Int",
        "The `Int` scalar type represents non-fractional signed whole numeric values. Int can represent values between -(2^31) and 2^31 - 1.",
    ),
    (
        "Float",
        "The `Float` scalar type represents signed double-precision fractional values as specified by [IEEE 754](https://en.wikipedia.org/wiki/IEEE_floating_point).",
    ),
    (
        "String",
        "The `String` scalar type represents textual data, represented as UTF-8 character sequences. The String type is most often used by GraphQL to represent free-form human-readable text.",
    ),
    ("Boolean", "The `Boolean` scalar type represents `true` or `false`."),
    (
        "ID",
        "The `ID` scalar type represents a unique identifier, often used to refetch an object or as key for a cache. The ID type appears in a JSON response as a String; however, it is not intended to be human-readable. When expected as an input type, any string (such as `\"4\"`) or integer (such as `4`) input value will be accepted as an ID.",
    ),
];

/// Puts the types of `types.graphql` into a schema, its `@deprecated` unless the SDL defines one,
/// and the texts of the built-in scalars.
pub fn install(schema: &mut Schema) -> Result<(), String> {
    let document = ast::Document::parse(TYPES, "introspection/types.graphql")
        .map_err(|failed| failed.errors.to_string())?;
    for definition in &document.definitions {
        match definition {
            Definition::ObjectTypeDefinition(object) => {
                let fields = object.fields.iter().map(|field| (field.name.clone(), whole(field)));
                let ty = ObjectType {
                    description: object.description.clone(),
                    name: object.name.clone(),
                    implements_interfaces: IndexSet::default(),
                    directives: DirectiveList::default(),
                    fields: fields.collect(),
                };
                schema.types.insert(object.name.clone(), ExtendedType::Object(Node::new(ty)));
            }
            Definition::EnumTypeDefinition(defined) => {
                let values = defined.values.iter().map(|value| (value.value.clone(), whole(value)));
                let ty = EnumType {
                    description: defined.description.clone(),
                    name: defined.name.clone(),
                    directives: DirectiveList::default(),
                    values: values.collect(),
                };
                schema.types.insert(defined.name.clone(), ExtendedType::Enum(Node::new(ty)));
            }
            Definition::DirectiveDefinition(directive) => {
                let present = schema.directive_definitions.get_mut(&directive.name);
                if let Some(present) = present.filter(|present| present.is_built_in()) {
                    *present = directive.clone();
                }
            }
            _ => {}
        }
    }
    for (name, description) in SCALARS {
        if let Some(ExtendedType::Scalar(scalar)) = schema.types.get_mut(name) {
            scalar.make_mut().description = Some(Node::new_str(description));
        }
    }
    Ok(())
}

fn whole<T>(node: &Node<T>) -> Component<T> {
    node.to_component(ComponentOrigin::Definition)
}
