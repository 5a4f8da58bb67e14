//! More requests than the server has connections for.

use crate::support::App;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

/// A full server answers 503 with `Retry-After`, and serves again when it has room.
#[test]
fn a_full_server_is_not_a_database_that_is_down() {
    let app = App::new();
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
    let list = "{ processos(first: 1) { nodes { numero } } }";
    let mut locked = app.database.conn();
    locked.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        // Hold as many connections as one credential may hold.
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200));
        }
        app.database.wait_for_lock_waiters(3);
        let rest = scope.spawn(|| app.get("tjrn", "/api/v1/processos"));
        let graphql = scope.spawn(|| app.graphql("tjrn", list, json!({})));
        let (rest, graphql) = (rest.join().unwrap(), graphql.join().unwrap());
        locked.batch_execute("ROLLBACK").unwrap();
        for answer in [&rest, &graphql] {
            assert_eq!(answer.status, 503, "{}", answer.text);
            assert!(answer.text.contains("o servidor está cheio"), "{}", answer.text);
            let seconds: u32 = answer.headers["retry-after"].parse().unwrap();
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
        let codes: [&Value; 2] =
            [&rest.body["mensagemDesenvolvedor"], &graphql.body["errors"][0]["extensions"]["code"]];
        assert_eq!(codes, ["SOBRECARREGADO", "SOBRECARREGADO"]);
    });
    assert_eq!(app.gql("tjrn", list)["processos"]["nodes"].as_array().unwrap().len(), 1);
}
