//! The schema against which `validate` checks documents. The server reads it once, from its SDL.

use crate::graphql::document::cost::weights::CostRules;
use crate::graphql::document::introspection::order::ListOrder;
use crate::graphql::document::introspection::types;
use crate::graphql::document::type_set::TypeSet;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
#[error("o esquema não é válido: {0}")]
pub struct InvalidSchema(String);

pub struct DocumentSchema {
    pub(crate) valid: Valid<Schema>,
    /// The object types, in alphabetical order. A [`TypeSet`] refers to them by index.
    objects: Vec<Name>,
    /// The object types that a value of each composite type may have.
    possible_types: HashMap<Name, TypeSet>,
    /// Input object types with `@oneOf`, which apollo-compiler 1 does not know.
    one_of: HashSet<Name>,
    pub(crate) rules: Arc<CostRules>,
    /// The order of the lists of introspection.
    pub(super) order: ListOrder,
    /// Whether the SDL itself defines `@deprecated`.
    pub(super) defines_deprecated: bool,
}

impl fmt::Debug for DocumentSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentSchema")
    }
}

impl DocumentSchema {
    pub fn from_sdl(sdl: &str) -> Result<Self, InvalidSchema> {
        const ONE_OF: &str = "directive @oneOf on INPUT_OBJECT";
        let text = match sdl.contains(ONE_OF) {
            true => sdl.to_owned(),
            false => format!("{sdl}\n{ONE_OF}\n"),
        };
        let valid = Schema::parse_and_validate(text, "schema.graphql")
            .map_err(|failed| InvalidSchema(failed.errors.to_string()))?;
        let mut schema = valid.into_inner();
        types::install(&mut schema).map_err(InvalidSchema)?;
        let valid = Valid::assume_valid(schema);
        let (objects, possible_types) = possible_types(&valid);
        let is_one_of = |name: &Name| {
            let input = valid.get_input_object(name);
            input.is_some_and(|input| input.directives.has("oneOf"))
        };
        let one_of = valid.types.keys().filter(|name| is_one_of(name)).cloned().collect();
        let rules = Arc::new(CostRules::from_schema(&valid, &objects, &possible_types));
        let order = ListOrder::of(&valid);
        let defines_deprecated = sdl.contains("directive @deprecated");
        Ok(Self { valid, objects, possible_types, one_of, rules, order, defines_deprecated })
    }

    /// The object types that a value of `ty` may have. Empty for a type that is not composite, and
    /// for an interface that no object implements.
    pub(crate) fn possible_types(&self, ty: &str) -> TypeSet {
        self.possible_types.get(ty).cloned().unwrap_or_default()
    }

    pub(crate) fn object(&self, index: usize) -> Option<&Name> {
        self.objects.get(index)
    }

    pub(crate) fn is_one_of(&self, input: &str) -> bool {
        self.one_of.contains(input)
    }

    /// Whether the schema has no use for this built-in scalar, and so does not have it (§3.5).
    pub(super) fn is_left_out(&self, name: &Name) -> bool {
        matches!(name.as_str(), "Int" | "Float" | "ID") && !self.order.types.contains(name)
    }
}

fn possible_types(schema: &Schema) -> (Vec<Name>, HashMap<Name, TypeSet>) {
    let object_name = |(name, ty): (&Name, &ExtendedType)| ty.is_object().then(|| name.clone());
    let mut objects: Vec<Name> = schema.types.iter().filter_map(object_name).collect();
    objects.sort_unstable();
    let mut possible_types = HashMap::<Name, TypeSet>::new();
    let indices: BTreeMap<&Name, usize> = objects.iter().zip(0..).collect();
    for (object, &index) in &indices {
        possible_types.entry((*object).clone()).or_default().insert(index);
        for interface in schema.get_object(object).iter().flat_map(|o| &o.implements_interfaces) {
            possible_types.entry(interface.name.clone()).or_default().insert(index);
        }
    }
    for (name, ty) in &schema.types {
        for member in ty.as_union().iter().flat_map(|union_type| &union_type.members) {
            if let Some(&index) = indices.get(&member.name) {
                possible_types.entry(name.clone()).or_default().insert(index);
            }
        }
    }
    (objects, possible_types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_the_contract_and_knows_what_each_type_may_be() {
        let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
        let names = |ty: &str| -> Vec<String> {
            let set = schema.possible_types(ty);
            set.iter().map(|n| schema.object(n).unwrap().to_string()).collect()
        };
        assert_eq!(names("Processo"), ["ProcessoApuracao", "ProcessoExecucao"]);
        assert_eq!(names("Guia"), ["Guia"]);
        assert!(names("Int").is_empty());
        assert!(schema.possible_types("Node").covers(&schema.possible_types("Processo")));
        assert!(schema.is_one_of("EspecieGuiaInput"));
        assert!(!schema.is_one_of("ProcessoFiltro"));
    }
}
