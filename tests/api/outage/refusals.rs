//! What PostgreSQL cannot do now: never a 500, and over when it is over.

use super::{assert_unavailable, end_connections, is_whole, read, until, write};
use crate::support::{App, Banco, FullDisk, PATIENCE as SOON};
use diesel::connection::SimpleConnection;

/// 0A000: what is prepared has another result now.
#[test]
fn a_column_of_another_type_costs_nobody_an_answer() {
    let app = App::novo();
    let get = || {
        app.graphql(
            "tjrn",
            "{ processos(first: 3) { nodes { numero sistema: appNameSistemaTribunal } } }",
            serde_json::json!({}),
        )
    };
    // Every connection has it prepared.
    std::thread::scope(|scope| {
        (0..24).for_each(|_| drop(scope.spawn(|| assert!(is_whole(&get())))));
    });
    let alter = "ALTER TABLE processo ALTER COLUMN app_name_sistema_tribunal TYPE varchar(200)";
    app.banco.conn().batch_execute(alter).unwrap();
    for _ in 0..24 {
        let answer = get();
        assert!(is_whole(&answer), "{}", answer.texto);
    }
}

/// 26000: something between us and the server forgot what was prepared.
#[test]
fn a_forgotten_prepared_statement_costs_nobody_an_answer() {
    let app = App::novo();
    assert!(is_whole(&read(&app)));
    // Those that were open at that moment, and none that is opened after it.
    app.banco
        .conn()
        .batch_execute(
            "CREATE TABLE velhas AS SELECT pid FROM pg_stat_activity; \
             CREATE FUNCTION esquecer() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN \
                 IF EXISTS (SELECT FROM velhas WHERE pid = pg_backend_pid()) THEN \
                     RAISE EXCEPTION 'prepared statement \"__diesel_stmt_3\" does not exist' USING ERRCODE = '26000'; \
                 END IF; RETURN true; END $$; \
             CREATE POLICY esquece ON processo AS RESTRICTIVE FOR SELECT TO elos_app USING (esquecer())",
        )
        .unwrap();
    let answer = read(&app);
    assert!(is_whole(&answer), "{}", answer.texto);
}

/// 25006: a standby, or a server that was told to take no writes.
#[test]
fn a_database_that_takes_no_writes_is_unavailable() {
    let app = App::novo();
    app.ready();
    assert_eq!(write(&app).status, 200);
    let name = app.banco.nome().to_owned();
    let mut admin = Banco::admin();
    admin
        .batch_execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .unwrap();
    end_connections(&app);
    until(SOON, "/readyz tells of it", || {
        let answer = app.pedir("GET", "/readyz", &[], b"");
        assert_ne!(answer.status, 500);
        answer.status == 503 && answer.texto.contains("escrita: ")
    });
    for _ in 0..3 {
        assert_unavailable(&write(&app));
    }
    // It takes no records either, and what is not recorded is not shown.
    assert_unavailable(&read(&app));
    admin
        .batch_execute(&format!("ALTER DATABASE {name} RESET default_transaction_read_only"))
        .unwrap();
    // Without anybody's hand: connections that are read only are given up.
    until(SOON, "writes are taken again", || write(&app).status == 200);
    until(SOON, "and records", || is_whole(&read(&app)));
    app.ready();
}

/// 57P01: an administrator, or a server that stops, ends the connections.
#[test]
fn ended_connections_cost_no_read_and_no_500() {
    let app = App::novo();
    for _ in 0..5 {
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| assert!(is_whole(&read(&app))))));
        });
        end_connections(&app);
        let answer = read(&app);
        assert!(is_whole(&answer), "{}", answer.texto);
        end_connections(&app);
        let answer = write(&app);
        assert!(answer.status == 200 || answer.status == 503, "{}", answer.texto);
    }
}

/// 53100: the disk is full.
#[test]
fn a_full_disk_is_unavailable_for_writes_alone() {
    let app = App::novo();
    app.ready();
    let mut conn = app.banco.conn();
    let disk = FullDisk::of(&mut conn, "evento");
    // Until the last page of the table is full too.
    let refused = (0..400).map(|_| write(&app)).find(|answer| answer.status != 200);
    assert_unavailable(&refused.expect("the disk is full"));
    assert!(is_whole(&read(&app)));
    disk.free(&mut conn);
    until(SOON, "writes are taken again", || write(&app).status == 200);
    disk.leave(&mut conn);
}
