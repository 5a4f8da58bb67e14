//! The HTTP layer: methods, media types, limits, and errors that always have a code.

use crate::support::{App, Settings, Template, code};
use elos::config::DocumentSettings;
use serde_json::{Value, json};

fn headers<'a>(
    bearer: &'a str,
    content_type: &'a str,
    accepted: &'a str,
) -> Vec<(&'a str, &'a str)> {
    [("Authorization", bearer), ("Content-Type", content_type), ("Accept", accepted)]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

#[test]
fn get_only_queries_and_respects_operation_name() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    let get = |query: &str| {
        app.request("GET", &format!("/graphql?{query}"), &headers(&bearer, "", GRAPHQL), b"")
    };
    let response = get("query=%7Beu%7Bazp%7D%7D");
    assert_eq!(
        (response.status, &response.body),
        (200, &json!({ "data": { "eu": { "azp": "tjrn" } } }))
    );
    let response =
        get("query=query%20A%7Beu%7Bazp%7D%7D%20query%20B%7Beu%7Bnacional%7D%7D&operationName=B");
    assert_eq!(response.body, json!({ "data": { "eu": { "nacional": false } } }));
    assert_eq!(get("query=query%20A%7Beu%7Bazp%7D%7D%20query%20B%7Beu%7Bazp%7D%7D").status, 400);
    assert_eq!(get("query=query%20A%7Beu%7Bazp%7D%7D&operationName=C").status, 400);
    let mutation = "query=mutation%7BcadastrarAdolescente(input:%7Bdados:%7Bnome:%22A%22,sobrenome:%22B%22,dataNascimento:%222010-01-01%22,sexoBiologico:FEMININO%7D%7D)%7Bavisos%7D%7D";
    let response = get(mutation);
    assert_eq!((response.status, response.headers["allow"].as_str()), (405, "POST, OPTIONS"));
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 0);
    assert_eq!(get("").status, 400);
    assert_eq!(get("query=%7Beu%7Bazp%7D%7D&variables=x").status, 400);
}

/// Asserts that `POST /graphql` refuses this body with the status and the code, and that the
/// response has no `data`.
#[track_caller]
fn refuses(app: &App, content_type: &str, body: &str, status: u16, code: &str) {
    let bearer = app.bearer("tjrn");
    let headers = headers(&bearer, content_type, GRAPHQL);
    let response = app.request("POST", "/graphql", &headers, body.as_bytes());
    assert_eq!(response.status, status, "{body:.80}: {:.200}", response.text);
    let extensions = &response.body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], code, "{body:.80}: {:.300}", response.text);
    assert_eq!(extensions["status"], status, "{body:.80}");
    assert_eq!(response.body.get("data"), None, "{body:.80}");
    assert!(response.headers["content-type"].starts_with(GRAPHQL));
}

/// Returns a document with the fragments `f0` to `f{count}`. Each spreads the next as `spreads`
/// says, where `N` stands for the number of the next.
fn fragments(spreads: &str, count: u32) -> String {
    let fragment = |n: u32| {
        let spreads = spreads.replace('N', &(n + 1).to_string());
        format!("fragment f{n} on Query {{ {spreads} }} ")
    };
    let fragments: String = (0..count).map(fragment).collect();
    format!("{{ ...f0 }} {fragments} fragment f{count} on Query {{ eu {{ azp }} }}")
}

#[test]
fn each_refused_document_has_a_code_and_a_status() {
    let app = App::empty();
    let refuses = |document: &str, status: u16, code: &str| {
        refuses(&app, JSON, &json!({ "query": document }).to_string(), status, code);
    };
    refuses("{", 400, "GRAPHQL_PARSE_FAILED");
    refuses("{ naoHa }", 400, "GRAPHQL_VALIDATION_FAILED");
    refuses("{ ...a } fragment a on Query { ...a }", 400, "GRAPHQL_VALIDATION_FAILED");
    refuses("subscription { processoAlterado { id } }", 406, "NAO_ACEITAVEL");
    let brackets = format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
    for document in [
        "{a:".repeat(2000),
        brackets,
        // Each fragment doubles the size of the document.
        fragments("...fN ...fN", 25),
        fragments("...fN", 900),
        // The last document but one has too many tokens, and the last one too many bytes.
        "a ".repeat(10_001),
        " ".repeat(262_145),
    ] {
        refuses(&document, 400, "DOCUMENTO_EXCEDE_LIMITE");
    }
    assert_eq!(app.request("GET", "/healthz", &[], b"").status, 200);
}

#[test]
fn each_refused_body_has_a_code_and_a_status() {
    let app = App::empty();
    for body in [
        "{",
        r#"[{"query":"{eu{azp}}"}]"#,
        "{}",
        r#"{"query":1}"#,
        r#"{"query":"{eu{azp}}","variables":[]}"#,
        r#"{"query":"{eu{azp}}","extensions":1}"#,
    ] {
        refuses(&app, JSON, body, 400, "BAD_USER_INPUT");
    }
    let document = r#"{"query":"{eu{azp}}"}"#;
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "query={eu{azp}}"),
        ("text/plain", document),
        ("", document),
    ] {
        refuses(&app, content_type, body, 415, "MIDIA_NAO_SUPORTADA");
    }
    assert_eq!(app.request("GET", "/healthz", &[], b"").status, 200);
}

#[test]
fn a_client_that_accepts_only_json_gets_200_for_document_errors() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    for (body, status) in
        [("{\"query\":\"{\"}", 200), ("{\"query\":\"{naoHa}\"}", 200), ("{}", 400)]
    {
        let response =
            app.request("POST", "/graphql", &headers(&bearer, JSON, JSON), body.as_bytes());
        assert_eq!(response.status, status, "{}", response.text);
        assert!(response.headers["content-type"].starts_with(JSON));
    }
    let response = app.request("POST", "/graphql", &headers(&bearer, JSON, "text/html"), b"{}");
    assert_eq!(response.status, 406);
}

#[test]
fn a_failed_field_leaves_its_siblings() {
    let app = App::new();
    let response = app.graphql(
        "tjrn",
        "{ eu { azp } processos(first: 0) { nodes { id } } tribunais { tr } }",
        json!({}),
    );
    assert_eq!(response.status, 200);
    assert_eq!(response.body["data"]["eu"]["azp"], "tjrn");
    assert_eq!(response.body["data"]["processos"], Value::Null);
    assert_eq!(response.body["data"]["tribunais"].as_array().unwrap().len(), 27);
    assert_eq!(response.body["errors"][0]["path"], json!(["processos"]));
}

#[test]
fn an_error_tells_its_path_in_the_response() {
    let app = App::new();
    let bad =
        "{ processos(first: 2) { nodes { numero adolescentes(first: 500) { nodes { id } } } } }";
    let response = app.graphql("tjrn", bad, json!({}));
    assert_eq!(
        response.body["errors"][0]["path"],
        json!(["processos", "nodes", 0, "adolescentes"]),
        "{}",
        response.text
    );
    let numero = &app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }")["processos"]["nodes"]
        [0]["numero"];
    let bad = "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(first: 500) { nodes { id } } } }";
    let response = app.graphql("tjrn", bad, json!({ "n": numero }));
    assert_eq!(
        response.body["errors"][0]["path"],
        json!(["processo", "eventos"]),
        "{}",
        response.text
    );
    assert_eq!(response.body["data"], json!({ "processo": null }));
}

/// Nested pages multiply. The server refuses a response of gigabytes before it builds it.
#[test]
fn a_response_that_is_too_large_is_refused() {
    // With the cost limit off, the limit on the size of the response must hold.
    let documents = DocumentSettings { max_cost: u64::MAX, ..DocumentSettings::default() };
    let app = App::with(Template::Large, Settings { documents, ..Settings::default() });
    let query = |levels: usize| {
        let (opens, closes) =
            ("nodes { adolescentes(first: 100) { nodes { processos(first: 100) {", "} } } }");
        format!(
            "{{ processos(first: 100) {{ {} nodes {{ numero }} {} }} }}",
            opens.repeat(levels),
            closes.repeat(levels)
        )
    };
    app.gql("cnj", &query(2));
    let response = app.graphql("cnj", &query(6), json!({}));
    assert_eq!(
        response.body["errors"][0]["extensions"]["code"], "CUSTO_EXCEDE_LIMITE",
        "{:.300}",
        response.text
    );
    assert!(response.text.len() < 100_000);
}

#[test]
fn the_facade_refuses_unknown_routes_and_methods() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    let response = app.request("GET", "/api/v1/nada", &headers(&bearer, "", ""), b"");
    assert_eq!(code(&response), (404, "NAO_ENCONTRADO"));
    let response = app.request("PATCH", "/api/v1/processos", &headers(&bearer, JSON, ""), b"{}");
    assert_eq!(
        (response.status, response.headers["allow"].as_str()),
        (405, "GET, POST, PUT, HEAD, OPTIONS")
    );
    assert_eq!(response.body["mensagemDesenvolvedor"], "METODO_NAO_PERMITIDO");
    let response = app.request("DELETE", "/graphql", &headers(&bearer, "", ""), b"");
    assert_eq!(
        (response.status, response.headers["allow"].as_str()),
        (405, "GET, POST, HEAD, OPTIONS")
    );
    let response =
        app.request("POST", "/api/v1/processos", &headers(&bearer, "text/plain", ""), b"{}");
    assert_eq!(code(&response), (415, "MIDIA_NAO_SUPORTADA"));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    let response =
        app.request("POST", "/api/v1/processos", &headers(&bearer, JSON, ""), large.as_bytes());
    assert_eq!(code(&response), (413, "CORPO_EXCEDE_LIMITE"));
    let response =
        app.request("POST", "/api/v1/processos?simlar=true", &headers(&bearer, JSON, ""), b"{}");
    assert_eq!(response.status, 400);
    assert!(response.body["erros"][0].as_str().unwrap().contains("simlar"), "{}", response.text);
    let huge = vec![b'x'; 2_000_000];
    let response = app.request("POST", "/graphql", &headers(&bearer, JSON, GRAPHQL), &huge);
    assert_eq!(
        (response.status, &response.body["errors"][0]["extensions"]["code"]),
        (413, &json!("CORPO_EXCEDE_LIMITE"))
    );
}

#[test]
fn graphiql_comes_from_the_program_compressed_and_with_csp() {
    let app = App::empty();
    let page = app.request("GET", "/graphiql", &[("Accept-Encoding", "identity")], b"");
    assert_eq!(page.status, 200);
    assert!(page.headers["content-security-policy"].contains("default-src 'self'"));
    assert!(
        page.text.contains("<div id=\"graphiql\"") || page.text.contains("graphiql"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("https://"), "{}", page.text);
    let start = page.text.find("/graphiql/assets/").unwrap() + 1;
    let end = start + page.text[start..].find('"').unwrap();
    let script = app.request(
        "GET",
        &format!("/{}", &page.text[start..end]),
        &[("Accept-Encoding", "identity")],
        b"",
    );
    assert_eq!(script.status, 200);
    assert!(script.headers["cache-control"].contains("immutable"));
    for path in ["/graphiql/../Cargo.toml", "/graphiql/nada.js", "/graphiql/%2e%2e/package.json"] {
        assert_eq!(app.request("GET", path, &[], b"").status, 404, "{path}");
    }
    let root = app.request("GET", "/", &[], b"");
    assert_eq!((root.status, root.headers["location"].as_str()), (303, "/graphiql"));
}

/// No cache may store a response, and no page of another origin may read it, also if the request
/// was refused.
#[test]
fn every_privacy_header_is_on_every_response() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    for (method, path, status) in [
        ("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", 200),
        ("PUT", "/graphql", 405),
        ("GET", "/api/v1/processos", 200),
        ("GET", "/api/v1/nada", 404),
        ("PATCH", "/api/v1/processos", 405),
        ("GET", "/tramites", 200),
        ("GET", "/tramites/1", 404),
        ("GET", "/nada", 404),
        ("GET", "/schema.graphql", 200),
        ("GET", "/healthz", 200),
        ("GET", "/auth/realms/pje/protocol/openid-connect/certs", 200),
        ("GET", "/graphiql", 200),
        ("GET", "/docs/", 200),
    ] {
        let headers = [("Authorization", bearer.as_str()), ("Origin", "https://outra.example")];
        let response = app.request(method, path, &headers, b"");
        assert_eq!(response.status, status, "{path}");
        let header = |name: &str| response.headers.get(name).map(String::as_str);
        // These pages are the same for everybody, so they may be revalidated instead.
        let cache_control =
            if path.ends_with("/docs/") || path == "/graphiql" { "no-cache" } else { "no-store" };
        assert_eq!(header("cache-control"), Some(cache_control), "{path}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
    }
    let without_token = app.request("GET", "/tramites", &[], b"");
    assert_eq!(without_token.headers["cache-control"], "no-store");
}

#[test]
fn health_is_answered() {
    let app = App::empty();
    assert_eq!(app.request("GET", "/healthz", &[], b"").status, 200);
    app.ready();
}

/// Only pages of the configured origins may call the server. They may also read `X-Request-Id`.
#[test]
fn only_pages_of_configured_origins_call() {
    let app = App::empty();
    let of = |origin: &str, method: &str| {
        let request = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ];
        app.request(method, "/graphql", &request, b"").headers
    };
    let ours = of(crate::support::ORIGIN, "OPTIONS");
    assert_eq!(ours["access-control-allow-origin"], crate::support::ORIGIN);
    assert!(ours["access-control-allow-headers"].contains("authorization"), "{ours:?}");
    assert!(!ours.contains_key("access-control-allow-credentials"), "{ours:?}");
    let read = of(crate::support::ORIGIN, "POST");
    assert_eq!(read["access-control-allow-origin"], crate::support::ORIGIN);
    assert!(read["access-control-expose-headers"].contains("x-request-id"), "{read:?}");
    for foreign in ["https://outra.example", "https://painel.example.evil", "null"] {
        for method in ["OPTIONS", "POST"] {
            let headers = of(foreign, method);
            assert!(!headers.contains_key("access-control-allow-origin"), "{foreign}: {headers:?}");
        }
    }
}

/// The server makes the request id, and ignores an id that a client sends.
#[test]
fn each_request_has_an_opaque_id() {
    let app = App::empty();
    let id = |given: &str| {
        let response = app.request("GET", "/healthz", &[("X-Request-Id", given)], b"");
        response.headers["x-request-id"].clone()
    };
    let uuid = "6c1d2f0e-1111-4222-8333-444455556666";
    let mut seen = std::collections::HashSet::new();
    for text in [uuid, uuid, "52998224725", "x\u{e9}", "", "../../etc"] {
        let given = id(text);
        assert!(
            given.len() == 36 && given != uuid && given.matches('-').count() == 4,
            "{text}: {given}"
        );
        assert!(seen.insert(given));
    }
    // A preflight has an id too. An unknown method is no label of a metric.
    let headers = app
        .request(
            "OPTIONS",
            "/graphql",
            &[("Origin", crate::support::ORIGIN), ("Access-Control-Request-Method", "POST")],
            b"",
        )
        .headers;
    assert!(headers.contains_key("x-request-id"));
    use std::io::{Read, Write};
    let mut connection =
        std::net::TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    connection
        .write_all(
            b"INVENTADO /x HTTP/1.1
Host: x
Connection: close

",
        )
        .unwrap();
    let _ = connection.read_to_end(&mut Vec::new());
    assert!(app.metrics().contains(r#"metodo="OUTRO""#) && !app.metrics().contains("INVENTADO"));
}
