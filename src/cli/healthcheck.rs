//! `elos healthcheck`: asks the server on this machine whether it is ready.

use anyhow::{Context, ensure};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Asks `/readyz` over a plain socket. The container image has no shell and no HTTP client.
pub fn run(bind: SocketAddr) -> anyhow::Result<()> {
    let mut target = bind;
    if target.ip().is_unspecified() {
        target.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let timeout = Duration::from_secs(3);
    let mut connection = TcpStream::connect_timeout(&target, timeout)
        .with_context(|| format!("ninguém escuta em {target}"))?;
    connection.set_read_timeout(Some(timeout))?;
    write!(connection, "GET /readyz HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    connection.read_to_string(&mut response)?;
    ensure!(response.starts_with("HTTP/1.1 200"), "o servidor em {target} não está pronto");
    Ok(())
}
