//! A query reads everything from one snapshot of the data, and within its time limit.

use crate::support::{App, MAX_WAIT, Settings, Template, until};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::time::Duration;

/// Runs `query` while a transaction locks `table`, which the query reads after another table.
/// Commits `change` when the query waits for the lock. Returns the `data` of the response.
fn with_a_writer_between(app: &App, table: &str, query: &str, change: &str) -> Value {
    let mut writer = app.database.conn();
    writer.batch_execute(&format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| app.gql("tjrn", query));
        app.database.wait_for_lock_waiters(1);
        writer.batch_execute(&format!("{change}; COMMIT")).unwrap();
        reader.join().unwrap()
    })
}

#[test]
fn nobody_writes_between_two_levels() {
    let app = App::new();
    let query =
        "{ processos(first: 3) { nodes { numero situacao adolescentes(first: 5, situacao: null) {
        totalCount edges { situacao node { nome } } } } } }";
    let before = app.gql("tjrn", query);
    let change = "UPDATE processo SET situacao = 'ARQUIVADO'; DELETE FROM vinculo";
    assert_eq!(with_a_writer_between(&app, "vinculo", query, change), before);
    assert_ne!(app.gql("tjrn", query), before);
}

#[test]
fn nobody_writes_between_two_roots() {
    let app = App::new();
    let query = "{ processos(first: 1) { nodes { situacao } } adolescentes(first: 3) { totalCount nodes { nome } } }";
    let before = app.gql("tjrn", query);
    let change =
        "UPDATE processo SET situacao = 'ARQUIVADO'; UPDATE adolescente SET nome = 'Outro'";
    assert_eq!(with_a_writer_between(&app, "adolescente", query, change), before);
    assert_ne!(app.gql("tjrn", query), before);
}

/// `pg_stat_activity` shows the last statement of an idle connection.
#[test]
fn a_single_read_opens_no_transaction() {
    let app = App::new();
    let last = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database() AND query LIKE 'COMMIT%'";
    let numero = app.gql("tjce", "{ processos(first: 1) { nodes { numero } } }");
    let numero = &numero["processos"]["nodes"][0]["numero"];
    assert!(app.database.count(last) > 0);
    for _ in 0..6 {
        app.gql_with(
            "tjce",
            "query($n: NumeroProcesso!) { processo(numero: $n) { id numero tipo situacao idOrgao criadoEm } }",
            json!({ "n": numero }),
        );
    }
    assert_eq!(app.database.count(last), 0);
}

#[test]
fn a_timeout_names_what_was_being_read() {
    let time = Some(Duration::from_secs(2));
    let app = App::with(Template::Seeded, Settings { time, ..Settings::default() });
    let mut writer = app.database.conn();
    writer.batch_execute("BEGIN; LOCK TABLE vinculo IN ACCESS EXCLUSIVE MODE").unwrap();
    let query = "{ processos(first: 2) { nodes { numero adolescentes { nodes { nome } } } } tribunais { codigo } }";
    let response = app.graphql("tjrn", query, json!({}));
    let body = &response.body;
    assert_eq!(response.status, 200, "{body}");
    let error = &body["errors"][0];
    assert_eq!(error["extensions"], json!({ "code": "TEMPO_ESGOTADO", "status": 504 }), "{body}");
    assert!(error["message"].as_str().unwrap().contains("ao ler PageOf<"), "{body}");
    // The server answers the fields that do not depend on it.
    assert!(body["data"]["tribunais"][0]["codigo"].is_i64(), "{body}");
    let running = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database() AND state <> 'idle'";
    until(MAX_WAIT, "the statement ends", || app.database.count(running) == 0);
    writer.batch_execute("ROLLBACK").unwrap();
    assert!(app.graphql("tjrn", query, json!({})).body.get("errors").is_none());
}

#[test]
fn a_route_that_waits_too_long_says_so_too() {
    let time = Some(Duration::from_secs(2));
    let app = App::with(Template::Seeded, Settings { time, ..Settings::default() });
    let mut other = app.database.conn();
    other.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    let response = app.get("tjrn", "/api/v1/processos");
    assert_eq!(response.status, 504, "{}", response.text);
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
}
