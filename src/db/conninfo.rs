//! The connection options that libpq derives from a URL, the environment (`PGHOST`, `PGSSLMODE`, …)
//! and service files.
//!
//! libpq itself parses the URL. A second parser that reads a URL differently would allow a URL to
//! evade the checks that depend on the result.

use pq_sys::{PQconnectStartParams, PQconninfo, PQconninfoFree, PQconninfoOption, PQfinish};
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// An invalid `target_session_attrs`. libpq rejects it after it has read every other option and
/// before it resolves a host, so that it reports the options without connecting.
const NO_SERVER: &CStr = c"none: only the options are read";

/// The options that decide where and how libpq connects. An unset option is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ConnInfo {
    pub host: String,
    pub hostaddr: String,
    pub sslmode: String,
    pub gssencmode: String,
    /// Whether this libpq was built with TLS.
    pub has_tls: bool,
    pub session_attrs: String,
}

/// The effective options for `url`, or `None` if libpq cannot parse it. libpq would not connect to
/// such a URL either.
pub(super) fn effective(url: &str) -> Option<ConnInfo> {
    let url = CString::new(url).ok()?;
    let keywords = [c"dbname".as_ptr(), c"target_session_attrs".as_ptr(), ptr::null()];
    let values = [url.as_ptr(), NO_SERVER.as_ptr(), ptr::null()];
    let info = read(&keywords, &values);
    // If parsing failed, `NO_SERVER` is not among the options.
    (info.session_attrs.as_bytes() == NO_SERVER.to_bytes()).then_some(info)
}

#[expect(unsafe_code, reason = "libpq's options have no safe binding")]
fn read(keywords: &[*const c_char; 3], values: &[*const c_char; 3]) -> ConnInfo {
    let mut info = ConnInfo::default();
    // SAFETY: both lists end with a null pointer and outlive the call. libpq's functions accept
    // null for each pointer passed here, and its list of options ends with a null keyword. The
    // texts are copied before the list is freed.
    unsafe {
        let conn = PQconnectStartParams(keywords.as_ptr(), values.as_ptr(), 1);
        let options = PQconninfo(conn);
        let mut next = options;
        while !next.is_null() && !(*next).keyword.is_null() {
            info.set(&*next);
            next = next.add(1);
        }
        PQconninfoFree(options);
        PQfinish(conn);
    }
    info
}

#[expect(unsafe_code, reason = "texts of libpq are C strings")]
fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the pointer is not null, and libpq terminates its texts with a null byte.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

impl ConnInfo {
    fn set(&mut self, option: &PQconninfoOption) {
        let field = match text(option.keyword).as_str() {
            "host" => &mut self.host,
            "hostaddr" => &mut self.hostaddr,
            "sslmode" => {
                // The compiled default: without TLS, libpq cannot default to `prefer`.
                self.has_tls = text(option.compiled) != "disable";
                &mut self.sslmode
            }
            "gssencmode" => &mut self.gssencmode,
            "target_session_attrs" => &mut self.session_attrs,
            _ => return,
        };
        *field = text(option.val);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_those_that_libpq_would_use() {
        let info = |url| effective(url).map(|info| (info.host, info.hostaddr, info.sslmode));
        let expected = |host: &str, hostaddr: &str, sslmode: &str| {
            Some((host.to_owned(), hostaddr.to_owned(), sslmode.to_owned()))
        };
        assert_eq!(
            info("postgres://u:p@a.example:1,b.example/d?sslmode=require"),
            expected("a.example,b.example", "", "require")
        );
        assert_eq!(
            info("host='x.example' hostaddr=10.0.0.1 sslmode=allow"),
            expected("x.example", "10.0.0.1", "allow")
        );
        // The effective host is not the one that the URL seems to name.
        assert_eq!(
            info("postgres://localhost:5432@10.0.0.1/d?sslmode=allow"),
            expected("10.0.0.1", "", "allow")
        );
        assert_eq!(
            info("postgres://localhost/d?host=x.example&sslmode=allow"),
            expected("x.example", "", "allow")
        );
        assert_eq!(
            info("postgres://%2Frun%2Fpg/d?sslmode=allow"),
            expected("/run/pg", "", "allow")
        );
        for unreadable in ["postgres://[", "host=", "hots=x", "postgres://h/d?x=y", "a\0b"] {
            assert!(unreadable == "host=" || info(unreadable).is_none(), "{unreadable}");
        }
    }
}
