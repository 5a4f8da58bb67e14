//! Checks that row-level security applies to a database login: the login has no privileges of its
//! own that bypass it, inherits nothing from the server's roles, and is a member only of the roles
//! that it needs.

use super::catalog::ROLES;
use super::{ConnectError, DbOptions, Sql, row};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// The role that a connection sets with `SET ROLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseRole {
    /// Reads and writes one tribunal, to which row-level security limits it.
    App,
    /// Reads every tribunal.
    Nacional,
    /// Writes the records of what was read, and seals the audit trail.
    Auditor,
}

impl DatabaseRole {
    const ALL: [Self; 3] = [Self::App, Self::Nacional, Self::Auditor];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::App => "elos_app",
            Self::Nacional => "elos_nacional",
            Self::Auditor => "elos_auditor",
        }
    }
}

/// Since this version of PostgreSQL, each membership has its own INHERIT option. Before, a login
/// inherits from all of its roles or from none.
const MEMBERSHIPS_HAVE_OPTIONS: i32 = 160_000;

/// A login with which the server opens connections.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) url: String,
    /// The name of the setting that holds the URL, for error messages.
    setting: &'static str,
    /// Every role that connections to this URL set.
    roles: Vec<&'static str>,
}

row! {
    /// The privileges and memberships of a login, as PostgreSQL reports them.
    #[derive(QueryableByName)]
    struct LoginPrivileges {
        login: String,
        version: i32,
        migrated: bool,
        /// The elos roles that exist in the cluster.
        there: Vec<String>,
        /// The elos roles of which the login is a member.
        member: Vec<String>,
        /// The elos roles that the login may set with `SET ROLE`.
        takes_on: Vec<String>,
        /// The elos roles whose rights the login has without `SET ROLE`.
        inherits: Vec<String>,
        /// The reasons, in Portuguese, why row-level security would not limit the login.
        powers: Vec<String>,
    }
}

impl LoginPrivileges {
    /// Looks roles up by oid: by name, a role that does not exist would be an error.
    fn read(pg: &mut PgConnection) -> QueryResult<Self> {
        Sql::new("WITH elos AS (SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname = ANY (")
            .bind(ROLES.map(str::to_owned).to_vec())
            .push(
                ")), server AS (SELECT current_setting('server_version_num')::int AS version) \
                 SELECT quote_ident(session_user) AS login, version, \
                   to_regclass('public.__diesel_schema_migrations') IS NOT NULL AS migrated, \
                   ARRAY(SELECT name FROM elos) AS there, \
                   ARRAY(SELECT name FROM elos WHERE pg_has_role(session_user, oid, 'MEMBER')) AS member, \
                   ARRAY(SELECT name FROM elos WHERE pg_has_role(session_user, oid, \
                           CASE WHEN version >= 160000 THEN 'SET' ELSE 'MEMBER' END)) AS takes_on, \
                   ARRAY(SELECT name FROM elos WHERE pg_has_role(session_user, oid, 'USAGE')) AS inherits, \
                   array_remove(ARRAY[ \
                     CASE WHEN me.rolsuper THEN 'é superusuário' END, \
                     CASE WHEN me.rolbypassrls THEN 'ignora a segurança de linha (BYPASSRLS)' END, \
                     CASE WHEN me.rolcreaterole THEN 'cria papéis (CREATEROLE)' END, \
                     (SELECT 'é dono do banco' FROM pg_database \
                      WHERE datname = current_database() AND pg_has_role(session_user, datdba, 'MEMBER'))], NULL) \
                   || ARRAY(SELECT 'é membro de ' || quote_ident(rolname) FROM pg_roles r \
                      WHERE r.oid <> me.oid AND pg_has_role(session_user, r.oid, 'MEMBER') \
                        AND (r.oid NOT IN (SELECT oid FROM elos) AND (rolsuper OR rolbypassrls OR rolcreaterole) \
                             OR rolname IN ('elos_dono', 'elos_definidor', 'pg_execute_server_program', \
                                            'pg_read_server_files', 'pg_write_server_files'))) AS powers \
                 FROM pg_roles me, server WHERE me.rolname = session_user",
            )
            .get_result(pg)
    }
}

impl Login {
    pub(super) fn of(options: &DbOptions, role: DatabaseRole) -> Self {
        let url_of = |role| {
            let own = match role {
                DatabaseRole::App => None,
                DatabaseRole::Nacional => {
                    options.nacional_url.as_ref().map(|url| (url, "ELOS_NACIONAL_URL"))
                }
                DatabaseRole::Auditor => {
                    options.auditor_url.as_ref().map(|url| (url, "ELOS_AUDITOR_URL"))
                }
            };
            own.unwrap_or((&options.url, "DATABASE_URL"))
        };
        let (url, setting) = url_of(role);
        let of_url = DatabaseRole::ALL.into_iter().filter(|&role| url_of(role).0 == url);
        Self { url: url.clone(), setting, roles: of_url.map(DatabaseRole::name).collect() }
    }

    /// Refuses a login that row-level security would not limit. The error contains the SQL that
    /// corrects the login.
    pub(super) fn check(&self, pg: &mut PgConnection) -> Result<(), ConnectError> {
        let LoginPrivileges { login, version, migrated, there, member, takes_on, inherits, powers } =
            LoginPrivileges::read(pg)?;
        let setting = self.setting;
        if !migrated {
            return Err(ConnectError::MissingMigrations);
        }
        let missing = missing_from(&ROLES, &there);
        if !missing.is_empty() {
            return Err(ConnectError::MissingRoles(missing.join(", ")));
        }
        if let Some(why) = powers.into_iter().next() {
            let roles = self.roles.join(", ");
            return Err(ConnectError::PowerfulRole { setting, login, why, roles });
        }
        let missing = missing_from(&self.roles, &takes_on);
        if !missing.is_empty() {
            let line = grant_membership_sql(version, &login, &missing);
            return Err(ConnectError::NotMember { setting, login, line });
        }
        if !inherits.is_empty() {
            let line = match version >= MEMBERSHIPS_HAVE_OPTIONS {
                true => remove_inherit_sql(pg, &inherits)?,
                false => format!("ALTER ROLE {login} NOINHERIT"),
            };
            let roles = inherits.join(", ");
            return Err(ConnectError::Inherits { setting, login, roles, line });
        }
        let more: Vec<String> =
            member.into_iter().filter(|role| !self.roles.contains(&role.as_str())).collect();
        if !more.is_empty() {
            let line = revoke_membership_sql(pg, &more)?;
            let roles = more.join(", ");
            return Err(ConnectError::ExtraMembership { setting, login, roles, line });
        }
        Ok(())
    }
}

fn missing_from<'a>(all: &[&'a str], some: &[String]) -> Vec<&'a str> {
    all.iter().copied().filter(|one| !some.iter().any(|other| other == one)).collect()
}

/// The SQL that makes `login` (a quoted identifier) a member of `roles` that inherits nothing from
/// them.
fn grant_membership_sql(version: i32, login: &str, roles: &[&str]) -> String {
    let roles = roles.join(", ");
    match version >= MEMBERSHIPS_HAVE_OPTIONS {
        true => format!("GRANT {roles} TO {login} WITH INHERIT FALSE, SET TRUE"),
        false => format!("ALTER ROLE {login} NOINHERIT; GRANT {roles} TO {login}"),
    }
}

/// Creates or adjusts a login so that it can set the server's three roles and inherits nothing from
/// them. Demos, tests and benchmarks call it for the databases that they create.
pub fn create_login(admin: &mut PgConnection, login: &str) -> QueryResult<()> {
    create_login_for(admin, login, &DatabaseRole::ALL.map(DatabaseRole::name))
}

/// Like [`create_login`], for the given roles only.
pub fn create_login_for(admin: &mut PgConnection, login: &str, roles: &[&str]) -> QueryResult<()> {
    let (version, known, login): (i32, bool, String) = Sql::new(
        "SELECT current_setting('server_version_num')::int, \
                EXISTS (SELECT FROM pg_roles WHERE rolname = ",
    )
    .bind(login.to_owned())
    .push("), quote_ident(")
    .bind(login.to_owned())
    .push(")")
    .row(admin)?;
    if !known {
        admin.batch_execute(&format!("CREATE ROLE {login} LOGIN NOINHERIT"))?;
    }
    admin.batch_execute(&grant_membership_sql(version, &login, roles))
}

/// The SQL that removes INHERIT from the memberships in `roles`. Since PostgreSQL 16, a membership is
/// identified also by its grantor, so the statements name the grantor.
fn remove_inherit_sql(pg: &mut PgConnection, roles: &[String]) -> QueryResult<String> {
    let lines: Vec<String> = Sql::new(
        "SELECT format('GRANT %s TO %s WITH INHERIT FALSE, SET TRUE GRANTED BY %s', \
                       string_agg(roleid::regrole::text, ', ' ORDER BY roleid::regrole::text), \
                       member::regrole, grantor::regrole) AS line \
         FROM pg_auth_members WHERE member = quote_ident(session_user)::regrole AND inherit_option \
           AND EXISTS (SELECT FROM unnest(",
    )
    .bind(roles.to_vec())
    .push(") AS name WHERE pg_has_role(roleid, name, 'USAGE')) GROUP BY member, grantor")
    .rows(pg)?;
    Ok(lines.join("; "))
}

/// The SQL that revokes the memberships in `roles`.
fn revoke_membership_sql(pg: &mut PgConnection, roles: &[String]) -> QueryResult<String> {
    let lines: Vec<String> = Sql::new(
        "SELECT format('REVOKE %s FROM %s', \
                       string_agg(roleid::regrole::text, ', ' ORDER BY roleid::regrole::text), member::regrole) || by AS line \
         FROM (SELECT *, CASE WHEN current_setting('server_version_num')::int >= 160000 \
                              THEN ' GRANTED BY ' || grantor::regrole ELSE '' END AS by FROM pg_auth_members) AS granted \
         WHERE member = quote_ident(session_user)::regrole AND EXISTS (SELECT FROM unnest(",
    )
    .bind(roles.to_vec())
    .push(") AS name WHERE pg_has_role(roleid, name, 'MEMBER')) GROUP BY member, by")
    .rows(pg)?;
    Ok(lines.join("; "))
}
