//! Attempts of the login that the server enters with, on a connection of its own: without a role
//! it has no right at all, and it takes on those that it is for and no other.

use super::attempt::{Attempt, Rule, try_all};
use super::catalog::{Function, Relation};
use super::probe::{literal, quoted, text};
use super::report::{Kind, Report};
use diesel::prelude::*;
use indicatif::ProgressBar;
use serde::Deserialize;

/// Who is logged in, and what it may be.
#[derive(Debug, Deserialize)]
pub struct Who {
    pub name: String,
    /// Attributes that no login of the server has.
    powers: Vec<String>,
    /// Roles of the server whose rights it has without taking them on.
    inherits: Vec<String>,
}

pub fn who(conn: &mut PgConnection) -> QueryResult<Who> {
    let json = text(
        conn,
        "SELECT json_build_object('name', rolname, \
           'powers', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END, \
              CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, \
              CASE WHEN rolreplication THEN 'REPLICATION' END, \
              CASE WHEN has_database_privilege(rolname, current_database(), 'CREATE') THEN 'CREATE no banco' END, \
              CASE WHEN has_schema_privilege(rolname, 'public', 'CREATE') THEN 'CREATE no esquema public' END], NULL), \
           'inherits', ARRAY(SELECT o.rolname FROM pg_roles o WHERE o.rolname <> r.rolname AND pg_has_role(r.rolname, o.oid, 'USAGE')))::text AS t \
         FROM pg_roles r WHERE rolname = session_user",
    )?;
    serde_json::from_str(&json)
        .map_err(|error| diesel::result::Error::DeserializationError(error.into()))
}

/// What is known of a database, for a login to try.
pub struct Known<'a> {
    pub relations: &'a [Relation],
    pub functions: &'a [Function],
    pub roles: &'a [String],
}

/// Tries everything as the login of `conn`, which is for the roles `may`.
pub fn try_login(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    known: &Known<'_>,
    may: &[&str],
) -> QueryResult<()> {
    let who = who(conn)?;
    let label = format!("login {}", who.name);
    for power in &who.powers {
        report.count(
            &label,
            Kind::Attribute,
            power,
            Some("o login do servidor é um papel comum".into()),
        );
    }
    for role in &who.inherits {
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
        attempts.push(Attempt::new(Kind::Function, what, sql, Rule::Denied));
    }
    for role in known.roles.iter().filter(|role| **role != who.name) {
        let what = format!("papel {role}");
        if !may.contains(&role.as_str()) {
            let set = format!("SET LOCAL ROLE {}", quoted(role));
            attempts.push(Attempt::new(Kind::BecomeRole, what.clone(), set, Rule::Denied));
        }
        let become_it = format!("SET LOCAL SESSION AUTHORIZATION {}", quoted(role));
        attempts.push(Attempt::new(Kind::BecomeRole, what, become_it, Rule::Denied));
    }
    bar.inc_length(attempts.len() as u64);
    try_all(conn, report, bar, &label, &attempts)?;
    // That it can do its work at all.
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

/// Without a role no right is there, so no row has to be: each is refused before one is looked for.
fn on_relation(relation: &Relation) -> Vec<Attempt> {
    let (path, whole) = (relation.path(), format!("tabela {}", relation.name));
    let mut attempts = Vec::new();
    for column in &relation.columns {
        let (name, what) = (quoted(&column.name), format!("{whole}, coluna {}", column.name));
        let read = format!("SELECT {name} FROM {path} LIMIT 1");
        attempts.push(Attempt::new(Kind::Read, what.clone(), read, Rule::Denied));
        if !relation.table {
            continue;
        }
        let update = format!("UPDATE {path} SET {name} = DEFAULT WHERE false");
        attempts.push(Attempt::new(Kind::Update, what, update, Rule::Denied));
    }
    let writes = [
        (Kind::Insert, format!("INSERT INTO {path} DEFAULT VALUES")),
        (Kind::Delete, format!("DELETE FROM {path} WHERE false")),
        (Kind::Truncate, format!("TRUNCATE {path}")),
    ];
    for (kind, sql) in writes.into_iter().filter(|_| relation.table) {
        attempts.push(Attempt::new(kind, whole.clone(), sql, Rule::Denied));
    }
    attempts
}
