//! Migrations while a server runs, and commands that would damage data.

use super::program::Program;
use crate::support::{App, Database, MAX_WAIT, Template, until};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use elos::db::migrations::{MigrationStatus, Migrator};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The migration that partitions this table waits for open writes to it.
const BUSY_SQL: &str = "BEGIN; LOCK TABLE auditoria IN ROW EXCLUSIVE MODE";

/// Makes a database without that migration and the later ones.
fn behind() -> (Database, Migrator) {
    let database = Database::new(Template::Empty);
    // The migrator holds its lock as long as its connection is open.
    let mut undone = Migrator::connect(&database.url("postgres")).unwrap();
    while undone.revert().unwrap() != "20261129000040" {}
    drop(undone);
    let migrator = Migrator::connect(&database.url("postgres")).unwrap();
    (database, migrator)
}

fn is_complete(migrations: &[MigrationStatus]) -> bool {
    migrations.iter().all(|migration| migration.applied)
}

fn waits(database: &Database) -> bool {
    database.count(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
           AND application_name = 'elos-migracao' AND wait_event_type = 'Lock'",
    ) > 0
}

fn elos(database: &Database, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command
        .args(args)
        .env_remove("ELOS_ENV")
        .env_remove("DATABASE_URL")
        .env("ELOS_MIGRATE_URL", database.url("postgres"))
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn nobody_queues_behind_a_migration_for_long_and_its_blocker_is_named() {
    let (database, mut migrator) = behind();
    let mut rival = database.conn();
    rival.batch_execute(BUSY_SQL).unwrap();
    let stop = AtomicBool::new(false);
    let queued_and_passed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        // A later write queues behind the migration, but not longer than one attempt takes.
        let writer = scope.spawn(|| {
            let (mut conn, mut longest) = (database.conn(), Duration::ZERO);
            let until = Instant::now() + MAX_WAIT;
            while !stop.load(Ordering::Relaxed) && Instant::now() < until {
                let begun = Instant::now();
                conn.batch_execute("BEGIN; LOCK TABLE auditoria IN ROW EXCLUSIVE MODE; COMMIT")
                    .unwrap();
                let waited = begun.elapsed() > Duration::from_millis(500);
                queued_and_passed.fetch_add(waited.into(), Ordering::Relaxed);
                longest = longest.max(begun.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        let log = elos(&database, &["migrate", "run"])
            .env("ELOS_LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = Program::of(log);
        until(MAX_WAIT, "the blocker is named", || {
            log.log()
                .iter()
                .any(|line| line.contains("waits for a table") && line.contains("processo "))
        });
        // Writes pass although the blocker stays open.
        until(MAX_WAIT, "the queued write succeeds", || {
            queued_and_passed.load(Ordering::Relaxed) > 0
        });
        rival.batch_execute("ROLLBACK").unwrap();
        assert!(log.wait(MAX_WAIT).success(), "{:?}", log.log());
        stop.store(true, Ordering::Relaxed);
        let longest = writer.join().unwrap();
        eprintln!("who queued behind the migration waited {longest:?} at most");
    });
    assert!(is_complete(&migrator.status().unwrap()));
}

#[test]
fn an_interrupted_migration_can_run_again() {
    let (database, mut migrator) = behind();
    let mut rival = database.conn();
    rival.batch_execute(BUSY_SQL).unwrap();
    let mut first = elos(&database, &["migrate", "run"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(MAX_WAIT, "it is in the middle", || waits(&database));
    kill(Pid::from_raw(first.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(!first.wait().unwrap().success());
    assert!(!is_complete(&migrator.status().unwrap()));
    rival.batch_execute("ROLLBACK").unwrap();
    let second = elos(&database, &["migrate", "run"]).output().unwrap();
    assert!(second.status.success(), "{}", said(&second));
    assert!(is_complete(&migrator.status().unwrap()));
}

#[test]
fn status_takes_no_lock_and_makes_nothing() {
    let raw = Database::bare();
    let mut migrator = Migrator::connect(&raw.url("postgres")).unwrap();
    assert!(migrator.status().unwrap().iter().all(|migration| !migration.applied));
    let made = "SELECT count(*) AS n FROM pg_class WHERE relname = '__diesel_schema_migrations'";
    assert_eq!(raw.count(made), 0);

    let (database, mut busy) = behind();
    let mut rival = database.conn();
    rival.batch_execute(BUSY_SQL).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || busy.apply().unwrap());
        until(MAX_WAIT, "another migrates", || waits(&database));
        let begun = Instant::now();
        let status = elos(&database, &["migrate", "status"]).output().unwrap();
        assert!(status.status.success(), "{}", said(&status));
        assert!(
            said(&status).contains("[ ] 2026-11-29-000040_trilha_em_meses"),
            "{}",
            said(&status)
        );
        eprintln!("status beside a migration took {:?}", begun.elapsed());
        rival.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn commands_that_would_damage_data_are_refused() {
    let (empty, full) = (Database::new(Template::Empty), Database::new(Template::Seeded));
    let refused = |database: &Database, args: &[&str], env: Option<&str>, why: &str| {
        let mut command = elos(database, args);
        command.envs(env.map(|value| ("ELOS_ENV", value)));
        let output = command.output().unwrap();
        assert!(
            !output.status.success() && said(&output).contains(why),
            "{args:?}: {}",
            said(&output)
        );
    };
    for args in [&["migrate", "revert"][..], &["seed", "--processos", "27"]] {
        let yes = [args, &["--yes"]].concat();
        refused(&empty, args, None, "--yes");
        refused(&empty, &yes, Some("production"), "ELOS_ENV=production");
        refused(&full, &yes, None, "o banco tem registros");
    }
    let rows = "SELECT count(*) AS n FROM processo";
    assert_eq!((empty.count(rows), full.count(rows)), (0, 270));
    let seeded = elos(&empty, &["seed", "--processos", "27", "--yes"]).output().unwrap();
    assert!(seeded.status.success(), "{}", said(&seeded));
    assert!(empty.count(rows) > 0);
    let behind = Database::new(Template::Empty);
    let undone = elos(&behind, &["migrate", "revert", "--yes"]).output().unwrap();
    assert!(undone.status.success(), "{}", said(&undone));
    assert!(!is_complete(&Migrator::connect(&behind.url("postgres")).unwrap().status().unwrap()));
}

#[test]
fn a_program_older_than_the_schema_says_so() {
    let app = App::empty();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000002'), ('20991231000001')";
    app.database.conn().batch_execute(newer).unwrap();
    let program = Program::serve(&app, &app.database.app_url(), "0");
    let line_of_blocker =
        program.log().into_iter().find(|line| line.contains("older than the database"));
    assert!(line_of_blocker.expect("it says so").contains("2099-12-31_000001"));
    let known = app
        .database
        .text(Sql::new("SELECT max(version)::text AS t FROM __diesel_schema_migrations"));
    assert_eq!(known, "20991231000002");
}
