//! Nothing is shown that the trail does not tell.

use crate::assinaturas::alterar;
use crate::assinaturas::cliente_sse::Sse;
use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, FullDisk, Modelo};
use diesel::connection::SimpleConnection;
use elos::config::Http;
use elos::db::Sql;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Mutex;

const NOMES: &str = "query Nomes { adolescentes(first: 3) { nodes { nome cpf } } }";

/// What each door answers to a question for names: nothing that was read, or what it showed. The
/// Tramita's does not answer meanwhile: it waits (`outage::facade`).
fn ask_at_every_door(app: &App) -> Vec<(&'static str, String)> {
    let ws = || {
        let mut ws = Ws::de(app, "tjrn");
        ws.pedir("1", NOMES, &json!({}));
        ws.mensagem().to_string()
    };
    let sse = || Sse::pedir(app, "tjrn", "text/event-stream", &json!({ "query": NOMES })).tudo();
    let batch =
        || app.post("tjrn", "/graphql", &json!([{ "query": NOMES }, { "query": NOMES }])).texto;
    let doors: [(&str, &(dyn Fn() -> String + Sync)); 7] = [
        ("graphql", &|| app.graphql("tjrn", NOMES, json!({})).texto),
        ("batch", &batch),
        ("websocket", &ws),
        ("sse", &sse),
        ("rest list", &|| app.get("tjrn", "/api/v1/adolescentes?size=3").texto),
        ("rest processos", &|| app.get("tjrn", "/api/v1/processos?size=3").texto),
        ("national", &|| app.graphql("cnj", NOMES, json!({})).texto),
    ];
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (door, ask) in doors {
            let answers = &answers;
            // Each waits for the trail as long as it may: all at once.
            scope.spawn(move || {
                let answer = ask();
                answers.lock().unwrap().push((door, answer));
            });
        }
    });
    answers.into_inner().unwrap()
}

fn app() -> App {
    App::com(
        Modelo::Semeado,
        Ajustes { http: Http { lote_maximo: 10, ..Http::default() }, ..Ajustes::default() },
    )
}

/// PostgreSQL is there and refuses the record, as `refuse` makes it: nobody is shown anything. Once
/// it takes records again (`mend`), reads go on unaided, and what was read meanwhile is told.
fn refused_records_stop_reads(refuse: &[&str], mend: &[&str]) {
    let run = |app: &App, statements: &[&str]| {
        let mut conn = app.banco.conn();
        for statement in statements {
            conn.batch_execute(statement).unwrap();
        }
    };
    what_is_not_recorded_is_not_shown(|app| run(app, refuse), |app, ()| run(app, mend));
}

fn what_is_not_recorded_is_not_shown<T>(
    refuse: impl FnOnce(&App) -> T,
    mend: impl FnOnce(&App, T),
) {
    let app = app();
    app.auditado();
    let refused = refuse(&app);
    for (door, answer) in ask_at_every_door(&app) {
        assert!(answer.contains("trilha de auditoria"), "{door}: {answer}");
        for shown in ["Fictíci", "\"nome\"", "numeroProcesso", "\"IDT\""] {
            assert!(!answer.contains(shown), "{door} shows {shown}: {answer}");
        }
    }
    // Once it is known, nothing is read any more; and it is said where an operator looks.
    let answer = app.get("tjrn", "/api/v1/processos");
    assert_eq!((answer.status, answer.headers.contains_key("retry-after")), (503, true));
    let ready = app.pedir("GET", "/readyz", &[], b"");
    assert!(ready.status == 503 && ready.texto.contains("trilha"), "{}", ready.texto);

    mend(&app, refused);
    while app.get("tjrn", "/api/v1/processos").status != 200 {}
    app.auditado();
    let doors = "operacao IN ('Nomes', 'GET /api/v1/adolescentes', 'GET /api/v1/processos')";
    let told =
        app.banco.texto(Sql::new("SELECT count(*)::text AS t FROM auditoria WHERE ").push(doors));
    assert!(
        told.parse::<u32>().unwrap() > 1,
        "the one that was read in vain, and the last: {told}"
    );
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM auditoria_recusada"), 0);
    assert!(app.metricas().contains("elos_auditoria_perdidos_total 0"), "{}", app.metricas());
}

/// Connections begin with what was set for the database.
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
        app.banco.texto(Sql::new(
            "SELECT format('auditoria_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')) AS t",
        ))
    };
    let fill = |app: &App| {
        let disk = FullDisk::of(&mut app.banco.conn(), &month(app));
        // Until the last page of the table is full too.
        while app.get("tjrn", "/api/v1/processos?size=1").status == 200 {}
        disk
    };
    what_is_not_recorded_is_not_shown(fill, |app, disk| {
        let mut conn = app.banco.conn();
        disk.free(&mut conn);
        disk.leave(&mut conn);
    });
}

/// No month to write in is a class 23 error, and no fault of the record.
#[test]
fn a_month_that_is_not_there_stops_reads() {
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

/// Only a record that PostgreSQL proves it cannot hold is set aside: the others of its batch are
/// written, its answer leaves, and `verify` says so until somebody has seen to it.
#[test]
fn a_record_that_cannot_be_held_is_set_aside_with_its_reason() {
    let app = app();
    app.banco
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
    assert_eq!(app.banco.contar(held), 2);
    let aside = app.banco.texto(Sql::new(
        "SELECT concat_ws('|', sqlstate, motivo, convert_from(registro, 'UTF8')::json ->> 'operacao') AS t FROM auditoria_recusada",
    ));
    assert!(
        aside.starts_with("23514|") && aside.contains("teste") && aside.ends_with("|Ruim"),
        "{aside}"
    );
    assert!(app.metricas().contains("elos_auditoria_a_parte_total 1"), "{}", app.metricas());

    let verify = || {
        let output = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(["auditoria", "verify"])
            .env("ELOS_MIGRATE_URL", app.banco.url("postgres"))
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = verify();
    assert!(code == Some(1) && text.contains("1 registro(s) à parte"), "{text}");
    app.banco.conn().batch_execute("DELETE FROM auditoria_recusada").unwrap();
    assert_eq!(verify().0, Some(0));
}

/// While a record is not on disk its answer does not leave.
#[test]
fn the_record_of_a_read_is_written_before_its_answer() {
    let app = app();
    app.auditado();
    let mut lock = app.banco.conn();
    lock.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| app.gql("tjrn", NOMES));
        // The writer waits for the lock, and the answer for the writer.
        while app.banco.esperam() == 0 {}
        assert!(!asked.is_finished());
        lock.batch_execute("COMMIT").unwrap();
        asked.join().unwrap();
    });
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM auditoria WHERE operacao = 'Nomes'"), 1);
}

/// A dry run writes nothing, and what it shows is recorded: whose data, and which fields.
#[test]
fn what_a_dry_run_shows_is_recorded() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}) { nodes { id numero adolescentes(first: 1) { nodes { id identificador } } } }
           adolescentes(last: 1) { nodes { id identificador } } }",
    );
    let processo = &dados["processos"]["nodes"][0];
    let (linked, other) =
        (&processo["adolescentes"]["nodes"][0], &dados["adolescentes"]["nodes"][0]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let numero = text(&processo["numero"]).replace(['-', '.'], "");
    let tried = |status: u16,
                 expected: &[&Value],
                 fields: &[&str],
                 (method, path, body): (&str, String, Value)| {
        let bearer = format!("Bearer {}", app.token("tjrn"));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let answer = app.pedir(method, &path, &headers, body.to_string().as_bytes());
        assert_eq!(answer.status, status, "{path}: {}", answer.texto);
        app.auditado();
        let last = app.gql_com("cnj", "query($a: String) { auditoria(last: 1, ator: $a) { nodes { recursos camposSensiveis status } } }", json!({ "a": "tjrn" }));
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
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente WHERE nome = 'Outra'"), 0);
}

/// A change reaches every subscription of a credential: the trail names each, in as few records as
/// the commits that wrote them.
#[test]
fn every_subscription_that_got_an_event_is_named() {
    let app = App::novo();
    let dados = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let processo = &dados["processos"]["nodes"][0];
    let mut sockets: Vec<(Ws, String)> = (0..10)
        .map(|_| {
            let (mut ws, id) = Ws::com_id(
                &app.base,
                &[("sec-websocket-protocol", crate::assinaturas::cliente_ws::SUBPROTOCOLO)],
            );
            ws.iniciar(&app.token("tjrn"));
            assert!(ws.foi_aceito());
            ws.assinar(
                "a",
                "subscription Acompanhar { processoAlterado { processo { numero } } }",
                &json!({}),
            );
            (ws, id)
        })
        .collect();
    alterar(&app, "tjrn", &processo["numero"], "Fulano");
    for (ws, _) in &mut sockets {
        assert_eq!(ws.mensagem()["type"], "next");
    }
    let query = "query($r: ID) { auditoria(first: 100, recurso: $r, ator: \"tjrn\") { nodes { operacao correlacao correlacoes } } }";
    app.auditado();
    let dados = app.gql_com("cnj", query, json!({ "r": processo["id"] }));
    let nodes = dados["auditoria"]["nodes"].as_array().unwrap();
    let told: Vec<&Value> = nodes.iter().filter(|node| node["operacao"] == "Acompanhar").collect();
    for (_, id) in &sockets {
        let names = |node: &&&Value| {
            node["correlacao"] == *id
                || node["correlacoes"].as_array().is_some_and(|all| all.contains(&json!(id)))
        };
        assert!(told.iter().any(|node| names(&node)), "{id} is not in {told:?}");
    }
    assert!(told.len() <= sockets.len());
    // Sealed and held like any other record.
    app.selado();
    let output = Command::new(env!("CARGO_BIN_EXE_elos"))
        .args(["auditoria", "verify"])
        .env("ELOS_MIGRATE_URL", app.banco.url("postgres"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
