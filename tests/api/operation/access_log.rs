//! The line that each request has in the log, and the trace that it belongs to.

use crate::outage::program::Program;
use crate::support::{App, MAX_WAIT, until};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Returns the lines about requests, as JSON.
fn lines(program: &Program) -> Vec<Value> {
    let parsed = program.log().into_iter().filter_map(|line| serde_json::from_str(&line).ok());
    parsed.filter(|line: &Value| line["span"]["name"] == "request").collect()
}

#[test]
fn each_request_has_one_line_if_the_setting_says_so() {
    let app = App::new();
    let token = app.token("tjrn");
    let program = Program::serve_with(&app, &app.database.app_url(), "0", |command| {
        command.env("ELOS_LOG_DE_ACESSO", "on");
    });
    assert!(program.read(&token).unwrap().starts_with("HTTP/1.1 200"));
    program.ask("GET /api/v1/nada/uma-pessoa", Some(&token));
    let traced =
        format!("GET /schema.graphql HTTP/1.1\r\ntraceparent: 00-{TRACE}-{PARENT}-01\r\nX-Rest: a");
    let answer = program.ask(&traced, None).unwrap().to_lowercase();
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    let continued = answer.lines().find_map(|line| line.strip_prefix("traceresponse: ")).unwrap();
    assert!(continued.starts_with(&format!("00-{TRACE}-")) && !continued.contains(PARENT));
    let about = |route: &str| {
        lines(&program)
            .into_iter()
            .filter(|line| line["fields"]["rota"] == route)
            .collect::<Vec<_>>()
    };
    until(MAX_WAIT, "the line is there", || !about("/schema.graphql").is_empty());

    let graphql = about("/graphql");
    assert_eq!(graphql.len(), 1, "{graphql:?}");
    let fields = &graphql[0]["fields"];
    assert_eq!((&graphql[0]["level"], &fields["status"]), (&"INFO".into(), &200.into()));
    assert_eq!((&fields["operacao"], &fields["credencial"]), (&"processos".into(), &"tjrn".into()));
    assert!(fields["ms"].is_u64() && graphql[0]["span"]["id"].is_string(), "{graphql:?}");
    let unknown = about("(desconhecida)");
    assert_eq!((unknown.len(), &unknown[0]["fields"]["status"]), (1, &404.into()));
    let schema = &about("/schema.graphql")[0]["span"];
    assert_eq!((&schema["id"], &schema["trace_id"]), (&id.into(), &TRACE.into()));
    assert_eq!(schema["parent_id"], PARENT);
    assert!(continued.contains(schema["span_id"].as_str().unwrap()), "{schema}");
    // Probes that succeed have no line.
    assert!(about("/readyz").iter().all(|line| line["fields"]["status"] != 200));
    assert!(program.log().iter().all(|line| !line.contains("uma-pessoa")));
}

#[test]
fn without_the_setting_only_refusals_and_failures_have_a_line() {
    let app = App::new();
    let token = app.token("tjrn");
    let program = Program::serve(&app, &app.database.app_url(), "0");
    assert!(program.read(&token).unwrap().starts_with("HTTP/1.1 200"));
    program.ask("GET /api/v1/nada", Some(&token));
    until(MAX_WAIT, "the refusal is there", || {
        lines(&program).iter().any(|line| line["fields"]["status"] == 404)
    });
    assert!(lines(&program).iter().all(|line| line["fields"]["rota"] != "/graphql"));
}
