//! Adds default timeouts to a connection string that does not set them.
//!
//! Without them, libpq waits for ever for a host that accepts the connection and sends nothing, and
//! for minutes (until TCP stops retransmitting) for a host that is gone. If the string names
//! several hosts (`postgres://u@a,b/db?target_session_attrs=read-write`), libpq tries the next one
//! when `connect_timeout` expires. That timeout does not cover name resolution, which the resolver
//! limits.

use std::borrow::Cow;

/// Time limit in seconds. It is shorter than the time that a request waits for a connection, so
/// that libpq can also try a second host.
const CONNECT_TIMEOUT: &str = "3";
/// TCP probes an idle connection after ten seconds, and closes it nine seconds later.
const KEEPALIVES: [(&str, &str); 4] = [
    ("keepalives", "1"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "3"),
    ("keepalives_count", "3"),
];
/// Time in milliseconds. TCP closes the connection if data stays unacknowledged for this long.
const USER_TIMEOUT: u32 = 10_000;
/// Time in milliseconds. It replaces a `tcp_user_timeout` of 0 (the system's default): 0 plus a
/// label would be a timeout of less than a second.
const A_DAY: u32 = 86_400_000;

/// Adds the defaults to `url`, and `label` (in milliseconds, less than a second) to its
/// `tcp_user_timeout`, by which `socket` recognises the socket of the connection. Returns the new
/// string and that timeout, which the socket will have.
pub(super) fn with_defaults(url: &str, label: u32) -> (String, u32) {
    let given = parameters(url);
    let given = |name: &str| given.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let defaults = [("connect_timeout", CONNECT_TIMEOUT)].into_iter().chain(KEEPALIVES);
    let mut text = url.to_owned();
    for (name, value) in defaults.filter(|(name, _)| given(name).is_none()) {
        push_option(&mut text, name, value);
    }
    let own = given("tcp_user_timeout").and_then(|value| value.parse().ok());
    let timeout = match own {
        None => USER_TIMEOUT,
        Some(0) => A_DAY,
        Some(own) => own,
    };
    // If an option occurs twice, libpq uses the last value.
    let timeout = timeout.saturating_add(label);
    push_option(&mut text, "tcp_user_timeout", &timeout.to_string());
    (text, timeout)
}

/// Whether libpq may use a Unix socket for `url`: a host is a path, or no host is given.
pub(super) fn may_be_unix(url: &str) -> bool {
    let given = parameters(url);
    let mut hosts = given.iter().filter(|(key, _)| key == "host" || key == "hostaddr");
    let named = hosts.clone().count() > 0;
    hosts.any(|(_, hosts)| hosts.split(',').any(|host| host.is_empty() || is_path(host))) || !named
}

fn is_path(host: &str) -> bool {
    host.starts_with(['/', '@'])
}

fn push_option(text: &mut String, name: &str, value: &str) {
    let before = match is_uri(text) {
        false => " ",
        true if text.contains('?') => "&",
        true => "?",
    };
    text.extend([before, name, "=", value]);
}

fn is_uri(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// The options in the connection string as (name, value). The authority of a URI becomes `host`.
fn parameters(url: &str) -> Vec<(String, String)> {
    if !is_uri(url) {
        return keyword_pairs(url);
    }
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = address.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let named =
        (!hosts.is_empty()).then(|| ("host".to_owned(), percent_decode(hosts).into_owned()));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    named
        .into_iter()
        .chain(pairs.map(|(key, value)| {
            (percent_decode(key).into_owned(), percent_decode(value).into_owned())
        }))
        .collect()
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.filter(|_| first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// Parses `key = value` pairs as libpq does. A value may be quoted.
fn keyword_pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let (mut value, mut quoted, mut escaped) = (String::new(), false, false);
        let after = after.trim_start();
        let mut end = after.len();
        for (index, char) in after.char_indices() {
            match char {
                _ if escaped => {
                    escaped = false;
                    value.push(char);
                }
                '\\' => escaped = true,
                '\'' => quoted = !quoted,
                char if char.is_whitespace() && !quoted => {
                    end = index;
                    break;
                }
                char => value.push(char),
            }
        }
        pairs.push((key.trim().to_owned(), value));
        rest = &after[end..];
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_string_are_kept() {
        let defaults = "connect_timeout=3&keepalives=1&keepalives_idle=10&keepalives_interval=3&keepalives_count=3";
        assert_eq!(
            with_defaults("postgres://u@h/d", 7),
            (format!("postgres://u@h/d?{defaults}&tcp_user_timeout=10007"), 10_007)
        );
        assert_eq!(
            with_defaults("postgres://u@a,b:2/d?connect_timeout=9&keepalives=0&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=500", 7).0,
            "postgres://u@a,b:2/d?connect_timeout=9&keepalives=0&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=500&tcp_user_timeout=507"
        );
        let (words, timeout) =
            with_defaults("host=h user='a b=\\'c' connect_timeout = 8 tcp_user_timeout=0", 1);
        assert!(words.starts_with("host=h user='a b=\\'c' connect_timeout = 8 "), "{words}");
        assert!(words.ends_with(" tcp_user_timeout=86400001") && timeout == A_DAY + 1, "{words}");
        assert!(!words.contains("connect_timeout=3") && words.contains(" keepalives_idle=10"));
    }

    #[test]
    fn a_path_and_no_host_are_unix_sockets() {
        for url in [
            "postgres:///d",
            "postgres://u@/d?host=%2Frun%2Fpostgresql",
            "postgres://%2Frun/d",
            "host=/run dbname=d",
            "dbname=d",
            "postgres://a/d?host=/run",
        ] {
            assert!(may_be_unix(url), "{url}");
        }
        for url in
            ["postgres://h/d", "postgres://u:p@h,i:2/d?a=b", "host = h", "hostaddr=127.0.0.1"]
        {
            assert!(!may_be_unix(url), "{url}");
        }
    }
}
