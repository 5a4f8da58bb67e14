//! `elos doctor` finds what is wrong with a database and with the issuer, and says what to do.

use crate::support::{App, Database, Pooler, Template};
use diesel::connection::SimpleConnection;
use serde_json::Value;
use std::process::Command;

const SECRET: &str = "um-segredo-4417";

/// Runs `elos doctor --json` with these variables. Returns the exit code and the findings.
fn doctor(env: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    let output = command.args(["doctor", "--json"]).env_clear().envs(env.iter().copied());
    let output = output.output().unwrap();
    let text = String::from_utf8([output.stdout.clone(), output.stderr].concat()).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    let findings = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
    (output.status.code(), findings)
}

/// Returns the findings of a check, each as its level and its text with what to do.
fn of(findings: &[Value], check: &str) -> Vec<(String, String)> {
    let of_check = findings.iter().filter(|finding| finding["verificacao"] == check);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_check
        .map(|f| (text(&f["nivel"]), format!("{} → {}", text(&f["texto"]), text(&f["acao"]))))
        .collect()
}

#[track_caller]
fn assert_error(findings: &[Value], check: &str, part: &str) {
    let found = of(findings, check);
    let is_told = |(level, text): &(String, String)| level == "erro" && text.contains(part);
    assert!(found.iter().any(is_told), "{check} {part}: {findings:#?}");
}

#[test]
fn a_good_installation_has_no_error_and_each_check_says_so() {
    let app = App::new();
    let issuer = format!("{}{}", app.base, elos::auth::issuer::PATH);
    let keys = format!("{issuer}/protocol/openid-connect/certs");
    let with_secret = format!("{}&application_name={SECRET}", app.database.app_url());
    let env = [
        ("DATABASE_URL", with_secret.as_str()),
        ("ELOS_MIGRATE_URL", &app.database.url("postgres")),
        ("ELOS_OIDC_ISSUER", &issuer),
        ("ELOS_OIDC_JWKS_URL", &keys),
    ];
    let (code, findings) = doctor(&env);
    // How full the disk of this machine is does not matter here.
    let is_error = |f: &&Value| f["nivel"] == "erro" && f["verificacao"] != "disco";
    let errors: Vec<_> = findings.iter().filter(is_error).collect();
    // The tests run on a PostgreSQL that gives up durability for speed.
    let known = ["fsync", "full_page_writes", "synchronous_commit", "autovacuum", "conexões"];
    for error in errors {
        let text = error["texto"].as_str().unwrap();
        assert!(known.iter().any(|name| text.contains(name)), "{error}");
    }
    assert_eq!(code, Some(i32::from(findings.iter().any(|f| f["nivel"] == "erro"))));
    for check in ["configuracao", "migracoes", "estrutura", "extensoes", "listen", "relogio"] {
        assert_eq!(of(&findings, check)[0].0, "ok", "{check}: {findings:#?}");
    }
    for check in ["pooler", "tls", "emissor"] {
        assert_eq!(of(&findings, check)[0].0, "ok", "{check}: {findings:#?}");
    }
    assert_eq!(of(&findings, "papel").iter().filter(|(level, _)| level == "ok").count(), 3);
    assert!(of(&findings, "disco")[0].1.contains("% livres"), "{findings:#?}");
}

#[test]
fn each_fault_is_an_error_with_what_to_do() {
    let database = Database::new(Template::Empty);
    let unreachable = ("ELOS_OIDC_ISSUER", "http://127.0.0.1:1/x");
    let superuser = database.url("postgres");
    let (code, findings) = doctor(&[("DATABASE_URL", &superuser), unreachable]);
    assert_eq!(code, Some(1));
    assert_error(&findings, "papel", "GRANT elos_app");
    assert_error(&findings, "emissor", "ELOS_OIDC_ISSUER");

    let pooler = Pooler::start(Database::socket(), true);
    let pooled = pooler.url("elos_teste", database.name());
    let (_, findings) = doctor(&[("DATABASE_URL", &pooled), unreachable]);
    assert_error(&findings, "pooler", "pool_mode = session");
    // A URL that names another machine too, and is allowed without TLS, is checked like any other.
    let path = format!("/{}", database.name());
    let remote = pooled.replace(&path, &format!(",db.invalid:1{path}"));
    let (_, findings) = doctor(&[("DATABASE_URL", &remote), ("ELOS_PG_SEM_TLS", "on")]);
    assert_error(&findings, "pooler", "pool_mode = session");
    assert_eq!(of(&findings, "tls")[0].0, "aviso", "{findings:#?}");

    let change = "ALTER TABLE vinculo DISABLE ROW LEVEL SECURITY; \
        CREATE POLICY aberta ON processo TO elos_app USING (true); DROP EXTENSION unaccent CASCADE";
    database.conn().batch_execute(change).unwrap();
    let url = database.app_url();
    let (code, findings) = doctor(&[("DATABASE_URL", &url), unreachable]);
    assert_eq!(code, Some(1));
    assert_error(&findings, "papel", "elos migrate repair");
    assert_error(&findings, "estrutura", "aberta");
    assert_error(&findings, "extensoes", "unaccent");

    let delete = "DELETE FROM __diesel_schema_migrations WHERE version = \
        (SELECT max(version) FROM __diesel_schema_migrations)";
    database.conn().batch_execute(delete).unwrap();
    let (_, findings) = doctor(&[("DATABASE_URL", &url), unreachable]);
    assert_error(&findings, "migracoes", "elos migrate run");

    let absent = format!("postgres://app:{SECRET}@127.0.0.1:1/elos");
    let (code, findings) = doctor(&[("DATABASE_URL", &absent), unreachable]);
    assert_eq!(code, Some(1));
    assert_error(&findings, "papel", "pg_hba.conf");
    let remote = format!("postgres://app:{SECRET}@db.invalid/elos");
    let (_, findings) = doctor(&[("DATABASE_URL", &remote), unreachable]);
    assert_error(&findings, "tls", "sslmode=verify-full");
    assert!(of(&findings, "papel").is_empty(), "nothing was asked: {findings:#?}");
}

/// Without `--json`, the output is text. No setting is given.
#[test]
fn what_is_missing_is_told_line_by_line() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    let output = command.arg("doctor").env_clear().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("erro   configuracao: falta DATABASE_URL"), "{text}");
    assert!(text.contains("\n       → corrija o ajuste"), "{text}");
}
