//! The commands of the first pages and of the book, run in a shell.

use super::shown;
use crate::support::{App, TempDir};
use serde_json::json;
use std::process::{Command, Stdio};

const ADDRESS: &str = "http://127.0.0.1:8080";

/// A page whose commands run, and texts that their output must contain. A reader may begin with any
/// page, so each runs in a shell of its own.
struct Page {
    name: &'static str,
    text: &'static str,
    /// How many blocks run at least.
    blocks: usize,
    shown: &'static [&'static str],
}

const FIRST_PAGE: &[&str] = &["\"nomeExibicao\"", "Requisição efetuada com sucesso."];

const PAGES: [Page; 5] = [
    Page {
        name: "README.md",
        text: include_str!("../../../README.md"),
        blocks: 2,
        shown: FIRST_PAGE,
    },
    Page {
        name: "LEIA-ME.md",
        text: include_str!("../../../LEIA-ME.md"),
        blocks: 2,
        shown: FIRST_PAGE,
    },
    Page {
        name: "front-end/primeiros-passos.md",
        text: include_str!("../../../docs/front-end/primeiros-passos.md"),
        blocks: 2,
        shown: &["\"papeis\"", "pse-consulta"],
    },
    Page {
        name: "tramita/enviar.md",
        text: include_str!("../../../docs/tramita/enviar.md"),
        blocks: 2,
        shown: &["\"NRE\"", "\"IDT\""],
    },
    Page {
        name: "tramita/arquivos.md",
        text: include_str!("../../../docs/tramita/arquivos.md"),
        blocks: 3,
        shown: &["\ndespacho"],
    },
];

/// The guides whose GraphQL documents must answer without an error.
const GUIDES: [(&str, &str); 2] = [
    ("front-end/consultas.md", include_str!("../../../docs/front-end/consultas.md")),
    ("front-end/escritas.md", include_str!("../../../docs/front-end/escritas.md")),
];

const TABS: &str = include_str!("../../../web/src/examples.js");

/// Texts that occur only in an error response.
const REFUSED: [&str; 4] = ["\"categoria\":\"ERRO\"", "\"codigoErro\"", "\"errors\"", "\"error\""];

/// Runs the commands of every page in the order of `PAGES`. Only the port differs from what is
/// written.
pub fn run(app: &App) {
    let folder = TempDir::created();
    for page in &PAGES {
        let blocks = blocks(page.text);
        assert!(blocks.len() >= page.blocks, "{}: only {} blocks", page.name, blocks.len());
        let script = blocks.join("\necho\n").replace(ADDRESS, &app.base);
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .output()
            .expect("bash and curl");
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {:?}\n{text}\n{errors}", page.name, output.status);
        for refused in REFUSED {
            assert!(!text.contains(refused), "{}: {text}", page.name);
        }
        for shown in page.shown {
            assert!(text.contains(shown), "{}: {shown} is not in\n{text}", page.name);
        }
    }
}

/// Runs every GraphQL document of the guides. Each list that a query asks for shows something.
pub fn run_documents(app: &App) {
    let mut documents = 0;
    for (name, text) in GUIDES {
        for block in text.split("\n```graphql\n").skip(1) {
            let document = block.split("\n```").next().unwrap();
            shown::run(app, name, document, &json!({}));
            documents += 1;
        }
    }
    assert!(documents > 5, "only {documents} documents");
}

/// Runs the queries of the tabs of a first visit to GraphiQL. `npm test` checks the mutations.
pub fn run_tabs(app: &App) {
    let queries = TABS.split("    query: `").skip(1).map(|tab| tab.split('`').next().unwrap());
    let queries: Vec<_> = queries.filter(|document| document.contains("\nquery ")).collect();
    assert!(queries.len() >= 5, "only {} queries", queries.len());
    for document in queries {
        let variables = if document.contains("$first") { json!({ "first": 3 }) } else { json!({}) };
        shown::run(app, "GraphiQL", document, &variables);
    }
}

/// Returns the blocks with `curl` that end without a signal: those that read a stream do not.
fn blocks(text: &str) -> Vec<&str> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    let commands = fenced.filter_map(|block| block.strip_prefix('\n'));
    commands.filter(|block| block.contains("curl -s ") && !block.contains("curl -sN")).collect()
}
