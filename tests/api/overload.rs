//! More is asked of the server than it has places for.

use crate::support::{App, PATIENCE};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::time::Instant;

/// A full server says so, and when to come back; a database that is down is another matter.
#[test]
fn a_full_server_is_not_a_database_that_is_down() {
    let app = App::novo();
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
    let lista = "{ processos(first: 1) { nodes { numero } } }";
    let mut locked = app.banco.conn();
    locked.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        // As many as one credential may have of the connections.
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200));
        }
        let begun = Instant::now();
        while app.banco.esperam() < 3 {
            assert!(begun.elapsed() < PATIENCE, "the places were not taken");
        }
        let rest = scope.spawn(|| app.get("tjrn", "/api/v1/processos"));
        let graphql = scope.spawn(|| app.graphql("tjrn", lista, json!({})));
        let (rest, graphql) = (rest.join().unwrap(), graphql.join().unwrap());
        locked.batch_execute("ROLLBACK").unwrap();
        for answer in [&rest, &graphql] {
            assert_eq!(answer.status, 503, "{}", answer.texto);
            assert!(answer.texto.contains("o servidor está cheio"), "{}", answer.texto);
            let seconds: u32 = answer.headers["retry-after"].parse().unwrap();
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
        let codes: [&Value; 2] = [
            &rest.corpo["mensagemDesenvolvedor"],
            &graphql.corpo["errors"][0]["extensions"]["code"],
        ];
        assert_eq!(codes, ["SOBRECARREGADO", "SOBRECARREGADO"]);
    });
    assert_eq!(app.gql("tjrn", lista)["processos"]["nodes"].as_array().unwrap().len(), 1);
}
