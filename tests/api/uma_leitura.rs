//! All that a query answers is read in one go: of one state of the data, and in its time.

use crate::support::{Ajustes, App, Modelo, PATIENCE};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Runs `query` while a transaction holds `tabela`, which the query gets to after another;
/// once it waits there, `mudar` is committed. What it then answers.
fn com_um_escritor_no_meio(app: &App, tabela: &str, query: &str, mudar: &str) -> Value {
    let mut escritor = app.banco.conn();
    escritor
        .batch_execute(&format!("BEGIN; LOCK TABLE {tabela} IN ACCESS EXCLUSIVE MODE"))
        .unwrap();
    std::thread::scope(|escopo| {
        let leitor = escopo.spawn(|| app.gql("tjrn", query));
        esperar_quem_espera(app);
        escritor.batch_execute(&format!("{mudar}; COMMIT")).unwrap();
        leitor.join().unwrap()
    })
}

fn esperar_quem_espera(app: &App) {
    while app.banco.esperam() == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn entre_dois_niveis_ninguem_escreve() {
    let app = App::novo();
    let query =
        "{ processos(first: 3) { nodes { numero situacao adolescentes(first: 5, situacao: null) {
        totalCount edges { situacao node { nome } } } } } }";
    let antes = app.gql("tjrn", query);
    let mudar = "UPDATE processo SET situacao = 'ARQUIVADO'; DELETE FROM vinculo";
    assert_eq!(com_um_escritor_no_meio(&app, "vinculo", query, mudar), antes);
    assert_ne!(app.gql("tjrn", query), antes);
}

#[test]
fn entre_duas_raizes_ninguem_escreve() {
    let app = App::novo();
    let query = "{ processos(first: 1) { nodes { situacao } } adolescentes(first: 3) { totalCount nodes { nome } } }";
    let antes = app.gql("tjrn", query);
    let mudar = "UPDATE processo SET situacao = 'ARQUIVADO'; UPDATE adolescente SET nome = 'Outro'";
    assert_eq!(com_um_escritor_no_meio(&app, "adolescente", query, mudar), antes);
    assert_ne!(app.gql("tjrn", query), antes);
}

/// What a connection was asked last is still to be seen when nobody has it.
#[test]
fn quem_le_uma_coisa_so_nao_abre_transacao() {
    let app = App::novo();
    let ultimos = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database() AND query LIKE 'COMMIT%'";
    let numero = app.gql("tjce", "{ processos(first: 1) { nodes { numero } } }");
    let numero = &numero["processos"]["nodes"][0]["numero"];
    assert!(app.banco.contar(ultimos) > 0);
    for _ in 0..6 {
        app.gql_com(
            "tjce",
            "query($n: NumeroProcesso!) { processo(numero: $n) { id numero tipo situacao idOrgao criadoEm } }",
            json!({ "n": numero }),
        );
    }
    assert_eq!(app.banco.contar(ultimos), 0);
}

#[test]
fn o_tempo_acaba_e_diz_se_o_que_se_lia() {
    let tempo = Some(Duration::from_secs(2));
    let app = App::com(Modelo::Semeado, Ajustes { tempo, ..Ajustes::default() });
    let mut escritor = app.banco.conn();
    escritor.batch_execute("BEGIN; LOCK TABLE vinculo IN ACCESS EXCLUSIVE MODE").unwrap();
    let query = "{ processos(first: 2) { nodes { numero adolescentes { nodes { nome } } } } tribunais { codigo } }";
    let resposta = app.graphql("tjrn", query, json!({}));
    let corpo = &resposta.corpo;
    assert_eq!(resposta.status, 200, "{corpo}");
    let erro = &corpo["errors"][0];
    assert_eq!(erro["extensions"], json!({ "code": "TEMPO_ESGOTADO", "status": 504 }), "{corpo}");
    assert!(erro["message"].as_str().unwrap().contains("ao ler PaginaDe<"), "{corpo}");
    // What does not depend on it is there.
    assert!(corpo["data"]["tribunais"][0]["codigo"].is_i64(), "{corpo}");
    let rodam = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database() AND state <> 'idle'";
    let begun = Instant::now();
    while app.banco.contar(rodam) > 0 {
        assert!(begun.elapsed() < PATIENCE, "the statement goes on");
    }
    escritor.batch_execute("ROLLBACK").unwrap();
    assert!(app.graphql("tjrn", query, json!({})).corpo.get("errors").is_none());
}

#[test]
fn uma_rota_que_espera_demais_tambem_o_diz() {
    let tempo = Some(Duration::from_secs(2));
    let app = App::com(Modelo::Semeado, Ajustes { tempo, ..Ajustes::default() });
    let mut outro = app.banco.conn();
    outro.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    let resposta = app.get("tjrn", "/api/v1/processos");
    assert_eq!(resposta.status, 504, "{}", resposta.texto);
    outro.batch_execute("ROLLBACK").unwrap();
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
}
