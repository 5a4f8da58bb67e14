//! The records of the trail for calls that changed nothing, that were refused, or that have no
//! operation name.

use super::send;
use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Settings, Template};
use elos::config::Http;
use serde_json::{Value, json};

/// Returns the records of tjrn so far, oldest first.
fn records(app: &App) -> Vec<Value> {
    app.wait_until_audited();
    let query =
        "{ auditoria(first: 100, ator: \"tjrn\") { nodes { operacao especie resultado status } } }";
    app.gql("cnj", query)["auditoria"]["nodes"].as_array().unwrap().clone()
}

#[test]
fn the_trail_says_what_happened() {
    let app = App::empty();
    let skipped = "mutation($w: Boolean!) { cadastrarAdolescente(input: { dados: { nome: \"A\", \
        sobrenome: \"B\", dataNascimento: \"2010-01-01\", sexoBiologico: FEMININO } }) @include(if: $w) { simulado } }";
    let answer = app.graphql("tjrn", skipped, json!({ "w": false }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let records = records(&app);
    let written = json!({ "operacao": "(nenhum campo)", "especie": "LEITURA", "resultado": "OK", "status": 200 });
    assert_eq!(records, [written]);
}

/// A refused document leaves one record with that outcome, for every transport and every `Accept`.
#[test]
fn a_refused_document_is_one_record_through_every_api() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let media = [
        "application/json",
        "application/graphql-response+json",
        "text/event-stream",
        "*/*",
        "application/json;q=0.1, text/event-stream",
    ];
    for document in ["{ nada }", "{ eu { sub }", "query A { eu { sub } } query B { eu { sub } }"] {
        let before = records(&app).len();
        let body = json!({ "query": document }).to_string();
        for accept in media {
            send(&app, "POST", "/graphql", &[("Accept", accept)], body.as_bytes());
        }
        let encoded: Vec<_> = document.bytes().map(|b| format!("%{b:02X}")).collect();
        let encoded = encoded.concat();
        send(&app, "GET", &format!("/graphql?query={encoded}"), &[], b"");
        let list = json!([{ "query": document }]).to_string();
        send(&app, "POST", "/graphql", &[], list.as_bytes());
        let mut ws = Ws::of(&app, "tjrn");
        ws.request("1", document, &json!({}));
        assert_eq!(ws.message()["type"], "error");
        let all = records(&app);
        let new = &all[before..];
        assert_eq!(new.len(), media.len() + 3, "{document}: {new:?}");
        assert!(new.iter().all(|record| *record == new[0]), "{document}: {new:#?}");
        assert_eq!(new[0]["status"], 400, "{document}: {new:#?}");
    }
}

#[test]
fn an_anonymous_operation_is_named_by_its_fields() {
    let app = App::empty();
    for (document, name) in [
        ("{ tribunais { codigo } eu { sub } }", "eu,tribunais"),
        ("query { eu { azp } a: tribunais { sigla } b: tribunais { nome } }", "eu,tribunais"),
        ("query($s: Boolean = true) { eu { azp } tribunais @skip(if: $s) { nome } }", "eu"),
        ("query Painel { eu { azp } }", "Painel"),
    ] {
        assert_eq!(app.graphql("tjrn", document, json!({})).status, 200);
        assert_eq!(records(&app).last().unwrap()["operacao"], name, "{document}");
    }
    let mut ws = Ws::of(&app, "tjrn");
    ws.request("1", "{ tribunais { codigo } eu { sub } }", &json!({}));
    assert_eq!(ws.message()["type"], "next");
    assert_eq!(ws.message()["type"], "complete");
    assert_eq!(records(&app).last().unwrap()["operacao"], "eu,tribunais");
}
