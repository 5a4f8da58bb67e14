//! Requests over a socket leave the same records in the trail as requests over HTTP.

use super::alterar;
use super::sse_client::Sse;
use super::ws_client::{SUBPROTOCOL, Ws};
use crate::support::{App, Settings, Template};
use serde_json::{Value, json};

const AUDITORIA: &str = "query($a: String) { auditoria(first: 100, ator: $a) { nodes { canal operacao especie status recursos correlacao } } }";

/// Returns the records of this socket, oldest first.
fn of_socket(app: &App, id: &str) -> Vec<Value> {
    app.wait_until_audited();
    let data = app.gql_with("cnj", AUDITORIA, json!({ "a": "tjrn" }));
    let records = data["auditoria"]["nodes"].as_array().unwrap().iter();
    records
        .filter(|entry| entry["correlacao"] == id)
        .map(|entry| {
            assert_eq!(entry["canal"], "GRAPHQL");
            let read = |field: &str| entry[field].clone();
            json!([read("operacao"), read("especie"), read("status"), read("recursos")])
        })
        .collect()
}

fn socket(app: &App) -> (Ws, String) {
    let (mut ws, id) = Ws::with_id(&app.base, &[("sec-websocket-protocol", SUBPROTOCOL)]);
    ws.init(&app.token("tjrn"));
    assert!(ws.is_accepted());
    (ws, id)
}

#[test]
fn each_operation_of_a_socket_is_a_call() {
    let app = App::new();
    let (mut ws, id) = socket(&app);
    let first = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let node = &first["processos"]["nodes"][0];
    let query = "query Ver($n: NumeroProcesso!) { processo(numero: $n) { numero } }";
    ws.request("1", query, &json!({ "n": node["numero"] }));
    assert_eq!(ws.data("1")["processo"]["numero"], node["numero"]);
    ws.message();
    ws.request("2", query, &json!({ "n": "9000741-62.2021.8.20.0083" }));
    assert_eq!(ws.data("2")["processo"], Value::Null);
    ws.message();
    ws.request("3", "{ nada ", &json!({}));
    assert_eq!(ws.message()["type"], "error");
    assert_eq!(
        of_socket(&app, &id),
        [
            json!(["Ver", "LEITURA", 200, [node["id"]]]),
            json!(["Ver", "LEITURA", 404, []]),
            json!(["(ilegível)", "LEITURA", 400, []]),
        ]
    );
}

#[test]
fn each_delivered_event_is_a_record_for_every_subscriber() {
    let app = App::new();
    let first = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let node = &first["processos"]["nodes"][0];
    let (mut ws, id) = socket(&app);
    ws.subscribe("a", "subscription Acompanhar { processoAlterado { cursor } }", &json!({}));
    ws.subscribe("b", "subscription { processoAlterado { processo { id } } }", &json!({}));
    alterar(&app, "tjrn", &node["numero"], "Fulano");
    for _ in 0..2 {
        assert_eq!(ws.message()["type"], "next");
    }
    // The answer to the ping shows that the server has handled the earlier messages.
    ws.send(&json!({ "type": "ping" }));
    assert_eq!(ws.message()["type"], "pong");
    let mut found = of_socket(&app, &id);
    let mut delivered = found.split_off(2);
    delivered.sort_by_key(ToString::to_string);
    assert_eq!(
        found,
        [
            json!(["Acompanhar", "LEITURA", 200, []]),
            json!(["processoAlterado", "LEITURA", 200, []])
        ]
    );
    assert_eq!(
        delivered,
        [
            json!(["Acompanhar", "LEITURA", 200, [node["id"]]]),
            json!(["processoAlterado", "LEITURA", 200, [node["id"]]])
        ]
    );
}

#[test]
fn look_ups_over_a_websocket_are_limited_too() {
    let app =
        App::with(Template::Empty, Settings { absences_per_minute: 3, ..Settings::default() });
    let mut ws = Ws::of(&app, "tjrn");
    let query = r#"{ processo(numero: "9000741-62.2021.8.20.0083") { id } }"#;
    let mut refused = Value::Null;
    for id in ["1", "2", "3", "4", "5", "6"] {
        ws.request(id, query, &json!({}));
        let message = ws.message();
        match &message["type"] == "error" {
            true => refused = message["payload"][0]["extensions"]["code"].clone(),
            false => assert_eq!(ws.message()["type"], "complete"),
        }
    }
    assert_eq!(refused, "LIMITE_DE_REQUISICOES");
    // The server still serves a request that names no object.
    let sse = Sse::request(
        &app,
        "tjrn",
        "text/event-stream",
        &json!({ "query": "subscription { processoAlterado { cursor } }" }),
    );
    assert_eq!(sse.status, 200);
}
