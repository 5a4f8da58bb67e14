//! Temporary refusals of PostgreSQL: they are never a 500, and they end by themselves.

use super::{assert_unavailable, end_connections, is_whole, read, write};
use crate::support::{App, Database, FullDisk, MAX_WAIT, until};
use diesel::connection::SimpleConnection;

/// 0A000: the result type of a prepared statement has changed.
#[test]
fn a_changed_column_type_fails_no_request() {
    let app = App::new();
    let get = || {
        app.graphql(
            "tjrn",
            "{ processos(first: 3) { nodes { numero sistema: appNameSistemaTribunal } } }",
            serde_json::json!({}),
        )
    };
    // Several connections prepare the statement.
    std::thread::scope(|scope| {
        (0..24).for_each(|_| drop(scope.spawn(|| assert!(is_whole(&get())))));
    });
    let alter = "ALTER TABLE processo ALTER COLUMN app_name_sistema_tribunal TYPE varchar(200)";
    app.database.conn().batch_execute(alter).unwrap();
    for _ in 0..24 {
        let answer = get();
        assert!(is_whole(&answer), "{}", answer.text);
    }
}

/// 26000: a pooler between the server and PostgreSQL has forgotten a prepared statement.
#[test]
fn a_lost_prepared_statement_fails_no_request() {
    let app = App::new();
    assert!(is_whole(&read(&app)));
    // The error occurs on the connections that are open now, and on none that is opened later.
    app.database
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
    assert!(is_whole(&answer), "{}", answer.text);
}

/// 25006: the database is read-only, as a standby is.
#[test]
fn a_read_only_database_is_unavailable() {
    let app = App::new();
    app.ready();
    assert_eq!(write(&app).status, 200);
    let name = app.database.name().to_owned();
    let mut admin = Database::admin();
    admin
        .batch_execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
        .unwrap();
    end_connections(&app);
    until(MAX_WAIT, "/readyz answers 503", || {
        let answer = app.request("GET", "/readyz", &[], b"");
        assert_ne!(answer.status, 500);
        answer.status == 503 && answer.text.contains("escrita: ")
    });
    for _ in 0..3 {
        assert_unavailable(&write(&app));
    }
    // The server cannot write the trail either, so it refuses a read too.
    assert_unavailable(&read(&app));
    admin
        .batch_execute(&format!("ALTER DATABASE {name} RESET default_transaction_read_only"))
        .unwrap();
    // The server replaces read-only connections by itself.
    until(MAX_WAIT, "writes are taken again", || write(&app).status == 200);
    until(MAX_WAIT, "records are written again", || is_whole(&read(&app)));
    app.ready();
}

/// 57P01: an administrator, or a stopping server, ends the connections.
#[test]
fn ended_connections_fail_no_read_and_cause_no_500() {
    let app = App::new();
    for _ in 0..5 {
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(|| assert!(is_whole(&read(&app))))));
        });
        end_connections(&app);
        let answer = read(&app);
        assert!(is_whole(&answer), "{}", answer.text);
        end_connections(&app);
        let answer = write(&app);
        assert!(answer.status == 200 || answer.status == 503, "{}", answer.text);
    }
}

/// 53100: the disk is full.
#[test]
fn a_full_disk_makes_only_writes_unavailable() {
    let app = App::new();
    app.ready();
    let mut conn = app.database.conn();
    let disk = FullDisk::of(&mut conn, "evento");
    // Write until the last page of the table is full too.
    let refused = (0..400).map(|_| write(&app)).find(|answer| answer.status != 200);
    assert_unavailable(&refused.expect("the disk is full"));
    assert!(is_whole(&read(&app)));
    disk.make_room(&mut conn);
    until(MAX_WAIT, "writes are taken again", || write(&app).status == 200);
    disk.restore_tablespace(&mut conn);
}
