//! Queries drawn from the schema: fields, depth, pages and filters.

use anyhow::anyhow;
use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::{Component, ExtendedType};
use serde_json::Value;
use std::fmt::Write as _;

/// Levels below the root.
const DEPTH: usize = 4;
const ROOT_PAGES: [u64; 6] = [1, 5, 10, 20, 50, 100];
/// Page sizes that the synthetic data mostly fill.
const PAGES: [u64; 4] = [1, 1, 2, 5];

/// Names of existing objects.
pub struct Known {
    pub ids: Vec<String>,
    pub numeros: Vec<String>,
    pub adolescentes: Vec<String>,
    pub names: Vec<String>,
    pub guias: Vec<String>,
}

/// A query, and the composite fields and pages that it requests.
pub struct Drawn {
    pub text: String,
    pub lists: Lists,
}

/// The composite fields of a selection: the response key, the size of the page (`None` if the field
/// is no page), and the fields inside.
#[derive(Default)]
pub struct Lists(Vec<(String, Option<u64>, Self)>);

impl Lists {
    /// Returns the number of items that were requested below these objects, and the number that the
    /// response has.
    pub fn count(&self, object: &Value) -> (u64, u64) {
        let (mut wanted, mut there) = (0, 0);
        for (key, size, within) in &self.0 {
            let value = &object[key.as_str()];
            let items: Vec<&Value> = match size {
                None => vec![value],
                Some(_) => {
                    let nodes = value["nodes"].as_array().into_iter().flatten();
                    let edges = value["edges"].as_array().into_iter().flatten();
                    nodes.chain(edges.map(|edge| &edge["node"])).collect()
                }
            };
            if let (Some(size), false) = (size, value.is_null()) {
                wanted += size;
                there += items.len() as u64;
            }
            for item in items {
                let (more_wanted, more_there) = within.count(item);
                wanted += more_wanted;
                there += more_there;
            }
        }
        (wanted, there)
    }
}

pub struct Corpus {
    schema: Schema,
    known: Known,
    state: u64,
}

impl Corpus {
    pub fn new(sdl: &str, known: Known, seed: u64) -> anyhow::Result<Self> {
        let schema = Schema::parse(sdl, "schema.graphql");
        let schema = schema.map_err(|with| anyhow!("{}", with.errors))?;
        Ok(Self { schema, known, state: seed })
    }

    /// Returns a number from 0 to `n`, without `n` (SplitMix64).
    fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).unwrap_or_default()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one(&mut self, of: &[&str]) -> String {
        of.get(self.below(of.len())).copied().unwrap_or_default().to_owned()
    }

    fn one_of(&mut self, pool: fn(&Known) -> &Vec<String>) -> String {
        let at = self.below(pool(&self.known).len());
        pool(&self.known).get(at).cloned().unwrap_or_default()
    }

    pub fn query(&mut self) -> Drawn {
        let roots = [
            "processos",
            "processos",
            "processos",
            "adolescentes",
            "adolescentes",
            "processo",
            "adolescente",
            "apuracao",
            "guia",
            "node",
            "nodes",
            "eu",
            "tribunais",
            "adolescentesSemelhantes",
            "tramites",
            "pendencias",
        ];
        let (mut text, mut lists) = ("{".to_owned(), Lists::default());
        let how_many = [1, 1, 1, 2, 4][self.below(5)];
        for n in 0..how_many {
            let name = self.one(&roots);
            let definition = self.field("Query", &name);
            self.select(&mut text, &mut lists, &format!("r{n}"), &definition, 0);
        }
        text.push_str(" }");
        Drawn { text, lists }
    }

    fn field(&self, of: &str, name: &str) -> Component<FieldDefinition> {
        self.fields(of).into_iter().find(|field| field.name == name).expect("a field of the schema")
    }

    fn fields(&self, of: &str) -> Vec<Component<FieldDefinition>> {
        match self.schema.types.get(of) {
            Some(ExtendedType::Object(object)) => object.fields.values().cloned().collect(),
            Some(ExtendedType::Interface(interface)) => {
                interface.fields.values().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Draws one field, with its arguments and its selection.
    fn select(
        &mut self,
        text: &mut String,
        lists: &mut Lists,
        key: &str,
        field: &FieldDefinition,
        depth: usize,
    ) {
        let kind = field.ty.inner_named_type().to_string();
        let (arguments, mut size) = self.arguments(field, depth);
        // The schema assumes this size, and the synthetic data have no pendências.
        if field.name == "pendencias" {
            size = Some(100);
        }
        let _ = match key == field.name.as_str() {
            true => write!(text, " {key}{arguments}"),
            false => write!(text, " {key}: {}{arguments}", field.name),
        };
        if self.fields(&kind).is_empty() {
            return;
        }
        let mut within = Lists::default();
        text.push_str(" {");
        if kind.ends_with("Connection") {
            self.connection(text, &mut within, &kind, depth);
        } else {
            self.object(text, &mut within, &kind, depth + 1);
        }
        text.push_str(" }");
        // An item of a plain list has no single place in the response.
        let within = if field.ty.is_list() { Lists::default() } else { within };
        lists.0.push((key.to_owned(), size, within));
    }

    fn connection(&mut self, text: &mut String, within: &mut Lists, kind: &str, depth: usize) {
        if self.chance(15) {
            text.push_str(" totalCount");
        }
        if self.chance(20) {
            text.push_str(" pageInfo { endCursor hasNextPage }");
        }
        let node = self.field(kind, "nodes").ty.inner_named_type().to_string();
        let edges = self.chance(40);
        text.push_str(if edges { " edges { cursor node {" } else { " nodes {" });
        self.object(text, within, &node, depth + 1);
        text.push_str(if edges { " } }" } else { " }" });
    }

    /// Draws scalar fields, at least one, and sometimes related objects.
    fn object(&mut self, text: &mut String, lists: &mut Lists, kind: &str, depth: usize) {
        text.push_str(" __typename");
        for field in self.fields(kind) {
            let inner = field.ty.inner_named_type().to_string();
            let composite = !self.fields(&inner).is_empty();
            let related =
                composite && depth < DEPTH && self.chance(if depth < 2 { 30 } else { 18 });
            // `query` leads back to the root, and an error has no data.
            let useless = field.name == "query" || inner == "Erro";
            if !useless && (related || !composite && field.arguments.is_empty() && self.chance(45))
            {
                let name = field.name.to_string();
                self.select(text, lists, &name, &field, depth);
            }
        }
    }

    /// Draws the arguments and the size of the page.
    fn arguments(&mut self, field: &FieldDefinition, depth: usize) -> (String, Option<u64>) {
        let (mut written, mut size) = (Vec::new(), None);
        for argument in &field.arguments {
            let value = match argument.name.as_str() {
                "first" => {
                    let pages: &[u64] = if depth == 0 { &ROOT_PAGES } else { &PAGES };
                    size = pages.get(self.below(pages.len())).copied();
                    size.map(|size| size.to_string())
                }
                "last" | "after" | "before" => None,
                "filtro" if field.name == "tramites" => None,
                "filtro" => self.chance(50).then(|| self.filter(argument, 0)),
                "ids" => {
                    let many = 1 + self.below(20);
                    let ids: Vec<_> = (0..many).map(|_| self.quoted(|known| &known.ids)).collect();
                    Some(format!("[{}]", ids.join(", ")))
                }
                _ if argument.is_required() || self.chance(20) => self.value(field, argument),
                _ => None,
            };
            written.extend(value.map(|value| format!("{}: {value}", argument.name)));
        }
        match written.is_empty() {
            true => (String::new(), size),
            false => (format!("({})", written.join(", ")), size),
        }
    }

    fn quoted(&mut self, pool: fn(&Known) -> &Vec<String>) -> String {
        format!("\"{}\"", self.one_of(pool))
    }

    /// Draws a value of an argument or of an input field; `None` if nothing fits.
    fn value(
        &mut self,
        field: &FieldDefinition,
        argument: &InputValueDefinition,
    ) -> Option<String> {
        let inner = argument.ty.inner_named_type().to_string();
        if let Some(ExtendedType::Enum(of)) = self.schema.types.get(inner.as_str()) {
            let names: Vec<String> = of.values.keys().map(ToString::to_string).collect();
            return names.get(self.below(names.len())).cloned();
        }
        match (inner.as_str(), argument.name.as_str()) {
            ("NumeroProcesso", _) => Some(self.quoted(|known| &known.numeros)),
            ("IdentificadorAdolescente", _) => Some(self.quoted(|known| &known.adolescentes)),
            ("ID", _) => Some(self.quoted(|known| &known.ids)),
            ("ProcessoOrdem", _) => {
                let campo = self.one(&["NUMERO", "CRIADO_EM", "ATUALIZADO_EM"]);
                Some(format!("{{ campo: {campo}, sentido: {} }}", self.one(&["ASC", "DESC"])))
            }
            ("AdolescenteOrdem", _) => {
                let campo = self.one(&["IDENTIFICADOR", "CRIADO_EM"]);
                Some(format!("{{ campo: {campo}, sentido: {} }}", self.one(&["ASC", "DESC"])))
            }
            ("String", "numero") if field.name == "guia" => Some(self.quoted(|known| &known.guias)),
            ("String", "nome") => Some(self.quoted(|known| &known.names)),
            ("Int", "limite") => Some(self.one(&["5", "10", "50"])),
            _ => None,
        }
    }

    /// Draws a filter: a few conditions, or many of one kind in `ou`. Some filters match nothing.
    fn filter(&mut self, argument: &InputValueDefinition, depth: usize) -> String {
        let kind = argument.ty.inner_named_type().to_string();
        let Some(ExtendedType::InputObject(of)) = self.schema.types.get(kind.as_str()) else {
            return "null".to_owned();
        };
        let fields: Vec<InputValueDefinition> =
            of.fields.values().map(|field| InputValueDefinition::clone(field)).collect();
        let mut conditions = Vec::new();
        let most = [1, 1, 2, 3][self.below(4)];
        while conditions.len() < most {
            let field = fields[self.below(fields.len())].clone();
            let name = field.name.to_string();
            if conditions.iter().any(|(one, _)| *one == name) {
                continue;
            }
            let value = match name.as_str() {
                "e" | "ou" | "nao" if depth >= 2 => continue,
                "nao" => self.filter(&field, depth + 1),
                "e" | "ou" => {
                    let many = match self.chance(15) && depth == 0 {
                        true => 5 + self.below(40),
                        false => 1 + self.below(3),
                    };
                    let within: Vec<_> = (0..many)
                        .map(|_| self.filter(&field, if many > 4 { 2 } else { depth + 1 }))
                        .collect();
                    format!("[{}]", within.join(", "))
                }
                _ => self.condition(&field),
            };
            conditions.push((name, value));
        }
        let written: Vec<_> =
            conditions.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        format!("{{ {} }}", written.join(", "))
    }

    fn condition(&mut self, field: &InputValueDefinition) -> String {
        let inner = field.ty.inner_named_type().to_string();
        if let Some(ExtendedType::Enum(of)) = self.schema.types.get(inner.as_str()) {
            let names: Vec<String> = of.values.keys().map(ToString::to_string).collect();
            return names[self.below(names.len())].clone();
        }
        match (inner.as_str(), field.name.as_str()) {
            // One identificador in five does not exist.
            ("IdentificadorAdolescente", _) if self.chance(20) => "\"999999999999\"".to_owned(),
            ("NumeroProcesso", _) => self.quoted(|known| &known.numeros),
            ("IdentificadorAdolescente", _) => self.quoted(|known| &known.adolescentes),
            ("DateTime", _) => {
                format!("\"2025-01-{:02}T00:00:00Z\"", 1 + self.below(20))
            }
            ("Int", _) => (1000 + self.below(45)).to_string(),
            ("Boolean", _) => self.one(&["true", "false"]),
            ("String", "nome") => self.one(&["\"Ana\"", "\"ficticio\"", "\"Moura\"", "\"zzz\""]),
            _ => "\"820\"".to_owned(),
        }
    }
}
