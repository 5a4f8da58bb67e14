//! The order of types and directives in the answers.

use apollo_compiler::ast::Type;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};
use std::collections::{HashMap, HashSet};

/// The lists of the schema, in the order in which graphql-js collects them: the types of the SDL in
/// its order, each followed by the built-in scalars that no earlier type names, and at the end the
/// introspection types.
#[derive(Debug, Default)]
pub struct ListOrder {
    pub types: Vec<Name>,
    pub directives: Vec<Name>,
    /// The object types of each interface.
    pub implementations: HashMap<Name, Vec<Name>>,
}

impl ListOrder {
    pub fn of(schema: &Schema) -> Self {
        let own = |name: &&Name| !name.starts_with("__") && !is_built_in(name);
        let mut collector = Collector {
            schema,
            pending: schema.types.keys().filter(own).collect(),
            types: Vec::new(),
            seen: HashSet::new(),
        };
        for name in schema.types.keys().filter(own) {
            collector.pending.remove(name);
            collector.collect(name);
        }
        let directives = directives(schema);
        for name in &directives {
            let arguments = schema.directive_definitions[name].arguments.iter();
            arguments.for_each(|argument| collector.reference(&argument.ty));
        }
        if let Some((name, _)) = schema.types.get_key_value("__Schema") {
            collector.collect(name);
        }
        let types: Vec<Name> = collector.types.into_iter().cloned().collect();
        let mut implementations = HashMap::<Name, Vec<Name>>::new();
        for name in &types {
            for interface in schema.get_object(name).iter().flat_map(|o| &o.implements_interfaces) {
                implementations.entry(interface.name.clone()).or_default().push(name.clone());
            }
        }
        Self { types, directives, implementations }
    }
}

fn is_built_in(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}

/// The directives that the SDL defines, in its order, then those of the specification that it
/// leaves out.
fn directives(schema: &Schema) -> Vec<Name> {
    const SPECIFIED: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];
    let written = |name: &Name| {
        let definition = &schema.directive_definitions[name];
        // `types::install` takes `@deprecated` from another file, whose offsets say nothing here.
        let left_out = definition.is_built_in() || name == "deprecated";
        let rank = SPECIFIED.iter().position(|specified| *specified == name.as_str());
        match left_out {
            true => (1, rank.unwrap_or_default()),
            false => (0, definition.location().map_or(0, |span: SourceSpan| span.offset())),
        }
    };
    let mut directives: Vec<Name> = schema.directive_definitions.keys().cloned().collect();
    directives.sort_by_key(written);
    directives
}

struct Collector<'s> {
    schema: &'s Schema,
    /// Types of the SDL whose turn has not come. A reference to one does not collect it.
    pending: HashSet<&'s Name>,
    types: Vec<&'s Name>,
    seen: HashSet<&'s Name>,
}

impl<'s> Collector<'s> {
    fn reference(&mut self, ty: &'s Type) {
        self.collect(ty.inner_named_type());
    }

    fn collect(&mut self, name: &'s Name) {
        if self.pending.contains(name) || !self.seen.insert(name) {
            return;
        }
        let Some(ty) = self.schema.types.get(name) else { return };
        self.types.push(name);
        let (interfaces, fields) = match ty {
            ExtendedType::Union(union) => {
                return union.members.iter().for_each(|member| self.collect(&member.name));
            }
            ExtendedType::InputObject(input) => {
                return input.fields.values().for_each(|field| self.reference(&field.ty));
            }
            ExtendedType::Object(object) => (&object.implements_interfaces, &object.fields),
            ExtendedType::Interface(ty) => (&ty.implements_interfaces, &ty.fields),
            ExtendedType::Scalar(_) | ExtendedType::Enum(_) => return,
        };
        interfaces.iter().for_each(|interface| self.collect(&interface.name));
        for field in fields.values() {
            self.reference(&field.ty);
            field.arguments.iter().for_each(|argument| self.reference(&argument.ty));
        }
    }
}
