//! Documents by id: sent once and remembered, or known from a file.

use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, Modelo, Resposta};
use elos::config::{Confiavel, Documentos};
use serde_json::{Value, json};
use std::process::Command;

const DOCUMENTO: &str = "query Quem { eu { azp } }";
/// Of [`DOCUMENTO`].
const HASH: &str = "9767f5c0e1b93374a1dc8f8ca4bf9a8b3b21ee91cc900cc5cfaf6003673ba800";

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn por_hash() -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": HASH } })
}

fn respondido() -> Value {
    json!({ "data": { "eu": { "azp": "tjrn" } } })
}

fn post(app: &App, accept: &str, corpo: &Value) -> Resposta {
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", JSON), ("Accept", accept)];
    app.pedir("POST", "/graphql", &headers, corpo.to_string().as_bytes())
}

fn get(app: &App, accept: &str, pares: &[(&str, &str)]) -> Resposta {
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let um = |(nome, valor): &(&str, &str)| {
        let valor: Vec<_> = valor.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{nome}={}", valor.concat())
    };
    let query = pares.iter().map(um).collect::<Vec<_>>().join("&");
    let headers = [("Authorization", bearer.as_str()), ("Accept", accept)];
    app.pedir("GET", &format!("/graphql?{query}"), &headers, b"")
}

fn codigo(resposta: &Resposta) -> (u16, &str) {
    let codigo = resposta.corpo["errors"][0]["extensions"]["code"].as_str();
    (resposta.status, codigo.unwrap_or(&resposta.texto))
}

fn com(confiaveis: &[(&str, &str)], so_confiaveis: bool) -> App {
    let um = |(id, texto): &(&str, &str)| Confiavel { id: (*id).into(), texto: (*texto).into() };
    let confiaveis = confiaveis.iter().map(um).collect();
    let documentos = Documentos { confiaveis, so_confiaveis, ..Documentos::default() };
    App::com(Modelo::Vazio, Ajustes { documentos, ..Ajustes::default() })
}

#[test]
fn mandado_uma_vez_pede_se_pelo_hash() {
    let app = App::vazio();
    // What Apollo's clients look for; 200 to who only knows JSON, as to any refused document.
    let desconhecido = post(&app, GRAPHQL, &json!({ "extensions": por_hash() }));
    assert_eq!(codigo(&desconhecido), (400, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(desconhecido.corpo["errors"][0]["message"], "PersistedQueryNotFound");
    let extensions = por_hash().to_string();
    let desconhecido = get(&app, JSON, &[("extensions", &extensions)]);
    assert_eq!(codigo(&desconhecido), (200, "PERSISTED_QUERY_NOT_FOUND"));

    let novo = post(&app, GRAPHQL, &json!({ "query": DOCUMENTO, "extensions": por_hash() }));
    assert_eq!((novo.status, &novo.corpo), (200, &respondido()), "{}", novo.texto);
    for resposta in [
        post(&app, GRAPHQL, &json!({ "extensions": por_hash() })),
        post(&app, GRAPHQL, &json!({ "documentId": format!("sha256:{HASH}") })),
        get(&app, GRAPHQL, &[("extensions", &extensions), ("operationName", "Quem")]),
        get(&app, GRAPHQL, &[("documentId", HASH)]),
    ] {
        assert_eq!((resposta.status, &resposta.corpo), (200, &respondido()), "{}", resposta.texto);
    }
    let eventos = post(&app, "text/event-stream", &json!({ "extensions": por_hash() }));
    assert!(
        eventos.texto.starts_with("event: next\ndata: {\"data\":{\"eu\":"),
        "{}",
        eventos.texto
    );
    let mut ws = Ws::de(&app, "tjrn");
    ws.mandar(&json!({ "id": "1", "type": "subscribe", "payload": { "extensions": por_hash() } }));
    assert_eq!(ws.dados("1"), respondido()["data"]);
}

#[test]
fn so_se_guarda_o_que_serve_com_o_hash_que_tem() {
    let app = App::vazio();
    let outro =
        post(&app, GRAPHQL, &json!({ "query": "{ eu { sub } }", "extensions": por_hash() }));
    assert_eq!(codigo(&outro), (400, "BAD_USER_INPUT"));
    let invalido = "243159058b6d2bbeaaa4364faea7139613084702b8c51ed956ef284bf6761e4f";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": invalido } });
    for (query, esperado) in
        [(Some("{ naoHa }"), "GRAPHQL_VALIDATION_FAILED"), (None, "PERSISTED_QUERY_NOT_FOUND")]
    {
        let resposta = post(&app, GRAPHQL, &json!({ "query": query, "extensions": extensions }));
        assert_eq!(codigo(&resposta), (400, esperado));
    }
    for (malformada, extensions) in [
        ("versão", json!({ "persistedQuery": { "version": 2, "sha256Hash": HASH } })),
        ("sem hash", json!({ "persistedQuery": { "version": 1 } })),
        ("texto", json!({ "persistedQuery": "x" })),
    ] {
        let resposta =
            post(&app, GRAPHQL, &json!({ "query": DOCUMENTO, "extensions": extensions }));
        assert_eq!(codigo(&resposta), (400, "BAD_USER_INPUT"), "{malformada}");
    }
    let dois = json!({ "documentId": invalido, "extensions": por_hash() });
    assert_eq!(codigo(&post(&app, GRAPHQL, &dois)), (400, "BAD_USER_INPUT"));
    assert_eq!(codigo(&post(&app, GRAPHQL, &json!({ "documentId": 1 }))), (400, "BAD_USER_INPUT"));
}

#[test]
fn por_get_um_id_tambem_so_consulta() {
    let app =
        com(&[("escrever", "mutation { baixarGuia(input: {numero: \"1\"}) { simulado } }")], false);
    assert_eq!(
        codigo(&get(&app, GRAPHQL, &[("documentId", "escrever")])),
        (405, "METODO_NAO_PERMITIDO")
    );
}

#[test]
fn os_confiaveis_estao_la_desde_o_inicio() {
    let app = com(&[("quem", DOCUMENTO)], false);
    let resposta = post(&app, GRAPHQL, &json!({ "documentId": "quem" }));
    assert_eq!((resposta.status, &resposta.corpo), (200, &respondido()));
    // Others run too, unless they take its id.
    assert_eq!(app.gql("tjrn", "{ eu { azp } }"), respondido()["data"]);
    let outro = post(&app, GRAPHQL, &json!({ "documentId": "quem", "query": "{ eu { sub } }" }));
    assert_eq!(codigo(&outro), (400, "BAD_USER_INPUT"));
}

#[test]
fn se_so_os_confiaveis_nada_mais_por_porta_nenhuma() {
    let app = com(&[("quem", DOCUMENTO)], true);
    for corpo in [json!({ "documentId": "quem" }), json!({ "query": DOCUMENTO })] {
        let resposta = post(&app, GRAPHQL, &corpo);
        assert_eq!((resposta.status, &resposta.corpo), (200, &respondido()));
    }
    let outro = json!({ "query": "{ eu { sub } }" });
    for accept in [GRAPHQL, JSON] {
        assert_eq!(codigo(&post(&app, accept, &outro)), (403, "DOCUMENTO_NAO_CONFIAVEL"));
        let recusado = get(&app, accept, &[("query", "{ eu { sub } }")]);
        assert_eq!(codigo(&recusado), (403, "DOCUMENTO_NAO_CONFIAVEL"));
    }
    // Not what makes a client send the text.
    let por_hash = post(&app, GRAPHQL, &json!({ "extensions": por_hash() }));
    assert_eq!(codigo(&por_hash), (403, "DOCUMENTO_NAO_CONFIAVEL"));
    let eventos = post(&app, "text/event-stream", &outro);
    assert!(eventos.texto.contains("DOCUMENTO_NAO_CONFIAVEL"), "{}", eventos.texto);
    let mut ws = Ws::de(&app, "tjrn");
    ws.pedir("1", "subscription { processoAlterado { id } }", &json!({}));
    let recusado = ws.mensagem();
    assert_eq!(recusado["type"], "error");
    assert_eq!(recusado["payload"][0]["extensions"]["code"], "DOCUMENTO_NAO_CONFIAVEL");
}

/// The id and the reason, before anybody asks for it.
#[test]
fn um_confiavel_que_nao_vale_impede_o_inicio() {
    let arquivo = std::env::temp_dir().join(format!("confiaveis-{}.json", std::process::id()));
    let conferir = |json: &str| {
        std::fs::write(&arquivo, json).unwrap();
        let saida = Command::new(env!("CARGO_BIN_EXE_elos"))
            .arg("check-config")
            .env("ELOS_DOCUMENTOS_CONFIAVEIS", &arquivo)
            .output()
            .unwrap();
        (saida.status.success(), String::from_utf8_lossy(&saida.stderr).into_owned())
    };
    assert!(conferir(&json!({ "quem": DOCUMENTO }).to_string()).0);
    for (json, porque) in [
        (json!({ "quem": DOCUMENTO, "velho": "query { naoHa }" }), "velho: "),
        (json!({ "velho": "fragment F on Query { eu { sub } }" }), "velho: "),
        (
            json!({ "velho": "query($n: Int) { processos(first: $n) { totalCount ... on Guia { id } } }" }),
            "velho: ",
        ),
        (json!([]), "confiaveis-"),
    ] {
        let (vale, erros) = conferir(&json.to_string());
        assert!(!vale && erros.contains(porque), "{json}: {erros}");
    }
    std::fs::remove_file(arquivo).unwrap();
    let sem_arquivo = Command::new(env!("CARGO_BIN_EXE_elos"))
        .arg("check-config")
        .env("ELOS_DOCUMENTOS_SO_CONFIAVEIS", "on")
        .output()
        .unwrap();
    assert!(!sem_arquivo.status.success());
}
