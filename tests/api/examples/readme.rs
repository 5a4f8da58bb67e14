//! The commands of the README, run in a shell.

use crate::support::App;
use std::process::{Command, Stdio};

const README: &str = include_str!("../../../README.md");
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Texts that occur only in an error response.
const REFUSED: [&str; 4] = ["\"categoria\":\"ERRO\"", "\"codigoErro\"", "\"errors\"", "\"error\""];

/// Runs the blocks that call the server in one shell. Only the port differs from the README. Blocks
/// that read a stream do not run, because they end only by a signal.
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
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{text}\n{errors}", output.status);
    for refused in REFUSED {
        assert!(!text.contains(refused), "{text}");
    }
    // The output has the responses of the query and of the registration, and the downloaded file.
    assert!(text.contains("\"nomeExibicao\""), "{text}");
    assert!(text.contains("Requisição efetuada com sucesso."), "{text}");
    assert!(text.trim_end().ends_with("despacho"), "{text}");
}

/// Returns the blocks with `curl` that end without a signal.
fn blocks() -> Vec<&'static str> {
    let fenced = README.split("\n```").skip(1).step_by(2);
    let commands = fenced.filter_map(|block| block.strip_prefix('\n'));
    commands.filter(|block| block.contains("curl -s ") && !block.contains("curl -sN")).collect()
}
