//! The program: parses the command line, runs the command, exits.

use clap::Parser;
use elos::cli::{Cli, executar};
use std::process::ExitCode;

#[global_allocator]
static ALOCADOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, which the crate has no name for.
const DEMORA_DA_DEVOLUCAO: libmimalloc_sys::mi_option_t = 15;

/// What has been free for a tenth of a second goes back to the system. By mimalloc's own delay
/// of a second, a server under load keeps a sixth more.
#[expect(unsafe_code, reason = "a number is set, before there is a second thread")]
fn devolver_memoria() {
    unsafe { libmimalloc_sys::mi_option_set(DEMORA_DA_DEVOLUCAO, 100) };
}

#[expect(clippy::print_stderr, reason = "why a command failed, for the person who typed it")]
fn main() -> ExitCode {
    devolver_memoria();
    match executar(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(erro) => {
            eprintln!("elos: {erro:#}");
            ExitCode::FAILURE
        }
    }
}
