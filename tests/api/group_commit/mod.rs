//! Group commit: simultaneous registrations share a transaction, and each keeps its own outcome.

mod keys;

use crate::support::{App, NewProcesso, Settings, Template, numero};
use diesel::connection::SimpleConnection;
use serde_json::Value;

const CLIENTS: u32 = 48;
const PER_CLIENT: u32 = 6;

fn body(numero: &str, adolescente: &str) -> Value {
    NewProcesso::apuracao(numero, &[adolescente]).body()
}

/// Sends the registrations of all clients at once, and those of one client one after another.
/// Returns the status and the body of each response.
fn cadastrar_all(app: &App, requests: impl Fn(u32) -> Value + Sync) -> Vec<(u16, Value)> {
    let of_one = |client: u32| -> Vec<(u16, Value)> {
        let mine = (0..PER_CLIENT).map(|n| requests(n * CLIENTS + client));
        let enviar = |body| app.post("tjrn", "/api/v1/processos", &body);
        mine.map(enviar).map(|response| (response.status, response.body)).collect()
    };
    std::thread::scope(|scope| {
        let of_one = &of_one;
        let clients: Vec<_> = (0..CLIENTS).map(|n| scope.spawn(move || of_one(n))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

fn with_status(responses: &[(u16, Value)], status: u16) -> i64 {
    let theirs = responses.iter().filter(|(this, _)| *this == status);
    i64::try_from(theirs.count()).unwrap()
}

const NEW: &str = "SELECT count(*) AS n FROM processo WHERE numero LIKE '9%20248200001'";

/// Returns whether there were fewer transactions than registrations.
fn was_grouped(app: &App) -> bool {
    let accompanied = "SELECT count(*) - count(DISTINCT e.xid) AS n FROM evento e JOIN processo p ON p.id = e.processo_id \
         WHERE p.numero LIKE '9%20248200001'";
    app.database.count(accompanied) > 0
}

#[test]
fn each_cadastro_of_a_batch_has_its_own_outcome_and_rows() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescentes: Vec<String> = (0..4).map(|_| app.adolescente("tjrn")).collect();
    let known = |n: u32| adolescentes[n as usize % 4].as_str();
    // Among eight registrations, one has an unknown adolescente, two have the same number, and one
    // lacks its órgão.
    let request = |n: u32| match n % 8 {
        0 => body(&numero(n), "999999999999"),
        1 => body(&numero(n + 1), known(n)),
        3 => {
            let mut body = body(&numero(n), known(n));
            body["idOrgao"] = Value::Null;
            body
        }
        _ => body(&numero(n), known(n)),
    };
    let responses = cadastrar_all(&app, request);
    let eighth = i64::from(CLIENTS * PER_CLIENT / 8);
    assert_eq!(with_status(&responses, 200), 5 * eighth, "{responses:?}");
    assert_eq!(with_status(&responses, 409), eighth);
    assert_eq!(with_status(&responses, 400), 2 * eighth);
    assert!(was_grouped(&app));

    // Every response shows the processo that the server reads under its number, and the database
    // has no other new processo.
    for (_, response) in responses.iter().filter(|(status, _)| *status == 200) {
        let numero = response["dados"]["numeroProcesso"].as_str().unwrap();
        let read = app.get("tjrn", &format!("/api/v1/processos/numero-processo/{numero}")).body;
        assert_eq!(read["dados"]["adolescentes"], response["dados"]["adolescentes"]);
        assert_eq!(read["dados"]["id"], response["dados"]["id"]);
    }
    app.wait_until_audited();
    assert_eq!(app.database.count(NEW), 5 * eighth);
    let one_of_each = "SELECT count(*) AS n FROM processo p WHERE numero LIKE '9%20248200001' \
         AND (SELECT count(*) FROM vinculo v WHERE v.processo_id = p.id) = 1 \
         AND (SELECT count(*) FROM evento e WHERE e.processo_id = p.id) = 1 \
         AND (SELECT count(*) FROM auditoria a WHERE a.especie = 'ESCRITA' AND a.status = 200 AND a.recursos @> ARRAY[p.id * 8]) = 1";
    assert_eq!(app.database.count(one_of_each), 5 * eighth);
    let refused =
        "SELECT count(*) AS n FROM auditoria WHERE especie = 'ESCRITA' AND status IN (400, 409)";
    assert_eq!(app.database.count(refused), 3 * eighth);
}

/// Makes the database fail at the registrations of the system `quebra`.
const FAULT: &str = "CREATE FUNCTION quebrar() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF NEW.app_name_sistema_tribunal = 'quebra' THEN RAISE EXCEPTION 'quebrou'; END IF; \
         RETURN NEW; END $$; \
     CREATE TRIGGER quebra BEFORE INSERT ON processo FOR EACH ROW EXECUTE FUNCTION quebrar()";

/// A registration that the database rejects shares a batch with valid ones.
#[test]
fn a_failed_registration_does_not_fail_its_batch() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    app.database.conn().batch_execute(FAULT).unwrap();
    let request = |n: u32| {
        let mut body = body(&numero(n), &adolescente);
        if n.is_multiple_of(16) {
            body["appNameSistemaTribunal"] = "quebra".into();
        }
        body
    };
    let responses = cadastrar_all(&app, request);
    let all = i64::from(CLIENTS * PER_CLIENT);
    assert_eq!(with_status(&responses, 500), all / 16);
    assert_eq!(with_status(&responses, 200), all - all / 16);
    assert!(was_grouped(&app));
    assert_eq!(app.database.count(NEW), all - all / 16);
}

/// A rival transaction has inserted a number and stays open.
#[test]
fn a_registration_that_waits_does_not_delay_others() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    let contended = numero(100_000).replace(['-', '.'], "");
    let mut rival = app.database.conn();
    rival
        .batch_execute(&format!(
            "BEGIN; INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em) \
             VALUES (820, '{contended}', 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1, 'rival', now(), now())"
        ))
        .unwrap();
    std::thread::scope(|scope| {
        // The rival stays open until all of these are done, so none of them waits for it.
        let others = scope.spawn(|| cadastrar_all(&app, |n| body(&numero(n), &adolescente)));
        // Use one connection less than a credential may hold.
        let blocked: Vec<_> = (0..2)
            .map(|_| {
                let contended = body(&contended, &adolescente);
                let app = &app;
                scope.spawn(move || app.post("tjrn", "/api/v1/processos", &contended).status)
            })
            .collect();
        let responses = others.join().unwrap();
        assert_eq!(with_status(&responses, 200), i64::from(CLIENTS * PER_CLIENT));
        rival.batch_execute("ROLLBACK").unwrap();
        let mut blocked: Vec<u16> =
            blocked.into_iter().map(|handle| handle.join().unwrap()).collect();
        blocked.sort_unstable();
        assert_eq!(blocked, [200, 409]);
    });
}
