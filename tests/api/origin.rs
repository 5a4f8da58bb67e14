//! By which names the server is called, and from which pages.

use crate::assinaturas::cliente_ws::{SUBPROTOCOLO, Ws};
use crate::support::{Ajustes, App, Modelo, ORIGEM};
use std::net::TcpStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, HandshakeError};

/// A page whose name is made to lead to this machine gets no token and no answer.
#[test]
fn a_server_that_gives_tokens_answers_only_by_names_of_this_machine() {
    let app = App::com(Modelo::Vazio, Ajustes { loopback_only: true, ..Ajustes::default() });
    let port = app.base.rsplit_once(':').unwrap().1;
    let token = "/auth/realms/pje/protocol/openid-connect/token";
    let ask = |host: &str, method: &str, path: &str| {
        let answer = app.pedir(method, path, &[("Host", host)], b"");
        (answer.status, answer.texto)
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
    // Where no token is given to whoever asks, the name is the operator's affair.
    assert_eq!(App::vazio().pedir("GET", "/healthz", &[("Host", "elos.example")], b"").status, 200);
}

/// The status with which an upgrade is refused; none when it is not.
fn refused(app: &App, origins: &[&str]) -> Option<u16> {
    let address = app.base.trim_start_matches("http://");
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOLO.parse().unwrap());
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
fn a_websocket_is_opened_from_the_pages_that_may_call_and_from_no_other() {
    let app = App::vazio();
    assert_eq!(refused(&app, &[]), None);
    assert_eq!(refused(&app, &[&app.base]), None);
    assert_eq!(refused(&app, &[ORIGEM]), None);
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
    assert_eq!(refused(&app, &[ORIGEM, "https://evil.example"]), Some(403));
    Ws::de(&app, "tjrn");
}
