//! Traces: what a collector gets of a request, and that it gets no value of anybody's data.

use crate::outage::program::Program;
use crate::support::{App, MAX_WAIT, new_adolescente, until};
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const QUERY: &str =
    "query Escolhido { processos(first: 3) { nodes { numero adolescentes { nodes { nome } } } } }";

/// A collector that takes OTLP over HTTP.
struct Collector {
    url: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let spans = Arc::<Mutex<Vec<Span>>>::default();
        let taken = Arc::clone(&spans);
        std::thread::spawn(move || {
            for connection in listener.incoming().map(Result::unwrap) {
                let mut reader = BufReader::new(&connection);
                let (mut head, mut length) = (String::new(), 0);
                while reader.read_line(&mut head).unwrap() > 2 {
                    let line = head.lines().last().unwrap().to_lowercase();
                    if let Some(value) = line.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                assert!(head.starts_with("POST /v1/traces ") && head.contains("x-protobuf"));
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
                let scopes = request.resource_spans.into_iter().flat_map(|all| all.scope_spans);
                taken.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                (&connection).write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, spans }
    }

    fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

/// Starts a program that exports to this collector. It samples only what its callers sample.
fn serve(app: &App, url: &str) -> Program {
    Program::serve_with(app, &app.database.app_url(), "0", |command| {
        command.env("ELOS_OTLP_URL", url).env("ELOS_OTLP_AMOSTRA", "0");
    })
}

/// Stops the program, which sends the spans that wait.
fn stop(program: &mut Program) {
    program.signal(Signal::SIGTERM);
    assert!(program.wait(MAX_WAIT).success(), "{:?}", program.log());
}

fn post(program: &Program, token: &str, path: &str, sampled: Option<bool>, body: &Value) -> Value {
    let mut request = ureq::post(format!("http://{}{path}", program.address))
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    if let Some(sampled) = sampled {
        let flags = u8::from(sampled);
        request = request.header("traceparent", format!("00-{TRACE}-{PARENT}-{flags:02x}"));
    }
    let mut response = request.send(body.to_string()).unwrap();
    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
}

fn hex(id: &[u8]) -> String {
    let mut text = String::new();
    for byte in id {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Returns the text of an attribute, also if it is a whole number. `None` if the span lacks it.
fn attribute(span: &Span, key: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text.clone()),
        Any::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}

fn children<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.parent_span_id == parent.span_id).collect()
}

#[track_caller]
fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {names:?}"))
}

#[test]
fn a_sampled_query_has_a_span_for_each_part() {
    let (app, collector) = (App::new(), Collector::start());
    let token = app.token("tjrn");
    let mut program = serve(&app, &collector.url);
    let answer = post(&program, &token, "/graphql", Some(true), &json!({ "query": QUERY }));
    stop(&mut program);
    let spans = collector.spans();
    let request = named(&spans, "POST /graphql");
    assert_eq!(
        (hex(&request.trace_id), hex(&request.parent_span_id)),
        (TRACE.into(), PARENT.into())
    );
    assert_eq!(request.kind(), SpanKind::Server);
    assert_eq!(attribute(request, "http.response.status_code"), Some("200".into()));
    let operation = named(&spans, "query processos");
    assert_eq!(operation.parent_span_id, request.span_id);
    assert_eq!(attribute(operation, "elos.codigo"), Some("OK".into()));
    let reads = children(&spans, operation);
    assert!(reads.len() >= 2, "{spans:#?}");
    let nodes = answer["data"]["processos"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3, "{answer}");
    let page = reads.iter().find(|span| attribute(span, "elos.linhas") == Some("3".into()));
    assert!(page.is_some(), "{reads:#?}");
    for read in &reads {
        assert!(read.name.starts_with("read ") && !read.name.contains("::"), "{}", read.name);
        let statements = children(&spans, read);
        assert!(!statements.is_empty(), "{read:#?}");
        for statement in statements {
            assert_eq!(statement.kind(), SpanKind::Client);
            assert!(attribute(statement, "db.query.text").is_some_and(|text| !text.is_empty()));
            assert!(read.start_time_unix_nano <= statement.start_time_unix_nano);
            assert!(statement.end_time_unix_nano <= read.end_time_unix_nano);
        }
    }
    // Nothing of what was read, and no name that a client chose, is in a span.
    let told = format!("{spans:?}");
    for node in nodes {
        assert!(!told.contains(node["numero"].as_str().unwrap()), "{told}");
        for person in node["adolescentes"]["nodes"].as_array().unwrap() {
            assert!(!told.contains(person["nome"].as_str().unwrap()), "{told}");
        }
    }
    assert!(!told.contains("Escolhido") && !told.contains("binds"), "{told}");
}

#[test]
fn only_what_its_caller_samples_is_recorded_and_writes_are() {
    let (app, collector) = (App::new(), Collector::start());
    let token = app.token("tjrn");
    let mut program = serve(&app, &collector.url);
    let query = json!({ "query": QUERY });
    for sampled in [None, Some(false)] {
        post(&program, &token, "/graphql", sampled, &query);
    }
    let person = new_adolescente();
    let answer = post(&program, &token, "/api/v1/adolescentes", Some(true), &person);
    assert!(answer["dados"]["identificador"].is_string(), "{answer}");
    stop(&mut program);
    let spans = collector.spans();
    let requests: Vec<_> = spans
        .iter()
        .filter(|span| span.kind() == SpanKind::Server)
        .map(|span| &span.name)
        .collect();
    assert_eq!(requests, ["POST /api/v1/adolescentes"]);
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    let texts: Vec<_> = spans.iter().filter_map(|span| attribute(span, "db.query.text")).collect();
    assert!(texts.iter().any(|text| text.contains("INSERT INTO \"adolescente\"")), "{texts:#?}");
    let told = format!("{spans:?}");
    for value in person.as_object().unwrap().values().filter_map(Value::as_str) {
        assert!(value.len() < 8 || !told.contains(value), "{value}: {told}");
    }
}

/// A collector that is not there costs the spans, and a line in the log.
#[test]
fn a_collector_that_is_away_disturbs_no_request() {
    let app = App::new();
    let token = app.token("tjrn");
    let mut program = Program::serve_with(&app, &app.database.app_url(), "0", |command| {
        command
            .env("ELOS_OTLP_URL", "http://127.0.0.1:1/v1/traces")
            .env("ELOS_OTLP_AMOSTRA", "1000")
            .env("OTEL_BSP_SCHEDULE_DELAY", "20");
    });
    let told = |program: &Program| {
        program.log().iter().filter(|line| line.contains("takes no traces")).count()
    };
    let query = json!({ "query": QUERY });
    let answer = post(&program, &token, "/graphql", None, &query);
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    until(MAX_WAIT, "it is told", || told(&program) == 1);
    post(&program, &token, "/graphql", None, &query);
    stop(&mut program);
    assert_eq!(told(&program), 1, "{:?}", program.log());
}

#[test]
fn a_collector_needs_an_address_with_a_path() {
    for url in ["127.0.0.1:4318", "ftp://a/b", "http://127.0.0.1:4318", "http://"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
        let output = command.arg("check-config").env_clear().env("ELOS_OTLP_URL", url);
        let output = output.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("erro: otlp_url: ") && !output.status.success(), "{url}: {text}");
    }
}
