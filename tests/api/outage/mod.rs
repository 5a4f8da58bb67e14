//! Failures of the database from which the server recovers by itself.

mod facade;
mod feed;
mod migrations;
pub mod program;
mod refusals;
pub mod relay;
mod silence;
mod snapshot;

use crate::support::{App, Response, new_adolescente};
use diesel::connection::SimpleConnection;
use serde_json::json;

const READ: &str = "{ processos(first: 3) { nodes { numero adolescentes { nodes { nome } } } } }";

fn read(app: &App) -> Response {
    app.graphql("tjrn", READ, json!({}))
}

/// Returns whether the response has the status 200 and no errors.
fn is_whole(answer: &Response) -> bool {
    answer.status == 200 && answer.body.get("errors").is_none()
}

fn write(app: &App) -> Response {
    app.post("tjrn", "/api/v1/adolescentes", &new_adolescente())
}

/// Asserts that the response is a 503 with the code `INDISPONIVEL` and a `Retry-After`.
#[track_caller]
fn assert_unavailable(answer: &Response) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.text.contains("INDISPONIVEL"), "{}", answer.text);
    let after = answer.headers.get("retry-after").expect("a time to come back");
    assert!(after.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{after}");
}

/// Ends every connection of the server.
fn end_connections(app: &App) {
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name LIKE 'elos%'";
    app.database.conn().batch_execute(end).unwrap();
}
