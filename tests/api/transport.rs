//! The connection to PostgreSQL. The program under test is built without TLS, and refuses a
//! PostgreSQL of another machine unless `ELOS_PG_SEM_TLS` allows it.

use std::path::PathBuf;
use std::process::Command;

const REFUSED: &str = "não é desta máquina, e este programa foi construído sem TLS";
const PASSWORD: &str = "um-segredo-9931";
/// The settings that name a PostgreSQL.
const URLS: [&str; 4] =
    ["DATABASE_URL", "ELOS_NACIONAL_URL", "ELOS_AUDITOR_URL", "ELOS_MIGRATE_URL"];

/// Runs the program, asserts that its output does not contain the password, and returns whether it
/// succeeded, and the output. Nobody owns a host name in `.invalid`.
fn elos(args: &[&str], env: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    let libpq = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"];
    for name in URLS.into_iter().chain(libpq) {
        command.env_remove(name);
    }
    let output = command
        .args(args)
        .env("ELOS_OIDC_ISSUER", "https://sso.invalid")
        .env("PGCONNECT_TIMEOUT", "2")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!text.contains(PASSWORD), "the password is told: {text}");
    (output.status.success(), text)
}

fn service_file() -> PathBuf {
    let path = std::env::temp_dir().join(format!("elos-pg-service-{}.conf", std::process::id()));
    std::fs::write(&path, "[remoto]\nhost=db.invalid\n[local]\nhost=127.0.0.1\nport=1\n").unwrap();
    path
}

#[test]
fn a_remote_postgresql_is_refused_by_every_command_that_connects() {
    let url = format!("postgres://app:{PASSWORD}@db.invalid/elos");
    for args in [
        &["serve"][..],
        &["migrate", "run"],
        &["migrate", "status"],
        &["migrate", "revert"],
        &["seed", "--processos", "1"],
        &["credencial", "list"],
        &["auditoria", "verify"],
        &["isolamento", "prove"],
    ] {
        let env = [("DATABASE_URL", url.as_str()), ("ELOS_MIGRATE_URL", &url)];
        let (ok, text) = elos(args, &env);
        assert!(!ok && text.contains(REFUSED), "{args:?}: {text}");
        assert!(text.contains("verify-full") && text.contains("ELOS_PG_SEM_TLS=on"), "{text}");
    }
}

/// The program names the setting whose URL leads out of this machine.
#[test]
fn each_login_of_the_server_is_checked() {
    let (local, remote) =
        ("postgres://app@127.0.0.1:1/elos", format!("postgres://app:{PASSWORD}@db.invalid/elos"));
    for away in &URLS[..3] {
        let env = URLS.map(|setting| (setting, if setting == *away { &remote } else { local }));
        for args in [&["serve"][..], &["isolamento", "prove"]] {
            let (ok, text) = elos(args, &env);
            assert!(!ok && text.contains(&format!("{away}: ")), "{args:?}: {text}");
            assert!(text.contains(REFUSED), "{args:?}: {text}");
        }
        let (ok, text) = elos(&["check-config"], &env);
        assert!(!ok && text.contains(&format!("aviso: {away}: seria recusado:")), "{text}");
        assert_eq!(text.matches("aviso:").count(), 1, "{text}");
    }
}

/// An operator learns of all reasons at once.
#[test]
fn serve_names_every_refused_url_and_every_other_reason() {
    let remote = format!("postgres://app:{PASSWORD}@db.invalid/elos");
    let mut env: Vec<_> = URLS[..3].iter().map(|setting| (*setting, remote.as_str())).collect();
    env.push(("ELOS_OIDC_ISSUER", "http://sso.invalid"));
    let (ok, text) = elos(&["serve"], &env);
    assert!(!ok && text.matches(REFUSED).count() == 3, "{text}");
    for setting in URLS[..3].iter().chain(&["ELOS_OIDC_ISSUER"]) {
        assert!(text.contains(setting), "{setting}: {text}");
    }
}

#[test]
fn every_spelling_of_the_host_is_read_by_libpq() {
    let services = service_file();
    let with_services =
        |name| vec![("PGSERVICEFILE", services.to_str().unwrap()), ("PGSERVICE", name)];
    let bare = format!("postgres://app:{PASSWORD}@/elos");
    for (url, env) in [
        (format!("postgres://app:{PASSWORD}@localhost,db.invalid/elos"), vec![]),
        (format!("postgres://localhost:{PASSWORD}@db.invalid/elos"), vec![]),
        (format!("postgres://app:{PASSWORD}@localhost/elos?host=db.invalid"), vec![]),
        (format!("postgres://app:{PASSWORD}@localhost/elos?hostaddr=192.0.2.1"), vec![]),
        (format!("host=db.invalid user=app password={PASSWORD}"), vec![]),
        (format!("host=db.invalid sslmode=verify-full password={PASSWORD}"), vec![]),
        (bare.clone(), vec![("PGHOST", "db.invalid")]),
        (bare.clone(), vec![("PGHOST", "localhost"), ("PGHOSTADDR", "192.0.2.1")]),
        (bare, with_services("remoto")),
        (
            format!("service=remoto password={PASSWORD}"),
            vec![("PGSERVICEFILE", services.to_str().unwrap())],
        ),
    ] {
        let env = [vec![("ELOS_MIGRATE_URL", url.as_str())], env].concat();
        let (ok, text) = elos(&["migrate", "status"], &env);
        assert!(!ok && text.contains(REFUSED), "{env:?}: {text}");
    }
    // A URL that cannot be parsed is not used, and its password is not printed.
    let unreadable = format!("postgres://app:{PASSWORD}@[::1/elos");
    let (ok, text) = elos(&["migrate", "status"], &[("ELOS_MIGRATE_URL", &unreadable)]);
    assert!(!ok && text.contains("não é uma URL do PostgreSQL"), "{text}");

    // On this machine, the only error is that no server listens there.
    for (url, env) in [
        ("postgres://app@127.0.0.1:1/elos", vec![]),
        ("postgres://app@localhost:1,[::1]:1/elos", vec![]),
        ("host=db.invalid hostaddr=127.0.0.1 port=1", vec![]),
        ("host=/nonexistent", vec![]),
        ("postgres:///elos", vec![("PGHOST", "/nonexistent")]),
        ("postgres:///elos", with_services("local")),
    ] {
        let env = [vec![("ELOS_MIGRATE_URL", url)], env].concat();
        let (ok, text) = elos(&["migrate", "status"], &env);
        assert!(!ok && text.contains("não foi possível conectar"), "{env:?}: {text}");
    }
}

#[test]
fn with_the_setting_the_server_starts_and_check_config_warns() {
    let url = format!("postgres://app:{PASSWORD}@db.invalid/elos");
    let allowed = [("ELOS_MIGRATE_URL", url.as_str()), ("ELOS_PG_SEM_TLS", "on")];
    let (ok, text) = elos(&["migrate", "status"], &allowed);
    assert!(!ok && text.contains("não foi possível conectar"), "{text}");
    assert!(text.contains("reached without TLS"), "{text}");

    let (ok, text) = elos(&["check-config"], &[("DATABASE_URL", url.as_str())]);
    assert!(!ok && text.contains("pg_sem_tls       = off"), "{text}");
    assert!(
        text.contains("aviso: DATABASE_URL: seria recusado:") && text.contains(REFUSED),
        "{text}"
    );
    let url = ("DATABASE_URL", "postgres://app@127.0.0.1:1/elos");
    let (ok, text) = elos(&["check-config"], &[allowed[0], allowed[1], url]);
    assert!(ok && text.contains("pg_sem_tls       = on"), "{text}");
    assert!(text.contains("aviso: ELOS_MIGRATE_URL: aceito por ELOS_PG_SEM_TLS=on"), "{text}");
    let local = [("DATABASE_URL", "postgres://app@localhost/elos")];
    assert!(!elos(&["check-config"], &local).1.contains("aviso:"));
}
