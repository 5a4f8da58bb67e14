//! What happens when nobody reads the output any more, as in `elos schema | head -1`.

use nix::sys::signal::{SigHandler, Signal, signal};

/// Lets SIGPIPE end the process, as it ends other commands. Rust ignores the signal, so that
/// `println!` would panic. A server must not call this: a client that disconnects would end it.
#[expect(unsafe_code, reason = "the default of a signal is set, before there is a second thread")]
pub fn end_quietly_when_closed() {
    // The call fails only for a signal that does not exist.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
}
