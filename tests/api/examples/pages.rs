//! The commands of the first pages and of the book, run in a shell.

use crate::support::{App, TempDir};
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

/// Runs every GraphQL document of the guides.
pub fn run_documents(app: &App) {
    let mut documents = 0;
    for (name, text) in GUIDES {
        for block in text.split("\n```graphql\n").skip(1) {
            let document = block.split("\n```").next().unwrap();
            let answer = app.graphql("tjrn", document, serde_json::json!({}));
            let answered = answer.status == 200 && answer.body.get("errors").is_none();
            assert!(answered, "{name}: {document}\n{}", answer.text);
            documents += 1;
        }
    }
    assert!(documents > 5, "only {documents} documents");
}

/// Returns the blocks with `curl` that end without a signal: those that read a stream do not.
fn blocks(text: &str) -> Vec<&str> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    let commands = fenced.filter_map(|block| block.strip_prefix('\n'));
    commands.filter(|block| block.contains("curl -s ") && !block.contains("curl -sN")).collect()
}
