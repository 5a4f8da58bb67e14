//! Connections stay open for the tribunal that their session is set to.

use crate::support::{App, MAX_WAIT, until};
use serde_json::json;

const READ: &str = "{ processos(first: 1) { nodes { tribunal { codigo } } } }";

fn read(app: &App, credential: &str, tribunal: i64) {
    let data = app.graphql(credential, READ, json!({})).body["data"].clone();
    assert_eq!(data["processos"]["nodes"][0]["tribunal"]["codigo"], tribunal);
}

/// Returns the number of connections that are open for the requests of tribunais.
fn connections(app: &App) -> u32 {
    let metrics = app.metrics();
    let of_tribunais = |line: &&str| {
        line.starts_with("elos_banco_conexoes{") && line.contains("classe=\"tribunal\"")
    };
    let values = metrics.lines().filter(of_tribunais).filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse::<u32>().unwrap()).sum()
}

#[test]
fn two_tribunais_in_turn_get_connections_of_their_own() {
    let app = App::new();
    for _ in 0..20 {
        read(&app, "tjrn", 820);
        read(&app, "tjpe", 817);
    }
    until(MAX_WAIT, "a second connection", || {
        read(&app, "tjrn", 820);
        read(&app, "tjpe", 817);
        connections(&app) >= 2
    });
}

#[test]
fn one_tribunal_alone_needs_no_second_connection() {
    let app = App::new();
    for _ in 0..40 {
        read(&app, "tjrn", 820);
        // The answer may arrive before its thread has put the connection back.
        until(MAX_WAIT, "the permit to come back", || {
            app.metrics().contains("elos_vagas_em_uso{classe=\"tribunal\"} 0\n")
        });
    }
    assert_eq!(connections(&app), 1);
}
