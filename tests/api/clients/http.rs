//! HTTP as proxies, browsers and test clients use it.

use super::{a_number, send};
use crate::subscriptions::sse_client::Sse;
use crate::support::{App, Response};
use crate::tramita::{NUP, PE, RN, Tramita};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;

fn get(app: &App, path: &str, headers: &[(&str, &str)]) -> Response {
    send(app, "GET", path, headers, b"")
}

#[test]
fn head_exists_with_every_get_and_has_the_same_headers() {
    let app = App::new();
    let number = a_number(&app);
    for path in [
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/schema.graphql".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
        "/docs/swagger-ui.css".to_owned(),
        "/graphiql".to_owned(),
        "/graphql?query=%7Beu%7Bazp%7D%7D".to_owned(),
        format!("/api/v1/processos/numero-processo/{number}"),
        "/api/v1/processos/999999999".to_owned(),
        "/tramites".to_owned(),
        "/interoperabilidade/rest/v3/tramites/pendentes".to_owned(),
    ] {
        app.ready();
        let (by_get, by_head) = (get(&app, &path, &[]), send(&app, "HEAD", &path, &[], b""));
        assert_eq!(by_head.status, by_get.status, "{path}");
        assert!(by_head.bytes.is_empty(), "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(by_head.headers.get(name), by_get.headers.get(name), "{path}: {name}");
        }
    }
    // A route without GET has no HEAD.
    assert_eq!(send(&app, "HEAD", "/api/v1/processo-rascunho", &[], b"").status, 405);
}

#[test]
fn a_head_request_never_changes_a_tramite() {
    let tramita = Tramita::new();
    let sent = tramita.enviar(RN, PE, NUP, None);
    assert_eq!(sent.status, 200, "{}", sent.text);
    let path = format!("/tramites/{}", sent.body["IDT"]);
    let head = |path: &str, who: &str| {
        let bearer = tramita.0.bearer(who);
        tramita.0.request("HEAD", path, &[("Authorization", &bearer)], b"").status
    };
    let situacao = || {
        let seen = tramita.0.get(RN, &format!("/tramites?IDT={}", sent.body["IDT"]));
        seen.body["tramites"][0]["situacaoAtual"].as_i64().unwrap()
    };
    let before = situacao();
    assert_eq!((head(&path, PE), situacao()), (200, before));
    assert_eq!(tramita.0.get(PE, &path).status, 200);
    let received = situacao();
    assert!(received > before);
    let refused = tramita.0.post(
        PE,
        &format!("{path}/recusa"),
        &json!({ "motivo": "99", "justificativa": "não" }),
    );
    assert_eq!(refused.status, 200, "{}", refused.text);
    assert_eq!((head(&format!("{path}/ciencia"), RN), situacao()), (200, 8));
    let (other, _) = tramita.enviado(RN, PE, "LIVRE", None);
    tramita.steps(other, &[(PE, "receber"), (PE, "recibo")]);
    assert_eq!(head(&format!("/tramites/{other}/recibo"), RN), 200);
    assert_eq!(tramita.situacao(RN, other), 5);
    tramita.steps(other, &[(RN, "buscar")]);
    assert_eq!(
        (head(&format!("/tramites/{other}/recibo"), RN), tramita.situacao(RN, other)),
        (200, 6)
    );
    assert_eq!(tramita.0.get(RN, &format!("{path}/ciencia")).status, 200);
    assert_eq!(situacao(), 9);
}

#[test]
fn extra_slashes_are_ignored() {
    let app = App::new();
    let number = a_number(&app);
    for path in [
        format!("//api/v1/processos/numero-processo/{number}/"),
        "/api/v1/processos/".to_owned(),
        "/api//v1//adolescentes".to_owned(),
        "/graphql/?query=%7Beu%7Bazp%7D%7D".to_owned(),
        "/tramites/pendentes/".to_owned(),
        "/docs/".to_owned(),
        "/openapi.json/".to_owned(),
    ] {
        assert_eq!(get(&app, &path, &[]).status, 200, "{path}");
    }
    // The path has two slashes, as the source document prints it.
    let identificador = app.adolescente("tjrn");
    let path = format!("//api/v1/processos/{number}/apuracao/adolescentes/{identificador}");
    let answer = send(&app, "DELETE", &path, &[], b"");
    assert!(answer.body["mensagemDesenvolvedor"] != "NOT_FOUND", "{}", answer.text);
    assert!([400, 404, 409].contains(&answer.status), "{}", answer.text);
}

#[test]
fn every_404_and_405_has_the_envelope_of_its_api() {
    let app = App::empty();
    let nearest = "a mais próxima é ";
    for (method, path, status, says) in [
        ("GET", "/api/v1/processo", 404, "/api/v1/processos"),
        ("GET", "/processos", 404, "/api/v1/processos"),
        ("POST", "/api/v1/processo-rascunhos", 404, "/api/v1/processo-rascunho"),
        ("POST", "/healthz", 405, "método não permitido"),
        ("DELETE", "/openapi.json", 405, "método não permitido"),
        ("PATCH", "/api/v1/processos", 405, "método não permitido"),
        ("GET", "/docs/nada.js", 404, ""),
    ] {
        let answer = send(&app, method, path, &[], b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.body["categoria"], "ERRO", "{method} {path}: {}", answer.text);
        assert!(answer.text.contains(says), "{method} {path}: {}", answer.text);
        assert!(
            status != 404 || says.is_empty() || answer.text.contains(nearest),
            "{}",
            answer.text
        );
    }
    for (method, path, status) in [
        ("GET", "/tramites/1/recibos", 404),
        ("GET", "/tramitess", 404),
        ("GET", "/interoperabilidade/rest/v3/tramite", 404),
        ("PATCH", "/tramites/1", 405),
    ] {
        let answer = send(&app, method, path, &[], b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert!(answer.body["codigoErro"].is_string(), "{method} {path}: {}", answer.text);
    }
    for (method, path, status) in
        [("GET", "/graphql/schema", 404), ("GET", "/grafql", 404), ("PUT", "/graphql", 405)]
    {
        let answer = send(&app, method, path, &[], b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert!(
            answer.body["errors"][0]["message"].is_string(),
            "{method} {path}: {}",
            answer.text
        );
    }
}

#[test]
fn options_lists_the_methods_of_a_route() {
    let app = App::empty();
    for (path, allowed) in [
        ("/api/v1/processos", "GET, POST, PUT, HEAD, OPTIONS"),
        ("/api/v1/processo-rascunho", "POST, OPTIONS"),
        ("/tramites/1", "GET, DELETE, HEAD, OPTIONS"),
        ("/graphql", "GET, POST, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ] {
        let answer = app.request("OPTIONS", path, &[], b"");
        assert_eq!(answer.status, 204, "{path}: {}", answer.text);
        assert_eq!(answer.headers["allow"], allowed, "{path}");
    }
    let answer = app.request("DELETE", "/graphql", &[], b"");
    assert_eq!(answer.headers["allow"], "GET, POST, HEAD, OPTIONS");
}

#[test]
fn accept_is_read_completely_and_case_insensitively() {
    let app = App::empty();
    let kind = |accepts: &[&str]| {
        let bearer = app.bearer("tjrn");
        let mut headers =
            vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        headers.extend(accepts.iter().map(|accept| ("Accept", *accept)));
        let answer = app.request("POST", "/graphql", &headers, br#"{"query":"{eu{azp}}"}"#);
        answer.headers["content-type"].split(';').next().unwrap().to_owned()
    };
    let ours = "application/graphql-response+json";
    assert_eq!(kind(&["text/html", ours]), ours);
    assert_eq!(kind(&["application/json;Q=0.1", "Application/GraphQL-Response+JSON"]), ours);
    assert_eq!(
        kind(&["application/json; q=0.9, application/graphql-response+json;q = 0.1"]),
        "application/json"
    );
}

#[test]
fn an_if_match_is_read_in_every_form_that_a_proxy_sends() {
    let app = App::new();
    let number = a_number(&app);
    let path = format!("/api/v1/processos/numero-processo/{number}");
    let etag = get(&app, &path, &[]).headers["etag"].clone();
    let version = etag.trim_matches('"');
    for form in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"{version}-gzip\""),
        format!("\"0a\", {etag}").replace("\"0a\", ", ""),
        format!("{etag}, W/{etag}"),
    ] {
        let same = get(&app, &path, &[("If-None-Match", &form)]);
        assert_eq!((same.status, same.bytes.len()), (304, 0), "{form}");
        assert_eq!(same.headers["etag"], etag);
        let head = send(&app, "HEAD", &path, &[("If-None-Match", &form)], b"");
        assert_eq!(head.status, 304, "{form}");
        let body = json!({ "numeroProcesso": number, "magistradoNome": "Igual" }).to_string();
        let path = "/api/v1/processos?simular=true";
        let written = send(&app, "PUT", path, &[("If-Match", &form)], body.as_bytes());
        assert_eq!(written.status, 200, "{form}: {}", written.text);
    }
    let other = get(&app, &path, &[("If-None-Match", "\"7777\"")]);
    assert_eq!(other.status, 200);
    let body = json!({ "numeroProcesso": number, "magistradoNome": "Outra" }).to_string();
    for (form, status) in [("\"7777-gzip\"", 412), ("\"x\"", 400), ("W/\"\"", 400), (",", 400)] {
        let answer = send(&app, "PUT", "/api/v1/processos", &[("If-Match", form)], body.as_bytes());
        assert_eq!(answer.status, status, "{form}: {}", answer.text);
    }
}

#[test]
fn an_immutable_response_has_a_strong_etag() {
    let app = App::empty();
    for path in
        ["/openapi.json", "/schema.graphql", "/docs", "/docs/swagger-ui-bundle.js", "/graphiql"]
    {
        let first = get(&app, path, &[]);
        let etag = first.headers.get("etag").unwrap_or_else(|| panic!("{path} has no tag")).clone();
        assert!(etag.starts_with('"'), "{path}: {etag}");
        assert_eq!(get(&app, path, &[("If-None-Match", &etag)]).status, 304, "{path}");
        assert_eq!(get(&app, path, &[("If-None-Match", "\"x\"")]).status, 200, "{path}");
    }
}

#[test]
fn long_responses_are_compressed_on_request() {
    let app = App::new();
    let (rest, graphql) = (
        "/api/v1/processos?size=50",
        "/graphql?query=%7Bprocessos(first:100)%7Bnodes%7Bid,numero,criadoEm,atualizadoEm,appNameSistemaTribunal%7D%7D%7D",
    );
    let number = a_number(&app);
    let entity = format!("/api/v1/processos/numero-processo/{number}");
    for path in [rest, graphql, "/openapi.json", "/schema.graphql", "/docs/swagger-ui.css"] {
        let plain = get(&app, path, &[]);
        assert_eq!(plain.headers.get("content-encoding"), None, "{path}");
        assert!(plain.headers["vary"].contains("accept-encoding"), "{path}: {:?}", plain.headers);
        let without_time = |text: &str| match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                value["dataHora"] = Value::Null;
                value.to_string()
            }
            Err(_) => text.to_owned(),
        };
        for (asked, coding) in
            [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip, zstd", "zstd")]
        {
            let coded = get(&app, path, &[("Accept-Encoding", asked)]);
            assert_eq!(coded.headers["content-encoding"], coding, "{path}");
            assert!(coded.bytes.len() < plain.bytes.len() / 2, "{path}");
            let text = match coding {
                "gzip" => {
                    let mut text = String::new();
                    GzDecoder::new(coded.bytes.as_slice()).read_to_string(&mut text).unwrap();
                    text
                }
                _ => String::from_utf8(zstd::decode_all(coded.bytes.as_slice()).unwrap()).unwrap(),
            };
            assert_eq!(without_time(&text), without_time(&plain.text), "{path} {coding}");
        }
    }
    // The server does not compress a short response, nor a response with a secret.
    let gzip = [("Accept-Encoding", "gzip, zstd")];
    assert_eq!(
        get(&app, "/graphql?query=%7Beu%7Bazp%7D%7D", &gzip).headers.get("content-encoding"),
        None
    );
    let form = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept-Encoding", "gzip"),
        ("Authorization", "Basic dGpybjpkZW1v"),
    ];
    let path = "/auth/realms/pje/protocol/openid-connect/token";
    let token = app.request("POST", path, &form, b"grant_type=client_credentials");
    assert_eq!((token.status, token.headers.get("content-encoding")), (200, None));
    assert!(token.body["access_token"].is_string());
    // A compressed response has a weak ETag.
    let coded = get(&app, &entity, &gzip);
    if coded.headers.contains_key("content-encoding") {
        assert!(coded.headers["etag"].starts_with("W/"), "{:?}", coded.headers);
    }
}

#[test]
fn each_event_is_compressed_on_its_own() {
    let app = App::new();
    let query = json!({ "query": crate::subscriptions::ALTERADO });
    let mut sse = Sse::compressed(&app, "tjrn", &query);
    assert!(sse.headers.iter().any(|line| line == "content-encoding: gzip"), "{:?}", sse.headers);
    let processo = crate::subscriptions::processo(&app, "tjrn", 0);
    crate::subscriptions::alterar(&app, "tjrn", &processo, "Uma");
    assert_eq!(sse.evento().unwrap().0, "next");
    crate::subscriptions::alterar(&app, "tjrn", &processo, "Outra");
    assert_eq!(sse.evento().unwrap().0, "next");
}
