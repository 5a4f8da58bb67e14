//! Statuses by both readings of GraphQL over HTTP, and lists of operations.

use crate::support::{Ajustes, App, Modelo};
use elos::config::{Http, PerfilHttp};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// What is sent, and the status by audits (to who knows `graphql-response+json`, to who does
/// not) and by the draft (to both).
fn casos() -> Vec<(&'static str, String, [u16; 3])> {
    let documento = |query: &str| json!({ "query": query }).to_string();
    vec![
        ("inteira", documento("{ eu { azp } }"), [200, 200, 200]),
        ("em parte", documento("{ eu { azp } processos(first: 0) { totalCount } }"), [200, 200, 294]),
        ("não é JSON", "{".into(), [400, 400, 400]),
        ("sintaxe", documento("{"), [400, 200, 400]),
        ("validação", documento("{ naoHa }"), [400, 200, 422]),
        ("operação indefinida", documento("query A { eu { azp } } query B { eu { azp } }"), [400, 200, 422]),
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

fn com(perfil: PerfilHttp) -> App {
    App::com(
        Modelo::Vazio,
        Ajustes { http: Http { perfil, ..Http::default() }, ..Ajustes::default() },
    )
}

#[test]
fn cada_perfil_tem_os_seus_status() {
    let (audits, rascunho) = (com(PerfilHttp::Audits), com(PerfilHttp::Rascunho2026));
    for (caso, corpo, [graphql, so_json, no_rascunho]) in casos() {
        for (app, accept, status) in [
            (&audits, GRAPHQL, graphql),
            (&audits, JSON, so_json),
            (&rascunho, GRAPHQL, no_rascunho),
            (&rascunho, JSON, no_rascunho),
        ] {
            let bearer = format!("Bearer {}", app.token("tjrn"));
            let headers =
                [("Authorization", bearer.as_str()), ("Content-Type", JSON), ("Accept", accept)];
            let resposta = app.pedir("POST", "/graphql", &headers, corpo.as_bytes());
            assert_eq!(resposta.status, status, "{caso}, {accept}: {}", resposta.texto);
            assert!(resposta.headers["content-type"].starts_with(accept), "{caso}");
            let dito = &resposta.corpo["errors"][0]["extensions"]["status"];
            if status > 400 {
                assert_eq!(*dito, json!(status), "{caso}: {}", resposta.texto);
            }
        }
    }
}

/// By hand: clients send `Accept: */*` by themselves.
fn sem_accept(app: &App, bearer: &str) -> String {
    let mut conexao = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    let pedido = format!(
        "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: elos\r\nAuthorization: {bearer}\r\nConnection: close\r\n\r\n"
    );
    conexao.write_all(pedido.as_bytes()).unwrap();
    let mut resposta = String::new();
    conexao.read_to_string(&mut resposta).unwrap();
    resposta
}

#[test]
fn sem_accept_cada_perfil_tem_o_seu_tipo() {
    for (perfil, tipo) in [(PerfilHttp::Audits, JSON), (PerfilHttp::Rascunho2026, GRAPHQL)] {
        let app = com(perfil);
        let bearer = format!("Bearer {}", app.token("tjrn"));
        let get = |query: &str, accept: &str| {
            let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
            app.pedir("GET", &format!("/graphql?query={query}"), &headers, b"")
        };
        let sem = sem_accept(&app, &bearer);
        assert!(sem.contains(&format!("content-type: {tipo}")), "{sem}");
        assert_eq!(get("mutation%7B__typename%7D", JSON).status, 405);
        assert_eq!(get("%7B__typename%7D", "text/html").status, 406);
        assert_eq!(
            get("%7B__typename%7D", JSON).corpo,
            json!({ "data": { "__typename": "Query" } })
        );
        assert_eq!(app.pedir("PUT", "/graphql", &[], b"{}").status, 405);
    }
}

#[test]
fn uma_lista_responde_em_ordem_ate_o_maximo() {
    let http = Http { lote_maximo: 5, ..Http::default() };
    let app = App::com(Modelo::Vazio, Ajustes { http, ..Ajustes::default() });
    let um = json!({ "query": "{ eu { azp } }" });
    let escrever = json!({
        "query": "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { adolescente { nome } } }",
        "variables": { "i": { "dados": {
            "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "2010-01-01", "sexoBiologico": "FEMININO" } } },
    });
    let assinar = json!({ "query": "subscription { processoAlterado { id } }" });
    let ler = json!({ "query": "{ adolescentes { nodes { nome } } }" });
    let resposta = app.post("tjrn", "/graphql", &json!([escrever, ler, 1, assinar, um]));
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let codigo = |i: usize| resposta.corpo[i]["errors"][0]["extensions"]["code"].clone();
    assert_eq!(
        resposta.corpo[0]["data"]["cadastrarAdolescente"]["adolescente"]["nome"], "Ana",
        "{}",
        resposta.texto
    );
    assert_eq!(resposta.corpo[1]["data"]["adolescentes"]["nodes"], json!([{ "nome": "Ana" }]));
    assert_eq!((codigo(2), codigo(3)), (json!("BAD_USER_INPUT"), json!("NAO_ACEITAVEL")));
    assert_eq!(resposta.corpo[4], json!({ "data": { "eu": { "azp": "tjrn" } } }));
    app.auditado();
    // A record for each, and the write's own.
    assert!(app.banco.contar("SELECT count(*) AS n FROM auditoria") >= 5);

    let demais = app.post("tjrn", "/graphql", &json!([um, um, um, um, um, um]));
    assert_eq!(demais.status, 413, "{}", demais.texto);
    assert_eq!(demais.corpo["errors"][0]["extensions"]["code"], "CORPO_EXCEDE_LIMITE");
    assert_eq!(app.post("tjrn", "/graphql", &json!([])).status, 400);
    assert_eq!(App::vazio().post("tjrn", "/graphql", &json!([um])).status, 400);
}
