//! Credentials that the server stores: `elos credencial`, and its effect on requests.

use crate::subscriptions::ws_client::{SUBPROTOCOL, Ws};
use crate::support::{App, Database, MAX_WAIT, Template, until};
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use serde_json::{Value, json};
use std::time::Instant;

/// Runs `elos credencial …` on the database of the test and returns the exit code and the output.
pub fn credential(database: &Database, args: &[&str]) -> (Option<i32>, String) {
    database.elos(&[&["credencial"][..], args].concat())
}

/// Runs `elos credencial …`, which must succeed, and returns the output.
#[track_caller]
pub fn created(database: &Database, args: &[&str]) -> String {
    let (code, text) = credential(database, args);
    assert_eq!(code, Some(0), "{text}");
    text
}

fn eu(app: &App) -> Value {
    let response = app.graphql("tjrn", "{ eu { tribunal { codigo } papeis nacional } }", json!({}));
    match &response.body["data"]["eu"] {
        Value::Null => response.body["errors"][0]["extensions"]["code"].clone(),
        eu => eu.clone(),
    }
}

/// Repeats the request until the response is `expected`. An idle machine needs at most ten seconds.
#[track_caller]
fn within_ten_seconds(app: &App, expected: &Value) {
    let start = Instant::now();
    loop {
        let found = eu(app);
        if found == *expected {
            return;
        }
        assert!(start.elapsed() < MAX_WAIT, "{found} is not {expected} yet");
    }
}

#[test]
fn a_stored_credential_overrides_the_token() {
    let app = App::empty();
    let of_token = json!({ "tribunal": { "codigo": 820 }, "nacional": false,
        "papeis": ["pse-consulta", "pse-dados-sensiveis", "pse-integracao"] });
    assert_eq!(eu(&app), of_token);

    created(&app.database, &["add", "tjrn", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    let from_table =
        json!({ "tribunal": { "codigo": 817 }, "nacional": false, "papeis": ["pse-consulta"] });
    within_ten_seconds(&app, &from_table);
    let refused = app.post("tjrn", "/api/v1/adolescentes", &json!({}));
    assert_eq!(refused.status, 403, "{}", refused.text);

    // The token is valid, but its client has been revoked.
    created(&app.database, &["revoke", "tjrn"]);
    within_ten_seconds(&app, &json!("SEM_PERMISSAO"));
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &json!({})).status, 403);
    // The server serves other clients as before.
    assert_eq!(app.graphql("tjpe", "{ eu { sub } }", json!({})).status, 200);

    created(&app.database, &["add", "tjrn", "--nacional", "--papel", "pse-consulta"]);
    let nacional =
        json!({ "tribunal": null, "nacional": true, "papeis": ["pse-consulta", "pse-nacional"] });
    within_ten_seconds(&app, &nacional);
}

#[test]
fn the_command_line_manages_credentials() {
    let database = Database::new(Template::Empty);
    created(
        &database,
        &["add", "b", "--tribunal", "20", "--papel", "pse-consulta", "--papel", "pse-integracao"],
    );
    created(&database, &["add", "a", "--tribunal", "6", "--papel", "pse-consulta"]);
    created(&database, &["revoke", "a"]);
    let list = created(&database, &["list"]);
    assert_eq!(list, "a  806  pse-consulta  (revogada)\nb  820  pse-consulta,pse-integracao\n");
    let add = ["add", "b", "--tribunal", "20", "--papel", "pse-consulta", "--estrutura"];
    created(&database, &[&add[..], &["1/820"]].concat());
    assert!(created(&database, &["list"]).ends_with("b  820  pse-consulta  1/820\n"));
    // `add` replaces the earlier definition of the client.
    created(&database, &["add", "a", "--tribunal", "17", "--papel", "pse-auditoria"]);
    assert!(created(&database, &["list"]).starts_with("a  817  pse-auditoria\n"));
    for (args, hint) in [
        (["add", "c", "--papel", "pse-consulta"].as_slice(), "--tribunal"),
        (&["add", "c", "--tribunal", "8.20"], "--papel"),
        (&["add", "c", "--tribunal", "8.99", "--papel", "pse-consulta"], "8.20"),
        (&["add", "c", "--tribunal", "8.20", "--papel", "chefe"], "pse-consulta"),
        (&["add", "", "--tribunal", "8.20", "--papel", "pse-consulta"], "255"),
        (&["add", "t\u{e0041}j", "--tribunal", "8.20", "--papel", "pse-consulta"], "U+E0041"),
        (&["add", "tj rn", "--tribunal", "8.20", "--papel", "pse-consulta"], "U+0020"),
        (&["revoke", "ninguem"], "credencial list"),
        (&[&add[..], &["820"]].concat(), "1/820"),
        (&[&add[..], &["1/817"]].concat(), "1/817 não é do tribunal"),
        (&[&add[..], &["1/820", "--nacional"]].concat(), "--nacional"),
    ] {
        let (code, text) = credential(&database, args);
        assert!(code != Some(0) && text.contains(hint), "{args:?}: {text}");
    }
}

/// A tribunal may have several estruturas. A credential acts only for its own.
#[test]
fn uma_credencial_age_so_pelas_suas_estruturas() {
    use diesel::connection::SimpleConnection;
    let t = Tramita::new();
    let database = &t.0.database;
    let new = "INSERT INTO estrutura (repositorio, numero, nome, tribunal_codigo) VALUES (1, '8209', 'Outra', 820)";
    database.conn().batch_execute(new).unwrap();
    let (idt, _) = t.enviado(PE, RN, "P-1", None);
    let (of_all, _) = t.enviado(RN, PE, NUP, None);

    let add = ["add", "tjrn", "--tribunal", "20", "--papel", "pse-integracao"];
    created(database, &[&add[..], &["--papel", "pse-consulta", "--estrutura", "1/8209"]].concat());
    let papeis = json!(["pse-consulta", "pse-integracao"]);
    within_ten_seconds(
        &t.0,
        &json!({ "tribunal": { "codigo": 820 }, "nacional": false, "papeis": papeis }),
    );
    // A credential that may not act for an estrutura may still read its trâmites, because they are
    // of its tribunal.
    for (idt, step) in [(idt, "receber"), (idt, "recusar"), (of_all, "cancelar")] {
        let refused = t.step(RN, idt, step);
        assert_eq!(refused.status, 403, "{step}: {}", refused.text);
        assert_eq!(t.step(RN, idt, "ler").status, 200);
    }
    let actions = "query($idt: ID!) { tramite(idt: $idt) { acoesPossiveis } }";
    let seen = t.0.graphql(RN, actions, json!({ "idt": idt.to_string() }));
    assert_eq!(seen.body["data"]["tramite"]["acoesPossiveis"], json!([]), "{}", seen.text);
    assert_eq!(t.enviar(RN, PE, "P-2", None).status, 403);
    let by_own = t.request(RN, "POST", "/tramites/processo", &envio("8209", PE, "P-2", None));
    assert_eq!(by_own.status, 200, "{}", by_own.text);

    // A credential without a list of estruturas acts for all of them again.
    created(database, &[&add[..], &["--papel", "pse-consulta"]].concat());
    until(MAX_WAIT, "the credential acts for all estruturas", || {
        t.step(RN, idt, "receber").status != 403
    });
    t.steps(idt, &[(RN, "recibo")]);
}

/// The role of the server may only read the table of credentials.
#[test]
fn the_server_does_not_write_credentials() {
    use diesel::connection::SimpleConnection;
    let database = Database::new(Template::Empty);
    for command in [
        "INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES ('x', 820, '{}')",
        "UPDATE credencial SET revogada_em = NULL",
        "DELETE FROM credencial",
    ] {
        let as_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {command}");
        let error = database.conn().batch_execute(&as_app).expect_err(command).to_string();
        assert!(error.contains("permission denied"), "{command}: {error}");
    }
}

/// Returns the status and the error code of each API for a request of the client with these values
/// of `X-Tribunal`. The last item is of a WebSocket: 200 or 4403, with `null` as the code.
fn statuses_and_codes(app: &App, client: &str, tribunais: &[&str]) -> Vec<(u16, Value)> {
    let bearer = app.bearer(client);
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(tribunais.iter().map(|tribunal| ("X-Tribunal", *tribunal)));
    let json =
        [("Content-Type", "application/json"), ("Accept", "application/graphql-response+json")];
    let events = [("Content-Type", "application/json"), ("Accept", "text/event-stream")];
    let body = br#"{"query":"{eu{sub}}"}"#.as_slice();
    let requests = [
        ("POST", "/graphql", json.as_slice(), body),
        ("POST", "/graphql", &events, body),
        ("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", &json[1..], b""),
        ("GET", "/api/v1/adolescentes/similaridade?nome=Ana", &[], b""),
        ("GET", "/tramites", &[], b""),
    ];
    let mut found: Vec<_> = requests
        .into_iter()
        .map(|(method, path, more, body)| {
            let answer = app.request(method, path, &[&headers, more].concat(), body);
            let code = ["/errors/0/extensions/code", "/mensagemDesenvolvedor", "/codigoErro"];
            let code = code.iter().find_map(|path| answer.body.pointer(path));
            (answer.status, code.cloned().unwrap_or_default())
        })
        .collect();
    let mut ws = Ws::connect(
        &app.base,
        &[&[("sec-websocket-protocol", SUBPROTOCOL)], &headers[..]].concat(),
    );
    ws.send(&json!({ "type": "connection_init" }));
    found.push(if ws.is_accepted() { (200, Value::Null) } else { (4403, Value::Null) });
    found
}

fn statuses(responses: &[(u16, Value)]) -> Vec<u16> {
    responses.iter().map(|(status, _)| *status).collect()
}

/// A proxy may have read another `X-Tribunal` than the server. So the header must occur once and
/// match the credential.
#[test]
fn x_tribunal_occurs_once_and_matches_the_credential() {
    let app = App::empty();
    let (right, wrong) = ([200, 200, 200, 200, 200, 200], [403, 403, 403, 403, 403, 4403]);
    for once in ["8.20", "820", "20"] {
        assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &[once])), right, "{once}");
    }
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["8.17"])), wrong);
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["8.20, 8.17"])), wrong);
    for twice in [["8.20", "8.17"], ["8.17", "8.20"], ["8.20", "8.20"], ["8.20", ""]] {
        let found = statuses_and_codes(&app, "tjrn", &twice);
        assert_eq!(statuses(&found), [400, 400, 400, 400, 400, 4403], "{twice:?}: {found:?}");
        assert_eq!(found[0].1, "BAD_USER_INPUT", "{found:?}");
        assert_eq!(found[3].1, "BAD_USER_INPUT", "{found:?}");
    }
    // The first message of a WebSocket has the same rule.
    for (payload, accepted) in [
        (json!({ "X-Tribunal": "8.20" }), true),
        (json!({ "X-Tribunal": "8.17" }), false),
        (json!({ "X-Tribunal": "8.20", "x-tribunal": "8.20" }), false),
        (json!({ "X-Tribunal": 820 }), false),
    ] {
        let mut ws = Ws::open(&app);
        let mut whole = json!({ "Authorization": app.bearer("tjrn") });
        whole.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        ws.send(&json!({ "type": "connection_init", "payload": whole }));
        assert_eq!(ws.is_accepted(), accepted, "{payload}");
    }

    // A row of the table takes precedence over the claims.
    created(&app.database, &["add", "tjrn", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    within_ten_seconds(
        &app,
        &json!({ "tribunal": { "codigo": 817 }, "nacional": false, "papeis": ["pse-consulta"] }),
    );
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &[])), right);
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["8.17"])), right);
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["8.20"])), wrong);
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["x"])), wrong);
    created(&app.database, &["add", "tjrn", "--nacional", "--papel", "pse-consulta"]);
    within_ten_seconds(
        &app,
        &json!({ "tribunal": null, "nacional": true, "papeis": ["pse-consulta", "pse-nacional"] }),
    );
    assert_eq!(statuses(&statuses_and_codes(&app, "tjrn", &["8.20"])), wrong);
}
