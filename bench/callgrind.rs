//! The options of callgrind for the two benchmarks that count instructions.

use std::path::Path;
use std::process::{Command, Stdio};

/// Callgrind counts from the call of [`count_from_here`] and writes the result at the call of
/// [`count_until_here`]. It finds both by name.
pub const OPTIONS: [&str; 3] =
    ["--tool=callgrind", "--zero-before=*count_from_here*", "--dump-before=*count_until_here*"];

#[inline(never)]
pub fn count_from_here() {
    std::hint::black_box("contar");
}

#[inline(never)]
pub fn count_until_here() {
    std::hint::black_box("parar");
}

/// Returns whether valgrind is installed.
pub fn present() -> bool {
    Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// Returns the instructions of the `n`th result that callgrind wrote, from 1.
pub fn total(output: &Path, n: usize) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("{}.{n}", output.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.ok_or_else(|| anyhow::anyhow!("callgrind counted nothing"))
}
