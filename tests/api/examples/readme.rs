//! The commands of the README, by a shell.

use crate::support::App;
use std::process::{Command, Stdio};

const README: &str = include_str!("../../../README.md");
const ADDRESS: &str = "http://127.0.0.1:8080";

/// What says that a command was refused.
const REFUSED: [&str; 4] = ["\"categoria\":\"ERRO\"", "\"codigoErro\"", "\"errors\"", "\"error\""];

/// Runs the blocks that call the server, in one shell, as they stand but for the port. The one that
/// is answered as long as the client listens is stopped after its headers.
pub fn run(app: &App) {
    let folder = std::env::temp_dir().join(format!("elos-readme-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let blocks = blocks();
    assert!(blocks.len() >= 4, "only {} blocks with commands were found", blocks.len());
    let script = blocks.join("\necho\n").replace(ADDRESS, &app.base);
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .expect("bash and curl");
    std::fs::remove_dir_all(&folder).unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{told}\n{errors}", output.status);
    for refused in REFUSED {
        assert!(!told.contains(refused), "{told}");
    }
    // The question, the registration, and the file that came back.
    assert!(told.contains("\"nomeExibicao\""), "{told}");
    assert!(told.contains("Requisição efetuada com sucesso."), "{told}");
    assert!(told.trim_end().ends_with("despacho"), "{told}");
}

/// The blocks with `curl` that end by themselves.
fn blocks() -> Vec<&'static str> {
    let fenced = README.split("\n```").skip(1).step_by(2);
    let commands = fenced.filter_map(|block| block.strip_prefix('\n'));
    commands.filter(|block| block.contains("curl -s ") && !block.contains("curl -sN")).collect()
}
