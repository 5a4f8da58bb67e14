//! The requests of one credential do not block another tribunal, nor another credential of the same
//! tribunal.

use crate::support::{App, NewProcesso, Settings, Template, numero, numero_of};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::thread::Scope;

/// A query that waits for the lock on `guia`.
const GUIAS_QUERY: &str =
    "{ processos(first: 1, filtro: { situacaoGuia: ATIVO }) { nodes { id } } }";
/// The number of connections of the test server that one credential may hold.
const CREDENTIAL_PERMITS: i64 = 3;

/// Sends requests of a credential that wait until `guia` is free. Each must get its response, or a
/// 503 because the server is full for the credential.
fn flood<'s>(scope: &'s Scope<'s, '_>, app: &'s App, client: &'s str, requests: usize) {
    for n in 0..requests {
        scope.spawn(move || {
            let answer = match n % 2 {
                0 => app.graphql(client, GUIAS_QUERY, json!({})),
                _ => app.get(client, "/api/v1/guias?situacaoGuia=ATIVO"),
            };
            assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
        });
    }
}

#[test]
fn a_credential_whose_requests_wait_leaves_connections_to_others() {
    let app = App::with(Template::Seeded, Settings::default());
    for client in ["tjrn", "tjrn-leitura", "tjce"] {
        app.token(client);
    }
    let mut locked = app.database.conn();
    locked.batch_execute("BEGIN; LOCK TABLE guia IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        flood(scope, &app, "tjrn", 24);
        app.database.wait_for_lock_waiters(CREDENTIAL_PERMITS);
        for client in ["tjce", "tjrn-leitura"] {
            app.gql(client, "{ processos(first: 1) { nodes { id } } }");
            let tramita = app.get(client, "/tramites");
            assert_eq!(tramita.status, 200, "{client}: {}", tramita.text);
        }
        // A stream of events counts like a single response.
        let bearer = app.bearer("tjce");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
        ];
        let query = json!({ "query": "{ processos(first: 1) { nodes { id } } }" }).to_string();
        let events = app.request("POST", "/graphql", &headers, query.as_bytes());
        assert!(events.text.contains(r#""data":{"processos""#), "{}", events.text);
        // The credential holds no more connections, however many of its requests wait.
        assert_eq!(app.database.lock_waiters(), CREDENTIAL_PERMITS);
        locked.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn a_tribunal_whose_credentials_wait_leaves_a_connection_to_another() {
    let app = App::with(Template::Seeded, Settings::default());
    for n in 0..4 {
        app.credential(&format!("rn{n}"), "tjrn", |claims| {
            claims["azp"] = format!("other-{n}").into();
        });
    }
    app.token("tjce");
    let mut locked = app.database.conn();
    locked.batch_execute("BEGIN; LOCK TABLE guia IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        for client in ["rn0", "rn1", "rn2", "rn3"] {
            flood(scope, &app, client, 8);
        }
        // The server reserves two of its six connections for tribunais that hold none.
        app.database.wait_for_lock_waiters(4);
        app.gql("tjce", "{ processos(first: 1) { nodes { id } } }");
        assert_eq!(app.database.lock_waiters(), 4);
        locked.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn registrations_that_wait_do_not_keep_another_tribunal_from_registering() {
    let app = App::with(Template::Seeded, Settings::default());
    let (rn, ce) = (app.adolescente("tjrn"), app.adolescente("tjce"));
    // A rival transaction has inserted the number and has not committed. A registration of that
    // number waits for it.
    let mut rival = app.database.conn();
    let contested = numero(1);
    rival
        .batch_execute(&format!(
            "BEGIN; INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em) \
             VALUES (820, '{}', 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1, 'rival', now(), now())",
            contested.replace(['-', '.'], "")
        ))
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..24 {
            let (app, processo) = (&app, NewProcesso::apuracao(&contested, &[&rn]));
            scope.spawn(move || {
                let status = app.cadastrar("tjrn", &processo).status;
                assert!(matches!(status, 200 | 409 | 503), "{status}");
            });
        }
        app.database.wait_for_lock_waiters(CREDENTIAL_PERMITS);
        for n in 2..6 {
            app.cadastrado("tjce", &NewProcesso::apuracao(&numero_of(806, n), &[&ce]));
        }
        assert!(app.database.lock_waiters() <= CREDENTIAL_PERMITS);
        rival.batch_execute("ROLLBACK").unwrap();
    });
}
