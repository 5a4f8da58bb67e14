//! Rascunhos (R8): registered before the processo has a number, and consumed when it gets one.

use crate::support::{App, NewProcesso, Response, Settings, Template, code, numero};
use elos::db::Sql;
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

fn registrar(app: &App, client: &str) -> String {
    let body = json!({ "appNameSistemaTribunal": "pje-tjrn-1g", "dados": { "classe": 1464, "partes": ["a"] } });
    let response = app.post(client, "/api/v1/processo-rascunho", &body);
    assert_eq!(response.status, 200, "{}", response.text);
    response.body["dados"]["id"].as_str().unwrap().to_owned()
}

fn cadastrar(app: &App, n: u32, adolescente: &str, rascunho: &str) -> Response {
    let processo = NewProcesso::apuracao(&numero(n), &[adolescente]);
    app.cadastrar("tjrn", &processo.with("idProcessoSistemaExterno", rascunho))
}

#[test]
fn r8_o_rascunho_se_consome_uma_vez() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let rascunho = registrar(&app, "tjrn");
    let consumed = cadastrar(&app, 1, &ana, &rascunho);
    assert_eq!(consumed.status, 200, "{}", consumed.text);
    assert_eq!(consumed.body["dados"]["idProcessoSistemaExterno"], json!(rascunho));
    assert_eq!(code(&cadastrar(&app, 2, &ana, &rascunho)), (409, "RASCUNHO_INVALIDO"));
    assert_eq!(code(&cadastrar(&app, 2, &ana, "desconhecido")), (400, "RASCUNHO_INVALIDO"));
    let foreign = registrar(&app, "tjpe");
    assert_eq!(code(&cadastrar(&app, 2, &ana, &foreign)), (400, "RASCUNHO_INVALIDO"));
    assert_eq!(app.database.count("SELECT count(*) AS n FROM processo"), 1);

    // A refused registration does not consume the rascunho.
    let other = registrar(&app, "tjrn");
    assert_eq!(cadastrar(&app, 1, &ana, &other).status, 409);
    assert_eq!(cadastrar(&app, 3, &ana, &other).status, 200);
}

#[test]
fn r8_desligada_aceita_qualquer_texto() {
    let rules = RuleSwitches { exigir_rascunho: false, ..RuleSwitches::default() };
    let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
    let ana = app.adolescente("tjrn");
    assert_eq!(cadastrar(&app, 1, &ana, "qualquer").status, 200);
    assert_eq!(cadastrar(&app, 2, &ana, "qualquer").status, 200);
}

#[test]
fn a_rascunho_is_registered_and_read_by_graphql() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let query = "mutation($i: RegistrarRascunhoInput!) { registrarRascunho(input: $i) {
        rascunho { id codigo dados appNameSistemaTribunal consumidoEm processo { numero } } simulado erros { codigo campo } } }";
    let input = json!({ "appNameSistemaTribunal": "pje", "dados": "{\"b\": 1,  \"a\": 2}" });
    let registered =
        app.gql_with("tjrn", query, json!({ "i": input }))["registrarRascunho"].clone();
    // The server stores the text as it received it, with its spaces.
    assert_eq!(registered["rascunho"]["dados"], "{\"b\": 1,  \"a\": 2}");
    assert_eq!(registered["rascunho"]["consumidoEm"], Value::Null);
    let code = registered["rascunho"]["codigo"].as_str().unwrap();
    assert_eq!(cadastrar(&app, 1, &ana, code).status, 200);
    let node =
        "query($id: ID!) { node(id: $id) { ... on Rascunho { consumidoEm processo { numero } } } }";
    let id = json!({ "id": registered["rascunho"]["id"] });
    let read = &app.gql_with("tjrn", node, &id)["node"];
    assert_eq!(read["processo"]["numero"], numero(1));
    assert!(read["consumidoEm"].is_string());
    assert_eq!(app.gql_with("tjpe", node, &id)["node"], Value::Null);

    let refusal = app.gql_with(
        "tjrn",
        query,
        json!({ "i": { "appNameSistemaTribunal": " ", "dados": "[]" } }),
    );
    assert_eq!(
        refusal["registrarRascunho"]["erros"],
        json!([{ "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "appNameSistemaTribunal"] },
               { "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados"] }])
    );
}

#[test]
fn a_malformed_rascunho_names_the_field() {
    let app = App::empty();
    for (body, field) in [
        (json!({ "appNameSistemaTribunal": "x" }), "dados"),
        (json!({ "appNameSistemaTribunal": "x", "dados": [] }), "dados"),
        (json!({ "appNameSistemaTribunal": "x", "dados": "{}" }), "dados"),
        (json!({ "dados": {} }), "appNameSistemaTribunal"),
        (json!({ "appNameSistemaTribunal": 1, "dados": {} }), "appNameSistemaTribunal"),
        (
            json!({ "appNameSistemaTribunal": "x".repeat(101), "dados": {} }),
            "appNameSistemaTribunal",
        ),
    ] {
        let response = app.post("tjrn", "/api/v1/processo-rascunho", &body);
        assert_eq!(response.status, 400, "{}", response.text);
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(field),
            "{}",
            response.text
        );
    }
    assert_eq!(app.database.count("SELECT count(*) AS n FROM rascunho"), 0);
    assert_eq!(app.post("tjrn-leitura", "/api/v1/processo-rascunho", &json!({})).status, 403);
}

#[test]
fn r8_codigo_ilegivel_nao_se_procura() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    for unreadable_codigo in ["a\u{0}b", &"x".repeat(101)] {
        let response = cadastrar(&app, 1, &ana, unreadable_codigo);
        assert_eq!(code(&response), (400, "CAMPO_INVALIDO"));
        assert_eq!(response.body["erros"].as_array().unwrap().len(), 1, "{}", response.text);
    }
}

/// The server stores the text of a rascunho unchanged. The text may contain names, so the server
/// shows it only to clients with the papel.
#[test]
fn o_rascunho_se_guarda_como_veio_e_so_o_le_quem_pode() {
    let app = App::empty();
    let body =
        r#"{"appNameSistemaTribunal":"t","dados":{"n":12345678901234567890123,"x":1.10,"y":2}}"#;
    let response = app.post_text("tjrn", "/api/v1/processo-rascunho", body);
    assert_eq!(response.status, 200, "{}", response.text);
    let stored = app.database.text(Sql::new("SELECT dados AS t FROM rascunho"));
    assert_eq!(stored, r#"{"n":12345678901234567890123,"x":1.10,"y":2}"#);
    let id = app.database.text(Sql::new("SELECT translate(encode(convert_to('Rascunho:' || id, 'UTF8'), 'base64'), '=', '') AS t FROM rascunho"));
    let query = format!("{{ node(id: \"{id}\") {{ ... on Rascunho {{ dados }} }} }}");
    assert_eq!(app.gql("tjrn", &query)["node"]["dados"], json!(stored));
    for without_papel in ["tjrn-leitura", "cnj"] {
        assert_eq!(app.gql(without_papel, &query)["node"]["dados"], "{}", "{without_papel}");
    }
}

/// Exactly one of two simultaneous registrations with one rascunho succeeds.
#[test]
fn r8_dois_cadastros_do_mesmo_rascunho() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    for round in 0..50 {
        let rascunho = registrar(&app, "tjrn");
        let mut status: Vec<u16> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..2)
                .map(|n| {
                    scope.spawn({
                        let (app, ana, rascunho) = (&app, &ana, &rascunho);
                        move || cadastrar(app, round * 2 + n, ana, rascunho).status
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        status.sort_unstable();
        assert_eq!(status, [200, 409]);
    }
    let consumidos = "SELECT count(*)::text AS t FROM rascunho WHERE consumido_em IS NOT NULL AND processo_id IS NOT NULL";
    assert_eq!(app.database.text(Sql::new(consumidos)), "50");
}
