//! Migrations, embedded in the program and run as the owner of the tables.
//!
//! A statement that waits for a table lock blocks every later statement on that table. Therefore a
//! migration waits at most [`LOCK_TIMEOUT`] for a lock. It is then rolled back, so that the
//! statements queued behind it can run, and tried again. After a minute it fails, and the error
//! names the session that holds the lock.

mod blockers;

use super::catalog::{self, Difference, Kind, Repair};
use super::owner::{self, MissingRights};
use super::{Sql, connect_options, epoch};
use blockers::Watcher;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Lock timeout in milliseconds. With this value, a migration that waits for a lock delays other
/// statements by less than two seconds.
const LOCK_TIMEOUT: u32 = 1500;
/// Maximum time for the retries of a migration, and for the wait for another process that migrates.
const LOCK_RETRY_TIMEOUT: Duration = Duration::from_secs(60);
/// Pause between two attempts, in which the statements that queued behind the last one run.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Pause between two attempts to take the advisory lock.
const ADVISORY_LOCK_RETRY: Duration = Duration::from_millis(250);

/// A migration, and whether it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    pub nome: String,
    pub applied: bool,
}

/// The result of comparing the database's migrations with those of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MigrationState {
    /// No migration is applied.
    Empty,
    /// Migrations of this program are missing.
    Behind,
    /// Exactly the migrations of this program are applied.
    Equal,
    /// A newer program has migrated the database, and this program is about to be replaced.
    Ahead,
    /// This login may not read the table of migrations. The first migration grants that right, so
    /// somebody has revoked it.
    Unreadable,
}

/// Compares the migrations without taking a lock or changing anything. Diesel's own query would
/// first create the table of migrations.
pub(super) fn migration_state(conn: &mut PgConnection) -> QueryResult<MigrationState> {
    let Some(applied) = applied(conn)? else { return Ok(MigrationState::Unreadable) };
    let ours = ours();
    Ok(match ours.is_subset(&applied) {
        false if applied.is_empty() => MigrationState::Empty,
        false => MigrationState::Behind,
        true if applied.len() > ours.len() => MigrationState::Ahead,
        true => MigrationState::Equal,
    })
}

/// The first applied migration that this program does not know, as a date and a number. `None` if
/// it knows all.
pub(super) fn first_unknown(conn: &mut PgConnection) -> QueryResult<Option<String>> {
    let applied = applied(conn)?.unwrap_or_default();
    Ok(applied.difference(&ours()).next().map(|version| hyphenated(version)))
}

/// Formats a version with hyphens. In a log, its fourteen digits in a row would look like the
/// number of a personal document.
fn hyphenated(version: &str) -> String {
    let parts = [0..4, 4..6, 6..8, 8..version.len()].map(|part| version.get(part));
    match parts {
        [Some(year), Some(month), Some(day), Some(number)] => {
            format!("{year}-{month}-{day}_{number}")
        }
        _ => version.to_owned(),
    }
}

fn known() -> Vec<Box<dyn Migration<Pg>>> {
    MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap_or_default()
}

fn ours() -> BTreeSet<String> {
    known().iter().map(|migration| version(migration)).collect()
}

fn version(migration: &dyn Migration<Pg>) -> String {
    migration.name().version().to_string()
}

/// The versions of the applied migrations; `None` if this login may not read the table.
fn applied(conn: &mut PgConnection) -> QueryResult<Option<BTreeSet<String>>> {
    let (there, readable): (bool, bool) = Sql::new(
        "SELECT oid IS NOT NULL, coalesce(has_table_privilege(oid, 'SELECT'), false) \
         FROM (SELECT to_regclass('public.__diesel_schema_migrations')::oid AS oid) AS migrations",
    )
    .row(conn)?;
    match (there, readable) {
        (false, _) => return Ok(Some(BTreeSet::new())),
        (_, false) => return Ok(None),
        _ => {}
    }
    let all = Sql::new("SELECT version::text FROM public.__diesel_schema_migrations");
    Ok(Some(all.rows(conn)?.into_iter().collect()))
}

/// Key of the advisory lock that serialises processes that migrate at the same time.
const ADVISORY_LOCK: i64 = 0x65_6c_6f_73;

#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("não foi possível conectar com ELOS_MIGRATE_URL: {0}")]
    Connection(#[from] diesel::ConnectionError),
    #[error("a migração falhou e foi desfeita: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    #[error("a migração esperou demais por uma tabela e foi desfeita; quem a tem: {0}")]
    Blocked(String),
    #[error("outra migração está em andamento; quem a faz: {0}")]
    Busy(String),
    #[error("o banco de dados recusou um comando: {0}")]
    Command(#[from] diesel::result::Error),
    #[error(
        "ELOS_MIGRATE_URL entra como {}, que não pode migrar este banco; nada foi mudado. \
         Como superusuário, no banco {}, rode antes:\n  {};",
        .0.login, .0.database, .0.lines.join(";\n  ")
    )]
    Unprivileged(MissingRights),
    #[error("este banco não tem nenhuma migração: rode `elos migrate run`")]
    NothingToRepair,
}

/// A connection with the login of `ELOS_MIGRATE_URL`, for migrations and repairs.
pub struct Migrator {
    conn: PgConnection,
    url: String,
}

impl Migrator {
    /// Connects without taking a lock.
    pub fn connect(url: &str) -> Result<Self, MigrationError> {
        let url = connect_options::with_defaults(url, 0).0;
        let mut conn = PgConnection::establish(&url)?;
        conn.batch_execute("SET application_name = 'elos-migracao'")?;
        Ok(Self { conn, url })
    }

    /// Applies the missing migrations and returns their names.
    pub fn apply(&mut self) -> Result<Vec<String>, MigrationError> {
        self.take_advisory_lock()?;
        let migration_state = migration_state(&mut self.conn)?;
        if matches!(migration_state, MigrationState::Empty | MigrationState::Behind)
            && let Some(unable) = owner::check(&mut self.conn, migration_state)?
        {
            return Err(MigrationError::Unprivileged(unable));
        }
        let pending = self.conn.pending_migrations(MIGRATIONS).map_err(MigrationError::Failed)?;
        let mut done = Vec::with_capacity(pending.len());
        for migration in pending {
            let run = |conn: &mut PgConnection| conn.run_migration(&migration);
            done.push(self.retry_on_lock_timeout(run)?.to_string());
        }
        Ok(done)
    }

    /// Reverts the last migration and returns its name.
    pub fn revert(&mut self) -> Result<String, MigrationError> {
        self.take_advisory_lock()?;
        let undone = self.retry_on_lock_timeout(|conn| conn.revert_last_migration(MIGRATIONS))?;
        Ok(undone.to_string())
    }

    /// The migrations of this program in their order, then the applied ones that it does not know.
    pub fn status(&mut self) -> Result<Vec<MigrationStatus>, MigrationError> {
        let mut applied = applied(&mut self.conn)?.unwrap_or_default();
        let mut ours: Vec<MigrationStatus> = known()
            .iter()
            .map(|migration| MigrationStatus {
                nome: migration.name().to_string(),
                applied: applied.remove(&version(migration)),
            })
            .collect();
        let foreign = |version| MigrationStatus {
            nome: format!("{version} (desconhecida por este programa, que é mais antigo)"),
            applied: true,
        };
        ours.extend(applied.into_iter().map(foreign));
        Ok(ours)
    }

    /// Whether the database holds data. Only an empty database may be seeded or reverted.
    pub fn has_rows(&mut self) -> Result<bool, MigrationError> {
        const TABLES: [(&str, &str); 5] = [
            ("adolescente", "SELECT FROM adolescente LIMIT 1"),
            ("processo", "SELECT FROM processo LIMIT 1"),
            ("rascunho", "SELECT FROM rascunho LIMIT 1"),
            ("tramite", "SELECT FROM tramite LIMIT 1"),
            ("auditoria", "SELECT FROM auditoria LIMIT 1"),
        ];
        self.conn.transaction(|conn| {
            for (table, look) in TABLES {
                let there = Sql::new("SELECT FROM pg_class WHERE oid = to_regclass(")
                    .bind(table.to_owned())
                    .push(")");
                if there.execute(conn)? == 0 {
                    continue;
                }
                // Row-level security hides no rows from the owner of the tables.
                conn.batch_execute("SET LOCAL ROLE elos_dono")?;
                if Sql::new(look).execute(conn)? > 0 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// The differences that would make a server refuse this database after it is migrated.
    pub fn faults(&mut self) -> Result<Vec<Difference>, MigrationError> {
        Ok(catalog::faults(&mut self.conn)?)
    }

    /// Corrects what differs from the migrations. If migrations are missing or unknown, it corrects
    /// only what those migrations do not change.
    pub fn repair(&mut self) -> Result<Repair, MigrationError> {
        self.take_advisory_lock()?;
        let of_interest = match migration_state(&mut self.conn)? {
            MigrationState::Empty => return Err(MigrationError::NothingToRepair),
            MigrationState::Behind => {
                |one: &Difference| matches!(one.kind, Kind::Role | Kind::Membership)
            }
            MigrationState::Ahead => Difference::in_every_version,
            MigrationState::Equal | MigrationState::Unreadable => |_: &Difference| true,
        };
        Ok(catalog::repair(&mut self.conn, of_interest)?)
    }

    /// Begins a new epoch if the data came from another PostgreSQL, and returns its number. Until
    /// then the trail of a restored copy looks as if it were of the future.
    pub fn begin_epoch(&mut self) -> Result<Option<i32>, MigrationError> {
        Ok(epoch::begin_if_moved(&mut self.conn)?)
    }

    /// Whether migrations of this program are missing.
    pub fn behind(&mut self) -> Result<bool, MigrationError> {
        Ok(matches!(
            migration_state(&mut self.conn)?,
            MigrationState::Empty | MigrationState::Behind
        ))
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.conn
    }

    /// Takes the advisory lock, for which it waits up to [`LOCK_RETRY_TIMEOUT`] if another process
    /// migrates. The lock is held until the connection closes.
    fn take_advisory_lock(&mut self) -> Result<(), MigrationError> {
        let (started_at, mut logged) = (Instant::now(), false);
        loop {
            let take = Sql::new("SELECT FROM (SELECT pg_try_advisory_lock(")
                .bind(ADVISORY_LOCK)
                .push(") AS ours) AS lock WHERE ours");
            if take.execute(&mut self.conn)? > 0 {
                break;
            }
            let who = blockers::advisory_lock_holder(&mut self.conn, ADVISORY_LOCK)?;
            if started_at.elapsed() > LOCK_RETRY_TIMEOUT {
                return Err(MigrationError::Busy(who));
            }
            if !std::mem::replace(&mut logged, true) {
                tracing::warn!(who, "another migration is under way; waiting for it");
            }
            thread::sleep(ADVISORY_LOCK_RETRY);
        }
        Ok(self.conn.batch_execute(&format!("SET lock_timeout = {LOCK_TIMEOUT}"))?)
    }

    /// Runs `run`, and retries it up to [`LOCK_RETRY_TIMEOUT`] while it fails because of a lock
    /// timeout.
    fn retry_on_lock_timeout<T>(
        &mut self,
        run: impl Fn(&mut PgConnection) -> diesel::migration::Result<T>,
    ) -> Result<T, MigrationError> {
        let started_at = Instant::now();
        loop {
            let watcher = Watcher::start(&self.url, &mut self.conn)?;
            let outcome = run(&mut self.conn);
            let who = watcher.stop();
            match outcome {
                Ok(done) => return Ok(done),
                Err(error) if !is_lock_timeout(&error.to_string()) => {
                    return Err(MigrationError::Failed(error));
                }
                Err(_) if started_at.elapsed() > LOCK_RETRY_TIMEOUT => {
                    return Err(MigrationError::Blocked(who));
                }
                Err(_) => {
                    tracing::warn!(who, "a migration waits for a table; trying again");
                    thread::sleep(RETRY_PAUSE);
                }
            }
        }
    }
}

/// Whether `text` is the message of SQLSTATE 55P03, which Diesel does not report as a kind. It
/// recognises the English and the Portuguese message.
fn is_lock_timeout(text: &str) -> bool {
    text.contains("lock timeout") || text.contains("bloqueio")
}
