//! Persisted documents: stored by their hash on first use, or read from a file of trusted
//! documents.

use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Response, Settings, Template};
use elos::config::{DocumentSettings, TrustedDocument};
use serde_json::{Value, json};
use std::process::Command;

const DOCUMENTO: &str = "query Quem { eu { azp } }";
/// The hash of [`DOCUMENTO`].
const HASH: &str = "9767f5c0e1b93374a1dc8f8ca4bf9a8b3b21ee91cc900cc5cfaf6003673ba800";

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn by_hash() -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": HASH } })
}

fn answered() -> Value {
    json!({ "data": { "eu": { "azp": "tjrn" } } })
}

fn post(app: &App, accept: &str, body: &Value) -> Response {
    let bearer = app.bearer("tjrn");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", JSON), ("Accept", accept)];
    app.request("POST", "/graphql", &headers, body.to_string().as_bytes())
}

fn get(app: &App, accept: &str, pairs: &[(&str, &str)]) -> Response {
    let bearer = app.bearer("tjrn");
    let one = |(name, value): &(&str, &str)| {
        let value: Vec<_> = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{name}={}", value.concat())
    };
    let query = pairs.iter().map(one).collect::<Vec<_>>().join("&");
    let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
    app.request("GET", &format!("/graphql?{query}"), &headers, b"")
}

fn code(response: &Response) -> (u16, &str) {
    let code = response.body["errors"][0]["extensions"]["code"].as_str();
    (response.status, code.unwrap_or(&response.text))
}

fn app_with(trusted: &[(&str, &str)], trusted_only: bool) -> App {
    let one =
        |(id, text): &(&str, &str)| TrustedDocument { id: (*id).into(), text: (*text).into() };
    let trusted = trusted.iter().map(one).collect();
    let documents = DocumentSettings { trusted, trusted_only, ..DocumentSettings::default() };
    App::with(Template::Empty, Settings { documents, ..Settings::default() })
}

#[test]
fn a_document_sent_once_is_asked_for_by_hash() {
    let app = App::empty();
    // Apollo clients look for this message. A client that accepts only JSON gets 200, as for any
    // refused document.
    let unknown = post(&app, GRAPHQL, &json!({ "extensions": by_hash() }));
    assert_eq!(code(&unknown), (400, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(unknown.body["errors"][0]["message"], "PersistedQueryNotFound");
    let extensions = by_hash().to_string();
    let unknown = get(&app, JSON, &[("extensions", &extensions)]);
    assert_eq!(code(&unknown), (200, "PERSISTED_QUERY_NOT_FOUND"));

    let new = post(&app, GRAPHQL, &json!({ "query": DOCUMENTO, "extensions": by_hash() }));
    assert_eq!((new.status, &new.body), (200, &answered()), "{}", new.text);
    for response in [
        post(&app, GRAPHQL, &json!({ "extensions": by_hash() })),
        post(&app, GRAPHQL, &json!({ "documentId": format!("sha256:{HASH}") })),
        get(&app, GRAPHQL, &[("extensions", &extensions), ("operationName", "Quem")]),
        get(&app, GRAPHQL, &[("documentId", HASH)]),
    ] {
        assert_eq!((response.status, &response.body), (200, &answered()), "{}", response.text);
    }
    let eventos = post(&app, "text/event-stream", &json!({ "extensions": by_hash() }));
    assert!(eventos.text.starts_with("event: next\ndata: {\"data\":{\"eu\":"), "{}", eventos.text);
    let mut ws = Ws::of(&app, "tjrn");
    ws.send(&json!({ "id": "1", "type": "subscribe", "payload": { "extensions": by_hash() } }));
    assert_eq!(ws.data("1"), answered()["data"]);
}

#[test]
fn only_a_valid_document_is_stored_by_its_hash() {
    let app = App::empty();
    let other = post(&app, GRAPHQL, &json!({ "query": "{ eu { sub } }", "extensions": by_hash() }));
    assert_eq!(code(&other), (400, "BAD_USER_INPUT"));
    let invalid = "243159058b6d2bbeaaa4364faea7139613084702b8c51ed956ef284bf6761e4f";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": invalid } });
    for (query, expected) in
        [(Some("{ naoHa }"), "GRAPHQL_VALIDATION_FAILED"), (None, "PERSISTED_QUERY_NOT_FOUND")]
    {
        let response = post(&app, GRAPHQL, &json!({ "query": query, "extensions": extensions }));
        assert_eq!(code(&response), (400, expected));
    }
    for (malformed, extensions) in [
        ("versão", json!({ "persistedQuery": { "version": 2, "sha256Hash": HASH } })),
        ("sem hash", json!({ "persistedQuery": { "version": 1 } })),
        ("texto", json!({ "persistedQuery": "x" })),
    ] {
        let response =
            post(&app, GRAPHQL, &json!({ "query": DOCUMENTO, "extensions": extensions }));
        assert_eq!(code(&response), (400, "BAD_USER_INPUT"), "{malformed}");
    }
    let two = json!({ "documentId": invalid, "extensions": by_hash() });
    assert_eq!(code(&post(&app, GRAPHQL, &two)), (400, "BAD_USER_INPUT"));
    assert_eq!(code(&post(&app, GRAPHQL, &json!({ "documentId": 1 }))), (400, "BAD_USER_INPUT"));
}

#[test]
fn a_persisted_document_only_queries_by_get() {
    let app = app_with(
        &[("escrever", "mutation { baixarGuia(input: {numero: \"1\"}) { simulado } }")],
        false,
    );
    assert_eq!(
        code(&get(&app, GRAPHQL, &[("documentId", "escrever")])),
        (405, "METODO_NAO_PERMITIDO")
    );
}

#[test]
fn trusted_documents_are_there_from_the_start() {
    let app = app_with(&[("quem", DOCUMENTO)], false);
    let response = post(&app, GRAPHQL, &json!({ "documentId": "quem" }));
    assert_eq!((response.status, &response.body), (200, &answered()));
    // Other documents run too, unless they use the id of a trusted one.
    assert_eq!(app.gql("tjrn", "{ eu { azp } }"), answered()["data"]);
    let other = post(&app, GRAPHQL, &json!({ "documentId": "quem", "query": "{ eu { sub } }" }));
    assert_eq!(code(&other), (400, "BAD_USER_INPUT"));
}

#[test]
fn with_trusted_only_no_other_document_runs() {
    let app = app_with(&[("quem", DOCUMENTO)], true);
    for body in [json!({ "documentId": "quem" }), json!({ "query": DOCUMENTO })] {
        let response = post(&app, GRAPHQL, &body);
        assert_eq!((response.status, &response.body), (200, &answered()));
    }
    let other = json!({ "query": "{ eu { sub } }" });
    for accept in [GRAPHQL, JSON] {
        assert_eq!(code(&post(&app, accept, &other)), (403, "DOCUMENTO_NAO_CONFIAVEL"));
        let refused = get(&app, accept, &[("query", "{ eu { sub } }")]);
        assert_eq!(code(&refused), (403, "DOCUMENTO_NAO_CONFIAVEL"));
    }
    // A client must not get the error that makes it send the text.
    let by_hash = post(&app, GRAPHQL, &json!({ "extensions": by_hash() }));
    assert_eq!(code(&by_hash), (403, "DOCUMENTO_NAO_CONFIAVEL"));
    let eventos = post(&app, "text/event-stream", &other);
    assert!(eventos.text.contains("DOCUMENTO_NAO_CONFIAVEL"), "{}", eventos.text);
    let mut ws = Ws::of(&app, "tjrn");
    ws.request("1", "subscription { processoAlterado { id } }", &json!({}));
    let refused = ws.message();
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "DOCUMENTO_NAO_CONFIAVEL");
}

/// `elos check-config` fails and names the id of the document.
#[test]
fn an_invalid_trusted_document_prevents_the_start() {
    let file = std::env::temp_dir().join(format!("confiaveis-{}.json", std::process::id()));
    let check = |json: &str| {
        std::fs::write(&file, json).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(["check-config", "--bind", "127.0.0.1:0"])
            .env("DATABASE_URL", "postgres:///elos?host=/tmp")
            .env("ELOS_OIDC_ISSUER", "https://sso.example")
            .env("ELOS_DOCUMENTOS_CONFIAVEIS", &file)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(check(&json!({ "quem": DOCUMENTO }).to_string()).0);
    for (json, reason) in [
        (json!({ "quem": DOCUMENTO, "velho": "query { naoHa }" }), "velho: "),
        (json!({ "velho": "fragment F on Query { eu { sub } }" }), "velho: "),
        (
            json!({ "velho": "query($n: Int) { processos(first: $n) { totalCount ... on Guia { id } } }" }),
            "velho: ",
        ),
        (json!([]), "confiaveis-"),
    ] {
        let (is_valid, errors) = check(&json.to_string());
        assert!(!is_valid && errors.contains(reason), "{json}: {errors}");
    }
    std::fs::remove_file(file).unwrap();
    let without_file = Command::new(env!("CARGO_BIN_EXE_elos"))
        .arg("check-config")
        .env("ELOS_DOCUMENTOS_SO_CONFIAVEIS", "on")
        .output()
        .unwrap();
    assert!(!without_file.status.success());
}
