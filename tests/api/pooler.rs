//! A pooler between the server and PostgreSQL must keep sessions.

use crate::support::{App, Database, MAX_WAIT, Pooler, Settings, Template, until};
use elos::db::{ConnectError, Db, DbOptions};
use std::sync::Arc;

fn options(pooler: &Pooler, database: &Database) -> DbOptions {
    DbOptions::new(pooler.url("elos_teste", database.name()))
}

#[test]
fn a_transaction_pooler_is_refused_at_the_start() {
    let database = Database::new(Template::Empty);
    let pooler = Pooler::start(Database::socket(), true);
    let refused = Db::connect(&options(&pooler, &database)).err().unwrap();
    assert!(matches!(refused, ConnectError::TransactionPooler), "{refused}");
    let message = refused.to_string();
    assert!(message.contains("pool_mode = session"), "{message}");
    // The check does not depend on what an earlier session left on the backends.
    let again = Db::connect(&options(&pooler, &database)).err().unwrap();
    assert!(matches!(again, ConnectError::TransactionPooler), "{again}");
}

#[test]
fn a_session_pooler_works() {
    let database = Arc::new(Database::new(Template::Seeded));
    let pooler = Pooler::start(Database::socket(), false);
    let url = pooler.url("elos_teste", database.name());
    let app = App::on_database(&database, Settings { url: Some(url), ..Settings::default() });
    app.ready();
    app.adolescente("tjrn");
    let seen = app.gql("tjpe", "{ processos { totalCount } }");
    assert_eq!(seen["processos"]["totalCount"], 10);
}

/// A pooler changes its mode while the server runs, and changes it back.
#[test]
fn mixed_sessions_stop_the_server_until_the_pooler_keeps_sessions() {
    let database = Arc::new(Database::new(Template::Seeded));
    let pooler = Pooler::start(Database::socket(), false);
    let url = pooler.url("elos_teste", database.name());
    let app = App::on_database(&database, Settings { url: Some(url), ..Settings::default() });
    let ask = || app.graphql("tjrn", "{ processos { totalCount } }", serde_json::json!({})).status;
    let ready = || app.request("GET", "/readyz", &[], b"");
    app.ready();
    assert_eq!((ready().status, ask()), (200, 200));

    pooler.by_transaction(true);
    // Either of two checks may find it first: that of the readiness, or that of the sessions.
    until(MAX_WAIT, "/readyz names the setting", || ready().text.contains("pool_mode = session"));
    assert_eq!(ready().status, 503);
    let refused = app.graphql("tjrn", "{ processos { totalCount } }", serde_json::json!({}));
    assert_eq!(refused.status, 503, "{}", refused.text);

    pooler.by_transaction(false);
    until(MAX_WAIT, "the server serves again", || ready().status == 200 && ask() == 200);
    // Every connection has the settings of its own session, whatever the backends kept.
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
