//! The server refuses documents that would be expensive to run, and says why.

use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Settings, Template};
use elos::config::DocumentSettings;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The time limit of a refusal. It fits an unoptimised build on a busy machine; a refusal takes far
/// less.
const MAX_WAIT: Duration = Duration::from_secs(30);

fn bombs() -> Vec<(&'static str, String, &'static str)> {
    let times = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let doubling =
        times(25, &|i| format!("fragment f{i} on Query {{ ...f{} ...f{} }} ", i + 1, i + 1));
    vec![
        (
            "6 KB of brackets",
            format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000)),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        ("2,000 selections deep", "{a:".repeat(2000), "DOCUMENTO_EXCEDE_LIMITE"),
        (
            "25 levels that double",
            format!("{{ ...f0 }} {doubling} fragment f25 on Query {{ eu {{ sub }} }}"),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "10,000 aliases",
            format!("{{ eu {{ {} }} }}", times(10_000, &|i| format!("a{i}:sub "))),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "3,000 aliases",
            format!("{{ eu {{ {} }} }}", times(3_000, &|i| format!("a{i}:sub "))),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "5,000 equal fields",
            format!("{{ eu {{ {} }} }}", "azp ".repeat(5_000)),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "fragments in a circle",
            "{...a} fragment a on Query {...b} fragment b on Query {...a}".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "introspection that multiplies",
            "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}".to_owned(),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "pages of pages",
            "{ processos(first: 100) { nodes { adolescentes(first: 100) { nodes { processos(first: 100) { nodes { numero } } } } } } }".to_owned(),
            "CUSTO_EXCEDE_LIMITE",
        ),
    ]
}

#[test]
fn hostile_documents_are_refused_over_http_and_websocket() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    for (name, documento, code) in bombs() {
        let start = Instant::now();
        let response = app.graphql("tjrn", &documento, json!({}));
        assert_eq!(response.status, 400, "{name}: {:.200}", response.text);
        assert_eq!(response.body["errors"][0]["extensions"]["code"], code, "{name}");
        assert_eq!(response.body.get("data"), None, "{name}");
        ws.request(name, &documento, &json!({}));
        let message = ws.message();
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!(name)));
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{name}");
        assert!(start.elapsed() < MAX_WAIT, "{name}: {:?}", start.elapsed());
        assert_eq!(app.request("GET", "/healthz", &[], b"").status, 200, "{name}");
    }
    // 3,000 equal fields are below the limits and run as one.
    let equal = format!("{{ eu {{ {} }} }}", "azp ".repeat(3_000));
    assert_eq!(app.gql("tjrn", &equal), json!({ "eu": { "azp": "tjrn" } }));
}

#[test]
fn a_repeated_key_in_a_mutation_runs_once() {
    let app = App::empty();
    let good = r#"a: cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}})"#;
    let mutation = format!(
        "mutation {{ {good} {{ avisos }} ...F {good} {{ simulado }} }} fragment F on Mutation {{ {good} {{ erros {{ codigo }} }} }}"
    );
    let data = app.gql("tjrn", &mutation);
    assert_eq!(data.to_string(), r#"{"a":{"avisos":[],"erros":[],"simulado":false}}"#);
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 1);
}

#[test]
fn a_query_above_the_cost_limit_learns_what_fits() {
    let documents = DocumentSettings { max_cost: 500, ..DocumentSettings::default() };
    let app = App::with(Template::Empty, Settings { documents, ..Settings::default() });
    let query = |n: u32| {
        format!(
            "{{ processos(first: {n}) {{ nodes {{ adolescentes(first: 10) {{ nodes {{ nome }} }} }} }} }}"
        )
    };
    let refused = app.graphql("tjrn", &query(100), json!({}));
    assert_eq!(refused.status, 400);
    let error = &refused.body["errors"][0];
    assert_eq!(error["extensions"]["code"], "CUSTO_EXCEDE_LIMITE");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("a operação custa "), "{message}");
    let (_, fits) = message.rsplit_once("com `first: ").expect(message);
    let fits: u32 = fits.split_once('`').unwrap().0.parse().unwrap();
    let em = if message.contains("` em `") || message.contains("`processos` custa") {
        query(fits)
    } else {
        query(100).replace("first: 10)", &format!("first: {fits})"))
    };
    app.gql("tjrn", &em);

    let bearer = app.bearer("tjrn");
    let request = |cost: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("X-Cost", cost),
        ];
        let body = json!({ "query": "{ tribunais { sigla } }" }).to_string();
        app.request("POST", "/graphql", &headers, body.as_bytes()).body["extensions"].take()
    };
    assert_eq!(request("1"), json!({ "cost": { "requested": 177, "limit": 500 } }));
    assert_eq!(request("0"), Value::Null);
}

#[test]
fn without_introspection_the_schema_is_neither_shown_nor_suggested() {
    let documents = DocumentSettings { introspection: false, ..DocumentSettings::default() };
    let closed = App::with(Template::Empty, Settings { documents, ..Settings::default() });
    let open = App::empty();
    for query in ["{ __schema { queryType { name } } }", r#"{ __type(name: "Ator") { name } }"#] {
        assert_eq!(closed.code("tjrn", query), "GRAPHQL_VALIDATION_FAILED");
        open.gql("tjrn", query);
    }
    assert_eq!(closed.gql("tjrn", "{ __typename }"), json!({ "__typename": "Query" }));
    let message = |app: &App| {
        let response = app.graphql("tjrn", "{ eu { subs } }", json!({}));
        assert_eq!(response.body["errors"][0]["locations"], json!([{ "line": 1, "column": 8 }]));
        response.body["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message(&closed), "o tipo `Ator` não tem o campo `subs`");
    assert_eq!(message(&open), "o tipo `Ator` não tem o campo `subs`; você quis dizer `sub`?");
}

#[test]
fn each_fault_of_a_document_has_its_place_and_keys_keep_their_order() {
    let app = App::empty();
    let response = app.graphql("tjrn", "{ eu { nada sub outro } }", json!({}));
    let locations: Vec<_> = response.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["locations"][0]["column"])
        .collect();
    assert_eq!(locations, [&json!(8), &json!(17)], "{}", response.text);
    let order = app.graphql(
        "tjrn",
        "query($s: Boolean!) { z: eu { sub @skip(if: $s) nacional azp ...F } } fragment F on Ator { papeis nacional }",
        json!({ "s": true }),
    );
    let keys = r#"{"data":{"z":{"nacional":false,"azp":"tjrn","papeis":"#;
    assert!(order.text.starts_with(keys), "{}", order.text);
    assert_eq!(
        app.graphql("tjrn", "{ eu @skip(if: true) { sub } }", json!({})).text,
        r#"{"data":{}}"#
    );
}

#[test]
fn a_subscription_root_takes_no_condition_and_may_come_in_a_fragment() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe(
        "0",
        "subscription { ...F } fragment F on Subscription { ... { tramiteRecebido { idt } } }",
        &json!({}),
    );
    for (query, variables) in [
        (
            "subscription($s: Boolean!) { processoAlterado @skip(if: $s) { id } }",
            json!({ "s": true }),
        ),
        ("subscription { processoAlterado @include(if: true) { id } }", json!({})),
        ("subscription { __typename }", json!({})),
        ("subscription { a: processoAlterado { id } b: processoAlterado { id } }", json!({})),
    ] {
        ws.request("1", query, &variables);
        let message = ws.message();
        let error = &message["payload"][0];
        assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{query}: {message}");
        assert!(
            error["message"].as_str().unwrap().contains("raiz")
                || error["message"].as_str().unwrap().contains("só campo"),
            "{message}"
        );
    }
}
