//! What one credential asks does not stop another tribunal, nor another credential of its own.

use crate::support::{Ajustes, App, Modelo, PATIENCE};
use diesel::connection::SimpleConnection;
use elos::processo::NumeroProcesso;
use serde_json::json;
use std::thread::Scope;
use std::time::Instant;

/// Waits for the lock on `guia`.
const OF_GUIAS: &str = "{ processos(first: 1, filtro: { situacaoGuia: ATIVO }) { nodes { id } } }";
/// Of the places of a test's server, what one credential may have.
const OF_A_CREDENTIAL: i64 = 3;

/// So many requests of a credential, each of which waits until `guia` is free; all were answered,
/// or told that the server is full for them.
fn flood<'s>(scope: &'s Scope<'s, '_>, app: &'s App, client: &'s str, requests: usize) {
    for n in 0..requests {
        scope.spawn(move || {
            let answer = match n % 2 {
                0 => app.graphql(client, OF_GUIAS, json!({})),
                _ => app.get(client, "/api/v1/guias?situacaoGuia=ATIVO"),
            };
            assert!(matches!(answer.status, 200 | 503), "{}", answer.texto);
        });
    }
}

fn until_waiting(app: &App, connections: i64) {
    let begun = Instant::now();
    while app.banco.esperam() < connections {
        assert!(begun.elapsed() < PATIENCE, "the places were not taken");
    }
}

#[test]
fn a_credential_that_waits_in_every_place_it_may_have_leaves_places_to_others() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    for client in ["tjrn", "tjrn-leitura", "tjce"] {
        app.token(client);
    }
    let mut locked = app.banco.conn();
    locked.batch_execute("BEGIN; LOCK TABLE guia IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        flood(scope, &app, "tjrn", 24);
        until_waiting(&app, OF_A_CREDENTIAL);
        for client in ["tjce", "tjrn-leitura"] {
            app.gql(client, "{ processos(first: 1) { nodes { id } } }");
            let tramita = app.get(client, "/tramites");
            assert_eq!(tramita.status, 200, "{client}: {}", tramita.texto);
        }
        // By events, as by one answer.
        let bearer = format!("Bearer {}", app.token("tjce"));
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
        ];
        let query = json!({ "query": "{ processos(first: 1) { nodes { id } } }" }).to_string();
        let events = app.pedir("POST", "/graphql", &headers, query.as_bytes());
        assert!(events.texto.contains(r#""data":{"processos""#), "{}", events.texto);
        // However many of its requests wait, it has no more places.
        assert_eq!(app.banco.esperam(), OF_A_CREDENTIAL);
        locked.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn a_tribunal_whose_credentials_all_wait_leaves_a_place_to_another() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    for n in 0..4 {
        app.credencial(&format!("rn{n}"), "tjrn", |claims| {
            claims["azp"] = format!("other-{n}").into();
        });
    }
    app.token("tjce");
    let mut locked = app.banco.conn();
    locked.batch_execute("BEGIN; LOCK TABLE guia IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        for client in ["rn0", "rn1", "rn2", "rn3"] {
            flood(scope, &app, client, 8);
        }
        // Six places, of which two are for tribunais that have none.
        until_waiting(&app, 4);
        app.gql("tjce", "{ processos(first: 1) { nodes { id } } }");
        assert_eq!(app.banco.esperam(), 4);
        locked.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn registrations_that_wait_do_not_keep_another_tribunal_from_registering() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    let (rn, ce) = (app.adolescente("tjrn"), app.adolescente("tjce"));
    let body = |n: u32, tribunal: i16, adolescente: &str| {
        json!({
            "numeroProcesso": NumeroProcesso::sintetico(n, 2026, tribunal, 7).digitos(),
            "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1001,
            "identificadoresAdolescentes": [adolescente], "appNameSistemaTribunal": "pje",
        })
    };
    // A rival has inserted the number and does not commit: whoever registers it waits.
    let mut rival = app.banco.conn();
    let contested = NumeroProcesso::sintetico(1, 2026, 820, 7);
    rival
        .batch_execute(&format!(
            "BEGIN; INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em) \
             VALUES (820, '{}', 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1, 'rival', now(), now())",
            contested.digitos()
        ))
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..24 {
            let (app, body) = (&app, body(1, 820, &rn));
            scope.spawn(move || {
                let status = app.post("tjrn", "/api/v1/processos", &body).status;
                assert!(matches!(status, 200 | 409 | 503), "{status}");
            });
        }
        until_waiting(&app, OF_A_CREDENTIAL);
        for n in 2..6 {
            let answer = app.post("tjce", "/api/v1/processos", &body(n, 806, &ce));
            assert_eq!(answer.status, 200, "{}", answer.texto);
        }
        assert!(app.banco.esperam() <= OF_A_CREDENTIAL);
        rival.batch_execute("ROLLBACK").unwrap();
    });
}
