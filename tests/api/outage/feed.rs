//! The feed where LISTEN is refused, and where somebody's transaction holds it back.

use super::until;
use crate::support::App;
use diesel::connection::SimpleConnection;
use std::time::Duration;

fn gauge(app: &App, name: &str) -> i64 {
    let metrics = app.metricas();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect(name).parse().unwrap()
}

#[test]
fn a_transaction_that_stays_open_is_told_of() {
    let app = App::vazio();
    until(Duration::from_secs(30), "it listens", || gauge(&app, "elos_fluxo_ouvindo") == 1);
    // Of any database of the cluster: here, another one than the server's.
    let mut writer = crate::support::Banco::admin();
    writer.batch_execute("BEGIN; SELECT pg_current_xact_id()").unwrap();
    until(Duration::from_secs(60), "the gauge tells of it", || {
        gauge(&app, "elos_fluxo_retido_segundos") >= 2
    });
    writer.batch_execute("ROLLBACK").unwrap();
    until(Duration::from_secs(60), "the gauge falls", || {
        gauge(&app, "elos_fluxo_retido_segundos") < 2
    });
}
