//! Checks the host name and the origin of a request.
//!
//! A browser sends a page's requests to whatever address the page's host name resolves to (DNS
//! rebinding), and it opens a WebSocket from any page to any server. `elos demo` must refuse the
//! former, because it issues tokens to anybody, and every server the latter.

use crate::auth::is_loopback;
use crate::error::{Error, Failure};
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use std::sync::Arc;

const NOT_LOOPBACK: &str = "`elos demo` emite tokens a quem pedir, por isso só atende por localhost, 127.0.0.1 ou [::1]: \
                            abra http://localhost, com a porta do servidor\n";

/// Middleware for a server that issues tokens to anybody (`elos demo`). It answers only requests
/// for loopback host names. Otherwise a page whose host name resolves to this machine could use the
/// server.
pub async fn only_loopback<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let mut hosts = req.headers().get_all(header::HOST);
    let by_header = hosts.next().is_some_and(host_is_loopback) && hosts.next().is_none();
    let by_target = req.uri().authority().is_none_or(|name| names_loopback(name.as_str()));
    if by_header && by_target {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let refusal = HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
        .content_type("text/plain; charset=utf-8")
        .body(NOT_LOOPBACK);
    Ok(req.into_response(refusal).map_into_right_body())
}

fn host_is_loopback(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(names_loopback)
}

fn names_loopback(host: &str) -> bool {
    !host.contains(['/', '?', '#']) && is_loopback(&format!("http://{}", host.to_ascii_lowercase()))
}

/// Origins whose pages may send requests and open WebSockets, in addition to the server's own.
#[derive(Debug, Clone)]
pub struct AllowedOrigins {
    named: Arc<[String]>,
    /// Whether pages that this machine serves over HTTP are allowed, at any port.
    loopback: bool,
}

impl AllowedOrigins {
    pub fn new(named: &[String], loopback: bool) -> Self {
        Self { named: named.into(), loopback }
    }

    pub fn is_any_allowed(&self) -> bool {
        self.loopback || !self.named.is_empty()
    }

    pub fn contains(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| {
            self.named.iter().any(|named| named == origin)
                || self.loopback && origin.strip_prefix("http://").is_some_and(names_loopback)
        })
    }

    /// Refuses a WebSocket from a page of another origin. A request without `Origin` does not come
    /// from a browser, and is allowed.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        let host = headers.get(header::HOST);
        let refused = headers.get_all(header::ORIGIN).any(|origin| !self.allows(origin, host));
        if !refused {
            return Ok(());
        }
        let message =
            "a página que abre a conexão não é de uma origem permitida; veja ELOS_CORS_ORIGINS";
        Err(Error::failure(Failure::SemPermissao, message))
    }

    fn allows(&self, origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
        let host = host.and_then(|host| host.to_str().ok());
        self.contains(origin)
            || origin.to_str().is_ok_and(|origin| host.is_some_and(|host| is_same(origin, host)))
    }
}

/// Returns whether the origin is the server itself. TLS may end at a proxy, so the scheme cannot be
/// compared: it only determines which port may be omitted.
fn is_same(origin: &str, host: &str) -> bool {
    let (authority, port) = match origin.split_once("://") {
        Some(("http", authority)) => (authority, ":80"),
        Some(("https", authority)) => (authority, ":443"),
        _ => return false,
    };
    let bare = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    !authority.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:8080"] {
            assert!(names_loopback(host), "{host}");
        }
        for host in [
            "",
            "elos.example",
            "localhost.example",
            "127.0.0.1.example",
            "10.0.0.1",
            "localhost@x",
            "localhost/x",
            "localhost:x",
            "localhost.",
            "::1",
            "0.0.0.0",
        ] {
            assert!(!names_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_the_server_itself_is_of_the_same_origin() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("https://elos.example", "elos.example"),
            ("https://elos.example", "elos.example:443"),
            ("http://elos.example:80", "ELOS.example"),
        ] {
            assert!(is_same(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://127.0.0.1:8081", "127.0.0.1:8080"),
            ("https://evil.example", "elos.example"),
            ("https://elos.example:80", "elos.example"),
            ("https://elos.example.evil", "elos.example"),
            ("null", "null"),
            ("", ""),
            ("http://", ""),
            ("file://elos.example", "elos.example"),
        ] {
            assert!(!is_same(origin, host), "{origin} {host}");
        }
    }
}
