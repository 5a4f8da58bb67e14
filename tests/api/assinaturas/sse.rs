//! graphql-sse, distinct connections.

use super::cliente_sse::Sse;
use super::{ALTERADO, alterar, processo};
use crate::support::App;
use serde_json::{Value, json};

const EVENTOS: &str = "text/event-stream";

#[test]
fn consulta_e_um_next_e_um_complete() {
    let app = App::vazio();
    let sse = Sse::pedir(&app, "tjrn", EVENTOS, &json!({ "query": "{ eu { azp } }" }));
    assert_eq!(sse.status, 200);
    assert!(
        sse.headers.contains(&"content-type: text/event-stream".to_owned()),
        "{:?}",
        sse.headers
    );
    assert_eq!(
        sse.tudo(),
        "event: next\ndata: {\"data\":{\"eu\":{\"azp\":\"tjrn\"}}}\n\nevent: complete\ndata:\n\n"
    );
}

#[test]
fn assinatura_entrega_e_retoma() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut sse = Sse::pedir(&app, "tjrn", EVENTOS, &json!({ "query": ALTERADO }));
    // The headers have come, so the subscription stands.
    assert_eq!(sse.status, 200);
    alterar(&app, "tjrn", &numero, "Um");
    let cursor = sse.resultado()["data"]["processoAlterado"]["cursor"].take();
    alterar(&app, "tjrn", &numero, "Dois");
    let segundo = sse.resultado()["data"]["processoAlterado"]["cursor"].take();
    drop(sse);
    let query = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
    let corpo = json!({ "query": query, "variables": { "d": cursor } });
    let mut sse = Sse::pedir(&app, "tjrn", EVENTOS, &corpo);
    assert_eq!(sse.resultado()["data"]["processoAlterado"]["cursor"], segundo);
}

#[test]
fn a_midia_se_negocia() {
    let app = App::vazio();
    let consulta = json!({ "query": "{ eu { azp } }" });
    for (accept, tipo) in [
        ("text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("application/json, text/event-stream;q=0.9", "application/json; charset=utf-8"),
        ("application/json;q=0.1, text/event-stream;q=0.9", "text/event-stream"),
        (
            "application/graphql-response+json, text/event-stream",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("*/*", "application/json; charset=utf-8"),
    ] {
        let sse = Sse::pedir(&app, "tjrn", accept, &consulta);
        assert!(
            sse.headers.contains(&format!("content-type: {tipo}")),
            "{accept}: {:?}",
            sse.headers
        );
    }
    // A subscription takes events wherever they stand, and nothing else.
    let assinatura = json!({ "query": ALTERADO });
    let sse = Sse::pedir(&app, "tjrn", "application/json, text/event-stream;q=0.1", &assinatura);
    assert!(sse.headers.contains(&"content-type: text/event-stream".to_owned()));
    for accept in [
        "application/json",
        "application/graphql-response+json",
        "*/*",
        "text/event-stream;q=0, */*",
    ] {
        let sse = Sse::pedir(&app, "tjrn", accept, &assinatura);
        assert_eq!(sse.status, 406, "{accept}");
        let corpo: Value = serde_json::from_str(&sse.tudo()).unwrap();
        assert_eq!(corpo["errors"][0]["extensions"]["code"], "NAO_ACEITAVEL", "{accept}");
        assert!(corpo["errors"][0]["message"].as_str().unwrap().contains("text/event-stream"));
    }
}

/// A document's faults are told as a result, which EventSource can read; those of the
/// request have their status.
#[test]
fn erros_por_eventos_e_por_status() {
    let app = App::vazio();
    for (query, codigo) in [
        ("{ naoHa }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { processoAlterado(desde: \"x\") { id } }", "BAD_USER_INPUT"),
    ] {
        let mut sse = Sse::pedir(&app, "tjrn", EVENTOS, &json!({ "query": query }));
        assert_eq!(sse.status, 200, "{query}");
        let resultado = sse.resultado();
        assert_eq!(resultado["errors"][0]["extensions"]["code"], codigo, "{query}");
        assert_eq!(resultado.get("data"), None, "{query}");
        assert_eq!(sse.evento(), Some(("complete".to_owned(), String::new())), "{query}");
        assert_eq!(sse.evento(), None, "{query}");
    }
    let sem_query = Sse::pedir(&app, "tjrn", EVENTOS, &json!({}));
    assert_eq!(sem_query.status, 400);
    let sem_token =
        app.pedir("GET", "/graphql?query=%7Beu%7Bazp%7D%7D", &[("Accept", EVENTOS)], b"");
    assert_eq!(
        (sem_token.status, &sem_token.corpo["errors"][0]["extensions"]["code"]),
        (401, &json!("NAO_AUTENTICADO"))
    );
}

#[test]
fn por_get_se_consulta_e_nao_se_escreve() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let headers = [("Accept", EVENTOS), ("Authorization", bearer.as_str())];
    let consulta = app.pedir("GET", "/graphql?query=%7Beu%7Bazp%7D%7D", &headers, b"");
    assert!(consulta.texto.starts_with("event: next\ndata: {\"data\""), "{}", consulta.texto);
    let mutation = app.pedir("GET", "/graphql?query=mutation%7B__typename%7D", &headers, b"");
    assert_eq!((mutation.status, mutation.headers["allow"].as_str()), (405, "POST, OPTIONS"));
}
