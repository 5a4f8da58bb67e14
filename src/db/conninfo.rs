//! What libpq makes of a connection URL, together with the environment (`PGHOST`,
//! `PGSSLMODE`, …) and service files.
//!
//! libpq itself is asked, because a second parser that read a URL otherwise would be a way
//! round the checks that stand on the answer.

use pq_sys::{PQconnectStartParams, PQconninfo, PQconninfoFree, PQconninfoOption, PQfinish};
use std::ffi::{CStr, CString, c_char};
use std::ptr;

/// A value that libpq refuses once it has read every other option and before it looks up a
/// host: so it tells what it would do, and does nothing.
const NO_SERVER: &CStr = c"none: only the options are read";

/// The options that say where a connection goes, and how. What is not set is empty.
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

/// None when libpq cannot read the URL; then it would not connect by it either.
pub(super) fn effective(url: &str) -> Option<ConnInfo> {
    let url = CString::new(url).ok()?;
    let keywords = [c"dbname".as_ptr(), c"target_session_attrs".as_ptr(), ptr::null()];
    let values = [url.as_ptr(), NO_SERVER.as_ptr(), ptr::null()];
    let info = read(&keywords, &values);
    // Only options that were read include the one above.
    (info.session_attrs.as_bytes() == NO_SERVER.to_bytes()).then_some(info)
}

#[expect(unsafe_code, reason = "libpq's options have no safe binding")]
fn read(keywords: &[*const c_char; 3], values: &[*const c_char; 3]) -> ConnInfo {
    let mut info = ConnInfo::default();
    // SAFETY: both lists end with a null pointer and outlive the call. libpq accepts null for
    // each of its own pointers, and its list of options ends with a keyword that is null. Texts
    // are copied before the list is freed.
    unsafe {
        let conn = PQconnectStartParams(keywords.as_ptr(), values.as_ptr(), 1);
        let options = PQconninfo(conn);
        let mut next = options;
        while !next.is_null() && !(*next).keyword.is_null() {
            info.take(&*next);
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
    // SAFETY: not null, and libpq ends its texts with a null byte.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

impl ConnInfo {
    fn take(&mut self, option: &PQconninfoOption) {
        let place = match text(option.keyword).as_str() {
            "host" => &mut self.host,
            "hostaddr" => &mut self.hostaddr,
            "sslmode" => {
                // What libpq does when nothing is set: it cannot prefer what it does not have.
                self.has_tls = text(option.compiled) != "disable";
                &mut self.sslmode
            }
            "gssencmode" => &mut self.gssencmode,
            "target_session_attrs" => &mut self.session_attrs,
            _ => return,
        };
        *place = text(option.val);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libpq_tells_what_it_would_do_and_reads_urls_as_it_does() {
        let info = |url| effective(url).map(|info| (info.host, info.hostaddr, info.sslmode));
        let told = |host: &str, hostaddr: &str, sslmode: &str| {
            Some((host.to_owned(), hostaddr.to_owned(), sslmode.to_owned()))
        };
        assert_eq!(
            info("postgres://u:p@a.example:1,b.example/d?sslmode=require"),
            told("a.example,b.example", "", "require")
        );
        assert_eq!(
            info("host='x.example' hostaddr=10.0.0.1 sslmode=allow"),
            told("x.example", "10.0.0.1", "allow")
        );
        // A host that stands elsewhere than it seems to.
        assert_eq!(
            info("postgres://localhost:5432@10.0.0.1/d?sslmode=allow"),
            told("10.0.0.1", "", "allow")
        );
        assert_eq!(
            info("postgres://localhost/d?host=x.example&sslmode=allow"),
            told("x.example", "", "allow")
        );
        assert_eq!(info("postgres://%2Frun%2Fpg/d?sslmode=allow"), told("/run/pg", "", "allow"));
        for unreadable in ["postgres://[", "host=", "hots=x", "postgres://h/d?x=y", "a\0b"] {
            assert!(unreadable == "host=" || info(unreadable).is_none(), "{unreadable}");
        }
    }
}
