//! What goes by a socket leaves the same trail as what comes by HTTP.

use super::alterar;
use super::cliente_sse::Sse;
use super::cliente_ws::{SUBPROTOCOLO, Ws};
use crate::support::{Ajustes, App, Modelo};
use serde_json::{Value, json};

const AUDITORIA: &str = "query($a: String) { auditoria(first: 100, ator: $a) { nodes { canal operacao especie status recursos correlacao } } }";

/// The records of TJRN that came by the socket, oldest first.
fn do_socket(app: &App, id: &str) -> Vec<Value> {
    app.auditado();
    let dados = app.gql_com("cnj", AUDITORIA, json!({ "a": "tjrn" }));
    let registros = dados["auditoria"]["nodes"].as_array().unwrap().iter();
    registros
        .filter(|registro| registro["correlacao"] == id)
        .map(|registro| {
            assert_eq!(registro["canal"], "GRAPHQL");
            let ler = |campo: &str| registro[campo].clone();
            json!([ler("operacao"), ler("especie"), ler("status"), ler("recursos")])
        })
        .collect()
}

fn socket(app: &App) -> (Ws, String) {
    let (mut ws, id) = Ws::com_id(&app.base, &[("sec-websocket-protocol", SUBPROTOCOLO)]);
    ws.iniciar(&app.token("tjrn"));
    assert!(ws.foi_aceito());
    (ws, id)
}

#[test]
fn cada_operacao_de_um_socket_e_uma_chamada() {
    let app = App::novo();
    let (mut ws, id) = socket(&app);
    let dono = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let no = &dono["processos"]["nodes"][0];
    let query = "query Ver($n: NumeroProcesso!) { processo(numero: $n) { numero } }";
    ws.pedir("1", query, &json!({ "n": no["numero"] }));
    assert_eq!(ws.dados("1")["processo"]["numero"], no["numero"]);
    ws.mensagem();
    ws.pedir("2", query, &json!({ "n": "9000741-62.2021.8.20.0083" }));
    assert_eq!(ws.dados("2")["processo"], Value::Null);
    ws.mensagem();
    ws.pedir("3", "{ nada ", &json!({}));
    assert_eq!(ws.mensagem()["type"], "error");
    assert_eq!(
        do_socket(&app, &id),
        [
            json!(["Ver", "LEITURA", 200, [no["id"]]]),
            json!(["Ver", "LEITURA", 404, []]),
            json!(["(ilegível)", "LEITURA", 400, []]),
        ]
    );
}

#[test]
fn cada_evento_entregue_e_uma_chamada_e_quem_divide_a_leitura_tambem_viu() {
    let app = App::novo();
    let dono = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let no = &dono["processos"]["nodes"][0];
    let (mut ws, id) = socket(&app);
    ws.assinar("a", "subscription Acompanhar { processoAlterado { cursor } }", &json!({}));
    ws.assinar("b", "subscription { processoAlterado { processo { id } } }", &json!({}));
    alterar(&app, "tjrn", &no["numero"], "Fulano");
    for _ in 0..2 {
        assert_eq!(ws.mensagem()["type"], "next");
    }
    // Taken, and known to be: a socket that asks is answered after what came before.
    ws.mandar(&json!({ "type": "ping" }));
    assert_eq!(ws.mensagem()["type"], "pong");
    let mut achados = do_socket(&app, &id);
    let mut entregues = achados.split_off(2);
    entregues.sort_by_key(ToString::to_string);
    assert_eq!(
        achados,
        [
            json!(["Acompanhar", "LEITURA", 200, []]),
            json!(["processoAlterado", "LEITURA", 200, []])
        ]
    );
    assert_eq!(
        entregues,
        [
            json!(["Acompanhar", "LEITURA", 200, [no["id"]]]),
            json!(["processoAlterado", "LEITURA", 200, [no["id"]]])
        ]
    );
}

#[test]
fn quem_tenta_nomes_tambem_por_socket_tem_de_esperar() {
    let app = App::com(Modelo::Vazio, Ajustes { ausencias_por_minuto: 3, ..Ajustes::default() });
    let mut ws = Ws::de(&app, "tjrn");
    let query = r#"{ processo(numero: "9000741-62.2021.8.20.0083") { id } }"#;
    let mut recusado = Value::Null;
    for id in ["1", "2", "3", "4", "5", "6"] {
        ws.pedir(id, query, &json!({}));
        let mensagem = ws.mensagem();
        match &mensagem["type"] == "error" {
            true => recusado = mensagem["payload"][0]["extensions"]["code"].clone(),
            false => assert_eq!(ws.mensagem()["type"], "complete"),
        }
    }
    assert_eq!(recusado, "LIMITE_DE_REQUISICOES");
    // What names nothing goes on.
    let sse = Sse::pedir(
        &app,
        "tjrn",
        "text/event-stream",
        &json!({ "query": "subscription { processoAlterado { cursor } }" }),
    );
    assert_eq!(sse.status, 200);
}
