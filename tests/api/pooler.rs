//! What stands between the server and PostgreSQL must keep sessions.

use crate::support::{Ajustes, App, Banco, Modelo, PATIENCE, Pooler};
use elos::db::{ConexaoRecusada, Db, DbOptions};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn options(pooler: &Pooler, banco: &Banco) -> DbOptions {
    DbOptions::nova(pooler.url("elos_teste", banco.nome()))
}

#[test]
fn a_pooler_by_transaction_is_refused_at_the_start() {
    let banco = Banco::novo(Modelo::Vazio);
    let pooler = Pooler::start(Banco::socket(), true);
    let refused = Db::conectar(&options(&pooler, &banco)).err().unwrap();
    assert!(matches!(refused, ConexaoRecusada::TransactionPooler), "{refused}");
    let told = refused.to_string();
    assert!(told.contains("pool_mode = session"), "{told}");
    // It does not depend on what was left on the backends.
    let again = Db::conectar(&options(&pooler, &banco)).err().unwrap();
    assert!(matches!(again, ConexaoRecusada::TransactionPooler), "{again}");
}

#[test]
fn a_pooler_by_session_serves() {
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let pooler = Pooler::start(Banco::socket(), false);
    let url = pooler.url("elos_teste", banco.nome());
    let app = App::no_banco(&banco, Ajustes { url: Some(url), ..Ajustes::default() });
    app.ready();
    app.adolescente("tjrn");
    let seen = app.gql("tjpe", "{ processos { totalCount } }");
    assert_eq!(seen["processos"]["totalCount"], 10);
}

/// While it runs, a pooler is told to switch, and told to stop.
#[test]
fn sessions_that_get_mixed_up_stop_the_server_until_they_are_kept_again() {
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let pooler = Pooler::start(Banco::socket(), false);
    let url = pooler.url("elos_teste", banco.nome());
    let app = App::no_banco(&banco, Ajustes { url: Some(url), ..Ajustes::default() });
    let ask = || app.graphql("tjrn", "{ processos { totalCount } }", serde_json::json!({})).status;
    let ready = || app.pedir("GET", "/readyz", &[], b"");
    app.ready();
    assert_eq!((ready().status, ask()), (200, 200));

    pooler.by_transaction(true);
    // Which of the two looks is first is by chance: that of the health, or that of the sessions.
    until(|| ready().texto.contains("pool_mode = session"));
    assert_eq!(ready().status, 503);
    let refused = app.graphql("tjrn", "{ processos { totalCount } }", serde_json::json!({}));
    assert_eq!(refused.status, 503, "{}", refused.texto);

    pooler.by_transaction(false);
    until(|| ready().status == 200 && ask() == 200);
    // Each connection is in its own session, whatever the backends were left with.
    for _ in 0..20 {
        for (client, code) in [("tjrn", 820), ("tjpe", 817)] {
            let seen =
                app.gql(client, "{ processos(first: 100) { nodes { tribunal { codigo } } } }");
            let nodes = seen["processos"]["nodes"].as_array().unwrap();
            assert!(
                nodes.len() == 10 && nodes.iter().all(|one| one["tribunal"]["codigo"] == code),
                "{seen}"
            );
        }
    }
}

#[track_caller]
fn until(reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
