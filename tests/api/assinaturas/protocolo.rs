//! graphql-transport-ws, message by message and close code by close code.

use super::cliente_ws::{Recebido, SUBPROTOCOLO, Ws};
use super::{ALTERADO, alterar, processo};
use crate::support::{Ajustes, App, Modelo};
use elos::config::Assinaturas;
use serde_json::{Value, json};

#[test]
fn consulta_e_mutation_se_respondem_e_completam() {
    let app = App::novo();
    let mut ws = Ws::de(&app, "tjrn");
    ws.pedir(
        "1",
        "query($n: Int!) { processos(first: $n) { nodes { numero } } }",
        &json!({ "n": 1 }),
    );
    let numero = ws.dados("1")["processos"]["nodes"][0]["numero"].clone();
    assert_eq!(ws.mensagem(), json!({ "type": "complete", "id": "1" }));

    let mutation = "mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { alterado erros { codigo } } }";
    ws.pedir("1", mutation, &json!({ "i": { "processo": numero, "situacao": "ARQUIVADO" } }));
    assert_eq!(ws.dados("1")["alterarSituacao"], json!({ "alterado": true, "erros": [] }));
    assert_eq!(ws.mensagem(), json!({ "type": "complete", "id": "1" }));
    let agora = app.gql_com(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { situacao } }",
        json!({ "n": numero }),
    );
    assert_eq!(agora["processo"]["situacao"], "ARQUIVADO");
}

#[test]
fn o_token_vem_na_mensagem_ou_no_cabecalho() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjpe"));
    let headers = [("sec-websocket-protocol", SUBPROTOCOLO), ("authorization", bearer.as_str())];
    let mut ws = Ws::ligar(&app.base, &headers);
    ws.mandar(&json!({ "type": "connection_init" }));
    assert_eq!(ws.mensagem()["type"], "connection_ack");
    ws.pedir("1", "{ eu { azp } }", &json!({}));
    assert_eq!(ws.dados("1")["eu"]["azp"], "tjpe");

    // What the message says goes before; its name is written as each client writes it.
    let mut ws = Ws::ligar(&app.base, &headers);
    let payload = json!({ "authorization": format!("bearer {}", app.token("tjrn")) });
    ws.mandar(&json!({ "type": "connection_init", "payload": payload }));
    assert_eq!(ws.mensagem()["type"], "connection_ack");
    ws.pedir("1", "{ eu { azp } }", &json!({}));
    assert_eq!(ws.dados("1")["eu"]["azp"], "tjrn");
}

#[test]
fn cada_desvio_tem_o_seu_codigo() {
    let app = App::vazio();
    let init =
        |token: &str| json!({ "type": "connection_init", "payload": { "Authorization": token } });
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ eu { sub } }" } });
    let assinar = json!({ "id": "1", "type": "subscribe", "payload": { "query": ALTERADO } });
    let grande = json!({ "type": "ping", "payload": { "x": "x".repeat(1_100_000) } });
    for (descricao, mensagens, codigo) in [
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
        ("mensagem grande", vec![init(&bearer), grande], 1009),
    ] {
        let mut ws = Ws::aberto(&app);
        for mensagem in &mensagens {
            ws.mandar(mensagem);
        }
        assert_eq!(ws.fechamento().0, codigo, "{descricao}");
    }
    let mut ws = Ws::aberto(&app);
    ws.0.send(tungstenite::Message::binary(b"{}".to_vec())).unwrap();
    assert_eq!(ws.fechamento().0, 4400, "binária");
}

#[test]
fn sem_o_subprotocolo_fecha_com_4406() {
    let app = App::vazio();
    assert_eq!(Ws::ligar(&app.base, &[]).fechamento().0, 4406);
}

#[test]
fn sem_init_a_tempo_fecha_com_4408() {
    let assinaturas = Assinaturas { espera_init: 1, ..Assinaturas::default() };
    let app = App::com(Modelo::Vazio, Ajustes { assinaturas, ..Ajustes::default() });
    let mut ws = Ws::aberto(&app);
    let mut iniciado = Ws::de(&app, "tjrn");
    assert_eq!(ws.fechamento().0, 4408);
    iniciado.mandar(&json!({ "type": "ping" }));
    assert_eq!(iniciado.mensagem(), json!({ "type": "pong" }));
}

/// As over HTTP: the same limits, the same codes. The socket stays.
#[test]
fn documento_recusado_e_error_e_a_conexao_fica() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    let bomba = format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
    let longo = format!("{{ eu {{ sub }} }} # {}", "x".repeat(300_000));
    for (descricao, query, codigo) in [
        ("campo desconhecido", "{ naoHa }", "GRAPHQL_VALIDATION_FAILED"),
        ("malformado", "{", "GRAPHQL_PARSE_FAILED"),
        ("aninhado demais", bomba.as_str(), "DOCUMENTO_EXCEDE_LIMITE"),
        ("longo demais", &longo, "DOCUMENTO_EXCEDE_LIMITE"),
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
        ws.pedir("e", query, &json!({}));
        let mensagem = ws.mensagem();
        assert_eq!(
            (&mensagem["type"], &mensagem["id"]),
            (&json!("error"), &json!("e")),
            "{descricao}: {mensagem}"
        );
        let extensions = &mensagem["payload"][0]["extensions"];
        assert_eq!(extensions["code"], codigo, "{descricao}: {mensagem}");
        assert_eq!(extensions["status"], 400, "{descricao}: {mensagem}");
    }
    // What fails while it runs is a result, with its siblings.
    ws.pedir("e", "{ eu { azp } processos(first: 0) { nodes { id } } }", &json!({}));
    let mensagem = ws.mensagem();
    assert_eq!(mensagem["type"], "next");
    assert_eq!(mensagem["payload"]["data"]["eu"]["azp"], "tjrn");
    assert_eq!(mensagem["payload"]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[test]
fn sem_o_papel_de_consulta_nao_se_assina() {
    let app = App::vazio();
    app.credencial("sem papel", "tjrn", |claims| claims["realm_access"] = json!({ "roles": [] }));
    let mut ws = Ws::de(&app, "sem papel");
    for campo in ["processoAlterado", "tramiteRecebido"] {
        ws.pedir("1", &format!("subscription {{ {campo} {{ id }} }}"), &json!({}));
        let mensagem = ws.mensagem();
        assert_eq!(mensagem["type"], "error", "{mensagem}");
        assert_eq!(mensagem["payload"][0]["extensions"]["code"], "SEM_PERMISSAO");
    }
}

#[test]
fn complete_do_cliente_encerra_a_operacao_e_o_id_serve_de_novo() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("a", ALTERADO, &json!({}));
    alterar(&app, "tjrn", &numero, "Um");
    let primeiro = ws.dados("a")["processoAlterado"]["cursor"].clone();
    ws.mandar(&json!({ "type": "complete", "id": "a" }));
    ws.assinar("a", "subscription { processoAlterado { tipo cursor } }", &json!({}));
    alterar(&app, "tjrn", &numero, "Dois");
    let segundo = ws.dados("a");
    assert_eq!(segundo["processoAlterado"]["tipo"], "RESPONSAVEIS_ATUALIZADOS");
    assert_ne!(segundo["processoAlterado"]["cursor"], primeiro);
    // Of something that is not there: nothing happens.
    ws.mandar(&json!({ "type": "complete", "id": "nada" }));
    ws.mandar(&json!({ "type": "ping" }));
    assert_eq!(ws.mensagem()["type"], "pong");
}

#[test]
fn o_cliente_que_fecha_recebe_o_fechamento() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    ws.0.close(None).unwrap();
    assert!(matches!(ws.receber(), Recebido::Fechado(..)));
}
