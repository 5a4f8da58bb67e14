//! What both benches that count instructions say to callgrind.

use std::path::Path;
use std::process::{Command, Stdio};

/// Counts from [`contar_daqui`] on, and writes down at [`contar_ate_aqui`]: it knows them by name.
pub const OPCOES: [&str; 3] =
    ["--tool=callgrind", "--zero-before=*contar_daqui*", "--dump-before=*contar_ate_aqui*"];

#[inline(never)]
pub fn contar_daqui() {
    std::hint::black_box("contar");
}

#[inline(never)]
pub fn contar_ate_aqui() {
    std::hint::black_box("parar");
}

/// Whether valgrind is on the machine.
pub fn ha() -> bool {
    Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// The instructions of what was written down the `n`th time, 1 for the first.
pub fn total(saida: &Path, n: usize) -> anyhow::Result<f64> {
    let texto = std::fs::read_to_string(format!("{}.{n}", saida.display()))?;
    let total = texto.lines().find_map(|linha| linha.strip_prefix("totals: ")?.trim().parse().ok());
    total.ok_or_else(|| anyhow::anyhow!("callgrind counted nothing"))
}
