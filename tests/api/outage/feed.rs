//! The feed where LISTEN is refused, and where an open transaction holds it back.

use super::relay::{Relay, url};
use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Database, MAX_WAIT, Settings, Template, until};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::sync::Arc;

fn gauge(app: &App, name: &str) -> i64 {
    let metrics = app.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect(name).parse().unwrap()
}

#[test]
fn an_open_transaction_is_reported() {
    let app = App::empty();
    until(MAX_WAIT, "it listens", || gauge(&app, "elos_fluxo_ouvindo") == 1);
    // A transaction of any database of the cluster holds the feed back. This one is of another
    // database.
    let mut writer = Database::admin();
    writer.batch_execute("BEGIN; SELECT pg_current_xact_id()").unwrap();
    // The feed holds this transaction back, because it began after the open one.
    app.database.conn().batch_execute("SELECT pg_current_xact_id()").unwrap();
    until(MAX_WAIT, "the gauge rises", || gauge(&app, "elos_fluxo_retido_segundos") >= 2);
    writer.batch_execute("ROLLBACK").unwrap();
    until(MAX_WAIT, "the gauge falls", || gauge(&app, "elos_fluxo_retido_segundos") < 2);
}

#[test]
fn events_arrive_where_listen_is_refused() {
    let relay = Relay::without_listen();
    let database = Arc::new(Database::new(Template::Seeded));
    let settings = Settings { url: Some(url(&database, &[&relay])), ..Settings::default() };
    let app = App::on_database(&database, settings);
    app.ready();
    let mut socket = Ws::of(&app, "tjrn");
    socket.subscribe("1", "subscription { processoAlterado { tipo } }", &json!({}));
    database
        .conn()
        .batch_execute(
            "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub) \
             SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820",
        )
        .unwrap();
    assert_eq!(socket.data("1")["processoAlterado"]["tipo"], "SITUACAO_ALTERADA");
    assert_eq!(gauge(&app, "elos_fluxo_ouvindo"), 0);
    // The feed has one connection.
    let connections = "SELECT count(*) AS n FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'elos-fluxo'";
    assert_eq!(database.count(connections), 1);
}
