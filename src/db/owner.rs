//! Whether the login of `ELOS_MIGRATE_URL` can do all that the migrations do, asked before the
//! first of them changes anything.

use super::Sql;
use super::catalog::ROLES;
use super::migrations::Standing;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Text};

/// What the database says of the login. A superuser is and may all of it.
#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = Text)]
    login: String,
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    creates_roles: bool,
    #[diesel(sql_type = Array<Text>)]
    missing: Vec<String>,
    /// Owners of what is made, that it may act as.
    #[diesel(sql_type = Array<Text>)]
    acts_as: Vec<String>,
    /// Those that it may also make itself a member of.
    #[diesel(sql_type = Array<Text>)]
    administers: Vec<String>,
    #[diesel(sql_type = Bool)]
    rules_schema: bool,
    #[diesel(sql_type = Bool)]
    makes_extensions: bool,
}

/// Why it cannot, and what a superuser types for it to be able to.
#[derive(Debug)]
pub struct Unable {
    pub login: String,
    pub database: String,
    /// In the order in which they can be run.
    pub lines: Vec<String>,
}

const OWNERS: [&str; 2] = ["elos_dono", "elos_definidor"];
/// From this version on CREATEROLE rules the roles that its holder made, and no others.
const CREATEROLE_IS_NARROW: i32 = 160_000;

pub(super) fn check(conn: &mut PgConnection, standing: Standing) -> QueryResult<Option<Unable>> {
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
    let lines = owner.lines(standing);
    let Owner { login, database, .. } = owner;
    Ok((!lines.is_empty()).then_some(Unable { login, database, lines }))
}

impl Owner {
    fn lines(&self, standing: Standing) -> Vec<String> {
        let Self { login, database, .. } = self;
        let mut lines = Vec::new();
        if !self.creates_roles {
            lines.extend(self.missing.iter().map(|role| format!("CREATE ROLE {role} NOLOGIN")));
        }
        // The first migration makes the login a member; those that follow only act as the owners.
        let made_by_it =
            |role: &str| self.creates_roles && self.missing.iter().any(|missing| missing == role);
        let able = |role: &str| match standing {
            Standing::Empty => {
                self.administers.iter().any(|other| other == role)
                    || self.creates_roles && self.version < CREATEROLE_IS_NARROW
            }
            _ => self.acts_as.iter().any(|other| other == role),
        };
        let unable: Vec<_> =
            OWNERS.into_iter().filter(|role| !made_by_it(role) && !able(role)).collect();
        if !unable.is_empty() {
            lines.push(format!("GRANT {} TO {login} WITH ADMIN OPTION", unable.join(", ")));
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
