//! Registrations that come together are done together: each for itself.

use crate::support::{Ajustes, App, Modelo};
use diesel::connection::SimpleConnection;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

const CLIENTES: u32 = 48;
const DE_CADA_UM: u32 = 6;

fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(n, 2026, 820, 7).digitos().to_owned()
}

fn corpo(numero: &str, adolescente: &str) -> Value {
    json!({
        "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "identificadoresAdolescentes": [adolescente], "idOrgao": 1001, "appNameSistemaTribunal": "pje-tjrn-1g",
    })
}

/// What each client sends, one after the other; the status of each, and its body.
fn cadastrar_todos(app: &App, pedidos: impl Fn(u32) -> Value + Sync) -> Vec<(u16, Value)> {
    let de_um = |cliente: u32| -> Vec<(u16, Value)> {
        let meus = (0..DE_CADA_UM).map(|n| pedidos(n * CLIENTES + cliente));
        let enviar = |corpo| app.post("tjrn", "/api/v1/processos", &corpo);
        meus.map(enviar).map(|resposta| (resposta.status, resposta.corpo)).collect()
    };
    std::thread::scope(|escopo| {
        let de_um = &de_um;
        let clientes: Vec<_> = (0..CLIENTES).map(|n| escopo.spawn(move || de_um(n))).collect();
        clientes.into_iter().flat_map(|cliente| cliente.join().unwrap()).collect()
    })
}

fn com_status(respostas: &[(u16, Value)], status: u16) -> i64 {
    let deles = respostas.iter().filter(|(deste, _)| *deste == status);
    i64::try_from(deles.count()).unwrap()
}

const NOVOS: &str = "SELECT count(*) AS n FROM processo WHERE numero LIKE '%20268200007'";

/// Fewer transactions than registrations: some had company.
fn houve_companhia(app: &App) -> bool {
    let acompanhados = "SELECT count(*) - count(DISTINCT e.xid) AS n FROM evento e JOIN processo p ON p.id = e.processo_id \
         WHERE p.numero LIKE '%20268200007'";
    app.banco.contar(acompanhados) > 0
}

#[test]
fn cada_cadastro_vale_por_si_com_os_seus_vinculos_evento_e_registro() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    let adolescentes: Vec<String> = (0..4).map(|_| app.adolescente("tjrn")).collect();
    let conhecido = |n: u32| adolescentes[n as usize % 4].as_str();
    // Of each eight: one whose adolescente is not there, two of one number, one without its órgão.
    let pedido = |n: u32| match n % 8 {
        0 => corpo(&numero(n), "999999999999"),
        1 => corpo(&numero(n + 1), conhecido(n)),
        3 => {
            let mut corpo = corpo(&numero(n), conhecido(n));
            corpo["idOrgao"] = Value::Null;
            corpo
        }
        _ => corpo(&numero(n), conhecido(n)),
    };
    let respostas = cadastrar_todos(&app, pedido);
    let oitavo = i64::from(CLIENTES * DE_CADA_UM / 8);
    assert_eq!(com_status(&respostas, 200), 5 * oitavo, "{respostas:?}");
    assert_eq!(com_status(&respostas, 409), oitavo);
    assert_eq!(com_status(&respostas, 400), 2 * oitavo);
    assert!(houve_companhia(&app));

    // Whoever was told of a processo was told of their own, and nobody else's is there.
    for (_, resposta) in respostas.iter().filter(|(status, _)| *status == 200) {
        let numero = resposta["dados"]["numeroProcesso"].as_str().unwrap();
        let lido = app.get("tjrn", &format!("/api/v1/processos/numero-processo/{numero}")).corpo;
        assert_eq!(lido["dados"]["adolescentes"], resposta["dados"]["adolescentes"]);
        assert_eq!(lido["dados"]["id"], resposta["dados"]["id"]);
    }
    app.auditado();
    assert_eq!(app.banco.contar(NOVOS), 5 * oitavo);
    let um_de_cada = "SELECT count(*) AS n FROM processo p WHERE numero LIKE '%20268200007' \
         AND (SELECT count(*) FROM vinculo v WHERE v.processo_id = p.id) = 1 \
         AND (SELECT count(*) FROM evento e WHERE e.processo_id = p.id) = 1 \
         AND (SELECT count(*) FROM auditoria a WHERE a.especie = 'ESCRITA' AND a.status = 200 AND a.recursos @> ARRAY[p.id * 8]) = 1";
    assert_eq!(app.banco.contar(um_de_cada), 5 * oitavo);
    let recusados =
        "SELECT count(*) AS n FROM auditoria WHERE especie = 'ESCRITA' AND status IN (400, 409)";
    assert_eq!(app.banco.contar(recusados), 3 * oitavo);
}

/// What the database itself does not take, in the company of what it does.
#[test]
fn o_que_quebra_um_nao_quebra_os_outros() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    let adolescente = app.adolescente("tjrn");
    app.banco
        .conn()
        .batch_execute(
            "CREATE FUNCTION quebrar() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF NEW.app_name_sistema_tribunal = 'quebra' THEN RAISE EXCEPTION 'quebrou'; END IF; \
                 RETURN NEW; END $$; \
             CREATE TRIGGER quebra BEFORE INSERT ON processo FOR EACH ROW EXECUTE FUNCTION quebrar()",
        )
        .unwrap();
    let pedido = |n: u32| {
        let mut corpo = corpo(&numero(n), &adolescente);
        if n.is_multiple_of(16) {
            corpo["appNameSistemaTribunal"] = "quebra".into();
        }
        corpo
    };
    let respostas = cadastrar_todos(&app, pedido);
    let todos = i64::from(CLIENTES * DE_CADA_UM);
    assert_eq!(com_status(&respostas, 500), todos / 16);
    assert_eq!(com_status(&respostas, 200), todos - todos / 16);
    assert!(houve_companhia(&app));
    assert_eq!(app.banco.contar(NOVOS), todos - todos / 16);
}

/// A rival has inserted a number and neither committed nor gone.
#[test]
fn quem_espera_por_um_rival_nao_faz_esperar_os_outros() {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    let adolescente = app.adolescente("tjrn");
    let disputado = numero(1_000_000);
    let mut rival = app.banco.conn();
    rival
        .batch_execute(&format!(
            "BEGIN; INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em) \
             VALUES (820, '{disputado}', 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1, 'rival', now(), now())"
        ))
        .unwrap();
    std::thread::scope(|escopo| {
        // None of these is let through by the rival: it goes only when they are done.
        let outros = escopo.spawn(|| cadastrar_todos(&app, |n| corpo(&numero(n), &adolescente)));
        // One less than the places that a credential may have.
        let presos: Vec<_> = (0..2)
            .map(|_| {
                let disputado = corpo(&disputado, &adolescente);
                let app = &app;
                escopo.spawn(move || app.post("tjrn", "/api/v1/processos", &disputado).status)
            })
            .collect();
        let respostas = outros.join().unwrap();
        assert_eq!(com_status(&respostas, 200), i64::from(CLIENTES * DE_CADA_UM));
        rival.batch_execute("ROLLBACK").unwrap();
        let mut presos: Vec<u16> = presos.into_iter().map(|preso| preso.join().unwrap()).collect();
        presos.sort_unstable();
        assert_eq!(presos, [200, 409]);
    });
}
