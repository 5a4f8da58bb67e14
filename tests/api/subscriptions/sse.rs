//! The protocol graphql-sse, in its mode of distinct connections.

use super::sse_client::Sse;
use super::{ALTERADO, alterar, processo};
use crate::support::App;
use serde_json::{Value, json};

const EVENTOS: &str = "text/event-stream";

#[test]
fn a_query_is_one_next_and_one_complete() {
    let app = App::empty();
    let sse = Sse::request(&app, "tjrn", EVENTOS, &json!({ "query": "{ eu { azp } }" }));
    assert_eq!(sse.status, 200);
    assert!(
        sse.headers.contains(&"content-type: text/event-stream".to_owned()),
        "{:?}",
        sse.headers
    );
    assert_eq!(
        sse.all(),
        "event: next\ndata: {\"data\":{\"eu\":{\"azp\":\"tjrn\"}}}\n\nevent: complete\ndata:\n\n"
    );
}

#[test]
fn a_subscription_delivers_and_resumes() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut sse = Sse::request(&app, "tjrn", EVENTOS, &json!({ "query": ALTERADO }));
    // The head of the response arrives once the subscription is active.
    assert_eq!(sse.status, 200);
    alterar(&app, "tjrn", &numero, "Um");
    let cursor = sse.result()["data"]["processoAlterado"]["cursor"].take();
    alterar(&app, "tjrn", &numero, "Dois");
    let second = sse.result()["data"]["processoAlterado"]["cursor"].take();
    drop(sse);
    let query = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
    let body = json!({ "query": query, "variables": { "d": cursor } });
    let mut sse = Sse::request(&app, "tjrn", EVENTOS, &body);
    assert_eq!(sse.result()["data"]["processoAlterado"]["cursor"], second);
}

#[test]
fn the_media_type_is_negotiated() {
    let app = App::empty();
    let query = json!({ "query": "{ eu { azp } }" });
    for (accept, content_type) in [
        ("text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("application/json, text/event-stream;q=0.9", "application/json; charset=utf-8"),
        ("application/json;q=0.1, text/event-stream;q=0.9", "text/event-stream"),
        (
            "application/graphql-response+json, text/event-stream",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("*/*", "application/json; charset=utf-8"),
    ] {
        let sse = Sse::request(&app, "tjrn", accept, &query);
        assert!(
            sse.headers.contains(&format!("content-type: {content_type}")),
            "{accept}: {:?}",
            sse.headers
        );
    }
    // A subscription needs `text/event-stream` anywhere in `Accept`, and offers nothing else.
    let subscription = json!({ "query": ALTERADO });
    let sse =
        Sse::request(&app, "tjrn", "application/json, text/event-stream;q=0.1", &subscription);
    assert!(sse.headers.contains(&"content-type: text/event-stream".to_owned()));
    for accept in [
        "application/json",
        "application/graphql-response+json",
        "*/*",
        "text/event-stream;q=0, */*",
    ] {
        let sse = Sse::request(&app, "tjrn", accept, &subscription);
        assert_eq!(sse.status, 406, "{accept}");
        let body: Value = serde_json::from_str(&sse.all()).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "NAO_ACEITAVEL", "{accept}");
        assert!(body["errors"][0]["message"].as_str().unwrap().contains("text/event-stream"));
    }
}

/// The server sends errors of the document as a result, because EventSource can read it. Errors of
/// the request have their HTTP status.
#[test]
fn errors_come_as_events_and_as_statuses() {
    let app = App::empty();
    for (query, code) in [
        ("{ naoHa }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { processoAlterado(desde: \"x\") { id } }", "BAD_USER_INPUT"),
    ] {
        let mut sse = Sse::request(&app, "tjrn", EVENTOS, &json!({ "query": query }));
        assert_eq!(sse.status, 200, "{query}");
        let result = sse.result();
        assert_eq!(result["errors"][0]["extensions"]["code"], code, "{query}");
        assert_eq!(result.get("data"), None, "{query}");
        assert_eq!(sse.evento(), Some(("complete".to_owned(), String::new())), "{query}");
        assert_eq!(sse.evento(), None, "{query}");
    }
    let without_query = Sse::request(&app, "tjrn", EVENTOS, &json!({}));
    assert_eq!(without_query.status, 400);
    let without_token =
        app.request("GET", "/graphql?query=%7Beu%7Bazp%7D%7D", &[("Accept", EVENTOS)], b"");
    assert_eq!(
        (without_token.status, &without_token.body["errors"][0]["extensions"]["code"]),
        (401, &json!("NAO_AUTENTICADO"))
    );
}

#[test]
fn get_queries_and_does_not_write() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    let headers = [("Accept", EVENTOS), ("Authorization", bearer.as_str())];
    let query = app.request("GET", "/graphql?query=%7Beu%7Bazp%7D%7D", &headers, b"");
    assert!(query.text.starts_with("event: next\ndata: {\"data\""), "{}", query.text);
    let mutation = app.request("GET", "/graphql?query=mutation%7B__typename%7D", &headers, b"");
    assert_eq!((mutation.status, mutation.headers["allow"].as_str()), (405, "POST, OPTIONS"));
}
