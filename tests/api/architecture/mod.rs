//! The order of the layers, read from the imports of `src`.
//!
//! An import may point down only, except where `may_point_up` allows it. `LAYERS` is that order,
//! top first; `docs/camadas.md` draws it.

mod imports;

use imports::{Import, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The layers above the slices, top first. The folders of `graphql/` are layers of their own.
const ABOVE: &[&str] = &[
    "main",
    "cli",
    "demo",
    "isolation",
    "server",
    "rest",
    "graphql",
    "graphql/protocol",
    "graphql/execution",
    "graphql/document",
    "graphql/schema",
    "seed",
];

/// The layers that hold a concept of the domain, top first.
const SLICES: &[&str] = &[
    "lote",
    "busca",
    "estatisticas",
    "linha_do_tempo",
    "tramite",
    "guia",
    "catalogo",
    "processo",
    "rascunho",
    "adolescente",
    "evento",
    "filters",
];

/// The layers below the slices, top first.
const BELOW: &[&str] = &[
    "graphql_types",
    "command",
    "config",
    "http",
    "call",
    "audit",
    "blob_store",
    "telemetry",
    "db",
    "readiness",
    "bounded_json",
    "work",
    "auth",
    "embedded",
    "pdf",
    "trace",
    "value",
    "error",
];

/// Folders and files of `src`, top first.
static LAYERS: LazyLock<Vec<&str>> = LazyLock::new(|| [ABOVE, SLICES, BELOW].concat());

/// Imports between slices that point up, each with its reason.
const UP: &[(&str, &str, &str)] = &[
    ("filters/processo.rs", "tramite/store", "a filter of processos has conditions on trâmites"),
    ("filters/tramite.rs", "tramite/store", "the filter of trâmites is the one of their store"),
];

/// Files that import each other, each circle with its reason.
const CIRCLES: &[(&[&str], &str)] = &[
    (
        &["processo/graphql/fields.rs", "processo/graphql/types.rs"],
        "async-graphql's types are static: the interface names its objects, and they its fields",
    ),
    (
        &["processo/graphql/filter.rs", "processo/graphql/vinculo.rs"],
        "a filter of processos has conditions on vínculos, which have conditions on processos",
    ),
    (
        &["tramite/graphql/fields.rs", "tramite/graphql/registro.rs"],
        "async-graphql's types are static: a trâmite has a registro, which has trâmites",
    ),
    (
        &[
            "graphql/schema/mod.rs",
            "graphql/schema/mutation.rs",
            "lote/graphql.rs",
            "rascunho/graphql.rs",
        ],
        "async-graphql's types are static: a payload holds `Query`, which merges the slices",
    ),
    (
        &["auth/jwt.rs", "auth/tramita.rs"],
        "`Auth` checks tokens for both APIs, each in its own way",
    ),
    (
        &["db/catalog/mod.rs", "db/migrations/mod.rs", "db/owner.rs"],
        "the catalog is compared with what the migrations make, and `repair` is a migration",
    ),
    (
        &["db/feed_delay.rs", "db/health.rs", "db/listener.rs", "db/manager.rs", "db/pooler.rs"],
        "the health of the database is what its connections, its sessions and its feed report",
    ),
    (
        &["isolation/catalog.rs", "isolation/test_rows.rs"],
        "a row of the trial has columns, a column its row",
    ),
];

/// The text of every source, by its path below `src`.
pub static SOURCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let by_path = |source: PathBuf| {
        let path = source.strip_prefix(&root).unwrap().display().to_string();
        (path, fs::read_to_string(source).unwrap())
    };
    files(&root, "rs").into_iter().map(by_path).collect()
});

static IMPORTS: LazyLock<Sources> = LazyLock::new(Sources::read);

/// Returns the files below a folder that have this extension.
pub fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        match entry.path() {
            dir if dir.is_dir() => found.extend(files(&dir, extension)),
            file if file.extension().is_some_and(|e| e == extension) => found.push(file),
            _ => {}
        }
    }
    found
}

fn layer(file: &str) -> &str {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let end = |from: usize| path[from..].find('/').map_or(path.len(), |at| from + at);
    let first = &path[..end(0)];
    match first == "graphql" && path.len() > first.len() {
        true => &path[..end(first.len() + 1)],
        false => first,
    }
}

fn height(file: &str) -> usize {
    let layer = layer(file);
    let known = LAYERS.iter().position(|known| *known == layer);
    known.unwrap_or_else(|| panic!("{file}: say in LAYERS where the layer {layer} stands"))
}

/// Returns whether an import may point up: between slices, and from a slice to the schema.
fn may_point_up(import: &Import) -> bool {
    let (from, to) = (layer(&import.from), layer(&import.to));
    if !SLICES.contains(&from) {
        return false;
    }
    let of_schema = import.from.starts_with(&format!("{from}/graphql"));
    if of_schema && (to == "graphql/schema" || SLICES.contains(&to)) {
        return true;
    }
    // Any slice may import the `mod.rs` of another, which exports its ids, types and situações.
    let model = SLICES.contains(&to) && import.to == format!("{to}/mod.rs");
    let excepted = |(file, folder, _): &(&str, &str, &str)| {
        import.from == *file && import.to.starts_with(folder)
    };
    model || UP.iter().any(excepted)
}

#[test]
fn no_import_points_up() {
    let up: Vec<String> = IMPORTS
        .imports
        .iter()
        .filter(|import| height(&import.to) < height(&import.from) && !may_point_up(import))
        .map(|Import { from, to }| format!("{from} imports {to}"))
        .collect();
    assert_eq!(up, [""; 0]);
}

#[test]
fn the_only_circles_are_those_that_have_a_reason() {
    let circles: BTreeSet<Vec<String>> = IMPORTS.circles().into_iter().collect();
    let known = CIRCLES.iter().map(|(files, _)| files.iter().map(ToString::to_string).collect());
    assert_eq!(circles, known.collect::<BTreeSet<Vec<String>>>());
}

#[test]
fn the_diagram_is_the_one_of_the_imports() {
    let mut drawn = BTreeMap::<(usize, usize), usize>::new();
    for import in &IMPORTS.imports {
        let (from, to) = (height(&import.from), height(&import.to));
        if from < to {
            *drawn.entry((from, to)).or_default() += 1;
        }
    }
    let mut diagram = String::from(
        "# As camadas\n\nDo topo ao chão; cada seta é um `use` e só desce. Feito dos `use` de `src` por \
         `tests/api/architecture`, que falha se um sobe. Para o refazer: \
         `ELOS_ACEITAR=1 script/test the_diagram`.\n\n```mermaid\nflowchart TD\n",
    );
    for (number, name) in LAYERS.iter().enumerate() {
        writeln!(diagram, "  l{number}[{name}]").unwrap();
    }
    // Omit an arrow if two other arrows lead from the same layer to the same layer.
    for &(from, to) in drawn.keys() {
        let by_another = (from + 1..to).any(|between| {
            drawn.contains_key(&(from, between)) && drawn.contains_key(&(between, to))
        });
        if !by_another {
            writeln!(diagram, "  l{from} --> l{to}").unwrap();
        }
    }
    diagram.push_str("```\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/camadas.md");
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        fs::write(file, &diagram).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap_or_default(), diagram);
}

/// Returns the forbidden words in the sources whose path below `src` satisfies `which`, each with
/// the path of its source.
fn forbidden_words(which: impl Fn(&str) -> bool, forbidden: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in SOURCES.iter().filter(|(file, _)| which(file)) {
        let words = forbidden.iter().filter(|word| text.contains(**word));
        found.extend(words.map(|word| format!("{file}: {word}")));
    }
    found
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn rules_are_pure() {
    let forbidden = [
        "crate::graphql",
        "crate::rest",
        "actix_web",
        "PgConnection",
        "Session",
        "async fn",
        "Utc::now",
    ];
    assert_eq!(forbidden_words(|file| file.contains("/rules"), &forbidden), NOTHING);
}

#[test]
fn models_know_neither_transport_nor_connections() {
    let forbidden = ["crate::graphql", "crate::rest", "actix_web", "PgConnection", "Session"];
    assert_eq!(forbidden_words(|file| file.ends_with("model.rs"), &forbidden), NOTHING);
}

#[test]
fn stores_and_services_know_no_transport() {
    let which = |file: &str| file.contains("/store") || file.contains("/service");
    assert_eq!(forbidden_words(which, &["crate::graphql", "actix_web"]), NOTHING);
}

#[test]
fn the_facade_knows_neither_graphql_nor_sql() {
    let forbidden = ["crate::graphql", "diesel::", "Sql::"];
    assert_eq!(forbidden_words(|file| file.starts_with("rest/"), &forbidden), NOTHING);
}

#[test]
fn only_db_opens_connections_and_knows_the_pool() {
    let outside = |file: &str| {
        !["db/", "seed/", "cli/"].iter().any(|folder| file.starts_with(folder)) && file != "demo.rs"
    };
    assert_eq!(forbidden_words(outside, &["PgConnection::establish", "Pool<", "r2d2"]), NOTHING);
}
