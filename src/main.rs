//! The program: parses the command line, runs the command, exits.

use clap::Parser;
use elos::cli::{Cli, executar};
use std::process::ExitCode;

#[global_allocator]
static ALOCADOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, reason = "why a command failed, for the person who typed it")]
fn main() -> ExitCode {
    match executar(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(erro) => {
            eprintln!("elos: {erro:#}");
            ExitCode::FAILURE
        }
    }
}
