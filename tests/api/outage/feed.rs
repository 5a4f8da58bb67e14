//! The feed where LISTEN is refused, and where somebody's transaction holds it back.

use super::relay::{Relay, url};
use super::until;
use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, Banco, Modelo, PATIENCE};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::sync::Arc;

fn gauge(app: &App, name: &str) -> i64 {
    let metrics = app.metricas();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect(name).parse().unwrap()
}

#[test]
fn a_transaction_that_stays_open_is_told_of() {
    let app = App::vazio();
    until(PATIENCE, "it listens", || gauge(&app, "elos_fluxo_ouvindo") == 1);
    // Of any database of the cluster: here, another one than the server's.
    let mut writer = Banco::admin();
    writer.batch_execute("BEGIN; SELECT pg_current_xact_id()").unwrap();
    // What is committed after it began is what it keeps from being told.
    app.banco.conn().batch_execute("SELECT pg_current_xact_id()").unwrap();
    until(PATIENCE, "the gauge tells of it", || gauge(&app, "elos_fluxo_retido_segundos") >= 2);
    writer.batch_execute("ROLLBACK").unwrap();
    until(PATIENCE, "the gauge falls", || gauge(&app, "elos_fluxo_retido_segundos") < 2);
}

#[test]
fn events_come_where_listen_is_refused() {
    let relay = Relay::without_listen();
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let settings = Ajustes { url: Some(url(&banco, &[&relay])), ..Ajustes::default() };
    let app = App::no_banco(&banco, settings);
    app.ready();
    let mut socket = Ws::de(&app, "tjrn");
    socket.assinar("1", "subscription { processoAlterado { tipo } }", &json!({}));
    banco
        .conn()
        .batch_execute(
            "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub) \
             SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820",
        )
        .unwrap();
    assert_eq!(socket.dados("1")["processoAlterado"]["tipo"], "SITUACAO_ALTERADA");
    assert_eq!(gauge(&app, "elos_fluxo_ouvindo"), 0);
    // On one connection: it is not given up for that.
    let connections = "SELECT count(*) AS n FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'elos-fluxo'";
    assert_eq!(banco.contar(connections), 1);
}
