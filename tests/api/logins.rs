//! The rights of the server's logins in the database.

use crate::support::{App, Database, Settings, Template};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use elos::db::{Db, DbOptions, login};
use serde_json::json;
use std::sync::Arc;

/// Runs a statement with a login directly, without the server.
fn as_login(database: &Database, login: &str, statement: &str) -> Result<(), String> {
    let mut conn = PgConnection::establish(&database.url(login)).unwrap();
    conn.batch_execute(statement).map_err(|error| error.to_string())
}

fn refusal(options: &DbOptions) -> String {
    Db::connect(options).err().expect("a refusal").to_string()
}

/// Runs the line that a refusal tells the operator to run, as a superuser.
#[track_caller]
fn type_line(database: &Database, refusal: &str) {
    let (_, line) = refusal.split_once("rode: ").unwrap_or_else(|| panic!("{refusal}"));
    database.conn().batch_execute(line).unwrap_or_else(|error| panic!("{line}: {error}"));
}

const READS: &str = "SELECT cpf FROM adolescente";

#[test]
fn the_bare_login_reads_and_writes_nothing() {
    let database = Database::new(Template::Seeded);
    for statement in [
        READS,
        "UPDATE processo SET situacao = 'ARQUIVADO'",
        "INSERT INTO auditoria (tribunal_codigo) VALUES (820)",
        "SELECT elos_novo_identificador(2026)",
    ] {
        let message = as_login(&database, "elos_teste", statement).expect_err(statement);
        assert!(message.contains("permission denied"), "{statement}: {message}");
    }
    as_login(&database, "elos_teste", "SET ROLE elos_nacional; SELECT cpf FROM adolescente")
        .unwrap();
}

#[test]
fn a_login_that_inherits_is_refused_and_the_line_mends_it() {
    let database = Database::new(Template::Seeded);
    database
        .conn()
        .batch_execute(
            "DROP ROLE IF EXISTS elos_teste_herdeiro; CREATE ROLE elos_teste_herdeiro LOGIN; \
             GRANT elos_app, elos_nacional, elos_auditor TO elos_teste_herdeiro",
        )
        .unwrap();
    as_login(&database, "elos_teste_herdeiro", READS).expect("what is refused is a danger");
    let options = DbOptions::new(database.url("elos_teste_herdeiro"));
    let message = refusal(&options);
    for word in
        ["DATABASE_URL", "elos_teste_herdeiro", "herda", "elos_app, elos_nacional, elos_auditor"]
    {
        assert!(message.contains(word), "{word}: {message}");
    }
    type_line(&database, &message);
    assert!(as_login(&database, "elos_teste_herdeiro", READS).is_err());
    Db::connect(&options).unwrap();
}

#[test]
fn each_of_three_logins_is_for_one_role_and_no_other() {
    let database = Database::new(Template::Empty);
    let mut admin = database.conn();
    let logins = ["elos_teste_3_app", "elos_teste_3_nacional", "elos_teste_3_auditor"];
    for login in logins {
        admin.batch_execute(&format!("DROP ROLE IF EXISTS {login}")).unwrap();
    }
    login::create_login_for(&mut admin, logins[0], &["elos_app"]).unwrap();
    login::create_login_for(&mut admin, logins[1], &["elos_nacional", "elos_app"]).unwrap();
    let alone = DbOptions::new(database.url(logins[0]));
    let message = refusal(&alone);
    assert!(message.contains("GRANT elos_nacional, elos_auditor TO elos_teste_3_app"), "{message}");

    let mut three = alone.clone();
    three.nacional_url = Some(database.url(logins[1]));
    // With two logins, a role without a URL of its own uses the URL of the application.
    let message = refusal(&three);
    assert!(message.contains("GRANT elos_auditor TO elos_teste_3_app"), "{message}");
    admin.batch_execute(&format!("CREATE ROLE {} LOGIN", logins[2])).unwrap();
    three.auditor_url = Some(database.url(logins[2]));
    let message = refusal(&three);
    assert!(
        message.contains("ELOS_NACIONAL_URL") && message.contains("REVOKE elos_app FROM"),
        "{message}"
    );
    type_line(&database, &message);
    let message = refusal(&three);
    assert!(
        message.contains("ELOS_AUDITOR_URL") && message.contains("GRANT elos_auditor TO"),
        "{message}"
    );
    type_line(&database, &message);
    Db::connect(&three).unwrap();

    // The login of the application must not be a member of another role.
    admin.batch_execute(&format!("GRANT elos_nacional TO {}", logins[0])).unwrap();
    let message = refusal(&three);
    assert!(
        message.contains("DATABASE_URL") && message.contains("REVOKE elos_nacional FROM"),
        "{message}"
    );
    type_line(&database, &message);
    Db::connect(&three).unwrap();
}

#[test]
fn three_logins_serve_every_request_and_that_of_the_application_shows_nothing_national() {
    let database = Arc::new(Database::new(Template::Seeded));
    let logins = ["elos_teste_serve_app", "elos_teste_serve_nacional", "elos_teste_serve_auditor"];
    for (login, role) in logins.into_iter().zip(["elos_app", "elos_nacional", "elos_auditor"]) {
        login::create_login_for(&mut database.conn(), login, &[role]).unwrap();
    }
    for role in ["elos_nacional", "elos_auditor"] {
        let message = as_login(&database, logins[0], &format!("SET ROLE {role}")).expect_err(role);
        assert!(message.contains("permission denied"), "{message}");
    }
    let app = App::on_database(&database, Settings { logins: Some(logins), ..Settings::default() });
    let query = "{ processos(first: 50) { totalCount nodes { numero adolescentes(first: 5) { nodes { nome cpf } } } } }";
    assert_eq!(app.gql("tjrn", query)["processos"]["totalCount"], json!(10));
    assert_eq!(app.gql("cnj", query)["processos"]["totalCount"], json!(270));
    app.adolescente("tjrn");
    app.ready();
    app.wait_until_audited();
    app.wait_until_sealed();
    assert!(database.count("SELECT count(*) AS n FROM auditoria WHERE especie = 'LEITURA'") >= 2);
    assert!(database.count("SELECT count(*) AS n FROM selo") >= 1);
}
