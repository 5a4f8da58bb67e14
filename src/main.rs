//! The program: parses the command line, runs the command and exits.

use elos::cli::{Cli, run};
use std::io::Write;
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

fn main() -> ExitCode {
    set_purge_delay();
    match run(Cli::from_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `eprintln!` would panic when nobody reads stderr any more.
            let _ = writeln!(std::io::stderr(), "elos: {error:#}");
            ExitCode::FAILURE
        }
    }
}
