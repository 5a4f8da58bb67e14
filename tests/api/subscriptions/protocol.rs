//! The protocol graphql-transport-ws: each message and each close code.

use super::ws_client::{Received, SUBPROTOCOL, Ws};
use super::{ALTERADO, alterar, processo};
use crate::support::{App, Settings, Template};
use elos::config::Subscriptions;
use serde_json::{Value, json};

#[test]
fn queries_and_mutations_are_answered_and_completed() {
    let app = App::new();
    let mut ws = Ws::of(&app, "tjrn");
    ws.request(
        "1",
        "query($n: Int!) { processos(first: $n) { nodes { numero } } }",
        &json!({ "n": 1 }),
    );
    let numero = ws.data("1")["processos"]["nodes"][0]["numero"].clone();
    assert_eq!(ws.message(), json!({ "type": "complete", "id": "1" }));

    let mutation = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { alterado erros { codigo } } }";
    ws.request("1", mutation, &json!({ "i": { "processo": numero, "situacao": "ARQUIVADO" } }));
    assert_eq!(ws.data("1")["alterarSituacao"], json!({ "alterado": true, "erros": [] }));
    assert_eq!(ws.message(), json!({ "type": "complete", "id": "1" }));
    let now = app.gql_with(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { situacao } }",
        json!({ "n": numero }),
    );
    assert_eq!(now["processo"]["situacao"], "ARQUIVADO");
}

#[test]
fn the_token_comes_in_the_message_or_the_header() {
    let app = App::empty();
    let bearer = app.bearer("tjpe");
    let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("authorization", bearer.as_str())];
    let mut ws = Ws::connect(&app.base, &headers);
    ws.send(&json!({ "type": "connection_init" }));
    assert_eq!(ws.message()["type"], "connection_ack");
    ws.request("1", "{ eu { azp } }", &json!({}));
    assert_eq!(ws.data("1")["eu"]["azp"], "tjpe");

    // The payload takes precedence over the header. Clients write the name of the field in
    // different ways.
    let mut ws = Ws::connect(&app.base, &headers);
    let payload = json!({ "authorization": format!("bearer {}", app.token("tjrn")) });
    ws.send(&json!({ "type": "connection_init", "payload": payload }));
    assert_eq!(ws.message()["type"], "connection_ack");
    ws.request("1", "{ eu { azp } }", &json!({}));
    assert_eq!(ws.data("1")["eu"]["azp"], "tjrn");
}

#[test]
fn each_protocol_violation_has_its_close_code() {
    let app = App::empty();
    let init =
        |token: &str| json!({ "type": "connection_init", "payload": { "Authorization": token } });
    let bearer = app.bearer("tjrn");
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ eu { sub } }" } });
    let assinar = json!({ "id": "1", "type": "subscribe", "payload": { "query": ALTERADO } });
    let large = json!({ "type": "ping", "payload": { "x": "x".repeat(1_100_000) } });
    for (descricao, messages, code) in [
        ("subscribe antes do init", vec![subscribe.clone()], 4401),
        ("sem token", vec![json!({ "type": "connection_init" })], 4403),
        ("token torto", vec![init("Bearer x.y.z")], 4403),
        (
            "token que não é texto",
            vec![json!({ "type": "connection_init", "payload": { "Authorization": 1 } })],
            4403,
        ),
        ("init repetido", vec![init(&bearer), init(&bearer)], 4429),
        ("id em uso", vec![init(&bearer), assinar.clone(), assinar], 4409),
        ("tipo desconhecido", vec![init(&bearer), json!({ "type": "next", "id": "1" })], 4400),
        (
            "subscribe sem query",
            vec![init(&bearer), json!({ "id": "1", "type": "subscribe", "payload": {} })],
            4400,
        ),
        ("não é JSON", vec![Value::Null], 4400),
        ("mensagem grande", vec![init(&bearer), large], 1009),
    ] {
        let mut ws = Ws::open(&app);
        for message in &messages {
            ws.send(message);
        }
        assert_eq!(ws.close_frame().0, code, "{descricao}");
    }
    let mut ws = Ws::open(&app);
    ws.0.send(tungstenite::Message::binary(b"{}".to_vec())).unwrap();
    assert_eq!(ws.close_frame().0, 4400, "binária");
}

#[test]
fn no_subprotocol_closes_with_4406() {
    let app = App::empty();
    assert_eq!(Ws::connect(&app.base, &[]).close_frame().0, 4406);
}

#[test]
fn no_init_in_time_closes_with_4408() {
    let subscriptions = Subscriptions { init_timeout: 1, ..Subscriptions::default() };
    let app = App::with(Template::Empty, Settings { subscriptions, ..Settings::default() });
    let mut ws = Ws::open(&app);
    let mut started = Ws::of(&app, "tjrn");
    assert_eq!(ws.close_frame().0, 4408);
    started.send(&json!({ "type": "ping" }));
    assert_eq!(started.message(), json!({ "type": "pong" }));
}

/// A refused document has the limits and codes of HTTP, and the socket stays open.
#[test]
fn a_refused_document_is_an_error_and_the_connection_stays() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    let bomb = format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
    let long = format!("{{ eu {{ sub }} }} # {}", "x".repeat(300_000));
    for (descricao, query, code) in [
        ("campo desconhecido", "{ naoHa }", "GRAPHQL_VALIDATION_FAILED"),
        ("malformado", "{", "GRAPHQL_PARSE_FAILED"),
        ("aninhado demais", bomb.as_str(), "DOCUMENTO_EXCEDE_LIMITE"),
        ("longo demais", &long, "DOCUMENTO_EXCEDE_LIMITE"),
        ("chave repetida", "mutation { a: darCiencia a: darCiencia }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "campo desconhecido na subscription",
            "subscription { naoHa }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "dois campos",
            "subscription { processoAlterado { id } tramiteRecebido { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "condição na raiz",
            "subscription { processoAlterado @include(if: true) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "cursor torto",
            "subscription { processoAlterado(desde: \"x\") { id } }",
            "BAD_USER_INPUT",
        ),
        (
            "cursor do futuro",
            "subscription { tramiteRecebido(desde: \"99999999999-1\") { id } }",
            "BAD_USER_INPUT",
        ),
        (
            "número torto",
            "subscription { processoAlterado(numero: \"1\") { id } }",
            "CAMPO_INVALIDO",
        ),
    ] {
        ws.request("e", query, &json!({}));
        let message = ws.message();
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!("e")),
            "{descricao}: {message}"
        );
        let extensions = &message["payload"][0]["extensions"];
        assert_eq!(extensions["code"], code, "{descricao}: {message}");
        assert_eq!(extensions["status"], 400, "{descricao}: {message}");
    }
    // An error during execution is a result, with the data of the sibling fields.
    ws.request("e", "{ eu { azp } processos(first: 0) { nodes { id } } }", &json!({}));
    let message = ws.message();
    assert_eq!(message["type"], "next");
    assert_eq!(message["payload"]["data"]["eu"]["azp"], "tjrn");
    assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[test]
fn without_the_papel_of_consulta_nobody_subscribes() {
    let app = App::empty();
    app.credential("sem papel", "tjrn", |claims| claims["realm_access"] = json!({ "roles": [] }));
    let mut ws = Ws::of(&app, "sem papel");
    for field in ["processoAlterado", "tramiteRecebido"] {
        ws.request("1", &format!("subscription {{ {field} {{ id }} }}"), &json!({}));
        let message = ws.message();
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], "SEM_PERMISSAO");
    }
}

#[test]
fn complete_ends_the_operation_and_frees_its_id() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("a", ALTERADO, &json!({}));
    alterar(&app, "tjrn", &numero, "Um");
    let first = ws.data("a")["processoAlterado"]["cursor"].clone();
    ws.send(&json!({ "type": "complete", "id": "a" }));
    ws.subscribe("a", "subscription { processoAlterado { tipo cursor } }", &json!({}));
    alterar(&app, "tjrn", &numero, "Dois");
    let second = ws.data("a");
    assert_eq!(second["processoAlterado"]["tipo"], "RESPONSAVEIS_ATUALIZADOS");
    assert_ne!(second["processoAlterado"]["cursor"], first);
    // A `complete` for an unknown id has no effect.
    ws.send(&json!({ "type": "complete", "id": "nada" }));
    ws.send(&json!({ "type": "ping" }));
    assert_eq!(ws.message()["type"], "pong");
}

#[test]
fn a_close_frame_of_the_client_is_answered() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.0.close(None).unwrap();
    assert!(matches!(ws.receive(), Received::Closed(..)));
}
