//! A separate PostgreSQL cluster for these tests, because a fault in a role affects the whole
//! cluster.

use crate::support::Pooler;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::Sql;
use elos::db::migrations::Migrator;
use elos::embedded::{Embedded, Options, StartError};
use elos::isolation::{self, Login, Report};
use elos::seed;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The owner of the tables, which is not a superuser.
pub const OWNER: &str = "prova_dono";
/// The login of a server, made as `docs/operacao/implantar.md` says.
pub const LOGIN: &str = "prova_login";

/// Options without the APIs, whose check takes longer than everything else.
pub const STATEMENTS: isolation::Options =
    isolation::Options { now: crate::support::now, apis: false, skip_tribunal_filter: false };

static ROLES: RwLock<()> = RwLock::new(());

/// Returns a guard that keeps the roles unchanged.
pub fn roles_stay() -> RwLockReadGuard<'static, ()> {
    ROLES.read().unwrap_or_else(PoisonError::into_inner)
}

/// A change of the roles of the cluster. Dropping it undoes the change, also after a failure.
pub struct RolesChanged {
    undo: &'static str,
    _alone: RwLockWriteGuard<'static, ()>,
}

pub fn change_roles(change: &str, undo: &'static str) -> RolesChanged {
    let alone = ROLES.write().unwrap_or_else(PoisonError::into_inner);
    connect("postgres", "postgres").batch_execute(change).unwrap();
    RolesChanged { undo, _alone: alone }
}

impl Drop for RolesChanged {
    fn drop(&mut self) {
        connect("postgres", "postgres").batch_execute(self.undo).unwrap();
    }
}

static SERVER: LazyLock<Embedded> = LazyLock::new(|| {
    let uid = nix::unistd::geteuid();
    let server = (0..16).find_map(|slot| {
        let mut options = Options::new(PathBuf::from(format!("/var/tmp/elos-prove-{uid}-{slot}")));
        options.durable = false;
        match Embedded::start(options) {
            Ok(server) => Some(server),
            Err(StartError::InUse { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    });
    let server = server.expect("a free folder for the test server");
    prepare(&server);
    server
});

/// Drops what an earlier run left, including roles. Then makes the roles and the two databases that
/// the tests copy.
fn prepare(server: &Embedded) {
    let mut conn = PgConnection::establish(&server.url("postgres", "postgres")).unwrap();
    #[derive(diesel::QueryableByName)]
    struct Name {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let old: Vec<Name> =
        Sql::new("SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'prova\\_%'")
            .load(&mut conn)
            .unwrap();
    for Name { name } in old {
        conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    }
    let roles: Vec<Name> = Sql::new(
        "SELECT rolname::text AS name FROM pg_roles WHERE rolname LIKE 'elos\\_%' OR rolname LIKE 'prova\\_%'",
    )
    .load(&mut conn)
    .unwrap();
    for Name { name } in roles {
        conn.batch_execute(&format!("DROP ROLE {name}")).unwrap();
    }
    conn.batch_execute(&format!(
        "CREATE ROLE {OWNER} LOGIN CREATEROLE; CREATE ROLE {LOGIN} LOGIN NOINHERIT; \
         CREATE ROLE prova_app LOGIN NOINHERIT; CREATE ROLE prova_nacional LOGIN NOINHERIT; CREATE ROLE prova_auditor LOGIN NOINHERIT"
    ))
    .unwrap();
    conn.batch_execute(&format!("CREATE DATABASE prova_vazio OWNER {OWNER}")).unwrap();
    let mut migrator = Migrator::connect(&server.url(OWNER, "prova_vazio")).unwrap();
    migrator.apply().unwrap();
    drop(migrator);
    conn.batch_execute(&format!(
        "GRANT elos_app, elos_nacional, elos_auditor TO {LOGIN}; GRANT elos_app TO prova_app; \
         GRANT elos_nacional TO prova_nacional; GRANT elos_auditor TO prova_auditor"
    ))
    .unwrap();
    conn.batch_execute(&format!(
        "CREATE DATABASE prova_semeado OWNER {OWNER} TEMPLATE prova_vazio"
    ))
    .unwrap();
    let mut migrator = Migrator::connect(&server.url(OWNER, "prova_semeado")).unwrap();
    seed::seed(migrator.conn(), 270).unwrap();
}

fn connect(role: &str, database: &str) -> PgConnection {
    PgConnection::establish(&SERVER.url(role, database)).unwrap()
}

/// A database that is dropped at the end of its test.
pub struct Database(String);

impl Database {
    pub fn empty() -> Self {
        Self::like("prova_vazio")
    }

    pub fn seeded() -> Self {
        Self::like("prova_semeado")
    }

    fn like(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // PostgreSQL copies a template only while it has no other session.
        static COPY: Mutex<()> = Mutex::new(());
        let name = format!("prova_t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let _turn = COPY.lock().unwrap_or_else(PoisonError::into_inner);
        connect("postgres", "postgres")
            .batch_execute(&format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}"))
            .unwrap();
        Self(name)
    }

    /// Opens a connection of the superuser.
    pub fn conn(&self) -> PgConnection {
        connect("postgres", &self.0)
    }

    pub fn url(&self, role: &str) -> String {
        SERVER.url(role, &self.0)
    }

    /// Returns one login for the three roles.
    pub fn one_login() -> Vec<(&'static str, Vec<&'static str>)> {
        vec![(LOGIN, vec!["elos_app", "elos_nacional", "elos_auditor"])]
    }

    pub fn three_logins() -> Vec<(&'static str, Vec<&'static str>)> {
        vec![
            ("prova_app", vec!["elos_app"]),
            ("prova_nacional", vec!["elos_nacional"]),
            ("prova_auditor", vec!["elos_auditor"]),
        ]
    }

    /// Proves the isolation by statements alone.
    pub fn prove(&self) -> Report {
        self.prove_as(OWNER, &Self::one_login(), STATEMENTS)
    }

    pub fn prove_as(
        &self,
        owner: &str,
        logins: &[(&'static str, Vec<&'static str>)],
        options: isolation::Options,
    ) -> Report {
        self.prove_by(|name| self.url(name), owner, logins, options)
    }

    /// Proves the isolation by statements alone, with a login whose sessions pass through a pooler.
    pub fn prove_through(&self, pooler: &Pooler) -> Report {
        self.prove_by(|name| pooler.url(name, &self.0), OWNER, &Self::one_login(), STATEMENTS)
    }

    /// Returns the Unix socket of the cluster.
    pub fn socket() -> PathBuf {
        SERVER.socket_dir().join(".s.PGSQL.5432")
    }

    fn prove_by(
        &self,
        url: impl Fn(&str) -> String,
        owner: &str,
        logins: &[(&'static str, Vec<&'static str>)],
        options: isolation::Options,
    ) -> Report {
        let login = |(name, may): &(&'static str, Vec<&'static str>)| {
            let url = url(name);
            Login {
                conn: PgConnection::establish(&url).unwrap(),
                may: may.clone(),
                mixed_up: elos::db::check_session_affinity(&url)
                    .err()
                    .map(|refused| refused.to_string()),
            }
        };
        let logins = logins.iter().map(login).collect();
        // A proof lends the three roles to the owner until it ends, so two proofs cannot run at
        // once.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        isolation::prove(connect(owner, &self.0), logins, options).unwrap()
    }

    /// Returns a hash of the rows of each table, and the members of every role.
    pub fn contents(&self) -> String {
        #[derive(diesel::QueryableByName)]
        struct Text {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        let mut conn = self.conn();
        let tables: Text = Sql::new(
            "SELECT string_agg(format('SELECT %L AS t, md5(coalesce(string_agg(x::text, chr(10) ORDER BY x::text), '''')) AS h FROM %s x', \
                 c.oid::regclass, c.oid::regclass), ' UNION ALL ') AS t FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'r' AND n.nspname = 'public'",
        )
        .get_result(&mut conn)
        .unwrap();
        #[expect(clippy::disallowed_methods, reason = "composed from the catalogue")]
        let rows = diesel::sql_query(format!(
            "SELECT string_agg(t || ' ' || h, E'\\n' ORDER BY t) AS t FROM ({}) r",
            tables.t
        ));
        let rows: Text = rows.get_result(&mut conn).unwrap();
        let members: Text = Sql::new(
            "SELECT string_agg(roleid::regrole || ' ' || member::regrole, ',' ORDER BY roleid, member) AS t FROM pg_auth_members",
        )
        .get_result(&mut conn)
        .unwrap();
        format!("{}\n{}", rows.t, members.t)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = connect("postgres", "postgres")
            .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.0));
    }
}
