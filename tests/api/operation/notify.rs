//! What the server tells systemd, received on a socket in place of systemd's.

use crate::outage::program::Program;
use crate::outage::relay::{Relay, url};
use crate::support::{App, MAX_WAIT, TempDir};
use nix::sys::signal::Signal;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Receives until a line begins with `line`. Returns every line received.
fn until_told(socket: &UnixDatagram, line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut datagram = [0; 4096];
        let length = socket.recv(&mut datagram).unwrap_or_else(|error| {
            panic!("never told {line} ({error}): {lines:?}");
        });
        let text = std::str::from_utf8(&datagram[..length]).unwrap();
        lines.extend(text.lines().map(str::to_owned));
        if lines.iter().any(|told| told.starts_with(line)) {
            return lines;
        }
    }
}

#[test]
fn systemd_is_told_readiness_life_what_is_missing_and_the_end() {
    let (app, relay, folder) = (App::new(), Relay::new(), TempDir::created());
    let path = folder.0.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(MAX_WAIT)).unwrap();
    relay.shut();
    let mut program = Program::begin(&app, &url(&app.database, &[&relay]), "3", |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "3000000");
    });
    let told = until_told(&socket, "STATUS=");
    assert_eq!(told, ["STATUS=esperando o banco de dados"]);
    relay.open();
    let told = until_told(&socket, "STATUS=pronto");
    assert_eq!(told.iter().filter(|line| *line == "READY=1").count(), 1, "{told:?}");
    // Twice: it goes on telling that it is alive.
    until_told(&socket, "WATCHDOG=1");
    until_told(&socket, "WATCHDOG=1");
    relay.shut();
    let told = until_told(&socket, "STATUS=não está pronto: ").join("\n");
    assert!(told.contains("banco"), "{told}");
    relay.open();
    until_told(&socket, "STATUS=pronto");
    program.signal(Signal::SIGTERM);
    let told = until_told(&socket, "STOPPING=1");
    assert!(told.iter().any(|line| line == "EXTEND_TIMEOUT_USEC=15000000"), "{told:?}");
    until_told(&socket, "EXTEND_TIMEOUT_USEC");
    assert!(program.wait(MAX_WAIT).success(), "{:?}", program.log());
}

/// systemd gives services in containers an abstract address. A server for which no watchdog is
/// meant sends nothing for a watchdog.
#[test]
fn an_abstract_address_is_reached() {
    let app = App::new();
    let name = format!("elos-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(MAX_WAIT)).unwrap();
    let mut program = Program::begin(&app, &app.database.app_url(), "0", |command| {
        command.env("NOTIFY_SOCKET", format!("@{name}"));
        // The watchdog is for another process, the one with the id 1.
        command.env("WATCHDOG_USEC", "90000").env("WATCHDOG_PID", "1");
    });
    let mut told = until_told(&socket, "STATUS=pronto");
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut datagram = [0; 4096];
    if let Ok(length) = socket.recv(&mut datagram) {
        told.push(String::from_utf8_lossy(&datagram[..length]).into_owned());
    }
    assert!(!told.iter().any(|line| line.contains("WATCHDOG")), "{told:?}");
    program.signal(Signal::SIGINT);
    program.wait(MAX_WAIT);
}
