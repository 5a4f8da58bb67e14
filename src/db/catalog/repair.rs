//! Corrects what differs from the migrations, as far as the login of `ELOS_MIGRATE_URL` may.
//!
//! The whole repair is one transaction. This module tries each correction as the login itself and
//! then as each owner role that the login may set. It reports the corrections that none of them may
//! make, with the SQL for an administrator.

use super::{Difference, Kind, differences};
use crate::db::Sql;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;

/// Maximum number of passes. One correction can cause another difference: a new function is
/// executable by PUBLIC, and a table keeps its grants when its owner changes. The next pass
/// corrects that.
const PASSES: usize = 4;
/// The roles as which the repair tries a statement. `NONE` is the login itself.
const ACTORS: [&str; 3] = ["NONE", "elos_dono", "elos_definidor"];

/// The result of a repair.
#[derive(Debug, Default)]
pub struct Repair {
    pub corrected: Vec<Difference>,
    pub uncorrected: Vec<Uncorrected>,
}

/// A difference that the repair could not correct.
#[derive(Debug)]
pub struct Uncorrected {
    pub difference: Difference,
    /// The SQL for an administrator; empty if no statement corrects the difference.
    pub statements: String,
    /// The error message of PostgreSQL, if the repair tried a correction.
    pub reason: Option<String>,
}

/// Corrects the differences for which `of_interest` is true.
pub fn repair(
    conn: &mut PgConnection,
    of_interest: impl Fn(&Difference) -> bool,
) -> QueryResult<Repair> {
    let wrong = |conn: &mut PgConnection| {
        let mut wrong = differences(conn)?;
        wrong.retain(&of_interest);
        wrong.sort_by_key(order);
        QueryResult::Ok(wrong)
    };
    conn.transaction(|conn| {
        conn.batch_execute(
            "SET LOCAL lock_timeout = '5s'; SET LOCAL search_path = public, pg_temp; \
             SET LOCAL check_function_bodies = off",
        )?;
        let mut tried = Vec::new();
        let mut reasons = Vec::new();
        for _ in 0..PASSES {
            act_as_owners(conn)?;
            reasons.clear();
            let mut progress = false;
            for difference in wrong(conn)? {
                match attempt(conn, &difference)? {
                    Ok(()) => {
                        progress = true;
                        tried.push(difference);
                    }
                    Err(reason) => reasons.push((difference, reason)),
                }
            }
            if !progress {
                break;
            }
        }
        // A statement may succeed without changing anything, so only what no longer differs counts
        // as corrected.
        let mut repair = Repair::default();
        for difference in wrong(conn)? {
            let statements = statements(conn, &difference)?.join("; ");
            let info = reasons.iter().find(|(other, _)| other.same_thing(&difference));
            let reason = info.and_then(|(_, reason)| reason.clone());
            repair.uncorrected.push(Uncorrected { difference, statements, reason });
        }
        for difference in tried {
            let left = repair.uncorrected.iter().map(|left| &left.difference);
            if !left.chain(&repair.corrected).any(|other| other.same_thing(&difference)) {
                repair.corrected.push(difference);
            }
        }
        Ok(repair)
    })
}

impl Difference {
    fn same_thing(&self, other: &Self) -> bool {
        (self.kind, &self.object) == (other.kind, &other.object)
    }

    /// The owner's name, with which a definition begins.
    fn owner(definition: &str) -> &str {
        let rest = definition.strip_prefix("OWNER ").unwrap_or(definition);
        rest.split([',', '\n']).next().unwrap_or_default()
    }
}

/// The order of corrections: an object comes before those that depend on it.
fn order(difference: &Difference) -> u8 {
    match difference.kind {
        Kind::Role => 0,
        Kind::Membership => 1,
        Kind::Grant if difference.object.starts_with("SCHEMA ") => 2,
        Kind::Function => 3,
        Kind::Table | Kind::View | Kind::Sequence | Kind::Partition => 4,
        Kind::Policy => 5,
        Kind::Grant => 6,
    }
}

/// Tries to correct the difference as each of [`ACTORS`]. If all fail, returns the error message of
/// the first; `None` if nothing was tried.
fn attempt(
    conn: &mut PgConnection,
    difference: &Difference,
) -> QueryResult<Result<(), Option<String>>> {
    let statements = statements(conn, difference)?;
    // An unexpected object may hold data that somebody needs, so only a person may remove it.
    let removes_data = difference.expected.is_none()
        && !matches!(difference.kind, Kind::Membership | Kind::Policy | Kind::Grant);
    if statements.is_empty() || removes_data {
        return Ok(Err(None));
    }
    let mut reason = None;
    for actor in ACTORS {
        let done = conn.transaction(|conn| {
            conn.batch_execute(&format!("SET LOCAL ROLE {actor}"))?;
            statements.iter().try_for_each(|statement| conn.batch_execute(statement))?;
            conn.batch_execute("SET LOCAL ROLE NONE")
        });
        match done {
            Ok(()) => return Ok(Ok(())),
            Err(DatabaseError(_, info)) => _ = reason.get_or_insert(info.message().to_owned()),
            Err(error) => return Err(error),
        }
    }
    Ok(Err(reason))
}

/// Makes the login a member of the owner roles, if it created or administers them, so that it can
/// set these roles for the corrections.
fn act_as_owners(conn: &mut PgConnection) -> QueryResult<()> {
    let membership = conn.transaction(|conn| {
        conn.batch_execute(
            "DO $$ BEGIN \
               IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \
                  AND EXISTS (SELECT FROM pg_roles WHERE rolname IN ('elos_dono', 'elos_definidor') \
                              AND NOT pg_has_role(oid, CASE WHEN current_setting('server_version_num')::int >= 160000 \
                                                       THEN 'SET' ELSE 'MEMBER' END)) THEN \
                 EXECUTE format('GRANT elos_dono, elos_definidor TO %I', current_user); \
               END IF; \
             END $$",
        )
    });
    // If the grant fails, the corrections that need it fail too and are reported.
    match membership {
        Ok(()) | Err(DatabaseError(..)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The SQL statements that correct the difference; empty if none does.
fn statements(conn: &mut PgConnection, difference: &Difference) -> QueryResult<Vec<String>> {
    let Difference { kind, object, expected, found } = difference;
    let (wanted, current) = (expected.as_deref(), found.as_deref());
    Ok(match kind {
        Kind::Role => role(object, wanted, current),
        Kind::Membership => return memberships(conn, object),
        Kind::Table => table(object, wanted, current),
        Kind::Partition => {
            let mut all = table(object, wanted, current);
            all.extend(partition_cleanup(conn, object)?);
            all
        }
        Kind::View | Kind::Sequence => relation(*kind, object, wanted, current),
        Kind::Policy => {
            let drop = current.map(|_| format!("DROP POLICY {object}"));
            let create = wanted.map(|definition| format!("CREATE POLICY {object} {definition}"));
            drop.into_iter().chain(create).collect()
        }
        Kind::Function => function(object, wanted, current),
        Kind::Grant => grant(object, wanted, current),
    })
}

fn role(name: &str, wanted: Option<&str>, current: Option<&str>) -> Vec<String> {
    match (wanted, current) {
        // The default attributes of a new role are the expected ones.
        (Some(_), None) => vec![format!("CREATE ROLE {name} NOLOGIN")],
        (Some(wanted), Some(current)) => {
            let differs = |word: &&str| !current.split(' ').any(|other| other == *word);
            let words: Vec<_> = wanted.split(' ').filter(differs).collect();
            vec![format!("ALTER ROLE {name} {}", words.join(" "))]
        }
        (None, _) => Vec::new(),
    }
}

fn table(name: &str, wanted: Option<&str>, current: Option<&str>) -> Vec<String> {
    let (Some(wanted), Some(current)) = (wanted, current) else {
        return relation(Kind::Table, name, wanted, current);
    };
    let mut all = relation(Kind::Table, name, Some(wanted), Some(current));
    if current.contains("NO ROW LEVEL SECURITY") && !wanted.contains("NO ROW LEVEL SECURITY") {
        all.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
    }
    if current.contains(", FORCED") && !wanted.contains(", FORCED") {
        all.push(format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"));
    }
    all
}

/// Corrects the owner. A missing relation must be restored from a backup, so there is no statement
/// for it; an unexpected one gets a `DROP` that only a person runs.
fn relation(kind: Kind, name: &str, wanted: Option<&str>, current: Option<&str>) -> Vec<String> {
    let word = kind.word().to_uppercase();
    match (wanted, current) {
        (Some(wanted), Some(current))
            if Difference::owner(wanted) != Difference::owner(current) =>
        {
            vec![format!("ALTER {word} {name} OWNER TO {}", Difference::owner(wanted))]
        }
        (None, Some(_)) => vec![format!("DROP {word} {name}")],
        _ => Vec::new(),
    }
}

fn function(name: &str, wanted: Option<&str>, current: Option<&str>) -> Vec<String> {
    let text = |definition: &str| definition.split_once('\n').map(|(_, text)| text.to_owned());
    let Some(wanted) = wanted else { return vec![format!("DROP ROUTINE {name}")] };
    let (owner, code) = (Difference::owner(wanted), text(wanted));
    let mut all = Vec::new();
    if current.and_then(text) != code {
        all.extend(code);
    }
    if current.map(Difference::owner) != Some(owner) {
        // The new owner of a function needs CREATE on the schema, and must keep it only if it
        // is `elos_dono`.
        all.push(format!("GRANT CREATE ON SCHEMA public TO {owner}"));
        all.push(format!("ALTER ROUTINE {name} OWNER TO {owner}"));
        if owner != "elos_dono" {
            all.push(format!("REVOKE CREATE ON SCHEMA public FROM {owner}"));
        }
    }
    all
}

fn grant(object: &str, wanted: Option<&str>, current: Option<&str>) -> Vec<String> {
    let Some((target, grantee)) = object.rsplit_once(" TO ") else { return Vec::new() };
    let revoke = current.map(|_| format!("REVOKE ALL ON {target} FROM {grantee}"));
    let grant = wanted.map(|rights| format!("GRANT {rights} ON {target} TO {grantee}"));
    revoke.into_iter().chain(grant).collect()
}

/// The SQL that revokes an unexpected membership. Since PostgreSQL 16, each grantor's grant is a
/// separate membership.
fn memberships(conn: &mut PgConnection, object: &str) -> QueryResult<Vec<String>> {
    let Some((member, role)) = object.split_once(" IN ") else { return Ok(Vec::new()) };
    Sql::new(
        "SELECT format('REVOKE %s FROM %s', roleid::regrole, member::regrole) \
           || CASE WHEN current_setting('server_version_num')::int >= 160000 \
                   THEN ' GRANTED BY ' || grantor::regrole ELSE '' END \
         FROM pg_auth_members WHERE member = to_regrole(",
    )
    .bind(member.to_owned())
    .push(") AND roleid = to_regrole(")
    .bind(role.to_owned())
    .push(")")
    .rows(conn)
}

/// The SQL that removes all policies and grants of a partition, which must have none of its own.
fn partition_cleanup(conn: &mut PgConnection, name: &str) -> QueryResult<Vec<String>> {
    Sql::new("WITH this AS (SELECT oid, relowner, relacl FROM pg_class WHERE oid = to_regclass(")
        .bind(name.to_owned())
        .push(
            ")), rights AS ( \
               SELECT a.grantee FROM this, aclexplode(relacl) a WHERE a.grantee <> relowner \
               UNION SELECT a.grantee FROM this JOIN pg_attribute t ON t.attrelid = this.oid, aclexplode(t.attacl) a \
                 WHERE a.grantee <> relowner) \
             SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) \
               FROM pg_policy WHERE polrelid IN (SELECT oid FROM this) \
             UNION ALL SELECT format('REVOKE ALL ON TABLE %s FROM %s', (SELECT oid::regclass FROM this), \
               CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) FROM rights",
        )
        .rows(conn)
}
