//! The way to PostgreSQL: whether somebody on it could read or change what passes.

use super::conninfo::{self, ConnInfo};
use std::net::IpAddr;

/// Why a URL is not used. Neither the URL nor a part of it is told: a password with an `@` in
/// it is read as a host.
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
    ClearAllowed,
}

/// A weakness that does not keep a URL from being used.
pub const UNVERIFIED: &str = "`sslmode=require` cifra, mas não confere com quem fala: quem estiver no caminho pode \
                              fazer-se passar pelo PostgreSQL; use `sslmode=verify-full`, com `sslrootcert`";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A socket of this machine.
    Local,
    /// Encrypted, with a server whose certificate is held against a root.
    Verified,
    /// Encrypted, with whoever answers.
    Unverified,
}

/// How PostgreSQL would be reached by `url`, as libpq reads it. Nothing is sent.
pub fn transport(url: &str) -> Result<Transport, UnsafeTransport> {
    judge(&conninfo::effective(url).ok_or(UnsafeTransport::Unreadable)?)
}

fn judge(info: &ConnInfo) -> Result<Transport, UnsafeTransport> {
    if is_local(info) {
        return Ok(Transport::Local);
    }
    match info.sslmode.as_str() {
        // Kerberos encrypts, and knows the server.
        _ if info.gssencmode == "require" => Ok(Transport::Verified),
        _ if !info.has_tls => Err(UnsafeTransport::NoTls),
        "verify-ca" | "verify-full" => Ok(Transport::Verified),
        "require" => Ok(Transport::Unverified),
        _ => Err(UnsafeTransport::ClearAllowed),
    }
}

/// Every one of the hosts that libpq would try. Where an address is given it is what libpq
/// connects to, and the name beside it is only compared.
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

/// Nothing is the default socket; a path, or a name after `@`, is a socket too.
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
    fn only_what_stays_on_this_machine_is_local() {
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
            let found = judge(&info(host, hostaddr, "disable", false));
            assert_eq!(found, Ok(Transport::Local), "{host} {hostaddr}");
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
            let found = judge(&info(host, hostaddr, "verify-full", false));
            assert_eq!(found, Err(UnsafeTransport::NoTls), "{host} {hostaddr}");
        }
    }

    #[test]
    fn with_tls_the_mode_decides() {
        let remote = |sslmode| judge(&info("db.example", "", sslmode, true));
        for sslmode in ["", "disable", "allow", "prefer", "Require", "x"] {
            assert_eq!(remote(sslmode), Err(UnsafeTransport::ClearAllowed), "{sslmode}");
        }
        assert_eq!(remote("require"), Ok(Transport::Unverified));
        assert_eq!(remote("verify-ca"), Ok(Transport::Verified));
        assert_eq!(remote("verify-full"), Ok(Transport::Verified));
        let kerberos =
            ConnInfo { gssencmode: "require".into(), ..info("db.example", "", "", false) };
        assert_eq!(judge(&kerberos), Ok(Transport::Verified));
    }
}
