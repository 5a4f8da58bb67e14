//! Classifies the network path to PostgreSQL by whether a third party on it can read or change the
//! traffic.

use super::conninfo::{self, ConnInfo};
use std::net::IpAddr;

/// The reason why this program refuses a URL. The messages contain no part of the URL, because
/// libpq reads the rest of a password after an unescaped `@` as a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeTransport {
    #[error("não é uma URL do PostgreSQL, ou o serviço (PGSERVICE) que ela nomeia não existe")]
    Unreadable,
    #[error(
        "o PostgreSQL não é desta máquina, e este programa foi construído sem TLS: a senha e os dados iriam às claras, e \
         quem estivesse no caminho os leria e trocaria. Use um programa com TLS (`--features system-libpq` ou \
         `tls-vendored`) e `sslmode=verify-full`; ou, se a rede é de confiança, ELOS_PG_SEM_TLS=on"
    )]
    NoTls,
    #[error(
        "o PostgreSQL não é desta máquina, e o `sslmode` em vigor (disable, allow ou prefer, que é o padrão) deixa a senha e \
         os dados irem às claras a quem estiver no caminho. Use `sslmode=verify-full`, com `sslrootcert`; ou, se a rede é \
         de confiança, ELOS_PG_SEM_TLS=on"
    )]
    PlaintextAllowed,
}

/// The warning for a URL that is used in spite of [`Transport::Unverified`].
pub const UNVERIFIED: &str = "`sslmode=require` cifra, mas não confere com quem fala: quem estiver no caminho pode \
                              fazer-se passar pelo PostgreSQL; use `sslmode=verify-full`, com `sslrootcert`";

/// The protection of a connection to PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A Unix socket or the loopback interface: the traffic stays on this machine.
    Local,
    /// Encrypted, and the server is verified: its certificate comes from a trusted authority
    /// (`verify-full` also checks its host name), or Kerberos authenticates it.
    Verified,
    /// Encrypted, but the server is not verified.
    Unverified,
}

/// Classifies the connections that libpq would open for `url`. Sends nothing.
pub fn transport(url: &str) -> Result<Transport, UnsafeTransport> {
    classify(&conninfo::effective(url).ok_or(UnsafeTransport::Unreadable)?)
}

fn classify(info: &ConnInfo) -> Result<Transport, UnsafeTransport> {
    if is_local(info) {
        return Ok(Transport::Local);
    }
    match info.sslmode.as_str() {
        // GSSAPI (Kerberos) encrypts and authenticates the server.
        _ if info.gssencmode == "require" => Ok(Transport::Verified),
        _ if !info.has_tls => Err(UnsafeTransport::NoTls),
        "verify-ca" | "verify-full" => Ok(Transport::Verified),
        "require" => Ok(Transport::Unverified),
        _ => Err(UnsafeTransport::PlaintextAllowed),
    }
}

/// Whether every host that libpq would try is on this machine. If `hostaddr` is given, libpq
/// connects to that address and uses `host` only to verify the server.
fn is_local(info: &ConnInfo) -> bool {
    let hosts: Vec<&str> = info.host.split(',').collect();
    if info.hostaddr.is_empty() {
        return hosts.into_iter().all(is_local_host);
    }
    info.hostaddr.split(',').enumerate().all(|(i, address)| match address {
        "" => hosts.get(i).copied().is_none_or(is_local_host),
        address => is_loopback(address),
    })
}

/// An empty host means the default Unix socket. A path, or a name after `@` (the abstract
/// namespace), is a Unix socket too.
fn is_local_host(host: &str) -> bool {
    host.is_empty()
        || host.starts_with(['/', '@'])
        || host.eq_ignore_ascii_case("localhost")
        || is_loopback(host)
}

fn is_loopback(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(host: &str, hostaddr: &str, sslmode: &str, has_tls: bool) -> ConnInfo {
        let (host, hostaddr, sslmode) = (host.into(), hostaddr.into(), sslmode.into());
        ConnInfo { host, hostaddr, sslmode, has_tls, ..ConnInfo::default() }
    }

    #[test]
    fn a_url_is_local_only_if_every_host_is_on_this_machine() {
        for (host, hostaddr) in [
            ("", ""),
            ("/run/postgresql", ""),
            ("@elos", ""),
            ("localhost", ""),
            ("LOCALHOST,127.0.0.1,::1,/tmp", ""),
            ("127.8.9.1", ""),
            ("::ffff:127.0.0.1", ""),
            ("db.example", "127.0.0.1"),
            ("db.example,localhost", "::1,"),
        ] {
            let result = classify(&info(host, hostaddr, "disable", false));
            assert_eq!(result, Ok(Transport::Local), "{host} {hostaddr}");
        }
        for (host, hostaddr) in [
            ("db.example", ""),
            ("10.0.0.1", ""),
            ("localhost,db.example", ""),
            ("localhost,", "127.0.0.1,10.0.0.1"),
            ("localhost", "10.0.0.1"),
            ("localhost,db.example", "127.0.0.1,"),
            ("127.0.0.1.example", ""),
            ("localhost.example", ""),
            ("0.0.0.0", ""),
            ("fe80::1%lo", ""),
            (" localhost", ""),
        ] {
            let result = classify(&info(host, hostaddr, "verify-full", false));
            assert_eq!(result, Err(UnsafeTransport::NoTls), "{host} {hostaddr}");
        }
    }

    #[test]
    fn with_tls_the_mode_decides() {
        let remote = |sslmode| classify(&info("db.example", "", sslmode, true));
        for sslmode in ["", "disable", "allow", "prefer", "Require", "x"] {
            assert_eq!(remote(sslmode), Err(UnsafeTransport::PlaintextAllowed), "{sslmode}");
        }
        assert_eq!(remote("require"), Ok(Transport::Unverified));
        assert_eq!(remote("verify-ca"), Ok(Transport::Verified));
        assert_eq!(remote("verify-full"), Ok(Transport::Verified));
        let kerberos =
            ConnInfo { gssencmode: "require".into(), ..info("db.example", "", "", false) };
        assert_eq!(classify(&kerberos), Ok(Transport::Verified));
    }
}
