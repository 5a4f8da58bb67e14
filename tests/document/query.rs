//! Random queries from random bytes. Many are valid.

use std::fmt::Write;

const TYPES: &[(&str, &[(&str, &str)])] = &[
    ("Query", &[("um", "Coisa"), ("coisas", "Coisa"), ("todos", "Qualquer"), ("nos", "Node")]),
    ("Coisa", &[("id", ""), ("nome", ""), ("dono", "Pessoa"), ("irmas", "Coisa")]),
    (
        "Livro",
        &[
            ("id", ""),
            ("nome", ""),
            ("dono", "Pessoa"),
            ("irmas", "Coisa"),
            ("paginas", ""),
            ("autor", "Pessoa"),
        ],
    ),
    (
        "Disco",
        &[
            ("id", ""),
            ("nome", ""),
            ("dono", "Pessoa"),
            ("irmas", "Coisa"),
            ("faixas", ""),
            ("autor", "Pessoa"),
        ],
    ),
    ("Pessoa", &[("id", ""), ("nome", ""), ("coisas", "Coisa"), ("favorito", "Qualquer")]),
    ("Node", &[("id", "")]),
    ("Qualquer", &[]),
];

/// The type conditions that may occur within each type.
const FITTING: &[(&str, &[&str])] = &[
    ("Query", &["Query"]),
    ("Coisa", &["Coisa", "Livro", "Disco", "Node"]),
    ("Livro", &["Livro", "Coisa", "Node"]),
    ("Disco", &["Disco", "Coisa", "Node"]),
    ("Pessoa", &["Pessoa", "Node"]),
    ("Node", &["Node", "Coisa", "Livro", "Disco", "Pessoa"]),
    ("Qualquer", &["Livro", "Pessoa", "Node", "Coisa"]),
];

fn of<T: Copy>(table: &[(&str, T)], type_name: &str) -> T {
    table.iter().find(|(name, _)| *name == type_name).map(|(_, value)| *value).unwrap()
}

pub struct Generator<'b> {
    bytes: std::slice::Iter<'b, u8>,
    fragments: Vec<(String, String)>,
}

impl<'b> Generator<'b> {
    pub fn document(bytes: &'b [u8]) -> String {
        let mut generator = Self { bytes: bytes.iter(), fragments: Vec::new() };
        let root = generator.selections("Query", 4);
        let mut text = root;
        for (_, fragment) in &generator.fragments {
            write!(text, " {fragment}").unwrap();
        }
        let used = ["a", "b"].into_iter().filter(|v| text.contains(&format!("${v}")));
        let variables: Vec<String> = used.map(|v| format!("${v}: Boolean!")).collect();
        match variables.is_empty() {
            true => text,
            false => format!("query({}) {text}", variables.join(" ")),
        }
    }

    /// Draws zero once the bytes are used up, which ends every recursion.
    fn draw(&mut self, max: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or_default()) % max
    }

    fn selections(&mut self, type_name: &str, level: usize) -> String {
        let count = 1 + self.draw(5);
        let selections: Vec<String> =
            (0..count).map(|_| self.selection(type_name, level)).collect();
        format!("{{ {} }}", selections.join(" "))
    }

    fn selection(&mut self, type_name: &str, level: usize) -> String {
        match self.draw(8) {
            0 => format!("__typename{}", self.directive()),
            1 | 2 if level > 0 => {
                let conditions = of(FITTING, type_name);
                let condition = conditions[self.draw(conditions.len())];
                let directive = self.directive();
                let selections = self.selections(condition, level - 1);
                match self.draw(4) {
                    0 => {
                        let name = format!("F{}", self.fragments.len());
                        let text = format!("fragment {name} on {condition} {selections}");
                        self.fragments.push((name.clone(), text));
                        format!("...{name}{directive} ...{name}")
                    }
                    1 if condition == type_name => format!("...{directive} {selections}"),
                    _ => format!("... on {condition}{directive} {selections}"),
                }
            }
            _ => self.field(type_name, level),
        }
    }

    fn field(&mut self, type_name: &str, level: usize) -> String {
        let fields = of(TYPES, type_name);
        let choice = self.draw(fields.len().max(1));
        let Some((name, child)) = fields.get(choice) else { return "__typename".to_owned() };
        if !child.is_empty() && level == 0 {
            return "__typename".to_owned();
        }
        let alias = match self.draw(6) {
            0 => format!("{name}2: "),
            // Sometimes write an alias that may conflict.
            1 => "x: ".to_owned(),
            _ => String::new(),
        };
        let argument = match *name == "nome" && self.draw(4) == 0 {
            true => format!("(vezes: {})", self.draw(2) + 1),
            false => String::new(),
        };
        let directive = self.directive();
        match child.is_empty() {
            true => format!("{alias}{name}{argument}{directive}"),
            false => format!("{alias}{name}{directive} {}", self.selections(child, level - 1)),
        }
    }

    fn directive(&mut self) -> String {
        let directives = [
            "@skip(if: true)",
            "@include(if: $a)",
            "@skip(if: $b)",
            "@include(if: $b) @skip(if: $a)",
        ];
        match self.draw(8) {
            n @ 0..4 if self.bytes.len() > 0 => format!(" {}", directives[n]),
            _ => String::new(),
        }
    }
}
