//! Every response has its record in the trail.

use crate::subscriptions::alterar;
use crate::subscriptions::sse_client::Sse;
use crate::subscriptions::ws_client::Ws;
use crate::support::{App, FullDisk, Settings, Template};
use diesel::connection::SimpleConnection;
use elos::config::Http;
use elos::db::Sql;
use serde_json::{Value, json};
use std::sync::Mutex;

const NAMES: &str = "query Nomes { adolescentes(first: 3) { nodes { nome cpf } } }";

/// Returns the response of each API to a query for names: the data, or an error without data. The
/// Tramita is missing, because its calls wait during an outage (`outage::facade`).
fn ask_every_api(app: &App) -> Vec<(&'static str, String)> {
    let ws = || {
        let mut ws = Ws::of(app, "tjrn");
        ws.request("1", NAMES, &json!({}));
        ws.message().to_string()
    };
    let sse = || Sse::request(app, "tjrn", "text/event-stream", &json!({ "query": NAMES })).all();
    let batch =
        || app.post("tjrn", "/graphql", &json!([{ "query": NAMES }, { "query": NAMES }])).text;
    let apis: [(&str, &(dyn Fn() -> String + Sync)); 7] = [
        ("graphql", &|| app.graphql("tjrn", NAMES, json!({})).text),
        ("batch", &batch),
        ("websocket", &ws),
        ("sse", &sse),
        ("rest list", &|| app.get("tjrn", "/api/v1/adolescentes?size=3").text),
        ("rest processos", &|| app.get("tjrn", "/api/v1/processos?size=3").text),
        ("national", &|| app.graphql("cnj", NAMES, json!({})).text),
    ];
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (api, ask) in apis {
            let answers = &answers;
            // Each call waits for the trail up to its time limit, so the test sends all at once.
            scope.spawn(move || {
                let answer = ask();
                answers.lock().unwrap().push((api, answer));
            });
        }
    });
    answers.into_inner().unwrap()
}

fn app() -> App {
    App::with(
        Template::Seeded,
        Settings { http: Http { max_batch: 10, ..Http::default() }, ..Settings::default() },
    )
}

/// PostgreSQL refuses every record after the statements `refuse`: no API returns data. After the
/// statements `mend` it accepts records again; reads recover by themselves, and the earlier reads
/// are recorded.
fn refused_records_stop_reads(refuse: &[&str], mend: &[&str]) {
    let run = |app: &App, statements: &[&str]| {
        let mut conn = app.database.conn();
        for statement in statements {
            conn.batch_execute(statement).unwrap();
        }
    };
    assert_no_response_without_a_record(|app| run(app, refuse), |app, ()| run(app, mend));
}

fn assert_no_response_without_a_record<T>(
    refuse: impl FnOnce(&App) -> T,
    mend: impl FnOnce(&App, T),
) {
    let app = app();
    app.wait_until_audited();
    let refused = refuse(&app);
    for (api, answer) in ask_every_api(&app) {
        assert!(answer.contains("trilha de auditoria"), "{api}: {answer}");
        for shown in ["Fictíci", "\"nome\"", "numeroProcesso", "\"IDT\""] {
            assert!(!answer.contains(shown), "{api} shows {shown}: {answer}");
        }
    }
    // Once the server knows, it refuses reads at once and `/readyz` says so.
    let answer = app.get("tjrn", "/api/v1/processos");
    assert_eq!((answer.status, answer.headers.contains_key("retry-after")), (503, true));
    let ready = app.request("GET", "/readyz", &[], b"");
    assert!(ready.status == 503 && ready.text.contains("trilha"), "{}", ready.text);

    mend(&app, refused);
    while app.get("tjrn", "/api/v1/processos").status != 200 {}
    app.wait_until_audited();
    let apis = "operacao IN ('Nomes', 'GET /api/v1/adolescentes', 'GET /api/v1/processos')";
    let told =
        app.database.text(Sql::new("SELECT count(*)::text AS t FROM auditoria WHERE ").push(apis));
    assert!(
        told.parse::<u32>().unwrap() > 1,
        "the one that was read in vain, and the last: {told}"
    );
    assert_eq!(app.database.count("SELECT count(*) AS n FROM auditoria_recusada"), 0);
    assert!(app.metrics().contains("elos_auditoria_perdidos_total 0"), "{}", app.metrics());
}

/// A setting of the database takes effect on new connections.
const NEW_CONNECTIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'elos'";

#[test]
fn a_database_that_is_read_only_stops_reads() {
    let set = |to: &str| {
        format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {to}', current_database()); END $$"
        )
    };
    refused_records_stop_reads(
        &[&set("on"), NEW_CONNECTIONS],
        &["SET default_transaction_read_only = off", &set("off"), NEW_CONNECTIONS],
    );
}

#[test]
fn a_right_that_was_taken_away_stops_reads() {
    refused_records_stop_reads(
        &[
            "REVOKE EXECUTE ON FUNCTION elos_trilha_de_leitura, elos_trilha_provar FROM elos_auditor",
        ],
        &["GRANT EXECUTE ON FUNCTION elos_trilha_de_leitura, elos_trilha_provar TO elos_auditor"],
    );
}

#[test]
fn a_full_disk_stops_reads() {
    let month = |app: &App| {
        app.database.text(Sql::new(
            "SELECT format('auditoria_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')) AS t",
        ))
    };
    let fill = |app: &App| {
        let disk = FullDisk::of(&mut app.database.conn(), &month(app));
        // Read until the last page of the table is full too.
        while app.get("tjrn", "/api/v1/processos?size=1").status == 200 {}
        disk
    };
    assert_no_response_without_a_record(fill, |app, disk| {
        let mut conn = app.database.conn();
        disk.make_room(&mut conn);
        disk.restore_tablespace(&mut conn);
    });
}

/// A missing partition raises an error of class 23, although the record itself is valid.
#[test]
fn a_missing_partition_stops_reads() {
    let month = "format('auditoria_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYYMM'))";
    let until =
        "to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY-MM-DD')";
    refused_records_stop_reads(
        &[&format!(
            "DO $$ BEGIN EXECUTE format('ALTER TABLE auditoria DETACH PARTITION %I', {month}); END $$"
        )],
        &[&format!(
            "DO $$ BEGIN EXECUTE format('ALTER TABLE auditoria ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', {month}, {until} || ' 00:00:00+00'); END $$"
        )],
    );
}

/// The server sets aside only a record that PostgreSQL provably cannot store. It writes the other
/// records of the batch and sends the response. `verify` reports the record until an operator has
/// handled it.
#[test]
fn a_record_that_cannot_be_stored_is_set_aside_with_its_reason() {
    let app = app();
    app.database
        .conn()
        .batch_execute("ALTER TABLE auditoria ADD CONSTRAINT teste CHECK (operacao <> 'Ruim')")
        .unwrap();
    std::thread::scope(|scope| {
        for name in ["Boa", "Ruim", "Otima"] {
            let app = &app;
            scope.spawn(move || {
                let query = format!("query {name} {{ processos(first: 1) {{ nodes {{ id }} }} }}");
                assert_eq!(app.graphql("tjrn", &query, json!({})).status, 200);
            });
        }
    });
    let held = "SELECT count(*) AS n FROM auditoria WHERE operacao IN ('Boa', 'Otima')";
    assert_eq!(app.database.count(held), 2);
    let aside = app.database.text(Sql::new(
        "SELECT concat_ws('|', sqlstate, motivo, convert_from(registro, 'UTF8')::json ->> 'operacao') AS t FROM auditoria_recusada",
    ));
    assert!(
        aside.starts_with("23514|") && aside.contains("teste") && aside.ends_with("|Ruim"),
        "{aside}"
    );
    assert!(app.metrics().contains("elos_auditoria_a_parte_total 1"), "{}", app.metrics());

    let verify = || app.database.elos(&["auditoria", "verify"]);
    let (code, text) = verify();
    assert!(code == Some(1) && text.contains("1 registro(s) à parte"), "{text}");
    app.database.conn().batch_execute("DELETE FROM auditoria_recusada").unwrap();
    assert_eq!(verify().0, Some(0));
}

/// The response waits until its record is in the trail.
#[test]
fn the_record_of_a_read_is_written_before_its_answer() {
    let app = app();
    app.wait_until_audited();
    let mut lock = app.database.conn();
    lock.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| app.gql("tjrn", NAMES));
        // The writer waits for the lock, and the response waits for the writer.
        app.database.wait_for_lock_waiters(1);
        assert!(!asked.is_finished());
        lock.batch_execute("COMMIT").unwrap();
        asked.join().unwrap();
    });
    assert_eq!(
        app.database.count("SELECT count(*) AS n FROM auditoria WHERE operacao = 'Nomes'"),
        1
    );
}

/// A dry run writes nothing. The trail records the data that it shows, with their fields.
#[test]
fn a_dry_run_is_recorded_with_the_data_that_it_shows() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}) { nodes { id numero adolescentes(first: 1) { nodes { id identificador } } } }
           adolescentes(last: 1) { nodes { id identificador } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    let (linked, other) =
        (&processo["adolescentes"]["nodes"][0], &data["adolescentes"]["nodes"][0]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let numero = text(&processo["numero"]).replace(['-', '.'], "");
    let tried = |status: u16,
                 expected: &[&Value],
                 fields: &[&str],
                 (method, path, body): (&str, String, Value)| {
        let bearer = app.bearer("tjrn");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let answer = app.request(method, &path, &headers, body.to_string().as_bytes());
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        app.wait_until_audited();
        let last = app.gql_with("cnj", "query($a: String) { auditoria(last: 1, ator: $a) { nodes { recursos camposSensiveis status } } }", json!({ "a": "tjrn" }));
        let last = &last["auditoria"]["nodes"][0];
        for id in expected {
            assert!(last["recursos"].as_array().unwrap().contains(id), "{path}: {last}");
        }
        for field in fields {
            assert!(
                last["camposSensiveis"].as_array().unwrap().contains(&json!(field)),
                "{path}: {last}"
            );
        }
    };
    tried(
        200,
        &[&linked["id"]],
        &["Adolescente.cpf"],
        (
            "PUT",
            "/api/v1/adolescentes?simular=true".into(),
            json!({ "identificador": linked["identificador"], "nome": "Outra", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO", "cpf": { "numero": "52998224725" } }),
        ),
    );
    tried(
        200,
        &[&processo["id"]],
        &[],
        (
            "PUT",
            "/api/v1/processos?simular=true".into(),
            json!({ "numeroProcesso": numero, "magistradoNome": "Magistrada Fictícia" }),
        ),
    );
    tried(
        200,
        &[&processo["id"]],
        &[],
        (
            "PUT",
            format!("/api/v1/processos/numero-processo/{numero}/situacao/ARQUIVADO?simular=true"),
            json!({}),
        ),
    );
    tried(
        200,
        &[&processo["id"], &other["id"]],
        &[],
        (
            "POST",
            format!(
                "/api/v1/processos/{numero}/apuracao/adolescentes/{}?simular=true",
                text(&other["identificador"])
            ),
            json!({}),
        ),
    );
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente WHERE nome = 'Outra'"), 0);
}

/// What a dry run would create does not exist, so the trail does not name it (R14).
#[test]
fn a_dry_run_does_not_read_the_adolescente_that_it_would_register() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL], situacao: [ATIVO]}) { nodes { id numero } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    let vincular = "mutation($i: VincularAdolescenteInput!) { vincularAdolescente(input: $i) {
        simulado avisos erros { codigo mensagem } } }";
    let input =
        json!({ "processo": processo["numero"], "adolescente": "209900000001", "simular": true });
    let tried = &app.gql_with("tjrn", vincular, json!({ "i": input }))["vincularAdolescente"];
    assert_eq!((&tried["simulado"], &tried["erros"]), (&json!(true), &json!([])), "{tried}");
    assert!(tried["avisos"].to_string().contains("cadastro pendente"), "{tried}");
    app.wait_until_audited();
    let last = app.gql("cnj", "{ auditoria(last: 1, ator: \"tjrn\") { nodes { recursos } } }");
    assert_eq!(last["auditoria"]["nodes"][0]["recursos"], json!([processo["id"]]));
}

/// A change reaches every subscription of a credential. The trail names each of them, with at most
/// one record for each.
#[test]
fn every_subscription_that_got_an_event_is_named() {
    let app = App::new();
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let processo = &data["processos"]["nodes"][0];
    let mut sockets: Vec<(Ws, String)> = (0..10)
        .map(|_| {
            let (mut ws, id) = Ws::with_id(
                &app.base,
                &[("sec-websocket-protocol", crate::subscriptions::ws_client::SUBPROTOCOL)],
            );
            ws.init(&app.token("tjrn"));
            assert!(ws.is_accepted());
            ws.subscribe(
                "a",
                "subscription Acompanhar { processoAlterado { processo { numero } } }",
                &json!({}),
            );
            (ws, id)
        })
        .collect();
    alterar(&app, "tjrn", &processo["numero"], "Fulano");
    for (ws, _) in &mut sockets {
        assert_eq!(ws.message()["type"], "next");
    }
    let query = "query($r: ID) { auditoria(first: 100, recurso: $r, ator: \"tjrn\") { nodes { operacao correlacao correlacoes } } }";
    app.wait_until_audited();
    let data = app.gql_with("cnj", query, json!({ "r": processo["id"] }));
    let nodes = data["auditoria"]["nodes"].as_array().unwrap();
    let told: Vec<&Value> = nodes.iter().filter(|node| node["operacao"] == "Acompanhar").collect();
    for (_, id) in &sockets {
        let names = |node: &&&Value| {
            node["correlacao"] == *id
                || node["correlacoes"].as_array().is_some_and(|all| all.contains(&json!(id)))
        };
        assert!(told.iter().any(|node| names(&node)), "{id} is not in {told:?}");
    }
    assert!(told.len() <= sockets.len());
    // The server seals the records, and `verify` checks them like any others.
    app.wait_until_sealed();
    let (code, text) = app.database.elos(&["auditoria", "verify"]);
    assert_eq!(code, Some(0), "{text}");
}
