//! Whether a login of the database is one that the walls bind: without power of its own, heir of
//! nothing that the server's roles may do, and a member of the roles that it is for alone.

use super::catalog::ROLES;
use super::{ConexaoRecusada, DbOptions, Sql};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Text};

/// The role that a connection takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PapelDoBanco {
    /// Bound by row-level security to one tribunal.
    App,
    /// Reads every tribunal.
    Nacional,
    /// Writes the audit trail of what was read, and seals it.
    Auditor,
}

impl PapelDoBanco {
    const TODOS: [Self; 3] = [Self::App, Self::Nacional, Self::Auditor];

    pub(super) const fn nome(self) -> &'static str {
        match self {
            Self::App => "elos_app",
            Self::Nacional => "elos_nacional",
            Self::Auditor => "elos_auditor",
        }
    }
}

/// From this version on a membership is inherited or not, each for itself; before, a login
/// inherits all of its memberships or none.
const MEMBERSHIPS_HAVE_OPTIONS: i32 = 160_000;

/// With what a connection is opened.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) url: String,
    /// The setting that has the URL.
    setting: &'static str,
    /// What the login is for: every role that is reached by this URL.
    roles: Vec<&'static str>,
}

/// What the database says of the login that a connection was opened with.
#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    migrated: bool,
    /// Roles of elos that are in the cluster.
    #[diesel(sql_type = Array<Text>)]
    there: Vec<String>,
    /// Those that the login is a member of.
    #[diesel(sql_type = Array<Text>)]
    member: Vec<String>,
    /// Those that it may take on.
    #[diesel(sql_type = Array<Text>)]
    takes_on: Vec<String>,
    /// Those whose rights it has without taking them on.
    #[diesel(sql_type = Array<Text>)]
    inherits: Vec<String>,
    /// Why row-level security would not bind it.
    #[diesel(sql_type = Array<Text>)]
    powers: Vec<String>,
}

impl Standing {
    /// Roles are asked by oid, so that a database without them gets an answer, not an error.
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
    pub(super) fn of(options: &DbOptions, role: PapelDoBanco) -> Self {
        let reached = |role| {
            let own = match role {
                PapelDoBanco::App => None,
                PapelDoBanco::Nacional => {
                    options.nacional_url.as_ref().map(|url| (url, "ELOS_NACIONAL_URL"))
                }
                PapelDoBanco::Auditor => {
                    options.auditor_url.as_ref().map(|url| (url, "ELOS_AUDITOR_URL"))
                }
            };
            own.unwrap_or((&options.url, "DATABASE_URL"))
        };
        let (url, setting) = reached(role);
        let of_url = PapelDoBanco::TODOS.into_iter().filter(|&role| reached(role).0 == url);
        Self { url: url.clone(), setting, roles: of_url.map(PapelDoBanco::nome).collect() }
    }

    /// Refuses one that the walls would not bind, with the line to type.
    pub(super) fn check(&self, pg: &mut PgConnection) -> Result<(), ConexaoRecusada> {
        let Standing { login, version, migrated, there, member, takes_on, inherits, powers } =
            Standing::read(pg)?;
        let setting = self.setting;
        if !migrated {
            return Err(ConexaoRecusada::SemMigracoes);
        }
        let missing = without(&ROLES, &there);
        if !missing.is_empty() {
            return Err(ConexaoRecusada::SemPapeis(missing.join(", ")));
        }
        if let Some(why) = powers.into_iter().next() {
            let roles = self.roles.join(", ");
            return Err(ConexaoRecusada::PapelPoderoso { setting, login, why, roles });
        }
        let missing = without(&self.roles, &takes_on);
        if !missing.is_empty() {
            let line = membership(version, &login, &missing);
            return Err(ConexaoRecusada::ForaDoPapel { setting, login, line });
        }
        if !inherits.is_empty() {
            let line = match version >= MEMBERSHIPS_HAVE_OPTIONS {
                true => not_to_inherit(pg, &inherits)?,
                false => format!("ALTER ROLE {login} NOINHERIT"),
            };
            let roles = inherits.join(", ");
            return Err(ConexaoRecusada::Herda { setting, login, roles, line });
        }
        let more: Vec<String> =
            member.into_iter().filter(|role| !self.roles.contains(&role.as_str())).collect();
        if !more.is_empty() {
            let line = not_to_be_member(pg, &more)?;
            let roles = more.join(", ");
            return Err(ConexaoRecusada::MembroDeMais { setting, login, roles, line });
        }
        Ok(())
    }
}

fn without<'a>(all: &[&'a str], some: &[String]) -> Vec<&'a str> {
    all.iter().copied().filter(|one| !some.iter().any(|other| other == one)).collect()
}

/// How a login, written as SQL writes it, may take on roles and inherits nothing from them.
fn membership(version: i32, login: &str, roles: &[&str]) -> String {
    let roles = roles.join(", ");
    match version >= MEMBERSHIPS_HAVE_OPTIONS {
        true => format!("GRANT {roles} TO {login} WITH INHERIT FALSE, SET TRUE"),
        false => format!("ALTER ROLE {login} NOINHERIT; GRANT {roles} TO {login}"),
    }
}

/// Makes a login that may take on the server's three roles and inherits nothing from them, or
/// makes it so. For the database that a demo, a test or a benchmark makes for itself.
pub fn admit(admin: &mut PgConnection, login: &str) -> QueryResult<()> {
    admit_for(admin, login, &PapelDoBanco::TODOS.map(PapelDoBanco::nome))
}

/// The same, for some of the roles.
pub fn admit_for(admin: &mut PgConnection, login: &str, roles: &[&str]) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Server {
        #[diesel(sql_type = Integer)]
        version: i32,
        #[diesel(sql_type = Bool)]
        known: bool,
        #[diesel(sql_type = Text)]
        login: String,
    }
    let Server { version, known, login } = Sql::new(
        "SELECT current_setting('server_version_num')::int AS version, \
                EXISTS (SELECT FROM pg_roles WHERE rolname = ",
    )
    .bind(login.to_owned())
    .push(") AS known, quote_ident(")
    .bind(login.to_owned())
    .push(") AS login")
    .get_result(admin)?;
    if !known {
        admin.batch_execute(&format!("CREATE ROLE {login} LOGIN NOINHERIT"))?;
    }
    admin.batch_execute(&membership(version, &login, roles))
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// By whom each membership was granted is part of it in these versions.
fn not_to_inherit(pg: &mut PgConnection, roles: &[String]) -> QueryResult<String> {
    let lines: Vec<Line> = Sql::new(
        "SELECT format('GRANT %s TO %s WITH INHERIT FALSE, SET TRUE GRANTED BY %s', \
                       string_agg(roleid::regrole::text, ', ' ORDER BY roleid::regrole::text), \
                       member::regrole, grantor::regrole) AS line \
         FROM pg_auth_members WHERE member = quote_ident(session_user)::regrole AND inherit_option \
           AND EXISTS (SELECT FROM unnest(",
    )
    .bind(roles.to_vec())
    .push(") AS name WHERE pg_has_role(roleid, name, 'USAGE')) GROUP BY member, grantor")
    .load(pg)?;
    Ok(joined(lines))
}

fn not_to_be_member(pg: &mut PgConnection, roles: &[String]) -> QueryResult<String> {
    let lines: Vec<Line> = Sql::new(
        "SELECT format('REVOKE %s FROM %s', \
                       string_agg(roleid::regrole::text, ', ' ORDER BY roleid::regrole::text), member::regrole) || by AS line \
         FROM (SELECT *, CASE WHEN current_setting('server_version_num')::int >= 160000 \
                              THEN ' GRANTED BY ' || grantor::regrole ELSE '' END AS by FROM pg_auth_members) AS granted \
         WHERE member = quote_ident(session_user)::regrole AND EXISTS (SELECT FROM unnest(",
    )
    .bind(roles.to_vec())
    .push(") AS name WHERE pg_has_role(roleid, name, 'MEMBER')) GROUP BY member, by")
    .load(pg)?;
    Ok(joined(lines))
}

fn joined(lines: Vec<Line>) -> String {
    lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("; ")
}
