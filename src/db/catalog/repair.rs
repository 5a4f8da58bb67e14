//! Puts right what differs from the migrations, as far as the login of `ELOS_MIGRATE_URL` may.
//!
//! All of it is one transaction. Each thing is tried as the login itself and as the owners that it
//! may act as; what none of them may do is left, with the statements for whoever may.

use super::{Difference, Kind, differences};
use crate::db::Sql;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::Text;

/// Making a function gives everybody the right to run it, and a table that changes hands takes its
/// rights along: what is seen after one pass is put right by the next.
const PASSES: usize = 4;
/// As whom a statement is tried.
const ACTORS: [&str; 3] = ["NONE", "elos_dono", "elos_definidor"];

/// What came of it.
#[derive(Debug, Default)]
pub struct Repair {
    pub done: Vec<Difference>,
    pub left: Vec<Left>,
}

/// What could not be put right.
#[derive(Debug)]
pub struct Left {
    pub difference: Difference,
    /// For whoever may run it; empty if no statement does it.
    pub statements: String,
    /// What the database said, if anything was tried.
    pub reason: Option<String>,
}

/// Puts right what `of_interest` holds for.
pub fn repair(
    conn: &mut PgConnection,
    of_interest: impl Fn(&Difference) -> bool,
) -> QueryResult<Repair> {
    let wrong = |conn: &mut PgConnection| {
        let mut wrong = differences(conn)?;
        wrong.retain(&of_interest);
        wrong.sort_by_key(turn);
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
        // A statement may succeed and change nothing, so what is done is what no longer differs.
        let mut repair = Repair::default();
        for difference in wrong(conn)? {
            let statements = statements(conn, &difference)?.join("; ");
            let told = reasons.iter().find(|(other, _)| other.same_thing(&difference));
            let reason = told.and_then(|(_, reason)| reason.clone());
            repair.left.push(Left { difference, statements, reason });
        }
        for difference in tried {
            let left = repair.left.iter().map(|left| &left.difference);
            if !left.chain(&repair.done).any(|other| other.same_thing(&difference)) {
                repair.done.push(difference);
            }
        }
        Ok(repair)
    })
}

impl Difference {
    fn same_thing(&self, other: &Self) -> bool {
        (self.kind, &self.object) == (other.kind, &other.object)
    }

    /// What the owner should be, as the definitions begin.
    fn owner(definition: &str) -> &str {
        let rest = definition.strip_prefix("OWNER ").unwrap_or(definition);
        rest.split([',', '\n']).next().unwrap_or_default()
    }
}

/// What others need comes first.
fn turn(difference: &Difference) -> u8 {
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

/// Runs what would put it right as one of the actors; else answers with what the first was told.
fn attempt(
    conn: &mut PgConnection,
    difference: &Difference,
) -> QueryResult<Result<(), Option<String>>> {
    let statements = statements(conn, difference)?;
    // What should not be there may hold what somebody needs: a person removes it.
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
            Err(DatabaseError(_, told)) => _ = reason.get_or_insert(told.message().to_owned()),
            Err(error) => return Err(error),
        }
    }
    Ok(Err(reason))
}

/// So that the login may act as the owners of what it has to mend: whoever makes a role, or
/// administers it, may.
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
    // Without it, what needs it is left and says so.
    match membership {
        Ok(()) | Err(DatabaseError(..)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What would put it right; nothing, if no statement would.
fn statements(conn: &mut PgConnection, difference: &Difference) -> QueryResult<Vec<String>> {
    let Difference { kind, object, expected, found } = difference;
    let (wanted, stands) = (expected.as_deref(), found.as_deref());
    Ok(match kind {
        Kind::Role => role(object, wanted, stands),
        Kind::Membership => return memberships(conn, object),
        Kind::Table => table(object, wanted, stands),
        Kind::Partition => {
            let mut all = table(object, wanted, stands);
            all.extend(of_a_partition(conn, object)?);
            all
        }
        Kind::View | Kind::Sequence => relation(*kind, object, wanted, stands),
        Kind::Policy => {
            let drop = stands.map(|_| format!("DROP POLICY {object}"));
            let create = wanted.map(|definition| format!("CREATE POLICY {object} {definition}"));
            drop.into_iter().chain(create).collect()
        }
        Kind::Function => function(object, wanted, stands),
        Kind::Grant => grant(object, wanted, stands),
    })
}

fn role(name: &str, wanted: Option<&str>, stands: Option<&str>) -> Vec<String> {
    match (wanted, stands) {
        // What a new role has if nothing is said is what is wanted.
        (Some(_), None) => vec![format!("CREATE ROLE {name} NOLOGIN")],
        (Some(wanted), Some(stands)) => {
            let differs = |word: &&str| !stands.split(' ').any(|other| other == *word);
            let words: Vec<_> = wanted.split(' ').filter(differs).collect();
            vec![format!("ALTER ROLE {name} {}", words.join(" "))]
        }
        (None, _) => Vec::new(),
    }
}

fn table(name: &str, wanted: Option<&str>, stands: Option<&str>) -> Vec<String> {
    let (Some(wanted), Some(stands)) = (wanted, stands) else {
        return relation(Kind::Table, name, wanted, stands);
    };
    let mut all = relation(Kind::Table, name, Some(wanted), Some(stands));
    if stands.contains("NO ROW LEVEL SECURITY") && !wanted.contains("NO ROW LEVEL SECURITY") {
        all.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
    }
    if stands.contains(", FORCED") && !wanted.contains(", FORCED") {
        all.push(format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"));
    }
    all
}

/// Its owner. What is missing comes from a copy, and what is not ours goes by hand.
fn relation(kind: Kind, name: &str, wanted: Option<&str>, stands: Option<&str>) -> Vec<String> {
    let word = kind.word().to_uppercase();
    match (wanted, stands) {
        (Some(wanted), Some(stands)) if Difference::owner(wanted) != Difference::owner(stands) => {
            vec![format!("ALTER {word} {name} OWNER TO {}", Difference::owner(wanted))]
        }
        (None, Some(_)) => vec![format!("DROP {word} {name}")],
        _ => Vec::new(),
    }
}

fn function(name: &str, wanted: Option<&str>, stands: Option<&str>) -> Vec<String> {
    let text = |definition: &str| definition.split_once('\n').map(|(_, text)| text.to_owned());
    let Some(wanted) = wanted else { return vec![format!("DROP ROUTINE {name}")] };
    let (owner, code) = (Difference::owner(wanted), text(wanted));
    let mut all = Vec::new();
    if stands.and_then(text) != code {
        all.extend(code);
    }
    if stands.map(Difference::owner) != Some(owner) {
        // An owner must be able to make it, and this one only now.
        all.push(format!("GRANT CREATE ON SCHEMA public TO {owner}"));
        all.push(format!("ALTER ROUTINE {name} OWNER TO {owner}"));
        if owner != "elos_dono" {
            all.push(format!("REVOKE CREATE ON SCHEMA public FROM {owner}"));
        }
    }
    all
}

fn grant(object: &str, wanted: Option<&str>, stands: Option<&str>) -> Vec<String> {
    let Some((target, grantee)) = object.rsplit_once(" TO ") else { return Vec::new() };
    let revoke = stands.map(|_| format!("REVOKE ALL ON {target} FROM {grantee}"));
    let grant = wanted.map(|rights| format!("GRANT {rights} ON {target} TO {grantee}"));
    revoke.into_iter().chain(grant).collect()
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    statement: String,
}

fn composed(conn: &mut PgConnection, sql: Sql) -> QueryResult<Vec<String>> {
    let all: Vec<Statement> = sql.load(conn)?;
    Ok(all.into_iter().map(|one| one.statement).collect())
}

/// From PostgreSQL 16 on, each grantor's is a membership of its own.
fn memberships(conn: &mut PgConnection, object: &str) -> QueryResult<Vec<String>> {
    let Some((member, role)) = object.split_once(" IN ") else { return Ok(Vec::new()) };
    let sql = Sql::new(
        "SELECT format('REVOKE %s FROM %s', roleid::regrole, member::regrole) \
           || CASE WHEN current_setting('server_version_num')::int >= 160000 \
                   THEN ' GRANTED BY ' || grantor::regrole ELSE '' END AS statement \
         FROM pg_auth_members WHERE member = to_regrole(",
    )
    .bind(member.to_owned())
    .push(") AND roleid = to_regrole(")
    .bind(role.to_owned())
    .push(")");
    composed(conn, sql)
}

/// A partition has nothing of its own.
fn of_a_partition(conn: &mut PgConnection, name: &str) -> QueryResult<Vec<String>> {
    let sql = Sql::new("WITH this AS (SELECT oid, relowner, relacl FROM pg_class WHERE oid = to_regclass(")
        .bind(name.to_owned())
        .push(
            ")), rights AS ( \
               SELECT a.grantee FROM this, aclexplode(relacl) a WHERE a.grantee <> relowner \
               UNION SELECT a.grantee FROM this JOIN pg_attribute t ON t.attrelid = this.oid, aclexplode(t.attacl) a \
                 WHERE a.grantee <> relowner) \
             SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) AS statement \
               FROM pg_policy WHERE polrelid IN (SELECT oid FROM this) \
             UNION ALL SELECT format('REVOKE ALL ON TABLE %s FROM %s', (SELECT oid::regclass FROM this), \
               CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) FROM rights",
        );
    composed(conn, sql)
}
