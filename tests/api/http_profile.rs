//! The statuses of both readings of GraphQL over HTTP, and batches of operations.

use crate::support::{App, Settings, Template};
use elos::config::{Http, HttpProfile};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// Returns bodies, each with three statuses: by the audits, for a client that accepts
/// `graphql-response+json` and for one that does not; and by the draft, for both.
fn cases() -> Vec<(&'static str, String, [u16; 3])> {
    let graphql_body = |query: &str| json!({ "query": query }).to_string();
    vec![
        ("inteira", graphql_body("{ eu { azp } }"), [200, 200, 200]),
        ("em parte", graphql_body("{ eu { azp } processos(first: 0) { totalCount } }"), [200, 200, 294]),
        ("não é JSON", "{".into(), [400, 400, 400]),
        ("sintaxe", graphql_body("{"), [400, 200, 400]),
        ("validação", graphql_body("{ naoHa }"), [400, 200, 422]),
        ("operação indefinida", graphql_body("query A { eu { azp } } query B { eu { azp } }"), [400, 200, 422]),
        (
            "variável",
            json!({ "query": "query($n: Int!) { processos(first: $n) { totalCount } }", "variables": { "n": "x" } }).to_string(),
            [400, 400, 422],
        ),
        ("sem query", json!({}).to_string(), [400, 400, 422]),
        ("não é objeto", "[]".into(), [400, 400, 422]),
        (
            "hash desconhecido",
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "ab" } } }).to_string(),
            [400, 200, 422],
        ),
    ]
}

fn app_with(profile: HttpProfile) -> App {
    App::with(
        Template::Empty,
        Settings { http: Http { profile, ..Http::default() }, ..Settings::default() },
    )
}

#[test]
fn each_profile_has_its_statuses() {
    let (audits, rascunho) = (app_with(HttpProfile::Audits), app_with(HttpProfile::Draft2026));
    for (case, body, [graphql, only_json, in_rascunho]) in cases() {
        for (app, accept, status) in [
            (&audits, GRAPHQL, graphql),
            (&audits, JSON, only_json),
            (&rascunho, GRAPHQL, in_rascunho),
            (&rascunho, JSON, in_rascunho),
        ] {
            let bearer = app.bearer("tjrn");
            let headers =
                [("Authorization", bearer.as_str()), ("Content-Type", JSON), ("Accept", accept)];
            let response = app.request("POST", "/graphql", &headers, body.as_bytes());
            assert_eq!(response.status, status, "{case}, {accept}: {}", response.text);
            assert!(response.headers["content-type"].starts_with(accept), "{case}");
            let given = &response.body["errors"][0]["extensions"]["status"];
            if status > 400 {
                assert_eq!(*given, json!(status), "{case}: {}", response.text);
            }
        }
    }
}

/// Sends a request without `Accept` on a socket, because HTTP clients add `Accept: */*`.
fn without_accept(app: &App, bearer: &str) -> String {
    let mut connection = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    let request = format!(
        "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: elos\r\nAuthorization: {bearer}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn without_accept_each_profile_has_its_media_type() {
    for (profile, content_type) in [(HttpProfile::Audits, JSON), (HttpProfile::Draft2026, GRAPHQL)]
    {
        let app = app_with(profile);
        let bearer = app.bearer("tjrn");
        let get = |query: &str, accept: &str| {
            let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
            app.request("GET", &format!("/graphql?query={query}"), &headers, b"")
        };
        let without = without_accept(&app, &bearer);
        assert!(without.contains(&format!("content-type: {content_type}")), "{without}");
        assert_eq!(get("mutation%7B__typename%7D", JSON).status, 405);
        assert_eq!(get("%7B__typename%7D", "text/html").status, 406);
        assert_eq!(
            get("%7B__typename%7D", JSON).body,
            json!({ "data": { "__typename": "Query" } })
        );
        assert_eq!(app.request("PUT", "/graphql", &[], b"{}").status, 405);
    }
}

#[test]
fn a_batch_answers_in_order_up_to_the_maximum() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let one = json!({ "query": "{ eu { azp } }" });
    let write = json!({
        "query": "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { adolescente { nome } } }",
        "variables": { "i": { "dados": {
            "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "2010-01-01", "sexoBiologico": "FEMININO" } } },
    });
    let subscribe = json!({ "query": "subscription { processoAlterado { id } }" });
    let read = json!({ "query": "{ adolescentes { nodes { nome } } }" });
    let response = app.post("tjrn", "/graphql", &json!([write, read, 1, subscribe, one]));
    assert_eq!(response.status, 200, "{}", response.text);
    let code = |i: usize| response.body[i]["errors"][0]["extensions"]["code"].clone();
    assert_eq!(
        response.body[0]["data"]["cadastrarAdolescente"]["adolescente"]["nome"], "Ana",
        "{}",
        response.text
    );
    assert_eq!(response.body[1]["data"]["adolescentes"]["nodes"], json!([{ "nome": "Ana" }]));
    assert_eq!((code(2), code(3)), (json!("BAD_USER_INPUT"), json!("NAO_ACEITAVEL")));
    assert_eq!(response.body[4], json!({ "data": { "eu": { "azp": "tjrn" } } }));
    app.wait_until_audited();
    // The trail has at least one record for each of the five operations.
    assert!(app.database.count("SELECT count(*) AS n FROM auditoria") >= 5);

    let too_many = app.post("tjrn", "/graphql", &json!([one, one, one, one, one, one]));
    assert_eq!(too_many.status, 413, "{}", too_many.text);
    assert_eq!(too_many.body["errors"][0]["extensions"]["code"], "CORPO_EXCEDE_LIMITE");
    assert_eq!(app.post("tjrn", "/graphql", &json!([])).status, 400);
    assert_eq!(App::empty().post("tjrn", "/graphql", &json!([one])).status, 400);
}
