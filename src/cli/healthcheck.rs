//! `elos healthcheck`: asks the server on this machine whether it is ready, on each address on
//! which clients reach it.

use crate::config::Config;
use crate::http::tls::client_of_this_machine;
use anyhow::{Context, bail, ensure};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(3);
/// The status line of a response is shorter than this.
const MAX_STATUS_LINE: usize = 256;

/// Asks `/readyz` over a plain socket, and over TLS too if the server has it. The container image
/// has no shell and no HTTP client.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let (mut plain, address) = connect(config.bind)?;
    ask(&mut plain, address)?;
    let Some((bind, _)) = &config.tls else { return Ok(()) };
    let (mut socket, address) = connect(*bind)?;
    let mut session = client_of_this_machine(address.ip())?;
    let mut encrypted = rustls::Stream::new(&mut session, &mut socket);
    ask(&mut encrypted, address).context("por TLS")
}

/// The addresses of this machine by which a server that listens on `bind` is reached. One that
/// listens on `[::]` also serves IPv4, unless the system separates the two.
fn targets(bind: SocketAddr) -> Vec<SocketAddr> {
    let ips: &[IpAddr] = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
        IpAddr::V6(ip) if ip.is_unspecified() => {
            &[IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)]
        }
        _ => return vec![bind],
    };
    ips.iter().map(|ip| SocketAddr::new(*ip, bind.port())).collect()
}

fn connect(bind: SocketAddr) -> anyhow::Result<(TcpStream, SocketAddr)> {
    for target in targets(bind) {
        if let Ok(stream) = TcpStream::connect_timeout(&target, TIMEOUT) {
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            return Ok((stream, target));
        }
    }
    bail!("ninguém escuta em {bind}")
}

fn ask(stream: &mut (impl Read + Write), address: SocketAddr) -> anyhow::Result<()> {
    let no_answer = || format!("o servidor em {address} não responde");
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .with_context(no_answer)?;
    let mut status = Vec::new();
    let mut part = [0; MAX_STATUS_LINE];
    while !status.contains(&b'\n') && status.len() < MAX_STATUS_LINE {
        match stream.read(&mut part).with_context(no_answer)? {
            0 => break,
            n => status.extend_from_slice(&part[..n]),
        }
    }
    ensure!(status.starts_with(b"HTTP/1.1 200"), "o servidor em {address} não está pronto");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_asked_on_loopback_of_its_family() {
        for (bind, asked) in [
            ("0.0.0.0:80", &["127.0.0.1:80"][..]),
            ("[::]:80", &["[::1]:80", "127.0.0.1:80"]),
            ("[::1]:80", &["[::1]:80"]),
            ("10.0.0.1:80", &["10.0.0.1:80"]),
        ] {
            let targets = targets(bind.parse().unwrap());
            assert_eq!(targets, asked.iter().map(|a| a.parse().unwrap()).collect::<Vec<_>>());
        }
    }
}
