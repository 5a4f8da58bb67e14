//! Subscriptions deliver every event that the caller may see, in order, in its present state.

use super::ws_client::Ws;
use super::{ALTERADO, MAX_WAIT, alterar, processo};
use crate::support::App;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::time::Instant;

const WITH_PROCESSO: &str =
    "subscription($n: NumeroProcesso) { processoAlterado(numero: $n) { cursor tipo camposAlterados
    processo { numero magistrado { nome } } } }";

#[test]
fn cada_evento_traz_o_processo_como_esta_agora() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", WITH_PROCESSO, &json!({}));
    for nome in ["Primeira", "Segunda", "Terceira"] {
        alterar(&app, "tjrn", &numero, nome);
        let evento = ws.data("1")["processoAlterado"].take();
        assert_eq!(evento["tipo"], "RESPONSAVEIS_ATUALIZADOS");
        assert_eq!(evento["processo"], json!({ "numero": numero, "magistrado": { "nome": nome } }));
    }
}

#[test]
fn numero_escolhe_um_processo_mesmo_que_ainda_nao_exista() {
    let app = App::new();
    let (one, other) = (processo(&app, "tjrn", 0), processo(&app, "tjrn", 1));
    let new = json!("9000741-62.2021.8.20.0083");
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("um", WITH_PROCESSO, &json!({ "n": one }));
    ws.subscribe("novo", WITH_PROCESSO, &json!({ "n": new }));
    alterar(&app, "tjrn", &other, "Ninguém ouve");
    alterar(&app, "tjrn", &one, "Ouvida");
    assert_eq!(ws.data("um")["processoAlterado"]["processo"]["magistrado"]["nome"], "Ouvida");

    let adolescente = app.adolescente("tjrn");
    let mutation = "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { erros { mensagem } } }";
    let input = json!({ "numero": new, "tipo": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "adolescentes": [adolescente], "idOrgao": 1, "appNameSistemaTribunal": "teste" });
    let data = app.gql_with("tjrn", mutation, json!({ "i": input }));
    assert_eq!(data["cadastrarProcesso"]["erros"], json!([]));
    let evento = ws.data("novo")["processoAlterado"].take();
    assert_eq!(
        (&evento["tipo"], &evento["processo"]["numero"]),
        (&json!("PROCESSO_CADASTRADO"), &new)
    );
}

/// Events of two tribunais in turn. A client that may not see one of them gets none of its events.
#[test]
fn cada_tribunal_so_ouve_o_seu_e_o_nacional_ouve_todos() {
    let app = App::new();
    let (rn, pe) = (processo(&app, "tjrn", 0), processo(&app, "tjpe", 0));
    let mut listeners: Vec<Ws> = ["tjrn", "tjpe", "cnj"].iter().map(|c| Ws::of(&app, c)).collect();
    for ws in &mut listeners {
        ws.subscribe("1", WITH_PROCESSO, &json!({}));
    }
    // A subscription to a number of another tribunal is as silent as one to an unknown number.
    listeners[1].subscribe("alheio", WITH_PROCESSO, &json!({ "n": rn }));
    for nome in ["A", "B"] {
        alterar(&app, "tjrn", &rn, nome);
        alterar(&app, "tjpe", &pe, nome);
    }
    let mut numeros = |listener: usize, count: usize| -> Vec<Value> {
        let evento = |ws: &mut Ws| ws.data("1")["processoAlterado"]["processo"]["numero"].take();
        (0..count).map(|_| evento(&mut listeners[listener])).collect()
    };
    assert_eq!(numeros(2, 4), [rn.clone(), pe.clone(), rn.clone(), pe.clone()]);
    assert_eq!(numeros(0, 2), [rn.clone(), rn]);
    assert_eq!(numeros(1, 2), [pe.clone(), pe]);
    for ws in &mut listeners {
        ws.send(&json!({ "type": "ping" }));
        assert_eq!(ws.message()["type"], "pong");
    }
}

#[test]
fn eventos_so_de_adolescente_nao_sao_alteracao_de_processo() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", "subscription { processoAlterado { tipo } }", &json!({}));
    app.adolescente("tjrn");
    alterar(&app, "tjrn", &numero, "Depois");
    assert_eq!(ws.data("1")["processoAlterado"]["tipo"], "RESPONSAVEIS_ATUALIZADOS");
}

#[test]
fn desde_resumes_after_the_last_received() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    let cursors: Vec<Value> = (0..5)
        .map(|n| {
            alterar(&app, "tjrn", &numero, &format!("Nome {n}"));
            ws.data("1")["processoAlterado"]["cursor"].take()
        })
        .collect();
    drop(ws);
    let since = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
    let mut ws = Ws::of(&app, "tjrn");
    ws.request("2", since, &json!({ "d": cursors[1] }));
    for cursor in &cursors[2..] {
        assert_eq!(ws.data("2")["processoAlterado"]["cursor"], *cursor);
    }
    // The cursor equals that of the list of eventos.
    let data = app.gql_with(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(last: 1) { nodes { cursor } } } }",
        json!({ "n": numero }),
    );
    assert_eq!(data["processo"]["eventos"]["nodes"][0]["cursor"], cursors[4]);
    ws.subscribe("3", since, &json!({ "d": cursors[4] }));
    alterar(&app, "tjrn", &numero, "Sexta");
    let types: Vec<Value> = (0..2).map(|_| ws.message()["id"].take()).collect();
    assert!(types.contains(&json!("2")) && types.contains(&json!("3")));
}

/// Without `desde`, a subscription delivers the events of a transaction that was open when it
/// started. It delivers none of a transaction that had ended, although an older one was still open.
#[test]
fn without_desde_it_starts_with_the_open_transactions() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut open = app.database.conn();
    open
        .batch_execute(
            "BEGIN; INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
             SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820",
        )
        .unwrap();
    alterar(&app, "tjrn", &numero, "Antes");
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe(
        "1",
        "subscription { processoAlterado { tipo processo { magistrado { nome } } } }",
        &json!({}),
    );
    alterar(&app, "tjrn", &numero, "Durante");
    open.batch_execute("COMMIT").unwrap();
    // Events come in order of their transactions. Changes that were committed before the
    // subscription do not come.
    assert_eq!(ws.data("1")["processoAlterado"]["tipo"], "SITUACAO_ALTERADA");
    let second = ws.data("1")["processoAlterado"].take();
    assert_eq!(second["tipo"], "RESPONSAVEIS_ATUALIZADOS");
    ws.send(&json!({ "type": "ping" }));
    assert_eq!(ws.message()["type"], "pong");
}

#[test]
fn o_tramite_chega_a_quem_deve_recebe_lo_e_so_a_ele() {
    let app = App::empty();
    let query = "subscription($d: String) { tramiteRecebido(desde: $d) { cursor idt situacao protocolo remetente { propria } } }";
    let mut listeners: Vec<Ws> =
        ["tjpe", "tjrn", "tjce", "cnj"].iter().map(|c| Ws::of(&app, c)).collect();
    for ws in &mut listeners {
        ws.subscribe("1", query, &json!({}));
    }
    let enviar = |protocolo: &str| {
        let mutation = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { tramite { idt } erros { mensagem } } }";
        let estrutura = |numero| json!({ "repositorio": 1, "numero": numero });
        let input = json!({ "remetente": estrutura("820"), "destinatario": estrutura("817"),
            "protocolo": protocolo, "descricao": "Pedido fictício" });
        let data = app.gql_with("tjrn", mutation, json!({ "i": input }));
        assert_eq!(data["enviarTramite"]["erros"], json!([]));
        data["enviarTramite"]["tramite"]["idt"].clone()
    };
    let first = enviar("PROTOCOLO 1");
    let received = listeners[0].data("1")["tramiteRecebido"].take();
    assert_eq!(received["idt"], first);
    assert_eq!(received["situacao"], "COMPONENTES_RECEBIDOS_SOLUCAO");
    assert_eq!(received["remetente"]["propria"], false);
    let second = enviar("PROTOCOLO 2");
    assert_eq!(listeners[0].data("1")["tramiteRecebido"]["idt"], second);
    let mut another = Ws::of(&app, "tjpe");
    another.request("1", query, &json!({ "d": received["cursor"] }));
    assert_eq!(another.data("1")["tramiteRecebido"]["idt"], second);
    for ws in &mut listeners[1..] {
        ws.send(&json!({ "type": "ping" }));
        assert_eq!(ws.message()["type"], "pong");
    }
}

/// Subscribers that have read everything share one query.
#[test]
fn many_listeners_read_the_feed_once() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut listeners: Vec<Ws> = (0..20).map(|_| Ws::of(&app, "tjrn")).collect();
    for ws in &mut listeners {
        ws.subscribe("1", ALTERADO, &json!({}));
    }
    alterar(&app, "tjrn", &numero, "Aquece");
    for ws in &mut listeners {
        ws.data("1");
    }
    let (statements, ()) = app.statements(|| {
        let start = Instant::now();
        alterar(&app, "tjrn", &numero, "Conta");
        for ws in &mut listeners {
            ws.data("1");
        }
        assert!(start.elapsed() < MAX_WAIT);
    });
    assert!(statements < 20, "{statements} statements for one change and twenty subscribers");
}
