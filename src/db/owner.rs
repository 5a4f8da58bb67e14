//! Checks that the login of `ELOS_MIGRATE_URL` has every right that the migrations need, before the
//! first migration changes anything.

use super::catalog::ROLES;
use super::migrations::MigrationState;
use super::{Sql, row};
use diesel::prelude::*;

row! {
    /// The rights of the login, as PostgreSQL reports them. A superuser has all of them.
    #[derive(QueryableByName)]
    struct Owner {
        login: String,
        database: String,
        version: i32,
        creates_roles: bool,
        missing: Vec<String>,
        /// The owner roles that the login may set with `SET ROLE`.
        acts_as: Vec<String>,
        /// The owner roles of which the login may grant membership, also to itself.
        administers: Vec<String>,
        rules_schema: bool,
        makes_extensions: bool,
    }
}

/// A login that lacks rights, and the SQL with which a superuser grants them.
#[derive(Debug)]
pub struct MissingRights {
    pub login: String,
    pub database: String,
    /// SQL statements, in the order in which they must run.
    pub lines: Vec<String>,
}

/// The roles that own what the migrations create.
const OWNERS: [&str; 2] = ["elos_dono", "elos_definidor"];
/// Since this version of PostgreSQL, CREATEROLE allows its holder to administer only the roles that
/// it created.
const CREATEROLE_IS_NARROW: i32 = 160_000;

pub(super) fn check(
    conn: &mut PgConnection,
    migration_state: MigrationState,
) -> QueryResult<Option<MissingRights>> {
    let owner: Owner = Sql::new("WITH wanted AS (SELECT name FROM unnest(")
        .bind(ROLES.map(str::to_owned).to_vec())
        .push(
            ") AS name), server AS (SELECT current_setting('server_version_num')::int AS version), \
             owners AS (SELECT oid, rolname::text AS name FROM pg_roles WHERE rolname IN ('elos_dono', 'elos_definidor')) \
             SELECT quote_ident(current_user) AS login, quote_ident(current_database()) AS database, version, \
               me.rolsuper OR me.rolcreaterole AS creates_roles, \
               ARRAY(SELECT name FROM wanted WHERE to_regrole(name) IS NULL) AS missing, \
               ARRAY(SELECT name FROM owners WHERE pg_has_role(oid, CASE WHEN version >= 160000 THEN 'SET' ELSE 'MEMBER' END)) AS acts_as, \
               ARRAY(SELECT name FROM owners WHERE pg_has_role(oid, 'MEMBER WITH ADMIN OPTION')) AS administers, \
               coalesce((SELECT pg_has_role(nspowner, 'USAGE') \
                      OR has_schema_privilege(oid, 'CREATE WITH GRANT OPTION') AND has_schema_privilege(oid, 'USAGE WITH GRANT OPTION') \
                         AND NOT EXISTS (SELECT FROM aclexplode(nspacl) WHERE grantee = 0 AND privilege_type = 'CREATE') \
                  FROM pg_namespace WHERE nspname = 'public'), false) AS rules_schema, \
               has_database_privilege(current_database(), 'CREATE') \
                 OR (SELECT count(*) = 2 FROM pg_extension WHERE extname IN ('pg_trgm', 'unaccent')) AS makes_extensions \
             FROM pg_roles me, server WHERE me.rolname = current_user",
        )
        .get_result(conn)?;
    let lines = owner.lines(migration_state);
    let Owner { login, database, .. } = owner;
    Ok((!lines.is_empty()).then_some(MissingRights { login, database, lines }))
}

impl Owner {
    fn lines(&self, migration_state: MigrationState) -> Vec<String> {
        let Self { login, database, .. } = self;
        let mut lines = Vec::new();
        if !self.creates_roles {
            lines.extend(self.missing.iter().map(|role| format!("CREATE ROLE {role} NOLOGIN")));
        }
        // The first migration grants the owner roles to the login, so it needs ADMIN OPTION. Later
        // migrations only need to set these roles.
        let created_by_login =
            |role: &str| self.creates_roles && self.missing.iter().any(|missing| missing == role);
        let has_rights = |role: &str| match migration_state {
            MigrationState::Empty => {
                self.administers.iter().any(|other| other == role)
                    || self.creates_roles && self.version < CREATEROLE_IS_NARROW
            }
            _ => self.acts_as.iter().any(|other| other == role),
        };
        let lacking: Vec<_> = OWNERS
            .into_iter()
            .filter(|role| !created_by_login(role) && !has_rights(role))
            .collect();
        if !lacking.is_empty() {
            lines.push(format!("GRANT {} TO {login} WITH ADMIN OPTION", lacking.join(", ")));
        }
        if !self.rules_schema {
            lines.push(format!("ALTER SCHEMA public OWNER TO {login}"));
        }
        if !self.makes_extensions {
            lines.push(format!("GRANT CREATE ON DATABASE {database} TO {login}"));
        }
        lines
    }
}
