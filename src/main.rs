//! The program: parses the command line, runs the command and exits.

use clap::Parser;
use elos::cli::{Cli, run};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The number of `mi_option_purge_delay`, for which the crate has no constant.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Returns memory to the system when it has been free for 100 ms. With mimalloc's default of one
/// second, a server under load holds a sixth more memory.
#[expect(unsafe_code, reason = "a number is set, before there is a second thread")]
fn set_purge_delay() {
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 100) };
}

#[expect(clippy::print_stderr, reason = "why a command failed, for the person who typed it")]
fn main() -> ExitCode {
    set_purge_delay();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("elos: {error:#}");
            ExitCode::FAILURE
        }
    }
}
