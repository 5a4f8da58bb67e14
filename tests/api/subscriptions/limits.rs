//! The limits on the number of subscriptions and on their duration.

use super::sse_client::Sse;
use super::ws_client::Ws;
use super::{ALTERADO, MAX_WAIT, alterar, processo};
use crate::support::{App, Settings, Template, now, until};
use diesel::connection::SimpleConnection;
use elos::config::Subscriptions;
use serde_json::json;
use std::time::{Duration, Instant};

/// The accepted difference of clocks, in seconds. It lengthens the life of a token and of what the
/// token opened.
const LEEWAY: i64 = 30;

fn app_with(model: Template, subscriptions: Subscriptions) -> App {
    App::with(model, Settings { subscriptions, ..Settings::default() })
}

/// Waits until the server accepts another connection of TJRN. Returns how long it took.
#[track_caller]
fn until_accepted(app: &App, what: &str) -> Duration {
    until(MAX_WAIT, what, || {
        let mut ws = Ws::open(app);
        ws.init(&app.token("tjrn"));
        ws.is_accepted()
    })
}

#[test]
fn a_connection_has_only_so_many_operations() {
    let app =
        app_with(Template::Empty, Subscriptions { max_operations: 3, ..Subscriptions::default() });
    let mut ws = Ws::of(&app, "tjrn");
    for id in ["1", "2", "3"] {
        ws.subscribe(id, ALTERADO, &json!({}));
    }
    ws.request("4", ALTERADO, &json!({}));
    let message = ws.message();
    assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("4")));
    assert_eq!(message["payload"][0]["extensions"]["code"], "CUSTO_EXCEDE_LIMITE");
    ws.send(&json!({ "type": "complete", "id": "2" }));
    ws.subscribe("4", ALTERADO, &json!({}));
}

#[test]
fn a_credential_has_only_so_many_connections() {
    let app =
        app_with(Template::Empty, Subscriptions { max_connections: 2, ..Subscriptions::default() });
    let first = Ws::of(&app, "tjrn");
    let two = Sse::request(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    let mut three = Ws::open(&app);
    three.init(&app.token("tjrn"));
    assert_eq!(three.close_frame().0, 1013);
    let four = Sse::request(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    assert_eq!(four.status, 503);
    // Another credential has its own limit.
    let _five = Ws::of(&app, "tjpe");
    drop(first);
    until_accepted(&app, "the closed connection is not counted");
    assert_eq!(two.status, 200);
}

#[test]
fn a_token_that_expires_closes_the_connection() {
    let app = App::new();
    // The token must live long enough to open both, and a busy machine needs more time.
    let (mut ws, mut sse) = [3, 10, 60]
        .into_iter()
        .find_map(|seconds| {
            app.credential("curta", "tjrn", |claims| {
                claims["exp"] = json!(now().timestamp() + seconds - LEEWAY);
            });
            let mut ws = Ws::open(&app);
            ws.init(&app.token("curta"));
            if !ws.is_accepted() {
                return None;
            }
            ws.request("1", ALTERADO, &json!({}));
            let sse =
                Sse::request(&app, "curta", "text/event-stream", &json!({ "query": ALTERADO }));
            (sse.status == 200).then_some((ws, sse))
        })
        .expect("a token that is taken");
    assert_eq!(ws.close_frame(), (4403, "token expirado".to_owned()));
    assert_eq!(sse.evento(), Some(("complete".to_owned(), String::new())));
    assert_eq!(sse.evento(), None);
}

#[test]
fn a_revoked_credential_closes_the_connection() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    let mut other = Ws::of(&app, "tjpe");
    ws.subscribe("1", ALTERADO, &json!({}));
    let revoke = "INSERT INTO credencial (azp, tribunal_codigo, papeis, revogada_em) VALUES ('tjrn', 820, '{pse-consulta}', now())";
    app.database.conn().batch_execute(revoke).unwrap();
    let start = Instant::now();
    assert_eq!(ws.close_frame(), (4403, "credencial revogada ou alterada".to_owned()));
    eprintln!("closed {:?} after it was revoked", start.elapsed());
    other.send(&json!({ "type": "ping" }));
    assert_eq!(other.message()["type"], "pong");
}

/// The papéis and the tribunal stay the same, and the credential gets a list of estruturas, which
/// it did not have before.
#[test]
fn a_credential_that_loses_estruturas_closes_the_connection() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    let papeis = app.gql("tjrn", "{ eu { papeis } }")["eu"]["papeis"].to_string();
    let papeis = papeis.replace(['[', ']', '"'], "");
    let restrict = format!(
        "INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES ('tjrn', 820, '{{{papeis}}}');
         INSERT INTO credencial_estrutura SELECT 'tjrn', tribunal_codigo, id FROM estrutura WHERE tribunal_codigo = 820"
    );
    app.database.conn().batch_execute(&restrict).unwrap();
    assert_eq!(ws.close_frame(), (4403, "credencial revogada ou alterada".to_owned()));
}

/// The server disconnects a client that requests much and reads nothing after the time limit.
#[test]
fn a_subscriber_that_does_not_read_is_disconnected() {
    let limits = Subscriptions { max_connections: 1, stall_timeout: 1, ..Subscriptions::default() };
    let app = app_with(Template::Large, limits);
    let mut ws = Ws::of(&app, "tjrn");
    let long = "{ processos(first: 50) { nodes { id numero eventos { nodes { id cursor campo: camposAlterados } } adolescentes { nodes { id nomeExibicao } } } } }";
    let many = format!(
        "{{ {} }}",
        (0..20)
            .map(|n| long[1..long.len() - 1].replacen("processos", &format!("p{n}: processos"), 1))
            .collect::<String>()
    );
    for n in 0..40 {
        ws.request(&n.to_string(), &many, &json!({}));
    }
    let waited = until_accepted(&app, "the client that reads nothing is disconnected");
    eprintln!("its connection was released after {waited:?}");
    // A client that reads late still gets the reason.
    assert_eq!(ws.close_frame().0, 1013);
}

/// The server delivers events while other sockets open and close.
#[test]
fn a_closed_subscription_does_not_affect_the_others() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut stays = Ws::of(&app, "tjrn");
    stays.subscribe("1", ALTERADO, &json!({}));
    for nome in ["Um", "Dois", "Três"] {
        let mut leaves = Ws::of(&app, "tjrn");
        leaves.subscribe("1", ALTERADO, &json!({}));
        alterar(&app, "tjrn", &numero, nome);
        drop(leaves);
        stays.data("1");
    }
}

/// Keepalives prevent a proxy from closing an idle connection. The server sends nothing else.
#[test]
fn silence_has_keepalives() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    let mut sse = Sse::request(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    assert!(matches!(ws.0.read(), Ok(tungstenite::Message::Ping(_))));
    assert_eq!(sse.line(), ":\n");
}
