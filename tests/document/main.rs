//! A prepared document must give the same response as the original one.
#![expect(clippy::unwrap_used, reason = "a test that unwraps has already failed")]

mod coercion;
mod echo;
mod query;
mod schema;

use async_graphql::{Request, ValidationMode, Variables};
use elos::graphql::document::prepare::{PrepareOptions, Preparer};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use query::Generator;
use schema::{Runs, schema};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

fn execute(schema: &schema::TestSchema, request: Request) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(schema.execute(request));
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    serde_json::to_string(&response.data).unwrap()
}

fn prepared(preparer: &Preparer, text: &str, variables: &Variables) -> Option<Request> {
    let (ready, variables) = preparer.prepare(text, None, variables.clone()).ok()?;
    Some(ready.request(variables))
}

/// Returns the number of documents that `ELOS_DOCUMENTOS` asks for, or `None` without it. A fuzzing
/// run is this test with a great number.
fn requests() -> Option<u32> {
    std::env::var("ELOS_DOCUMENTOS").ok().map(|count| count.parse().unwrap())
}

static ACCEPTED: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_prepared_document_has_the_response_of_the_original() {
    // In strict mode, async-graphql reports some used variables as unused, and rejects an object
    // without fields.
    let fast = schema::with_mode(ValidationMode::Fast);
    let preparer = Preparer::new(&fast.sdl(), PrepareOptions::default()).unwrap();
    let count = requests();
    let config = ProptestConfig {
        cases: count.unwrap_or(2_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // A normal run always draws the same documents. With a given number, it draws new ones.
    let mut runner = match count {
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::new(config),
    };
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    runner
        .run(&(bytes, any::<bool>(), any::<bool>()), |(bytes, a, b)| {
            let text = Generator::document(&bytes);
            let variables = Variables::from_json(json!({ "a": a, "b": b }));
            let Some(request) = prepared(&preparer, &text, &variables) else { return Ok(()) };
            ACCEPTED.fetch_add(1, Ordering::Relaxed);
            let written = Request::new(&text).variables(variables);
            let original = execute(&fast, written);
            let runs = Runs::default();
            let ours = execute(&fast, request.data(runs.clone()));
            prop_assert_eq!(original, ours, "{}", text);
            let replayed =
                runs.lock().unwrap().iter().find(|(_, n)| **n > 1).map(|(c, _)| c.clone());
            prop_assert_eq!(replayed, None, "{}", text);
            Ok(())
        })
        .unwrap();
    assert!(ACCEPTED.load(Ordering::Relaxed) > 200);
}

#[test]
fn a_key_repeated_at_the_mutation_root_runs_once() {
    let schema = schema();
    let preparer = Preparer::new(&schema.sdl(), PrepareOptions::default()).unwrap();
    let text = "mutation { a: contar { total } ...F b: contar(passo: 10) { total } a: contar { total query { um { id } } } }
        fragment F on Mutation { a: contar { query { um { nome } } } }";
    let request = prepared(&preparer, text, &Variables::default()).unwrap();
    let expected =
        r#"{"a":{"total":1,"query":{"um":{"nome":"Livro","id":"livro-4"}}},"b":{"total":11}}"#;
    assert_eq!(execute(&schema, request), expected);
}

#[test]
fn skipped_fields_are_not_in_the_response() {
    let schema = schema::with_mode(ValidationMode::Fast);
    let preparer = Preparer::new(&schema.sdl(), PrepareOptions::default()).unwrap();
    let variables = Variables::from_json(json!({ "a": true }));
    for (text, response) in [
        ("query($a: Boolean!) { um @skip(if: $a) { id } }", "{}"),
        ("query($a: Boolean!) { um { id @skip(if: $a) } }", r#"{"um":{}}"#),
        (
            "query($a: Boolean!) { coisas { ... on Disco @include(if: $a) { id } } }",
            r#"{"coisas":[{"id":"disco-1"},{},{}]}"#,
        ),
    ] {
        let request = prepared(&preparer, text, &variables).unwrap();
        assert_eq!(execute(&schema, request), response, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: requests().unwrap_or(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(text in "\\PC{0,200}", symbols in "[{}()\\[\\]!$:@a-c .\"\\\\u#|&=\n0-9-]{0,200}") {
        thread_local! {
            static PREPARER: Preparer = Preparer::new(&elos::graphql::sdl(), PrepareOptions::default()).unwrap();
        }
        PREPARER.with(|preparer| {
            let nothing = Variables::default();
            let _ = preparer.prepare(&text, None, nothing.clone());
            let _ = preparer.prepare(&symbols, None, nothing.clone());
            let _ = preparer.prepare(&format!("{{ processos(filtro: {symbols}) {{ nodes {{ ...{text} }} }} }}"), None, nothing.clone());
        });
    }
}
