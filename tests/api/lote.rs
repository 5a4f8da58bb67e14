//! `emLote`: several writes in one transaction, all of them or none.

use crate::support::{APURACAO, App, EXECUCAO, Settings, Template, numero};
use serde_json::{Value, json};

const QUERY: &str = "mutation($o: [OperacaoEmLote!]!, $c: String, $s: Boolean) { emLote(operacoes: $o, chaveIdempotencia: $c, simular: $s) {
    gravado simulado erros { codigo campo } resultados {
      cadastrarProcesso { processo { numero situacao } erros { codigo campo } }
      alterarSituacao { alterado processo { situacao } erros { codigo campo } }
      cadastrarAdolescente { adolescente { nome } erros { codigo } }
      vincularAdolescente { edge { node { identificador } } erros { codigo } }
    } } }";

fn send(app: &App, operations: &Value, key: Option<&str>, dry_run: bool) -> Value {
    let variables = json!({ "o": operations, "c": key, "s": dry_run });
    app.gql_with("tjrn", QUERY, variables)["emLote"].clone()
}

fn apuracao(number: u32, adolescente: &str) -> Value {
    json!({ "cadastrarProcesso": {
        "numero": numero(number), "tipo": APURACAO, "adolescentes": [adolescente], "idOrgao": 1,
        "appNameSistemaTribunal": "t",
    } })
}

fn execucao(number: u32, adolescente: &str, of: u32) -> Value {
    let mut operation = apuracao(number, adolescente);
    operation["cadastrarProcesso"]["tipo"] = EXECUCAO.into();
    operation["cadastrarProcesso"]["referencia"] = numero(of).into();
    operation
}

fn arquivar(number: u32) -> Value {
    json!({ "alterarSituacao": { "processo": numero(number), "situacao": "ARQUIVADO" } })
}

fn numeros(app: &App) -> u64 {
    app.gql("tjrn", "{ processos { totalCount } }")["processos"]["totalCount"].as_u64().unwrap()
}

#[test]
fn uma_operacao_ve_o_que_fizeram_as_anteriores() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let operations = json!([
        apuracao(1, &adolescente),
        execucao(2, &adolescente, 1),
        arquivar(2),
        { "cadastrarAdolescente": { "dados": { "nome": "Bia", "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" } } },
        arquivar(2),
    ]);
    let tried = send(&app, &operations, None, true);
    assert_eq!((&tried["gravado"], &tried["simulado"]), (&json!(false), &json!(true)), "{tried}");
    assert_eq!(tried["resultados"][2]["alterarSituacao"]["alterado"], true);
    assert_eq!(numeros(&app), 0);

    let done = send(&app, &operations, None, false);
    assert_eq!((&done["gravado"], &done["erros"]), (&json!(true), &json!([])), "{done}");
    let each = done["resultados"].as_array().unwrap();
    assert_eq!(each.len(), 5);
    assert_eq!(each[0]["cadastrarProcesso"]["processo"]["numero"], numero(1));
    assert_eq!(each[0]["alterarSituacao"], Value::Null);
    assert_eq!(
        each[2]["alterarSituacao"],
        json!({ "alterado": true, "processo": { "situacao": "ARQUIVADO" }, "erros": [] })
    );
    assert_eq!(each[3]["cadastrarAdolescente"]["adolescente"]["nome"], "Bia");
    assert_eq!(each[4]["alterarSituacao"]["alterado"], false);
    assert_eq!(numeros(&app), 2);
}

#[test]
fn uma_recusa_desfaz_tudo_e_diz_de_qual_operacao_e() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let operations = json!([
        apuracao(1, &adolescente),
        apuracao(1, &adolescente),
        arquivar(99),
        { "alterarSituacao": { "processo": numero(1), "situacao": "ARQUIVADO", "simular": true } },
    ]);
    let refused = send(&app, &operations, None, false);
    assert_eq!(refused["gravado"], false);
    assert_eq!(
        refused["resultados"][3]["alterarSituacao"]["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "simular"] }]),
        "{refused}"
    );
    let mut operations = operations.as_array().unwrap().clone();
    operations.pop();
    let refused = send(&app, &operations.into(), None, false);
    let each = refused["resultados"].as_array().unwrap();
    let codes = |one: &Value| {
        let errors = one["erros"].as_array().unwrap().iter();
        errors.map(|error| error["codigo"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(refused["erros"], json!([]));
    assert_eq!(each[0]["cadastrarProcesso"], json!({ "processo": null, "erros": [] }));
    assert_eq!(codes(&each[1]["cadastrarProcesso"]), ["PROCESSO_JA_EXISTE"]);
    assert_eq!(each[1]["cadastrarProcesso"]["erros"][0]["campo"], json!(["input", "numero"]));
    assert_eq!(codes(&each[2]["alterarSituacao"]), ["PROCESSO_NAO_ENCONTRADO"]);
    assert_eq!(numeros(&app), 0);
    let eventos =
        app.database.count("SELECT count(*) AS n FROM evento WHERE processo_id IS NOT NULL");
    assert_eq!(eventos, 0);
}

#[test]
fn a_chave_e_do_lote_inteiro() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let operations = json!([apuracao(1, &adolescente), arquivar(1)]);
    let first = send(&app, &operations, Some("k"), false);
    assert_eq!(first["gravado"], true, "{first}");
    let again = send(&app, &operations, Some("k"), false);
    // The rows are shown as they are now.
    assert_eq!(
        (&again["gravado"], &again["resultados"][1]),
        (&json!(true), &first["resultados"][1])
    );
    assert_eq!(numeros(&app), 1);
    let other = send(&app, &json!([apuracao(2, &adolescente)]), Some("k"), false);
    assert_eq!(other["erros"][0]["codigo"], "CHAVE_IDEMPOTENCIA_REUTILIZADA", "{other}");
    assert_eq!((&other["gravado"], &other["resultados"]), (&json!(false), &json!([])));
    let refused = json!([apuracao(1, &adolescente)]);
    let once = send(&app, &refused, Some("r"), false);
    assert_eq!(
        once["resultados"][0]["cadastrarProcesso"]["erros"][0]["codigo"],
        "PROCESSO_JA_EXISTE"
    );
    assert_eq!(send(&app, &refused, Some("r"), false), once);
}

#[test]
fn um_lote_tem_de_1_a_100_operacoes() {
    let documents = elos::config::DocumentSettings { max_cost: u64::MAX, ..Default::default() };
    let app = App::with(Template::Empty, Settings { documents, ..Settings::default() });
    let adolescente = app.adolescente("tjrn");
    let many = |n: u32| (1..=n).map(|n| apuracao(n, &adolescente)).collect::<Vec<_>>();
    for wrong in [many(0), many(101)] {
        let response = app.graphql("tjrn", QUERY, json!({ "o": wrong }));
        assert_eq!(
            response.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{}",
            response.text
        );
    }
    assert_eq!(send(&app, &many(100).into(), None, false)["gravado"], true);
    assert_eq!(numeros(&app), 100);
}

/// Two threads send batches that lock the same processos in opposite orders, and a third one sends
/// batches of one operation.
#[test]
fn batches_in_opposite_orders_all_end() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let all: Vec<_> = (1..=6).map(|n| apuracao(n, &adolescente)).collect();
    assert_eq!(send(&app, &all.into(), None, false)["gravado"], true);
    let situacao = |n: u32, round: usize| {
        let situacao = if round.is_multiple_of(2) { "ARQUIVADO" } else { "ATIVO" };
        json!({ "alterarSituacao": { "processo": numero(n), "situacao": situacao } })
    };
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (app, situacao) = (&app, &situacao);
            scope.spawn(move || {
                for round in 0..8 {
                    let mut order: Vec<u32> = (1..=6).collect();
                    if thread == 1 {
                        order.reverse();
                    }
                    if thread == 2 {
                        order.truncate(1);
                    }
                    let operations: Vec<_> = order.iter().map(|n| situacao(*n, round)).collect();
                    assert_eq!(send(app, &operations.into(), None, false)["gravado"], true);
                }
            });
        }
    });
}
