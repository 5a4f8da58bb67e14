//! The audit trail: what it records, its hash chain, and who may read it.

use crate::support::{App, Database, NewProcesso, Settings, Template, new_adolescente};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::sync::Arc;

const TRAIL: &str = "query($r: ID, $a: String) { auditoria(first: 100, recurso: $r, ator: $a) { totalCount nodes {
    sub azp tribunal { sigla } canal operacao especie resultado status recursos camposSensiveis correlacao } } }";

/// Returns the records of the trail that the national credential sees. The variables can name a
/// resource (`r`) and a client (`a`).
fn trail(app: &App, variables: Value) -> Vec<Value> {
    app.wait_until_audited();
    let data = app.gql_with("cnj", TRAIL, variables);
    data["auditoria"]["nodes"].as_array().unwrap().clone()
}

/// Returns the records of the client `azp`, without `correlacao`, `azp` and `sub`.
fn of(app: &App, azp: &str) -> Vec<Value> {
    let mut records = trail(app, json!({ "a": azp }));
    for entry in &mut records {
        let correlation = entry["correlacao"].take();
        assert_eq!(correlation.as_str().unwrap().len(), 36, "a UUID");
        entry.as_object_mut().unwrap().remove("correlacao");
        assert_eq!(entry.as_object_mut().unwrap().remove("azp"), Some(json!(azp)));
        entry.as_object_mut().unwrap().remove("sub");
    }
    records
}

fn entry(
    canal: &str,
    operation: &str,
    especie: &str,
    (result, status): (&str, u16),
    resources: &[&Value],
    fields: &[&str],
) -> Value {
    json!({ "tribunal": { "sigla": "TJRN" }, "canal": canal, "operacao": operation, "especie": especie,
        "resultado": result, "status": status, "recursos": resources, "camposSensiveis": fields })
}

/// Returns the ids of a processo of TJRN and of its first adolescente, the number of the processo
/// and the identificador of the adolescente. The national credential reads them, because its
/// records are in another chain.
fn target(app: &App) -> (Value, Value, String, String) {
    let data = app.gql(
        "cnj",
        r#"{ processos(first: 1, filtro: {tribunal: "20"}) { nodes { id numero adolescentes(first: 1) { nodes { id identificador } } } } }"#,
    );
    let processo = &data["processos"]["nodes"][0];
    let adolescente = &processo["adolescentes"]["nodes"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        processo["id"].clone(),
        adolescente["id"].clone(),
        text(&processo["numero"]),
        text(&adolescente["identificador"]),
    )
}

#[test]
fn the_record_of_a_read_names_the_client_the_objects_and_the_fields() {
    let app = App::new();
    let (processo, adolescente, numero, identificador) = target(&app);
    let query = "query Ficha($n: NumeroProcesso!) { processo(numero: $n) { adolescentes(first: 1) { nodes { nome cpf racaCor } } } }";
    app.gql_with("tjrn", query, json!({ "n": numero }));
    app.gql_with("tjrn-leitura", query, json!({ "n": numero }));
    app.get("tjrn", &format!("/api/v1/adolescentes/identificador/{identificador}"));
    app.get("tjrn", "/api/v1/adolescentes/identificador/209900000001");
    app.gql_with(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { id } }",
        json!({ "n": "9000741-62.2021.8.20.0083" }),
    );
    app.get("tjrn", "/tramites/999999");

    let record = [&processo, &adolescente];
    let found = of(&app, "tjrn");
    let mut by_route = found[1].clone();
    let fields = by_route["camposSensiveis"].take();
    assert!(fields.as_array().unwrap().contains(&json!("Adolescente.cpf")), "{fields}");
    by_route["camposSensiveis"] = json!([]);
    let route = "GET /api/v1/adolescentes/identificador/{identificador}";
    assert_eq!(
        [found[0].clone(), by_route, found[2].clone(), found[3].clone(), found[4].clone()],
        [
            entry(
                "GRAPHQL",
                "Ficha",
                "LEITURA",
                ("OK", 200),
                &record,
                &["Adolescente.racaCor", "Adolescente.cpf"]
            ),
            entry("REST", route, "LEITURA", ("OK", 200), &[&adolescente], &[]),
            entry("REST", route, "LEITURA", ("NAO_ENCONTRADO", 404), &[], &[]),
            entry("GRAPHQL", "processo", "LEITURA", ("NAO_ENCONTRADO", 404), &[], &[]),
            entry("TRAMITA", "GET /tramites/{idt}", "LEITURA", ("NAO_ENCONTRADO", 404), &[], &[]),
        ]
    );
    assert_eq!(found.len(), 5);
    // The record of a client that may not see sensitive fields lists none.
    assert_eq!(
        of(&app, "tjrn-leitura"),
        [entry("GRAPHQL", "Ficha", "LEITURA", ("OK", 200), &record, &[])]
    );
    // These clients have read this adolescente.
    let readers: Vec<Value> =
        trail(&app, json!({ "r": adolescente })).iter().map(|r| r["azp"].clone()).collect();
    assert_eq!(readers, ["cnj", "tjrn", "tjrn-leitura", "tjrn"]);
    let unreadable = app.graphql("cnj", TRAIL, json!({ "r": "bm90IGFuIGlk" }));
    assert!(unreadable.text.contains("BAD_USER_INPUT"), "{}", unreadable.text);
}

#[test]
fn writes_and_refusals_are_recorded_in_their_transaction() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let body = NewProcesso::apuracao("9000741-62.2021.8.20.0083", &[&adolescente]).body();
    assert_eq!(app.post("tjrn", "/api/v1/processos", &body).status, 200);
    assert_eq!(app.post("tjrn", "/api/v1/processos", &body).status, 409);
    assert_eq!(app.post("tjrn", "/api/v1/processos", &json!({})).status, 400);
    assert_eq!(app.post("tjrn-leitura", "/api/v1/processos", &body).status, 403);
    let mutation = "mutation Duas { a: alterarSituacao(input: {processo: \"9000741-62.2021.8.20.0083\", situacao: ARQUIVADO}) { alterado }
        b: vincularAdolescente(input: {processo: \"9000741-62.2021.8.20.0083\", adolescente: \"202600000009\"}) { erros { codigo } } }";
    app.gql("tjrn", mutation);

    let summary = |azp: &str| -> Vec<Value> {
        let count = |r: &Value| {
            json!([
                r["canal"],
                r["operacao"],
                r["especie"],
                r["resultado"],
                r["status"],
                r["recursos"].as_array().unwrap().len()
            ])
        };
        let mut summary: Vec<Value> = of(&app, azp).iter().map(count).collect();
        // The server records a write in the transaction of the write, and a read or a refusal a
        // moment later.
        summary.sort_by_key(|row| usize::from(row[2] == "LEITURA" || row[3] != "OK"));
        summary
    };
    let route = "POST /api/v1/processos";
    assert_eq!(
        summary("tjrn"),
        [
            json!(["REST", "POST /api/v1/adolescentes", "ESCRITA", "OK", 200, 1]),
            // The response names the adolescente too.
            json!(["REST", route, "ESCRITA", "OK", 200, 2]),
            json!(["GRAPHQL", "alterarSituacao", "ESCRITA", "OK", 200, 1]),
            // The response shows sensitive fields, so the server records it as a read too.
            json!(["REST", "POST /api/v1/adolescentes", "LEITURA", "OK", 200, 1]),
            json!(["REST", route, "ESCRITA", "CONFLITO", 409, 0]),
            json!(["REST", route, "ESCRITA", "CONFLITO", 400, 0]),
            json!(["GRAPHQL", "vincularAdolescente", "ESCRITA", "CONFLITO", 409, 0]),
        ]
    );
    assert_eq!(summary("tjrn-leitura"), [json!(["REST", route, "ESCRITA", "NEGADO", 403, 0])]);
}

/// The record of a write is in the transaction of the write. A dry run rolls back, and the server
/// still records it once.
#[test]
fn a_dry_run_is_a_read() {
    let app = App::empty();
    let body = new_adolescente();
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes?simular=true", &body).status, 200);
    app.wait_until_audited();
    assert_eq!(app.database.count("SELECT count(*) AS n FROM auditoria WHERE resultado = 'OK'"), 1);
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 0);
}

#[test]
fn only_auditors_read_the_trail_and_each_its_own() {
    let app = App::new();
    let (processo, ..) = target(&app);
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.gql("tjpe", "{ processos(first: 1) { nodes { id } } }");
    app.wait_until_audited();
    assert_eq!(app.code("tjrn", "{ auditoria { nodes { id } } }"), "SEM_PERMISSAO");
    app.wait_until_audited();
    app.credential("auditor", "tjrn", |claims| {
        claims["azp"] = "auditor".into();
        claims["realm_access"]["roles"] = json!(["pse-consulta", "pse-auditoria"]);
    });
    let data =
        app.gql("auditor", "{ auditoria { nodes { id tribunal { sigla } operacao recursos } } }");
    let nodes = data["auditoria"]["nodes"].as_array().unwrap();
    let operations: Vec<_> = nodes.iter().map(|node| &node["operacao"]).collect();
    assert_eq!(operations, ["processos", "auditoria"], "its own, and the refused one: {data}");
    assert_eq!((&nodes[0]["operacao"], &nodes[0]["recursos"][0]), (&json!("processos"), &processo));
    // The query by id has the same permission.
    let one = "query($i: ID!) { node(id: $i) { id } }";
    let id = json!({ "i": nodes[0]["id"] });
    assert_eq!(app.gql_with("auditor", one, &id)["node"], json!({ "id": nodes[0]["id"] }));
    assert_eq!(app.gql_with("tjrn", one, &id)["node"], Value::Null);
    assert_eq!(app.gql_with("tjpe", one, &id)["node"], Value::Null);
    // Pages do not repeat a record.
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = "query($d: String) { auditoria(first: 1, after: $d) { pageInfo { hasNextPage endCursor } nodes { id } } }";
        let data = app.gql_with("auditor", page, json!({ "d": after }));
        seen.push(data["auditoria"]["nodes"][0]["id"].clone());
        after = data["auditoria"]["pageInfo"]["endCursor"].clone();
        if data["auditoria"]["pageInfo"]["hasNextPage"] == false || seen.len() > 50 {
            break;
        }
        app.wait_until_audited();
    }
    let unique: std::collections::HashSet<String> = seen.iter().map(Value::to_string).collect();
    assert_eq!(unique.len(), seen.len());
}

#[test]
fn the_trail_only_grows() {
    let app = App::new();
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.wait_until_audited();
    for papel in ["elos_app", "elos_nacional", "elos_auditor"] {
        for command in [
            "UPDATE auditoria SET status = 1",
            "DELETE FROM auditoria",
            "TRUNCATE auditoria",
            "UPDATE selo SET ordem = 9",
            "DELETE FROM selo",
        ] {
            let as_role = format!("SET ROLE {papel}; SET elos.tribunal = '820'; {command}");
            let error = app.database.conn().batch_execute(&as_role).expect_err(command).to_string();
            assert!(error.contains("permission denied"), "{papel} {command}: {error}");
        }
    }
    // None of these roles can insert a seal, or a record into the table or into a partition.
    let insert = |table: &str| {
        format!("INSERT INTO {table} (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES (820, '2026-01-01', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c')")
    };
    let month = app.database.text(elos::db::Sql::new(
        "SELECT 'auditoria_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS t",
    ));
    let seal = "INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em, mes)
        SELECT 820, 99, '1', 1, '{}', '', '{}', h, h, now(), now() FROM (SELECT sha256('x') AS h) x";
    for papel in ["elos_app", "elos_nacional", "elos_auditor"] {
        for command in [&insert("auditoria"), &insert(&month), seal] {
            let as_role = format!("SET ROLE {papel}; SET elos.tribunal = '820'; {command}");
            let error = app.database.conn().batch_execute(&as_role).expect_err(command).to_string();
            assert!(error.contains("permission denied"), "{papel} {command}: {error}");
        }
    }
    // The function that the session of a tribunal may call writes for that tribunal, with the
    // current time.
    let before =
        app.database.count("SELECT count(*) AS n FROM auditoria WHERE tribunal_codigo = 820");
    app.database
        .conn()
        .batch_execute("SET ROLE elos_app; SET elos.tribunal = '820'; SELECT elos_trilha_de_escrita(ARRAY['c'], ARRAY[1], ARRAY[0], ARRAY[1], '{}', ARRAY['s'], ARRAY[''], ARRAY['REST'], ARRAY['o'], ARRAY['ESCRITA'], ARRAY['OK'], ARRAY[200::smallint], ARRAY[''])")
        .unwrap();
    let now = "SELECT count(*) AS n FROM auditoria WHERE tribunal_codigo = 820 AND ocorrido_em > now() - interval '1 minute'";
    assert_eq!(app.database.count(now), before + 1);
    for (papel, function) in [
        ("elos_app", "elos_trilha_selar()"),
        ("elos_nacional", "elos_trilha_selar()"),
        ("elos_nacional", "elos_trilha_preparar()"),
    ] {
        let as_role = format!("SET ROLE {papel}; SELECT {function}");
        assert!(app.database.conn().batch_execute(&as_role).is_err(), "{papel} {function}");
    }
}

/// Runs `elos auditoria verify` on the database of the test and returns the exit code and the
/// output.
fn verify(database: &Database, args: &[&str]) -> (Option<i32>, String) {
    database.elos(&[&["auditoria", "verify"][..], args].concat())
}

/// Runs a thousand operations of two tribunais and of the national credential, and seals their
/// records.
fn thousand_operations() -> App {
    let app = App::new();
    let (_, _, numero, _) = target(&app);
    std::thread::scope(|scope| {
        for client in ["tjrn", "tjpe", "cnj", "tjrn-leitura"] {
            let (app, numero) = (&app, &numero);
            scope.spawn(move || {
                for i in 0..250 {
                    match i % 5 {
                        0 => drop(app.get(client, "/api/v1/processos?size=2")),
                        1 => drop(app.gql(client, "{ adolescentes(first: 2) { nodes { cpf } } }")),
                        2 => drop(app.graphql(
                            client,
                            "query($n: NumeroProcesso!) { processo(numero: $n) { id } }",
                            json!({ "n": numero }),
                        )),
                        3 => drop(app.get(client, "/tramites")),
                        _ => drop(app.post(client, "/api/v1/adolescentes", &new_adolescente())),
                    }
                }
            });
        }
    });
    app.wait_until_audited();
    app.wait_until_sealed();
    app
}

#[test]
fn one_changed_byte_in_a_thousand_operations_is_found_at_its_position() {
    let app = thousand_operations();
    assert!(app.database.count("SELECT count(*) AS n FROM auditoria") >= 1000);
    let (code, text) = verify(&app.database, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("a trilha confere") && text.contains("nenhum registro por selar"),
        "{text}"
    );
    let noted = std::env::temp_dir().join(format!("elos-ancora-{}", std::process::id()));
    std::fs::write(&noted, &text).unwrap();
    let anchor = ["--ancora", noted.to_str().unwrap()];

    // The test undoes each change before the next one, so the chain is valid again.
    let mut conn = app.database.conn();
    conn.batch_execute(
        "CREATE TABLE a AS TABLE auditoria; CREATE TABLE s AS TABLE selo;
         CREATE TEMP TABLE alvo AS SELECT a.id, s.ordem, array_position(s.ids, a.id) AS posicao
             FROM auditoria a JOIN selo s ON a.id = ANY(s.ids) WHERE a.tribunal_codigo = 820 ORDER BY a.xid, a.id OFFSET 17 LIMIT 1",
    )
    .unwrap();
    #[derive(diesel::QueryableByName)]
    struct Target {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    use diesel::RunQueryDsl;
    let position = elos::db::Sql::new(
        "SELECT format('selo %s, posição %s, registro %s', ordem, posicao, id) AS t FROM alvo",
    );
    let position = position.get_result::<Target>(&mut conn).unwrap().t;
    for (tampering, found, with_position) in [
        ("UPDATE auditoria SET operacao = overlay(operacao placing 'x' from 2 for 1) WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET ocorrido_em = ocorrido_em + interval '1 microsecond' WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET recursos = recursos || 8::bigint WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET azp = nullif(azp, azp) WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("DELETE FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi removido", true),
        ("UPDATE auditoria SET xid = (SELECT max(xid) FROM auditoria WHERE tribunal_codigo = 820) WHERE id = (SELECT id FROM alvo)", "registro", true),
        ("UPDATE auditoria SET tribunal_codigo = 817 WHERE id = (SELECT id FROM alvo)", "foi removido", true),
        ("INSERT INTO auditoria SELECT id + 5000000, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao
            FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi inserido", false),
        ("INSERT INTO auditoria SELECT id + 5000000, xid, 999, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao
            FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi inserido", false),
        ("UPDATE selo SET selado_em = selado_em + interval '1 hour' WHERE tribunal_codigo = 820 AND ordem = 1", "o selo foi alterado", false),
        ("DELETE FROM selo WHERE tribunal_codigo = 820 AND ordem = 1", "falta o selo", false),
        // These statements delete the last records and seals. Only an anchor that was kept
        // elsewhere reveals this.
        ("DELETE FROM auditoria WHERE tribunal_codigo = 820 AND id = ANY(SELECT unnest(ids) FROM selo WHERE tribunal_codigo = 820 AND ordem = (SELECT max(ordem) FROM selo WHERE tribunal_codigo = 820));
          DELETE FROM selo WHERE tribunal_codigo = 820 AND ordem = (SELECT max(ordem) FROM selo WHERE tribunal_codigo = 820)", "falta o selo", false),
    ] {
        conn.batch_execute(tampering).unwrap();
        let (code, text) = verify(&app.database, &anchor);
        assert_eq!(code, Some(1), "{tampering}: {text}");
        assert!(text.contains(found), "{tampering}: {text}");
        assert!(!with_position || text.contains(&position), "{tampering}: {position} is not in {text}");
        conn.batch_execute(
            "DELETE FROM auditoria; INSERT INTO auditoria TABLE a; DELETE FROM selo; INSERT INTO selo TABLE s;",
        )
        .unwrap();
    }
    let (code, text) = verify(&app.database, &anchor);
    assert_eq!(code, Some(0), "{text}");
    let _ = std::fs::remove_file(noted);
}

#[test]
fn the_unsealed_tail_is_reported() {
    let database = Database::new(Template::Empty);
    database.conn().batch_execute("INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
        SELECT 820, '2026-01-02T03:04:05Z', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{}', '{}', 'c' FROM generate_series(1, 3)").unwrap();
    let (code, text) = verify(&database, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("tribunal 820: 0 registro(s) em 0 selo(s); 3 registro(s) por selar, o mais antigo de 2026-01-02T03:04:05Z"), "{text}");
}

/// While a lock stops writes to the trail, its queue fills. Then calls wait, and the server refuses
/// them after a time, so that no response lacks its record. It writes the queued records once, when
/// the lock is gone.
#[test]
fn no_response_without_room_in_the_queue() {
    let app = App::new();
    let (_, _, numero, _) = target(&app);
    app.wait_until_audited();
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { id } }";
    // An EXCLUSIVE lock blocks every writer of the trail, but no reader of any table.
    let mut lock = app.database.conn();
    lock.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
    let capacity = app.fill_queue();
    let response = app.graphql("tjrn", query, json!({ "n": numero }));
    assert_eq!(response.body.get("data"), None, "{}", response.text);
    assert_eq!(response.body["errors"][0]["extensions"]["code"], "INDISPONIVEL");
    assert!(!response.text.contains(&numero[..7]), "{}", response.text);
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 503);

    lock.batch_execute("COMMIT").unwrap();
    app.wait_until_audited();
    assert_eq!(app.graphql("tjrn", query, json!({ "n": numero })).status, 200);
    app.wait_until_audited();
    let written =
        app.database.count("SELECT count(*) AS n FROM auditoria WHERE operacao = 'enchimento'");
    assert_eq!(written, i64::try_from(capacity).unwrap());
}

/// The writer sends again a batch that a broken connection interrupted, and the database stores it
/// once.
#[test]
fn a_cut_connection_neither_repeats_nor_loses_records() {
    let app = App::new();
    app.wait_until_audited();
    let before = app.database.count("SELECT count(*) AS n FROM auditoria");
    let mut lock = app.database.conn();
    for _ in 0..5 {
        lock.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }"));
            }
            // The writer waits for the lock. The test ends its connection.
            app.database.wait_for_lock_waiters(1);
            lock
                .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid(); COMMIT")
                .unwrap();
        });
    }
    app.wait_until_audited();
    assert_eq!(app.database.count("SELECT count(*) AS n FROM auditoria") - before, 25);
    assert_eq!(
        app.database.count("SELECT count(*) - count(DISTINCT correlacao) AS n FROM auditoria"),
        0
    );
}

/// A server that is told to stop writes every queued record first.
#[test]
fn an_orderly_stop_writes_every_record() {
    let database = std::sync::Arc::new(Database::new(Template::Seeded));
    for round in 1..=3 {
        let app = App::on_database(&database, Settings::default());
        for _ in 0..10 {
            app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
        }
        app.stop();
        assert_eq!(database.count("SELECT count(*) AS n FROM auditoria"), 10 * round);
    }
}

/// No seal will cover the positions of these records.
#[test]
fn a_record_at_an_unsealed_position_is_found() {
    let app = App::new();
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.wait_until_audited();
    app.wait_until_sealed();
    let insert = |id: &str, xid: &str| {
        format!("INSERT INTO auditoria (id, xid, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES ({id}, '{xid}', 820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c')")
    };
    // The position is before the first seal, or in a transaction that does not exist yet.
    for xid in ["0", "9000000000000000000"] {
        app.database.conn().batch_execute(&insert("7", xid)).unwrap();
        let (code, text) = verify(&app.database, &[]);
        assert!(
            code == Some(1) && text.contains("registro 7: o registro foi inserido"),
            "{xid}: {text}"
        );
        app.database.conn().batch_execute("DELETE FROM auditoria WHERE id = 7").unwrap();
    }
    assert!(app.database.conn().batch_execute(&insert("-5", "0")).is_err());
    // The role of the server cannot choose the position of a record in the trail.
    let as_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {}", insert("7", "0"));
    let error = app.database.conn().batch_execute(&as_app).expect_err("a place of one's own");
    assert!(error.to_string().contains("permission denied"), "{error}");
    // Unusual values are a finding; they do not end the verification.
    for odd in [
        "campos_sensiveis = '{\"\"}'",
        "campos_sensiveis = '{NULL}'",
        "recursos = '{{1,2},{3,4}}'",
        "ocorrido_em = '-infinity'",
    ] {
        app.database
            .conn()
            .batch_execute(&format!(
                "CREATE TABLE a AS TABLE auditoria; UPDATE auditoria SET {odd} WHERE azp = 'tjrn'"
            ))
            .unwrap();
        let (code, text) = verify(&app.database, &[]);
        assert!(code == Some(1) && text.contains("foi alterado"), "{odd}: {text}");
        app.database
            .conn()
            .batch_execute("DELETE FROM auditoria; INSERT INTO auditoria TABLE a; DROP TABLE a")
            .unwrap();
    }
    assert_eq!(verify(&app.database, &[]).0, Some(0));
}

/// The server also seals unusual records, which no server writes.
#[test]
fn a_record_that_no_server_writes_is_sealed_too() {
    let app = App::empty();
    for resources in ["{{1,2},{3,4}}", "{NULL,2}"] {
        let insert = format!("INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES (820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{resources}', '{{}}', 'c')");
        app.database.conn().batch_execute(&insert).unwrap();
    }
    app.wait_until_settled();
    app.wait_until_sealed();
    assert_eq!(verify(&app.database, &[]).0, Some(0));
    let found = "SELECT sum(r)::bigint AS n FROM selo, unnest(recursos) AS r";
    assert_eq!(app.database.count(found), 1 + 2 + 3 + 4);
}

/// Sealing finds the unsealed records by an index, although PostgreSQL planned the statements for
/// an empty table and has no statistics of it.
#[test]
fn sealing_does_not_scan_the_trail() {
    let database = std::sync::Arc::new(Database::new(Template::Empty));
    let detach = "DO $$ DECLARE mes regclass; BEGIN
        FOR mes IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'auditoria'::regclass LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', mes);
        END LOOP; END $$";
    for prepare in ["VACUUM auditoria", detach] {
        database.conn().batch_execute(prepare).unwrap();
    }
    let app = App::on_database(&database, Settings::default());
    let mut written = 0;
    let mut grow = |n: i64| {
        let insert = format!("INSERT INTO auditoria (id, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            SELECT nextval('auditoria_sequencia') + n, 820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, ARRAY[8 * (n % 7)], '{{}}', 'c' FROM generate_series(1, {n}) AS n");
        database.conn().batch_execute(&insert).unwrap();
        app.wait_until_settled();
        written += n;
        // A round of the server may hold the lock of sealing, and then this round does nothing.
        while database.count("SELECT coalesce(sum(cardinality(ids)), 0)::bigint AS n FROM selo")
            < written
        {
            app.seal_pending();
        }
    };
    // PostgreSQL plans a prepared statement several times before it keeps a generic plan.
    (0..8).for_each(|_| grow(1));
    grow(3000);
    app.stop();
    // A connection reports its statistics when it ends.
    while database.count("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database()") > 0 {}
    let scanned = database
        .count("SELECT sum(seq_tup_read)::bigint AS n FROM pg_stat_user_tables WHERE relname ~ '^auditoria_[0-9]'");
    assert_eq!(scanned, 0);
    assert_eq!(database.count("SELECT count(DISTINCT r) AS n FROM selo, unnest(recursos) AS r"), 7);
}

/// The data come from a server with higher transaction ids. New records come after the sealed ones,
/// and the chain continues.
#[test]
fn a_copy_of_a_server_with_higher_transaction_ids_continues() {
    let app = App::new();
    app.gql("tjrn", "{ eu { azp } }");
    app.wait_until_audited();
    app.wait_until_sealed();
    let database = Arc::clone(&app.database);
    app.stop();
    database.conn().batch_execute("INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em, mes)
        SELECT 817, 1, '9000000000000', 1, '{}', '', '{}', h, h, now(), now() FROM (SELECT sha256('x') AS h) x").unwrap();
    let app = App::on_database(&database, Settings::default());
    assert_eq!(database.count("SELECT max(numero)::bigint AS n FROM epoca"), 2);
    app.gql("tjrn", "{ eu { azp } }");
    app.wait_until_audited();
    app.wait_until_sealed();
    let after =
        "SELECT count(*) AS n FROM selo WHERE tribunal_codigo = 820 AND ate_xid > '9000000000000'";
    assert!(database.count(after) > 0);
    // A restart stays in the same epoch.
    app.stop();
    let _app = App::on_database(&database, Settings::default());
    assert_eq!(database.count("SELECT max(numero)::bigint AS n FROM epoca"), 2);
}

/// The record states the outcome of a call, also where GraphQL answers 200. The record of a dry run
/// names no object.
#[test]
fn the_record_has_the_outcome_of_the_call() {
    let app = App::empty();
    app.graphql("tjrn-leitura", "{ auditoria { nodes { id } } }", json!({}));
    app.graphql("tjrn-leitura", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}"}) { erros { codigo } } }"#, json!({}));
    app.gql("tjrn", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}", chaveIdempotencia: ""}) { erros { codigo } } }"#);
    app.gql("tjrn", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}", simular: true}) { erros { codigo } } }"#);
    let end = |azp: &str| -> Vec<Value> {
        of(&app, azp)
            .iter()
            .map(|r| json!([r["operacao"], r["status"], r["recursos"].as_array().unwrap().len()]))
            .collect()
    };
    assert_eq!(
        end("tjrn-leitura"),
        [json!(["auditoria", 403, 0]), json!(["registrarRascunho", 403, 0])]
    );
    assert_eq!(
        end("tjrn"),
        [json!(["registrarRascunho", 400, 0]), json!(["registrarRascunho", 200, 0])]
    );
}
