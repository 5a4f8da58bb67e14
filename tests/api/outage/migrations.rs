//! Migrations beside a server that serves, and commands that would harm data.

use super::program::Program;
use super::until;
use crate::support::{App, Banco, Modelo, PATIENCE};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use elos::db::migrations::{Migracao, Migrador};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The migration that parts this table into months waits for whoever writes to it.
const BUSY: &str = "BEGIN; LOCK TABLE auditoria IN ROW EXCLUSIVE MODE";

/// A database that lacks that migration, and those after it.
fn behind() -> (Banco, Migrador) {
    let banco = Banco::novo(Modelo::Vazio);
    // It has its turn as long as its connection lasts.
    let mut undone = Migrador::conectar(&banco.url("postgres")).unwrap();
    while undone.reverter().unwrap() != "20261129000040" {}
    drop(undone);
    let migrador = Migrador::conectar(&banco.url("postgres")).unwrap();
    (banco, migrador)
}

fn is_complete(migracoes: &[Migracao]) -> bool {
    migracoes.iter().all(|migracao| migracao.aplicada)
}

fn waits(banco: &Banco) -> bool {
    banco.contar(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
           AND application_name = 'elos-migracao' AND wait_event_type = 'Lock'",
    ) > 0
}

fn elos(banco: &Banco, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command
        .args(args)
        .env_remove("ELOS_ENV")
        .env_remove("DATABASE_URL")
        .env("ELOS_MIGRATE_URL", banco.url("postgres"))
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn nobody_queues_behind_a_migration_for_long_and_its_blocker_is_named() {
    let (banco, mut migrador) = behind();
    let mut rival = banco.conn();
    rival.batch_execute(BUSY).unwrap();
    let stop = AtomicBool::new(false);
    let queued_and_passed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        // Who writes next queues behind the migration: for as long as it waits, and no longer.
        let writer = scope.spawn(|| {
            let (mut conn, mut longest) = (banco.conn(), Duration::ZERO);
            let until = Instant::now() + PATIENCE;
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
        let log = elos(&banco, &["migrate", "run"])
            .env("ELOS_LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = Program::of(log);
        until(PATIENCE, "the blocker is named", || {
            log.log()
                .iter()
                .any(|line| line.contains("waits for a table") && line.contains("processo "))
        });
        // While what the migration waits for goes on.
        until(PATIENCE, "who queued behind it gets through", || {
            queued_and_passed.load(Ordering::Relaxed) > 0
        });
        rival.batch_execute("ROLLBACK").unwrap();
        assert!(log.wait(PATIENCE).success(), "{:?}", log.log());
        stop.store(true, Ordering::Relaxed);
        let longest = writer.join().unwrap();
        eprintln!("who queued behind the migration waited {longest:?} at most");
    });
    assert!(is_complete(&migrador.situacao().unwrap()));
}

#[test]
fn a_migration_that_is_ended_in_the_middle_leaves_a_clean_second_run() {
    let (banco, mut migrador) = behind();
    let mut rival = banco.conn();
    rival.batch_execute(BUSY).unwrap();
    let mut first = elos(&banco, &["migrate", "run"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(PATIENCE, "it is in the middle", || waits(&banco));
    kill(Pid::from_raw(first.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(!first.wait().unwrap().success());
    assert!(!is_complete(&migrador.situacao().unwrap()));
    rival.batch_execute("ROLLBACK").unwrap();
    let second = elos(&banco, &["migrate", "run"]).output().unwrap();
    assert!(second.status.success(), "{}", said(&second));
    assert!(is_complete(&migrador.situacao().unwrap()));
}

#[test]
fn status_takes_no_lock_and_makes_nothing() {
    let raw = Banco::cru();
    let mut migrador = Migrador::conectar(&raw.url("postgres")).unwrap();
    assert!(migrador.situacao().unwrap().iter().all(|migracao| !migracao.aplicada));
    let made = "SELECT count(*) AS n FROM pg_class WHERE relname = '__diesel_schema_migrations'";
    assert_eq!(raw.contar(made), 0);

    let (banco, mut busy) = behind();
    let mut rival = banco.conn();
    rival.batch_execute(BUSY).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || busy.aplicar().unwrap());
        until(PATIENCE, "another migrates", || waits(&banco));
        let begun = Instant::now();
        let status = elos(&banco, &["migrate", "status"]).output().unwrap();
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
fn what_would_harm_data_is_refused() {
    let (empty, full) = (Banco::novo(Modelo::Vazio), Banco::novo(Modelo::Semeado));
    let refused = |banco: &Banco, args: &[&str], env: Option<&str>, why: &str| {
        let mut command = elos(banco, args);
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
    assert_eq!((empty.contar(rows), full.contar(rows)), (0, 270));
    let seeded = elos(&empty, &["seed", "--processos", "27", "--yes"]).output().unwrap();
    assert!(seeded.status.success(), "{}", said(&seeded));
    assert!(empty.contar(rows) > 0);
    let behind = Banco::novo(Modelo::Vazio);
    let undone = elos(&behind, &["migrate", "revert", "--yes"]).output().unwrap();
    assert!(undone.status.success(), "{}", said(&undone));
    assert!(!is_complete(
        &Migrador::conectar(&behind.url("postgres")).unwrap().situacao().unwrap()
    ));
}

#[test]
fn a_program_older_than_the_schema_says_so() {
    let app = App::vazio();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000002'), ('20991231000001')";
    app.banco.conn().batch_execute(newer).unwrap();
    let program = Program::serve(&app, &app.banco.url_do_app(), "0");
    let told = program.log().into_iter().find(|line| line.contains("older than the database"));
    assert!(told.expect("it says so").contains("2099-12-31_000001"));
    let known =
        app.banco.texto(Sql::new("SELECT max(version)::text AS t FROM __diesel_schema_migrations"));
    assert_eq!(known, "20991231000002");
}
