//! The host names that the server accepts, and the pages that may call it.

use crate::subscriptions::ws_client::{SUBPROTOCOL, Ws};
use crate::support::{App, ORIGIN, Settings, Template};
use std::net::TcpStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, HandshakeError};

/// DNS rebinding: a page whose host name resolves to this machine gets no token and no data.
#[test]
fn a_server_that_issues_tokens_accepts_only_local_host_names() {
    let app = App::with(Template::Empty, Settings { loopback_only: true, ..Settings::default() });
    let port = app.base.rsplit_once(':').unwrap().1;
    let token = "/auth/realms/pje/protocol/openid-connect/token";
    let ask = |host: &str, method: &str, path: &str| {
        let answer = app.request(method, path, &[("Host", host)], b"");
        (answer.status, answer.text)
    };
    for host in ["localhost", "127.0.0.1", "[::1]", "LocalHost"] {
        for host in [host.to_owned(), format!("{host}:{port}"), format!("{host}:1")] {
            assert_eq!(ask(&host, "GET", "/healthz").0, 200, "{host}");
        }
    }
    for host in
        ["evil.example", "elos.localhost.example:8080", "localhost.", "10.0.0.1", "127.0.0.1.evil"]
    {
        for (method, path) in
            [("GET", "/healthz"), ("POST", token), ("POST", "/graphql"), ("GET", "/graphiql")]
        {
            let (status, text) = ask(host, method, path);
            assert_eq!(status, 421, "{host} {path}: {text}");
            assert!(text.contains("localhost"), "{text}");
        }
    }
    // A server without a development issuer accepts any host name, which the operator chooses.
    assert_eq!(
        App::empty().request("GET", "/healthz", &[("Host", "elos.example")], b"").status,
        200
    );
}

/// Returns the status of a refused upgrade; `None` if it was accepted.
fn refused(app: &App, origins: &[&str]) -> Option<u16> {
    let address = app.base.trim_start_matches("http://");
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    for origin in origins {
        request.headers_mut().append("origin", origin.parse().unwrap());
    }
    match tungstenite::client(request, TcpStream::connect(address).unwrap()) {
        Ok(_) => None,
        Err(HandshakeError::Failure(Error::Http(answer))) => Some(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_websocket_opens_only_from_configured_origins() {
    let app = App::empty();
    assert_eq!(refused(&app, &[]), None);
    assert_eq!(refused(&app, &[&app.base]), None);
    assert_eq!(refused(&app, &[ORIGIN]), None);
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "https://painel.example.evil",
        "https://painel.example:8443",
        "http://painel.example",
    ] {
        assert_eq!(refused(&app, &[origin]), Some(403), "{origin}");
    }
    assert_eq!(refused(&app, &[ORIGIN, "https://evil.example"]), Some(403));
    Ws::of(&app, "tjrn");
}

/// A front end under development runs at a port of its own. A server that issues tokens to anybody
/// on this machine answers its pages without a setting, and no page of another host.
#[test]
fn a_demo_answers_pages_of_this_machine() {
    let app = App::with(Template::Empty, Settings { loopback_only: true, ..Settings::default() });
    let token = "/auth/realms/pje/protocol/openid-connect/token";
    let allowed = |origin: &str, method: &str, path: &str| {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ];
        let answer = app.request(method, path, &headers, b"");
        answer.headers.get("access-control-allow-origin").map(String::as_str) == Some(origin)
    };
    for origin in
        ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:4200", "http://localhost"]
    {
        for path in [token, "/graphql", "/api/v1/processos"] {
            for method in ["OPTIONS", "POST"] {
                assert!(allowed(origin, method, path), "{method} {path} {origin}");
            }
        }
        assert_eq!(refused(&app, &[origin]), None, "{origin}");
    }
    assert!(allowed(ORIGIN, "POST", "/graphql"), "a configured origin");
    for origin in [
        "http://localhost.evil.example",
        "http://evil.example",
        "http://127.0.0.1.evil:3000",
        "http://localhost@evil.example",
        "http://localhost:3000.evil",
        "null",
    ] {
        for method in ["OPTIONS", "POST"] {
            assert!(!allowed(origin, method, "/graphql"), "{method} {origin}");
        }
        assert_eq!(refused(&app, &[origin]), Some(403), "{origin}");
    }
    // A server that issues no tokens answers configured origins alone.
    let app = App::empty();
    let headers = [("Origin", "http://localhost:5173")];
    let answer = app.request("POST", "/graphql", &headers, b"");
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{:?}", answer.headers);
}
