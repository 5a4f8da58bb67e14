//! Failures inside the snapshot of one response.

use crate::support::App;
use diesel::connection::SimpleConnection;
use serde_json::json;

/// Two levels and two relations: one snapshot with several statements.
const QUERY: &str = "{ processos(first: 3) { nodes { numero adolescentes { nodes { nome } } } } \
     adolescentes(first: 3) { nodes { identificador guias { nodes { numero } } } } }";

#[test]
fn a_statement_that_fails_fails_its_own_field() {
    let app = App::new();
    let whole = app.gql("tjrn", QUERY);
    app.database.conn().batch_execute("REVOKE SELECT ON guia FROM elos_app").unwrap();
    // Repeat this, because the server learns of the failure the first time.
    for _ in 0..2 {
        let answer = app.graphql("tjrn", QUERY, json!({}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.body["data"]["processos"], whole["processos"], "{}", answer.text);
        let errors = answer.body["errors"].as_array().unwrap();
        assert!(!errors.is_empty());
        for error in errors {
            assert_eq!(error["extensions"]["code"], "ERRO_INTERNO", "{error}");
            assert!(error["path"].as_array().unwrap().contains(&json!("guias")), "{error}");
        }
    }
    app.database.conn().batch_execute("GRANT SELECT ON guia TO elos_app").unwrap();
    assert_eq!(app.gql("tjrn", QUERY), whole);
}

/// The statement on guias waits for the table, and then the test ends its connection.
#[test]
fn a_connection_lost_in_mid_snapshot_is_no_failure() {
    let app = App::new();
    let whole = app.gql("tjrn", QUERY);
    let mut rival = app.database.conn();
    rival.batch_execute("BEGIN; LOCK TABLE guia IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| app.graphql("tjrn", QUERY, json!({})));
        app.database.wait_for_lock_waiters(1);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        app.database.conn().batch_execute(end).unwrap();
        rival.batch_execute("ROLLBACK").unwrap();
        let answer = reading.join().unwrap();
        assert_eq!(answer.body, json!({ "data": whole }), "{}", answer.text);
    });
}
