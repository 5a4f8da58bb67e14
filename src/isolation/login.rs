//! Attempts of the server's login, on a connection of its own. Without a role the login must have
//! no privilege, and it must be able to take on its own roles and no other.

use super::attempt::{Attempt, Expected, try_all};
use super::catalog::{Function, Relation};
use super::probe::{json, literal, quoted, text};
use super::report::{Kind, Report};
use diesel::prelude::*;
use indicatif::ProgressBar;
use serde::Deserialize;

/// The login of a connection, and its powers.
#[derive(Debug, Deserialize)]
pub struct LoginInfo {
    pub name: String,
    /// Attributes and privileges that a login of the server must not have.
    powers: Vec<String>,
    /// Roles whose privileges it has without `SET ROLE`.
    inherits: Vec<String>,
}

pub fn login_info(conn: &mut PgConnection) -> QueryResult<LoginInfo> {
    json(
        conn,
        "SELECT json_build_object('name', rolname, \
           'powers', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, \
              CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, \
              CASE WHEN rolreplication THEN 'REPLICATION' END, \
              CASE WHEN has_database_privilege(rolname, current_database(), 'CREATE') THEN 'CREATE no banco' END, \
              CASE WHEN has_schema_privilege(rolname, 'public', 'CREATE') THEN 'CREATE no esquema public' END], NULL), \
           'inherits', ARRAY(SELECT o.rolname FROM pg_roles o WHERE o.rolname <> r.rolname AND pg_has_role(r.rolname, o.oid, 'USAGE')))::text AS t \
         FROM pg_roles r WHERE rolname = session_user",
    )
}

/// The objects of the database that a login tries to use.
pub struct Known<'a> {
    pub relations: &'a [Relation],
    pub functions: &'a [Function],
    pub roles: &'a [String],
}

/// Tries everything as `login`, the login of `conn`. `may` lists the roles that it must be able to
/// take on.
pub fn try_login(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    known: &Known<'_>,
    login: &LoginInfo,
    may: &[&str],
) -> QueryResult<()> {
    let label = format!("login {}", login.name);
    for power in &login.powers {
        report.count(
            &label,
            Kind::Attribute,
            power,
            Some("o login do servidor é um papel comum".into()),
        );
    }
    for role in &login.inherits {
        let how = "herda os direitos do papel sem o tomar (NOINHERIT, ou GRANT … WITH INHERIT FALSE, SET TRUE)";
        report.count(&label, Kind::Attribute, role, Some(how.into()));
    }
    report.count(&label, Kind::Attribute, "atributos", None);
    let mut attempts = Vec::new();
    for relation in known.relations {
        attempts.extend(on_relation(relation));
    }
    for function in known.functions.iter().filter(|function| function.definer) {
        let nulls: Vec<_> = function.arguments.iter().map(|ty| format!("NULL::{ty}")).collect();
        let sql = format!("SELECT {}({})", function.name, nulls.join(", "));
        let what = format!("função {}", function.signature);
        attempts.push(Attempt::new(Kind::Function, what, sql, Expected::Denied));
    }
    for role in known.roles.iter().filter(|role| **role != login.name) {
        let what = format!("papel {role}");
        if !may.contains(&role.as_str()) {
            let set = format!("SET LOCAL ROLE {}", quoted(role));
            attempts.push(Attempt::new(Kind::BecomeRole, what.clone(), set, Expected::Denied));
        }
        let become_it = format!("SET LOCAL SESSION AUTHORIZATION {}", quoted(role));
        attempts.push(Attempt::new(Kind::BecomeRole, what, become_it, Expected::Denied));
    }
    bar.inc_length(attempts.len() as u64);
    try_all(conn, report, bar, &label, &attempts)?;
    // The login must also be a member of each of its roles, because the server takes them on.
    for role in may {
        let able = text(
            conn,
            &format!("SELECT pg_has_role(session_user, {}, 'MEMBER')::text AS t", literal(role)),
        )?;
        let how = (able != "true").then(|| "não é membro do papel".to_owned());
        report.count(&label, Kind::Own, &format!("papel {role}"), how);
    }
    Ok(())
}

/// Attempts of the login, without a role, on one relation. PostgreSQL checks privileges before it
/// looks for a row, so these statements need no row.
fn on_relation(relation: &Relation) -> Vec<Attempt> {
    let (path, table_label) = (relation.path(), format!("tabela {}", relation.name));
    let mut attempts = Vec::new();
    for column in &relation.columns {
        let (name, what) = (quoted(&column.name), format!("{table_label}, coluna {}", column.name));
        let read = format!("SELECT {name} FROM {path} LIMIT 1");
        attempts.push(Attempt::new(Kind::Read, what.clone(), read, Expected::Denied));
        if !relation.table {
            continue;
        }
        let update = format!("UPDATE {path} SET {name} = DEFAULT WHERE false");
        attempts.push(Attempt::new(Kind::Update, what, update, Expected::Denied));
    }
    let writes = [
        (Kind::Insert, format!("INSERT INTO {path} DEFAULT VALUES")),
        (Kind::Delete, format!("DELETE FROM {path} WHERE false")),
        (Kind::Truncate, format!("TRUNCATE {path}")),
    ];
    for (kind, sql) in writes.into_iter().filter(|_| relation.table) {
        attempts.push(Attempt::new(kind, table_label.clone(), sql, Expected::Denied));
    }
    attempts
}
