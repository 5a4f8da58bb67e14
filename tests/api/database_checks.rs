//! The roles and the databases with which the server refuses to start, and what it says.

use crate::support::{Database, Template};
use diesel::connection::SimpleConnection;
use elos::db::{ConnectError, Db, DbOptions, login};

fn refusal(url: String) -> ConnectError {
    Db::connect(&DbOptions::new(url)).err().expect("a refusal")
}

#[test]
fn superuser_owner_and_stranger_are_refused() {
    let database = Database::new(Template::Empty);
    let mut admin = database.conn();
    for (login, as_role) in [
        ("elos_teste_dono", "GRANT elos_dono TO elos_teste_dono"),
        ("elos_teste_definidor", "GRANT elos_definidor TO elos_teste_definidor"),
        ("elos_teste_livre", "ALTER ROLE elos_teste_livre BYPASSRLS"),
        ("elos_teste_criador", "ALTER ROLE elos_teste_criador CREATEROLE"),
        ("elos_teste_programas", "GRANT pg_execute_server_program TO elos_teste_programas"),
        (
            "elos_teste_do_banco",
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO elos_teste_do_banco', current_database()); END $$",
        ),
    ] {
        login::create_login(&mut admin, login).unwrap();
        admin.batch_execute(as_role).unwrap();
        let refused = refusal(database.url(login));
        assert!(matches!(refused, ConnectError::PowerfulRole { .. }), "{login}: {refused}");
    }
    admin
        .batch_execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO postgres', current_database()); END $$")
        .unwrap();
    let odd = "DO $$ BEGIN CREATE ROLE elos_teste_estranho LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    admin.batch_execute(odd).unwrap();
    assert!(matches!(refusal(database.url("postgres")), ConnectError::PowerfulRole { .. }));
    assert!(matches!(refusal(database.url("elos_teste_estranho")), ConnectError::NotMember { .. }));
    assert!(matches!(refusal(database.url("ninguem")), ConnectError::Connection(_)));
    assert!(Db::connect(&DbOptions::new(database.app_url())).is_ok());
}

#[test]
fn a_database_without_migrations_is_refused() {
    let database = Database::bare();
    assert!(matches!(refusal(database.app_url()), ConnectError::MissingMigrations));
}

#[test]
fn disabled_row_level_security_is_refused() {
    let database = Database::new(Template::Empty);
    let connect = || Db::connect(&DbOptions::new(database.app_url()));
    // `vinculo` has one column with a tribunal, `tramite` has two and `conteudo_parte` has none.
    for table in ["vinculo", "tramite", "conteudo_parte"] {
        let change = |as_role: &str| {
            let command = format!("ALTER TABLE {table} {as_role} ROW LEVEL SECURITY");
            database.conn().batch_execute(&command).unwrap();
        };
        change("DISABLE");
        let refusal = connect().err().expect("a refusal").to_string();
        assert!(refusal.contains(table) && refusal.contains("elos migrate repair"), "{refusal}");
        change("ENABLE");
        assert!(connect().is_ok());
    }
}

/// The messages of `elos serve` and `elos demo`.
#[test]
fn the_program_refuses_and_tells_what_to_do() {
    let database = Database::new(Template::Empty);
    let run = |args: &[&str], env: &[(&str, String)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_elos"));
        let output = command
            .args(args)
            .env_remove("DATABASE_URL")
            .envs(env.iter().map(|(k, v)| (k, v)))
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let issuer = ("ELOS_OIDC_ISSUER", "http://127.0.0.1:1/x".to_owned());
    let (code, text) =
        run(&["serve"], &[("DATABASE_URL", database.url("postgres")), issuer.clone()]);
    assert_eq!(code, Some(1));
    assert!(text.contains("superusuário") && text.contains("GRANT elos_app"), "{text}");

    let (code, text) = run(&["demo"], &[("DATABASE_URL", database.app_url())]);
    assert!(code == Some(1) && text.contains("tire DATABASE_URL"), "{text}");
    let (code, text) = run(&["serve"], &[]);
    assert!(code == Some(1) && text.contains("falta DATABASE_URL"), "{text}");
    let (code, text) = run(&["serve"], &[("DATABASE_URL", database.app_url())]);
    assert!(code == Some(1) && text.contains("falta ELOS_OIDC_ISSUER"), "{text}");
    let insecure = ("ELOS_OIDC_ISSUER", "http://sso.example/x".to_owned());
    let (code, text) = run(&["serve"], &[("DATABASE_URL", database.app_url()), insecure]);
    assert!(code == Some(1) && text.contains("https"), "{text}");
    let (code, text) = run(&["demo", "--bind", "0.0.0.0:0"], &[]);
    assert!(code == Some(1) && text.contains("127.0.0.1"), "{text}");
    let (code, text) = run(&["demo"], &[issuer]);
    assert!(code == Some(1) && text.contains("ELOS_OIDC"), "{text}");
}
