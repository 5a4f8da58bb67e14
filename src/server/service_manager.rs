//! Tells systemd the state of the server (`Type=notify`): that it is ready, what is missing, that it
//! is alive, and that it stops.
//!
//! The protocol is one datagram with lines `NAME=value` to the socket that `NOTIFY_SOCKET` names:
//! see sd_notify(3). Without the variable nothing is told.

use super::heartbeat::Heartbeats;
use crate::readiness::Readiness;
use std::env;
use std::fmt::Write;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;
use tokio::time;

/// Interval between two reports, unless the watchdog needs them more often.
const INTERVAL: Duration = Duration::from_secs(1);
/// By how much the server asks systemd, in each report, to extend the time for the shutdown.
/// The server itself limits how long that takes.
const EXTENSION: Duration = Duration::from_secs(15);

/// The socket of the service manager.
pub struct ServiceManager {
    socket: UnixDatagram,
    address: SocketAddr,
    /// The time after which systemd ends a server that does not say that it is alive. `None` if
    /// systemd does not watch it.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// Returns `None` if no service manager asks for reports.
    pub fn from_environment() -> Option<Self> {
        let name = env::var_os("NOTIFY_SOCKET")?;
        let name = name.as_bytes();
        let address = match name.strip_prefix(b"@") {
            Some(abstract_name) => SocketAddr::from_abstract_name(abstract_name),
            None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)),
        };
        let socket = UnixDatagram::unbound();
        match (address, socket) {
            (Ok(address), Ok(socket)) => Some(Self { socket, address, watchdog: watchdog() }),
            (address, socket) => {
                let error = address.err().or(socket.err());
                tracing::warn!(?error, "NOTIFY_SOCKET cannot be used; systemd is told nothing");
                None
            }
        }
    }

    /// Tells what the server waits for before it can begin to serve.
    pub fn wait_for(&self, what: &str) {
        self.tell(&format!("STATUS=esperando {what}"));
    }

    fn tell(&self, state: &str) {
        // With the watchdog systemd restarts a server that it does not hear, so there is nothing
        // else to do here.
        if let Err(error) = self.socket.send_to_addr(state.as_bytes(), &self.address) {
            tracing::debug!(%error, "systemd could not be told the state");
        }
    }

    /// Reports the state for as long as the runtime runs.
    pub async fn report(self, readiness: Readiness, heartbeats: Heartbeats) {
        // Report at least three times within the watchdog's time. A worker that has not run for
        // half of it is stuck.
        let interval = self.watchdog.map_or(INTERVAL, |time| INTERVAL.min(time / 3));
        let patience = self.watchdog.map_or(Duration::MAX, |time| time / 2);
        let mut told = Told::default();
        loop {
            let is_alive = self.watchdog.is_some() && heartbeats.all_within(patience);
            let state = told.next(&readiness, is_alive);
            if !state.is_empty() {
                self.tell(&state);
            }
            match told.stopping {
                true => time::sleep(interval).await,
                // The start of the shutdown is told at once.
                false => {
                    let _ = time::timeout(interval, readiness.until_draining()).await;
                }
            }
        }
    }
}

/// Returns the time of the watchdog, if systemd watches this process.
fn watchdog() -> Option<Duration> {
    let of_this_process =
        env::var("WATCHDOG_PID").map_or(true, |pid| pid.parse() == Ok(std::process::id()));
    let time = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (of_this_process && time > 0).then(|| Duration::from_micros(time))
}

/// What systemd was told last.
#[derive(Default)]
struct Told {
    status: String,
    ready: bool,
    stopping: bool,
}

impl Told {
    /// Returns the lines to tell now.
    fn next(&mut self, readiness: &Readiness, is_alive: bool) -> String {
        let mut lines = String::new();
        let mut line = |text: &str| {
            // Writing to a `String` cannot fail.
            let _ = writeln!(lines, "{text}");
        };
        // What only concerns the operator does not keep the unit from being active.
        if !self.ready && readiness.serves() {
            self.ready = true;
            line("READY=1");
        }
        if !self.stopping && readiness.draining() {
            self.stopping = true;
            line("STOPPING=1");
        }
        if self.stopping {
            line(&format!("EXTEND_TIMEOUT_USEC={}", EXTENSION.as_micros()));
        }
        let status = status(readiness);
        if self.status != status {
            line(&format!("STATUS={status}"));
            self.status = status;
        }
        if is_alive {
            line("WATCHDOG=1");
        }
        lines
    }
}

fn status(readiness: &Readiness) -> String {
    let unmet = readiness.unmet();
    match unmet.as_slice() {
        [] => "pronto".to_owned(),
        unmet => {
            let names: Vec<_> = unmet.iter().map(|unmet| unmet.name).collect();
            format!("não está pronto: {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once_and_the_end_again_and_again() {
        let readiness = Readiness::default();
        let database = readiness.flag("banco", "sem banco");
        readiness.require_for_operator("chaves", "sem chaves", || false);
        let mut told = Told::default();
        assert_eq!(told.next(&readiness, false), "STATUS=não está pronto: banco, chaves\n");
        assert_eq!(told.next(&readiness, true), "WATCHDOG=1\n");
        database.set(true);
        assert_eq!(told.next(&readiness, false), "READY=1\nSTATUS=não está pronto: chaves\n");
        database.set(false);
        assert_eq!(told.next(&readiness, false), "STATUS=não está pronto: banco, chaves\n");
        readiness.drain();
        let ends = told.next(&readiness, false);
        assert!(ends.starts_with("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\n"), "{ends}");
        assert_eq!(told.next(&readiness, false), "EXTEND_TIMEOUT_USEC=15000000\n");
    }
}
