//! A private PostgreSQL for the run. Each test has its own database, copied from a migrated
//! template.

use super::{MAX_WAIT, until};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::migrations::Migrator;
use elos::db::{Sql, login};
use elos::embedded::{Embedded, Options, StartError};
use elos::seed;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Returns the clock of the server under test.
pub fn now() -> DateTime<Utc> {
    // The issuer checks tokens against the clock of the machine, so this clock follows it.
    #[expect(clippy::disallowed_methods, reason = "the clock of the server under test")]
    Utc::now()
}

static SERVER: LazyLock<Embedded> = LazyLock::new(|| {
    // A run that is still going, or that was killed, keeps its folder. Take the next one.
    let uid = nix::unistd::geteuid();
    let server = (0..16).find_map(|slot| {
        let folder = format!("{}/elos-test-{uid}-{slot}", root_of_the_cluster());
        let mut options = Options::new(PathBuf::from(folder));
        options.durable = false;
        options.max_connections = 400;
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

/// Returns the memory's file system where it has room: each test makes a database of 500 files, and
/// a disk's file system takes a sixth of the run for them.
fn root_of_the_cluster() -> &'static str {
    const ROOM: u64 = 4 << 30;
    let memory = "/dev/shm";
    let free = nix::sys::statvfs::statvfs(memory)
        .map_or(0, |shm| shm.blocks_available() * shm.fragment_size());
    if free >= ROOM { memory } else { "/var/tmp" }
}

#[derive(Clone, Copy)]
pub enum Template {
    Empty,
    /// The synthetic data of 270 processos, ten in each tribunal.
    Seeded,
    /// The synthetic data of 1,350 processos, for pages of a hundred.
    Large,
}

impl Template {
    fn name(self) -> &'static str {
        match self {
            Self::Empty => "modelo_vazio",
            Self::Seeded => "modelo_semeado",
            Self::Large => "modelo_grande",
        }
    }
}

/// Drops the databases of earlier runs and makes the templates again, so that they are never stale.
fn prepare(server: &Embedded) {
    let mut conn = PgConnection::establish(&server.url("postgres", "postgres")).unwrap();
    #[derive(diesel::QueryableByName)]
    struct DatabaseName {
        #[diesel(sql_type = diesel::sql_types::Text)]
        datname: String,
    }
    let old: Vec<DatabaseName> =
        Sql::new("SELECT datname::text AS datname FROM pg_database WHERE datname LIKE 't\\_%' OR datname LIKE 'modelo\\_%'")
            .load(&mut conn)
            .unwrap();
    for DatabaseName { datname } in old {
        conn.batch_execute(&format!("DROP DATABASE {datname} WITH (FORCE)")).unwrap();
    }
    conn.batch_execute("CREATE DATABASE modelo_vazio").unwrap();
    let mut migrator = Migrator::connect(&server.url("postgres", "modelo_vazio")).unwrap();
    migrator.apply().unwrap();
    drop(migrator);
    login::create_login(&mut conn, "elos_teste").unwrap();
    for (template, processos) in [(Template::Seeded, 270), (Template::Large, 1350)] {
        let name = template.name();
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE modelo_vazio")).unwrap();
        let mut migrator = Migrator::connect(&server.url("postgres", name)).unwrap();
        seed::seed(migrator.conn(), processos).unwrap();
    }
}

/// A database that is dropped at the end of its test.
pub struct Database {
    name: String,
}

impl Database {
    pub fn new(template: Template) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // PostgreSQL copies a template only while it has no other session.
        static COPY: Mutex<()> = Mutex::new(());
        let name = format!("t_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let _guard = COPY.lock().unwrap_or_else(PoisonError::into_inner);
        Self::admin()
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {}", template.name()))
            .unwrap();
        Self { name }
    }

    /// Makes an empty database without migrations.
    pub fn bare() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t_cru_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::admin().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Self { name }
    }

    pub fn admin() -> PgConnection {
        PgConnection::establish(&SERVER.url("postgres", "postgres")).unwrap()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the Unix socket of the PostgreSQL server.
    pub fn socket() -> PathBuf {
        SERVER.socket_dir().join(".s.PGSQL.5432")
    }

    pub fn url(&self, role: &str) -> String {
        SERVER.url(role, &self.name)
    }

    pub fn app_url(&self) -> String {
        self.url("elos_teste")
    }

    /// Opens a connection of the superuser, who sees every row.
    pub fn conn(&self) -> PgConnection {
        PgConnection::establish(&self.url("postgres")).unwrap()
    }

    /// Returns the number in column `n` of the result of `sql`.
    #[track_caller]
    pub fn count(&self, sql: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct CountRow {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        Sql::new(sql).get_result::<CountRow>(&mut self.conn()).unwrap().n
    }

    /// Runs the program on this database, with the rights of the superuser. Returns the exit code,
    /// and what the program wrote.
    pub fn elos(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(args)
            .env("ELOS_MIGRATE_URL", self.url("postgres"))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    /// Returns the number of connections of the server that wait for a lock.
    pub fn lock_waiters(&self) -> i64 {
        self.count(
            "SELECT count(*) AS n FROM pg_stat_activity \
             WHERE application_name = 'elos' AND wait_event_type = 'Lock' AND datname = current_database()",
        )
    }

    /// Waits until at least this number of connections of the server wait for a lock.
    #[track_caller]
    pub fn wait_for_lock_waiters(&self, count: i64) {
        until(MAX_WAIT, "the connections wait", || self.lock_waiters() >= count);
    }

    /// Returns the text in column `t` of the result of `sql`.
    #[track_caller]
    pub fn text(&self, sql: Sql) -> String {
        #[derive(diesel::QueryableByName)]
        struct TextRow {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        sql.get_result::<TextRow>(&mut self.conn()).unwrap().t
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = Self::admin()
            .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}
