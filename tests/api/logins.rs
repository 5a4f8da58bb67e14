//! The database is a wall also against the server's own logins.

use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use elos::db::{Db, DbOptions, login};
use serde_json::json;
use std::sync::Arc;

/// What a statement is told when it comes straight from a login, past the server.
fn as_login(banco: &Banco, login: &str, statement: &str) -> Result<(), String> {
    let mut conn = PgConnection::establish(&banco.url(login)).unwrap();
    conn.batch_execute(statement).map_err(|error| error.to_string())
}

fn refusal(options: &DbOptions) -> String {
    Db::conectar(options).err().expect("a refusal").to_string()
}

/// What a refusal says to type, run by a superuser.
#[track_caller]
fn type_line(banco: &Banco, refusal: &str) {
    let (_, line) = refusal.split_once("rode: ").unwrap_or_else(|| panic!("{refusal}"));
    banco.conn().batch_execute(line).unwrap_or_else(|error| panic!("{line}: {error}"));
}

const READS: &str = "SELECT cpf FROM adolescente";

#[test]
fn the_bare_login_reads_and_writes_nothing() {
    let banco = Banco::novo(Modelo::Semeado);
    for statement in [
        READS,
        "UPDATE processo SET situacao = 'ARQUIVADO'",
        "INSERT INTO auditoria (tribunal_codigo) VALUES (820)",
        "SELECT elos_novo_identificador(2026)",
    ] {
        let told = as_login(&banco, "elos_teste", statement).expect_err(statement);
        assert!(told.contains("permission denied"), "{statement}: {told}");
    }
    as_login(&banco, "elos_teste", "SET ROLE elos_nacional; SELECT cpf FROM adolescente").unwrap();
}

#[test]
fn a_login_that_inherits_is_refused_and_the_line_mends_it() {
    let banco = Banco::novo(Modelo::Semeado);
    banco
        .conn()
        .batch_execute(
            "DROP ROLE IF EXISTS elos_teste_herdeiro; CREATE ROLE elos_teste_herdeiro LOGIN; \
             GRANT elos_app, elos_nacional, elos_auditor TO elos_teste_herdeiro",
        )
        .unwrap();
    as_login(&banco, "elos_teste_herdeiro", READS).expect("what is refused is a danger");
    let options = DbOptions::nova(banco.url("elos_teste_herdeiro"));
    let told = refusal(&options);
    for word in
        ["DATABASE_URL", "elos_teste_herdeiro", "herda", "elos_app, elos_nacional, elos_auditor"]
    {
        assert!(told.contains(word), "{word}: {told}");
    }
    type_line(&banco, &told);
    assert!(as_login(&banco, "elos_teste_herdeiro", READS).is_err());
    Db::conectar(&options).unwrap();
}

#[test]
fn each_of_three_logins_is_for_one_role_and_no_other() {
    let banco = Banco::novo(Modelo::Vazio);
    let mut admin = banco.conn();
    let logins = ["elos_teste_3_app", "elos_teste_3_nacional", "elos_teste_3_auditor"];
    for login in logins {
        admin.batch_execute(&format!("DROP ROLE IF EXISTS {login}")).unwrap();
    }
    login::admit_for(&mut admin, logins[0], &["elos_app"]).unwrap();
    login::admit_for(&mut admin, logins[1], &["elos_nacional", "elos_app"]).unwrap();
    let alone = DbOptions::nova(banco.url(logins[0]));
    let told = refusal(&alone);
    assert!(told.contains("GRANT elos_nacional, elos_auditor TO elos_teste_3_app"), "{told}");

    let mut three = alone.clone();
    three.nacional_url = Some(banco.url(logins[1]));
    // Two logins: what has no URL of its own goes by the application's.
    let told = refusal(&three);
    assert!(told.contains("GRANT elos_auditor TO elos_teste_3_app"), "{told}");
    admin.batch_execute(&format!("CREATE ROLE {} LOGIN", logins[2])).unwrap();
    three.auditor_url = Some(banco.url(logins[2]));
    let told = refusal(&three);
    assert!(told.contains("ELOS_NACIONAL_URL") && told.contains("REVOKE elos_app FROM"), "{told}");
    type_line(&banco, &told);
    let told = refusal(&three);
    assert!(told.contains("ELOS_AUDITOR_URL") && told.contains("GRANT elos_auditor TO"), "{told}");
    type_line(&banco, &told);
    Db::conectar(&three).unwrap();

    // The application's login may no longer be what another is for.
    admin.batch_execute(&format!("GRANT elos_nacional TO {}", logins[0])).unwrap();
    let told = refusal(&three);
    assert!(told.contains("DATABASE_URL") && told.contains("REVOKE elos_nacional FROM"), "{told}");
    type_line(&banco, &told);
    Db::conectar(&three).unwrap();
}

#[test]
fn three_logins_serve_everything_and_the_applications_shows_nothing_national() {
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let logins = ["elos_teste_serve_app", "elos_teste_serve_nacional", "elos_teste_serve_auditor"];
    for (login, role) in logins.into_iter().zip(["elos_app", "elos_nacional", "elos_auditor"]) {
        login::admit_for(&mut banco.conn(), login, &[role]).unwrap();
    }
    for role in ["elos_nacional", "elos_auditor"] {
        let told = as_login(&banco, logins[0], &format!("SET ROLE {role}")).expect_err(role);
        assert!(told.contains("permission denied"), "{told}");
    }
    let app = App::no_banco(&banco, Ajustes { logins: Some(logins), ..Ajustes::default() });
    let query = "{ processos(first: 50) { totalCount nodes { numero adolescentes(first: 5) { nodes { nome cpf } } } } }";
    assert_eq!(app.gql("tjrn", query)["processos"]["totalCount"], json!(10));
    assert_eq!(app.gql("cnj", query)["processos"]["totalCount"], json!(270));
    app.adolescente("tjrn");
    app.ready();
    app.auditado();
    app.selado();
    assert!(banco.contar("SELECT count(*) AS n FROM auditoria WHERE especie = 'LEITURA'") >= 2);
    assert!(banco.contar("SELECT count(*) AS n FROM selo") >= 1);
}
