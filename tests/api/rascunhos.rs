//! Rascunhos (R8): registered before there is a number, consumed when there is one.

use crate::support::{Ajustes, App, Modelo, Resposta};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::value::regras::Regras;
use serde_json::{Value, json};

fn registrar(app: &App, cliente: &str) -> String {
    let corpo = json!({ "appNameSistemaTribunal": "pje-tjrn-1g", "dados": { "classe": 1464, "partes": ["a"] } });
    let resposta = app.post(cliente, "/api/v1/processo-rascunho", &corpo);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    resposta.corpo["dados"]["id"].as_str().unwrap().to_owned()
}

fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(9_300_000 + n, 2024, 820, 1).to_string()
}

fn cadastrar(app: &App, n: u32, adolescente: &str, rascunho: &str) -> Resposta {
    let corpo = json!({ "numeroProcesso": numero(n), "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "idOrgao": 1, "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [adolescente],
        "idProcessoSistemaExterno": rascunho });
    app.post("tjrn", "/api/v1/processos", &corpo)
}

fn codigo(resposta: &Resposta) -> (u16, &str) {
    (resposta.status, resposta.corpo["mensagemDesenvolvedor"].as_str().unwrap_or("-"))
}

#[test]
fn r8_o_rascunho_se_consome_uma_vez() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let rascunho = registrar(&app, "tjrn");
    let feito = cadastrar(&app, 1, &ana, &rascunho);
    assert_eq!(feito.status, 200, "{}", feito.texto);
    assert_eq!(feito.corpo["dados"]["idProcessoSistemaExterno"], json!(rascunho));
    assert_eq!(codigo(&cadastrar(&app, 2, &ana, &rascunho)), (409, "RASCUNHO_INVALIDO"));
    assert_eq!(codigo(&cadastrar(&app, 2, &ana, "desconhecido")), (400, "RASCUNHO_INVALIDO"));
    let alheio = registrar(&app, "tjpe");
    assert_eq!(codigo(&cadastrar(&app, 2, &ana, &alheio)), (400, "RASCUNHO_INVALIDO"));
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM processo"), 1);

    // A refused registration leaves the draft free.
    let outro = registrar(&app, "tjrn");
    assert_eq!(cadastrar(&app, 1, &ana, &outro).status, 409);
    assert_eq!(cadastrar(&app, 3, &ana, &outro).status, 200);
}

#[test]
fn r8_desligada_aceita_qualquer_texto() {
    let regras = Regras { exigir_rascunho: false, ..Regras::default() };
    let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
    let ana = app.adolescente("tjrn");
    assert_eq!(cadastrar(&app, 1, &ana, "qualquer").status, 200);
    assert_eq!(cadastrar(&app, 2, &ana, "qualquer").status, 200);
}

#[test]
fn o_rascunho_no_grafo() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let query = "mutation($i: RegistrarRascunhoInput!) { registrarRascunho(input: $i) {
        rascunho { id codigo dados appNameSistemaTribunal consumidoEm processo { numero } } simulado erros { codigo campo } } }";
    let input = json!({ "appNameSistemaTribunal": "pje", "dados": "{\"b\": 1,  \"a\": 2}" });
    let feito = app.gql_com("tjrn", query, json!({ "i": input }))["registrarRascunho"].clone();
    // As received, to the space.
    assert_eq!(feito["rascunho"]["dados"], "{\"b\": 1,  \"a\": 2}");
    assert_eq!(feito["rascunho"]["consumidoEm"], Value::Null);
    let codigo = feito["rascunho"]["codigo"].as_str().unwrap();
    assert_eq!(cadastrar(&app, 1, &ana, codigo).status, 200);
    let node =
        "query($id: ID!) { node(id: $id) { ... on Rascunho { consumidoEm processo { numero } } } }";
    let id = json!({ "id": feito["rascunho"]["id"] });
    let lido = &app.gql_com("tjrn", node, &id)["node"];
    assert_eq!(lido["processo"]["numero"], numero(1));
    assert!(lido["consumidoEm"].is_string());
    assert_eq!(app.gql_com("tjpe", node, &id)["node"], Value::Null);

    let recusa = app.gql_com(
        "tjrn",
        query,
        json!({ "i": { "appNameSistemaTribunal": " ", "dados": "[]" } }),
    );
    assert_eq!(
        recusa["registrarRascunho"]["erros"],
        json!([{ "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "appNameSistemaTribunal"] },
               { "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados"] }])
    );
}

#[test]
fn rascunho_malformado_diz_o_campo() {
    let app = App::vazio();
    for (corpo, campo) in [
        (json!({ "appNameSistemaTribunal": "x" }), "dados"),
        (json!({ "appNameSistemaTribunal": "x", "dados": [] }), "dados"),
        (json!({ "appNameSistemaTribunal": "x", "dados": "{}" }), "dados"),
        (json!({ "dados": {} }), "appNameSistemaTribunal"),
        (json!({ "appNameSistemaTribunal": 1, "dados": {} }), "appNameSistemaTribunal"),
        (
            json!({ "appNameSistemaTribunal": "x".repeat(101), "dados": {} }),
            "appNameSistemaTribunal",
        ),
    ] {
        let resposta = app.post("tjrn", "/api/v1/processo-rascunho", &corpo);
        assert_eq!(resposta.status, 400, "{}", resposta.texto);
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(campo),
            "{}",
            resposta.texto
        );
    }
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM rascunho"), 0);
    assert_eq!(app.post("tjrn-leitura", "/api/v1/processo-rascunho", &json!({})).status, 403);
}

#[test]
fn r8_codigo_ilegivel_nao_se_procura() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    for codigo_ilegivel in ["a\u{0}b", &"x".repeat(101)] {
        let resposta = cadastrar(&app, 1, &ana, codigo_ilegivel);
        assert_eq!(codigo(&resposta), (400, "CAMPO_INVALIDO"));
        assert_eq!(resposta.corpo["erros"].as_array().unwrap().len(), 1, "{}", resposta.texto);
    }
}

/// A draft may name people: it is kept to the letter, and read by who may.
#[test]
fn o_rascunho_se_guarda_como_veio_e_so_o_le_quem_pode() {
    let app = App::vazio();
    let corpo =
        r#"{"appNameSistemaTribunal":"t","dados":{"n":12345678901234567890123,"x":1.10,"y":2}}"#;
    let resposta = app.post_texto("tjrn", "/api/v1/processo-rascunho", corpo);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let guardado = app.banco.texto(Sql::new("SELECT dados AS t FROM rascunho"));
    assert_eq!(guardado, r#"{"n":12345678901234567890123,"x":1.10,"y":2}"#);
    let id = app.banco.texto(Sql::new("SELECT translate(encode(convert_to('Rascunho:' || id, 'UTF8'), 'base64'), '=', '') AS t FROM rascunho"));
    let query = format!("{{ node(id: \"{id}\") {{ ... on Rascunho {{ dados }} }} }}");
    assert_eq!(app.gql("tjrn", &query)["node"]["dados"], json!(guardado));
    for sem_papel in ["tjrn-leitura", "cnj"] {
        assert_eq!(app.gql(sem_papel, &query)["node"]["dados"], "{}", "{sem_papel}");
    }
}

/// Two processos for one draft: one is registered, whatever the timing.
#[test]
fn r8_dois_cadastros_do_mesmo_rascunho() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    for rodada in 0..50 {
        let rascunho = registrar(&app, "tjrn");
        let mut status: Vec<u16> = std::thread::scope(|escopo| {
            let correm: Vec<_> = (0..2)
                .map(|n| {
                    escopo.spawn({
                        let (app, ana, rascunho) = (&app, &ana, &rascunho);
                        move || cadastrar(app, rodada * 2 + n, ana, rascunho).status
                    })
                })
                .collect();
            correm.into_iter().map(|corre| corre.join().unwrap()).collect()
        });
        status.sort_unstable();
        assert_eq!(status, [200, 409]);
    }
    let consumidos = "SELECT count(*)::text AS t FROM rascunho WHERE consumido_em IS NOT NULL AND processo_id IS NOT NULL";
    assert_eq!(app.banco.texto(Sql::new(consumidos)), "50");
}
