//! What a subscription tells: everything that the caller may see, in order, as it is now.

use super::cliente_ws::Ws;
use super::{ALTERADO, NO_MAXIMO, alterar, processo};
use crate::support::App;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::time::Instant;

const COM_PROCESSO: &str =
    "subscription($n: NumeroProcesso) { processoAlterado(numero: $n) { cursor tipo camposAlterados
    processo { numero magistrado { nome } } } }";

#[test]
fn cada_evento_traz_o_processo_como_esta_agora() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", COM_PROCESSO, &json!({}));
    for nome in ["Primeira", "Segunda", "Terceira"] {
        alterar(&app, "tjrn", &numero, nome);
        let evento = ws.dados("1")["processoAlterado"].take();
        assert_eq!(evento["tipo"], "RESPONSAVEIS_ATUALIZADOS");
        assert_eq!(evento["processo"], json!({ "numero": numero, "magistrado": { "nome": nome } }));
    }
}

#[test]
fn numero_escolhe_um_processo_mesmo_que_ainda_nao_exista() {
    let app = App::novo();
    let (um, outro) = (processo(&app, "tjrn", 0), processo(&app, "tjrn", 1));
    let novo = json!("9000741-62.2021.8.20.0083");
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("um", COM_PROCESSO, &json!({ "n": um }));
    ws.assinar("novo", COM_PROCESSO, &json!({ "n": novo }));
    alterar(&app, "tjrn", &outro, "Ninguém ouve");
    alterar(&app, "tjrn", &um, "Ouvida");
    assert_eq!(ws.dados("um")["processoAlterado"]["processo"]["magistrado"]["nome"], "Ouvida");

    let adolescente = app.adolescente("tjrn");
    let mutation = "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { erros { mensagem } } }";
    let input = json!({ "numero": novo, "tipo": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "adolescentes": [adolescente], "idOrgao": 1, "appNameSistemaTribunal": "teste" });
    let dados = app.gql_com("tjrn", mutation, json!({ "i": input }));
    assert_eq!(dados["cadastrarProcesso"]["erros"], json!([]));
    let evento = ws.dados("novo")["processoAlterado"].take();
    assert_eq!(
        (&evento["tipo"], &evento["processo"]["numero"]),
        (&json!("PROCESSO_CADASTRADO"), &novo)
    );
}

/// One tribunal's events, between them those of another: whoever may not see them sees none.
#[test]
fn cada_tribunal_so_ouve_o_seu_e_o_nacional_ouve_todos() {
    let app = App::novo();
    let (rn, pe) = (processo(&app, "tjrn", 0), processo(&app, "tjpe", 0));
    let mut ouvintes: Vec<Ws> = ["tjrn", "tjpe", "cnj"].iter().map(|c| Ws::de(&app, c)).collect();
    for ws in &mut ouvintes {
        ws.assinar("1", COM_PROCESSO, &json!({}));
    }
    // One who asks for another's number hears as little as of one that is not there.
    ouvintes[1].assinar("alheio", COM_PROCESSO, &json!({ "n": rn }));
    for nome in ["A", "B"] {
        alterar(&app, "tjrn", &rn, nome);
        alterar(&app, "tjpe", &pe, nome);
    }
    let mut numeros = |ouvinte: usize, quantos: usize| -> Vec<Value> {
        let evento = |ws: &mut Ws| ws.dados("1")["processoAlterado"]["processo"]["numero"].take();
        (0..quantos).map(|_| evento(&mut ouvintes[ouvinte])).collect()
    };
    assert_eq!(numeros(2, 4), [rn.clone(), pe.clone(), rn.clone(), pe.clone()]);
    assert_eq!(numeros(0, 2), [rn.clone(), rn]);
    assert_eq!(numeros(1, 2), [pe.clone(), pe]);
    for ws in &mut ouvintes {
        ws.mandar(&json!({ "type": "ping" }));
        assert_eq!(ws.mensagem()["type"], "pong");
    }
}

#[test]
fn eventos_so_de_adolescente_nao_sao_alteracao_de_processo() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", "subscription { processoAlterado { tipo } }", &json!({}));
    app.adolescente("tjrn");
    alterar(&app, "tjrn", &numero, "Depois");
    assert_eq!(ws.dados("1")["processoAlterado"]["tipo"], "RESPONSAVEIS_ATUALIZADOS");
}

#[test]
fn desde_retoma_depois_do_ultimo_recebido() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    let cursores: Vec<Value> = (0..5)
        .map(|n| {
            alterar(&app, "tjrn", &numero, &format!("Nome {n}"));
            ws.dados("1")["processoAlterado"]["cursor"].take()
        })
        .collect();
    drop(ws);
    let desde = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
    let mut ws = Ws::de(&app, "tjrn");
    ws.pedir("2", desde, &json!({ "d": cursores[1] }));
    for cursor in &cursores[2..] {
        assert_eq!(ws.dados("2")["processoAlterado"]["cursor"], *cursor);
    }
    // The cursor is the one that lists give too.
    let dados = app.gql_com(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(last: 1) { nodes { cursor } } } }",
        json!({ "n": numero }),
    );
    assert_eq!(dados["processo"]["eventos"]["nodes"][0]["cursor"], cursores[4]);
    ws.assinar("3", desde, &json!({ "d": cursores[4] }));
    alterar(&app, "tjrn", &numero, "Sexta");
    let tipos: Vec<Value> = (0..2).map(|_| ws.mensagem()["id"].take()).collect();
    assert!(tipos.contains(&json!("2")) && tipos.contains(&json!("3")));
}

/// A transaction that began before the subscription and ends after it is told; one that
/// had ended, although an older one was still open, is not.
#[test]
fn sem_desde_comeca_do_que_ainda_nao_tinha_acabado() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut aberta = app.banco.conn();
    aberta
        .batch_execute(
            "BEGIN; INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
             SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820",
        )
        .unwrap();
    alterar(&app, "tjrn", &numero, "Antes");
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar(
        "1",
        "subscription { processoAlterado { tipo processo { magistrado { nome } } } }",
        &json!({}),
    );
    alterar(&app, "tjrn", &numero, "Durante");
    aberta.batch_execute("COMMIT").unwrap();
    // By its transaction it comes first; what was committed before the opening does not come.
    assert_eq!(ws.dados("1")["processoAlterado"]["tipo"], "SITUACAO_ALTERADA");
    let durante = ws.dados("1")["processoAlterado"].take();
    assert_eq!(durante["tipo"], "RESPONSAVEIS_ATUALIZADOS");
    ws.mandar(&json!({ "type": "ping" }));
    assert_eq!(ws.mensagem()["type"], "pong");
}

#[test]
fn o_tramite_chega_a_quem_deve_recebe_lo_e_so_a_ele() {
    let app = App::vazio();
    let query = "subscription($d: String) { tramiteRecebido(desde: $d) { cursor idt situacao protocolo remetente { propria } } }";
    let mut ouvintes: Vec<Ws> =
        ["tjpe", "tjrn", "tjce", "cnj"].iter().map(|c| Ws::de(&app, c)).collect();
    for ws in &mut ouvintes {
        ws.assinar("1", query, &json!({}));
    }
    let enviar = |protocolo: &str| {
        let mutation = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { tramite { idt } erros { mensagem } } }";
        let estrutura = |numero| json!({ "repositorio": 1, "numero": numero });
        let input = json!({ "remetente": estrutura("820"), "destinatario": estrutura("817"),
            "protocolo": protocolo, "descricao": "Pedido fictício" });
        let dados = app.gql_com("tjrn", mutation, json!({ "i": input }));
        assert_eq!(dados["enviarTramite"]["erros"], json!([]));
        dados["enviarTramite"]["tramite"]["idt"].clone()
    };
    let primeiro = enviar("PROTOCOLO 1");
    let recebido = ouvintes[0].dados("1")["tramiteRecebido"].take();
    assert_eq!(recebido["idt"], primeiro);
    assert_eq!(recebido["situacao"], "COMPONENTES_RECEBIDOS_SOLUCAO");
    assert_eq!(recebido["remetente"]["propria"], false);
    let segundo = enviar("PROTOCOLO 2");
    assert_eq!(ouvintes[0].dados("1")["tramiteRecebido"]["idt"], segundo);
    let mut outra = Ws::de(&app, "tjpe");
    outra.pedir("1", query, &json!({ "d": recebido["cursor"] }));
    assert_eq!(outra.dados("1")["tramiteRecebido"]["idt"], segundo);
    for ws in &mut ouvintes[1..] {
        ws.mandar(&json!({ "type": "ping" }));
        assert_eq!(ws.mensagem()["type"], "pong");
    }
}

/// Subscribers who are up to date read together, and what idles asks nothing.
#[test]
fn muitos_ouvintes_leem_o_fluxo_uma_vez() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ouvintes: Vec<Ws> = (0..20).map(|_| Ws::de(&app, "tjrn")).collect();
    for ws in &mut ouvintes {
        ws.assinar("1", ALTERADO, &json!({}));
    }
    alterar(&app, "tjrn", &numero, "Aquece");
    for ws in &mut ouvintes {
        ws.dados("1");
    }
    let (comandos, ()) = app.comandos(|| {
        let inicio = Instant::now();
        alterar(&app, "tjrn", &numero, "Conta");
        for ws in &mut ouvintes {
            ws.dados("1");
        }
        assert!(inicio.elapsed() < NO_MAXIMO);
    });
    assert!(comandos < 20, "{comandos} statements for one change and twenty subscribers");
}
