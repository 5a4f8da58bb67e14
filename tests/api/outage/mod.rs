//! Failures of the database that the server gets over by itself.

mod facade;
mod feed;
mod migrations;
pub mod program;
mod refusals;
mod relay;
mod silence;
mod snapshot;

use crate::support::{App, Resposta};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::time::{Duration, Instant};

const READ: &str = "{ processos(first: 3) { nodes { numero adolescentes { nodes { nome } } } } }";

fn read(app: &App) -> Resposta {
    app.graphql("tjrn", READ, json!({}))
}

/// Whether it was answered whole.
fn is_whole(answer: &Resposta) -> bool {
    answer.status == 200 && answer.corpo.get("errors").is_none()
}

fn write(app: &App) -> Resposta {
    let body = json!({
        "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO",
    });
    app.post("tjrn", "/api/v1/adolescentes", &body)
}

/// The one answer to a write that cannot be done now.
#[track_caller]
fn assert_unavailable(answer: &Resposta) {
    assert_eq!(answer.status, 503, "{}", answer.texto);
    assert!(answer.texto.contains("INDISPONIVEL"), "{}", answer.texto);
    let after = answer.headers.get("retry-after").expect("a time to come back");
    assert!(after.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{after}");
}

/// Asks until it is so, at most so long; how long that took.
#[track_caller]
fn until(at_most: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < at_most, "{what}: not within {at_most:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

/// Ends every connection of the server.
fn end_connections(app: &App) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name LIKE 'elos%'";
    app.banco.conn().batch_execute(end).unwrap();
}
