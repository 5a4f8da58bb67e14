//! Builds requests for every query and mutation from the GraphQL schema. The arguments name rows of
//! B.

use super::Request;
use super::values::Values;
use crate::isolation::report::Kind;
use crate::isolation::test_rows::TribunalRows;
use actix_web::http::Method;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Number of levels of nested objects in a selection.
const DEPTH: usize = 4;
/// Largest number of combinations of arguments for one operation.
const MAX_COMBINATIONS: usize = 60;
/// Arguments of writes, and combinators of filters, which name no row.
const NAME_NO_ROW: [&str; 6] = ["chaveIdempotencia", "simular", "versaoEsperada", "e", "ou", "nao"];

/// Every query and mutation, once for each of its combinations of arguments.
pub fn requests(sdl: &str, b: &TribunalRows) -> anyhow::Result<Vec<Request>> {
    let schema = Schema::read(sdl, b)?;
    let mut requests = Vec::new();
    for (root, word) in [("Query", "query"), ("Mutation", "mutation")] {
        for field in schema.fields(root) {
            let selection = schema.selection(&field.ty.node, DEPTH);
            for arguments in schema.combinations(&field.arguments, field.name.node.as_str(), 0) {
                let arguments = in_parentheses(&arguments);
                let query = format!("{word} {{ r: {}{arguments}{selection} }}", field.name.node);
                requests.push(Request {
                    kind: Kind::Graphql,
                    operation: field.name.node.to_string(),
                    method: Method::POST,
                    path: "/graphql".into(),
                    media: "application/json",
                    body: json!({ "query": query }).to_string(),
                });
            }
        }
    }
    Ok(requests)
}

fn in_parentheses(arguments: &[String]) -> String {
    match arguments.is_empty() {
        true => String::new(),
        false => format!("({})", arguments.join(", ")),
    }
}

struct Schema<'a> {
    types: HashMap<Name, TypeKind>,
    one_of: Vec<Name>,
    values: Values<'a>,
}

impl<'a> Schema<'a> {
    fn read(sdl: &str, b: &'a TribunalRows) -> anyhow::Result<Self> {
        let mut schema = Self { types: HashMap::new(), one_of: Vec::new(), values: Values(b) };
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let definition = definition.node;
            let name = definition.name.node;
            if definition.directives.iter().any(|directive| directive.node.name.node == "oneOf") {
                schema.one_of.push(name.clone());
            }
            schema.types.insert(name, definition.kind);
        }
        Ok(schema)
    }

    fn fields(&self, name: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.types.get(name) {
            Some(TypeKind::Object(object)) => object.fields.as_slice(),
            Some(TypeKind::Interface(interface)) => interface.fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|field| &field.node)
    }

    /// The combinations of these arguments, or of the fields of an input. Each has `first`, all
    /// required arguments and at most one optional one or, in a nested input, all optional ones.
    fn combinations(
        &self,
        arguments: &[Positioned<InputValueDefinition>],
        within: &str,
        depth: usize,
    ) -> Vec<Vec<String>> {
        let (mut base, mut others, mut optional) = (Vec::new(), Vec::new(), Vec::new());
        for argument in arguments.iter().map(|argument| &argument.node) {
            let name = argument.name.node.as_str();
            // A filter refers to the filter of the related type, which refers back to it.
            let related =
                self::base(&argument.ty.node).ends_with("RelacaoFiltro") || name.ends_with("Com");
            if NAME_NO_ROW.contains(&name) || depth > 4 || related && depth > 1 {
                continue;
            }
            let argument_text = |value: String| format!("{name}: {value}");
            let required = !argument.ty.node.nullable && argument.default_value.is_none();
            if name == "first" {
                base.push(argument_text("2".into()));
            } else if required {
                let mut values = self.literals(&argument.ty.node, name, within, depth).into_iter();
                let place = base.len();
                base.extend(values.next().map(argument_text));
                others.extend(values.map(|value| (place, argument_text(value))));
            } else if Self::names_something(&argument.ty.node, name) {
                let values = self.literals(&argument.ty.node, name, within, depth);
                optional.extend(values.into_iter().map(argument_text));
            }
        }
        // Also try a nested input with all its optional fields at once, because the rules require
        // more fields than the schema.
        let with_all_optional = (depth > 0 && !optional.is_empty()).then(|| {
            let mut named = HashSet::new();
            let mut combination = base.clone();
            for argument in &optional {
                if named.insert(argument.split(':').next()) {
                    combination.push(argument.clone());
                }
            }
            combination
        });
        let mut combinations: Vec<_> = with_all_optional.into_iter().collect();
        combinations.push(base.clone());
        combinations.extend(others.into_iter().map(|(place, value)| {
            let mut combination = base.clone();
            combination[place] = value;
            combination
        }));
        combinations.extend(optional.into_iter().map(|value| {
            let mut combination = base.clone();
            combination.push(value);
            combination
        }));
        combinations.truncate(MAX_COMBINATIONS);
        combinations
    }

    /// Whether an optional argument can name a row. Pagination, order, numbers and flags cannot.
    fn names_something(ty: &Type, name: &str) -> bool {
        let base = base(ty);
        !matches!(name, "last" | "before" | "after" | "ordem" | "limite")
            && !matches!(base.as_str(), "Boolean" | "Int" | "Float")
    }

    fn literals(&self, ty: &Type, name: &str, within: &str, depth: usize) -> Vec<String> {
        match &ty.base {
            BaseType::List(inner) => {
                let items = self.literals(inner, name, within, depth);
                items.into_iter().map(|item| format!("[{item}]")).collect()
            }
            BaseType::Named(ty) => self.named(ty, name, within, depth),
        }
    }

    fn named(&self, ty: &Name, name: &str, within: &str, depth: usize) -> Vec<String> {
        let quote = |texts: Vec<String>| -> Vec<String> {
            texts.into_iter().map(|text| json!(text).to_string()).collect()
        };
        let within = format!("{within}.{ty}");
        match (self.types.get(ty), ty.as_str()) {
            (Some(TypeKind::Enum(of)), _) => of
                .values
                .first()
                .map(|value| value.node.value.node.to_string())
                .into_iter()
                .collect(),
            (Some(TypeKind::InputObject(input)), _) => {
                let within = format!("{within}.{name}");
                let mut combinations = self.combinations(&input.fields, &within, depth + 1);
                if self.one_of.contains(ty) {
                    combinations.retain(|combination| combination.len() == 1);
                }
                combinations
                    .into_iter()
                    .map(|combination| format!("{{{}}}", combination.join(", ")))
                    .collect()
            }
            (_, "ID") if name != "idt" => {
                let ids = self.values.global_ids().into_iter();
                quote(ids.map(|(kind, id)| BASE64.encode(format!("{kind}:{id}"))).collect())
            }
            (_, "Int") => vec![if name == "prazo" { "10".into() } else { "1".into() }],
            (_, "Boolean") => vec!["true".into()],
            (_, "Date") => vec!["\"2020-01-02\"".into()],
            (_, "DateTime") => vec!["\"2020-01-02T00:00:00Z\"".into()],
            (_, "NumeroProcesso") if name == "execucao" => quote(self.values.text(name, "")),
            (_, "NumeroProcesso") => quote(self.values.text("numeroProcesso", "")),
            (_, "IdentificadorAdolescente") => quote(self.values.text("identificador", "")),
            (_, "CPF") => quote(self.values.text("cpf", "")),
            (_, "NRE") => quote(self.values.text("nre", "")),
            _ => {
                let values = match name {
                    "numero" if within.contains("Guia") || within.starts_with("guia") => {
                        self.values.text("numeroGuia", "")
                    }
                    "dados" => vec!["{}".into()],
                    "codigoTpu" | "codigoTpuMedida" => vec!["1".into()],
                    name => self.values.text(name, &within),
                };
                if values.is_empty() { vec!["\"elos\"".into()] } else { quote(values) }
            }
        }
    }

    /// A selection of the fields of a type, down to `depth`. It leaves out `edges`, `query` and the
    /// fields that require an argument.
    fn selection(&self, ty: &Type, depth: usize) -> String {
        let name = base(ty);
        match self.types.get(&name) {
            Some(TypeKind::Object(_)) => format!(" {{ {} }}", self.field_list(&name, depth, &[])),
            Some(TypeKind::Interface(_)) => {
                let common: Vec<_> =
                    self.fields(&name).map(|field| field.name.node.as_str()).collect();
                let members = self.types.iter().filter_map(|(member, kind)| match kind {
                    TypeKind::Object(object)
                        if object.implements.iter().any(|interface| interface.node == name) =>
                    {
                        Some(member)
                    }
                    _ => None,
                });
                let members: Vec<_> = members.collect();
                // An interface with many members would multiply the selection, so only the scalar
                // fields of each are selected.
                let depth = if members.len() > 4 { 0 } else { depth };
                self.per_member(
                    &self.field_list(&name, depth, &[]),
                    members.into_iter(),
                    depth,
                    &common,
                )
            }
            Some(TypeKind::Union(union)) => {
                self.per_member("", union.members.iter().map(|member| &member.node), depth, &[])
            }
            _ => String::new(),
        }
    }

    fn per_member<'m>(
        &self,
        common: &str,
        members: impl Iterator<Item = &'m Name>,
        depth: usize,
        except: &[&str],
    ) -> String {
        let mut members: Vec<_> = members.collect();
        members.sort();
        let each = members.iter().map(|member| {
            format!(
                "... on {member} {{ __typename {} }}",
                self.fields_with_aliases(member, depth, except)
            )
        });
        format!(" {{ __typename {common} {} }}", each.collect::<Vec<_>>().join(" "))
    }

    fn field_list(&self, name: &str, depth: usize, except: &[&str]) -> String {
        let fields = self.fields(name).filter(|field| !except.contains(&field.name.node.as_str()));
        let selections: Vec<_> = fields.filter_map(|field| self.field(field, depth)).collect();
        if selections.is_empty() { "__typename".into() } else { selections.join(" ") }
    }

    /// Like `field_list`, with aliases that begin with the name of the type. Two types may use the
    /// same field name for different types, and GraphQL cannot merge such fields.
    fn fields_with_aliases(&self, name: &str, depth: usize, except: &[&str]) -> String {
        let fields = self.fields(name).filter(|field| !except.contains(&field.name.node.as_str()));
        let alias = |field: &FieldDefinition| {
            Some(format!("{name}_{}: {}", field.name.node, self.field(field, depth)?))
        };
        fields.filter_map(alias).collect::<Vec<_>>().join(" ")
    }

    fn field(&self, field: &FieldDefinition, depth: usize) -> Option<String> {
        let (name, ty) = (field.name.node.as_str(), base(&field.ty.node));
        let required = |argument: &Positioned<InputValueDefinition>| {
            !argument.node.ty.node.nullable && argument.node.default_value.is_none()
        };
        if field.arguments.iter().any(required) || ["edges", "query"].contains(&name) {
            return None;
        }
        if matches!(self.types.get(&ty), None | Some(TypeKind::Scalar | TypeKind::Enum(_))) {
            return Some(name.to_owned());
        }
        if depth == 0 {
            return None;
        }
        let pages = field.arguments.iter().any(|argument| argument.node.name.node == "first");
        let first = if pages { "(first: 2)" } else { "" };
        Some(format!("{name}{first}{}", self.selection(&field.ty.node, depth - 1)))
    }
}

fn base(ty: &Type) -> Name {
    match &ty.base {
        BaseType::Named(name) => name.clone(),
        BaseType::List(inner) => base(inner),
    }
}
