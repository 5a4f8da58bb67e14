//! Migrations, embedded in the program and run by the owner of the tables.
//!
//! A statement that waits for a table makes all who come after it wait too. So none waits for
//! longer than [`LOCK_TIMEOUT`]: its migration is undone, those who queued behind it go on, and
//! it is tried again, for a minute in all; then whoever holds the table is named.

mod blockers;

use super::catalog::{self, Difference, Kind, Repair};
use super::owner::{self, Unable};
use super::{Sql, connect_options};
use blockers::Watcher;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

const MIGRACOES: EmbeddedMigrations = embed_migrations!();

/// In milliseconds; what it delays is over two seconds after it began.
const LOCK_TIMEOUT: u32 = 1500;
/// How long a migration is tried, and another that runs is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries: those who waited behind the last one are served.
const BETWEEN: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_millis(250);

/// One migration and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migracao {
    pub nome: String,
    pub aplicada: bool,
}

/// How the database's migrations compare with those of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has had none.
    Empty,
    Behind,
    Equal,
    /// A newer program migrated it, and this one is being replaced.
    Ahead,
    /// This login may not read which it has, which no migration leaves so.
    Unreadable,
}

/// Takes no lock and changes nothing: Diesel's own way to ask makes the table first.
pub(super) fn standing(conn: &mut PgConnection) -> QueryResult<Standing> {
    let Some(applied) = applied(conn)? else { return Ok(Standing::Unreadable) };
    let ours = ours();
    Ok(match ours.is_subset(&applied) {
        false if applied.is_empty() => Standing::Empty,
        false => Standing::Behind,
        true if applied.len() > ours.len() => Standing::Ahead,
        true => Standing::Equal,
    })
}

/// The first migration of the database that this program does not know, as a date and a number.
pub(super) fn first_unknown(conn: &mut PgConnection) -> QueryResult<Option<String>> {
    let applied = applied(conn)?.unwrap_or_default();
    Ok(applied.difference(&ours()).next().map(|version| dated(version)))
}

/// Fourteen digits in a row would pass for a number of somebody's in the log.
fn dated(version: &str) -> String {
    let parts = [0..4, 4..6, 6..8, 8..version.len()].map(|part| version.get(part));
    match parts {
        [Some(year), Some(month), Some(day), Some(number)] => {
            format!("{year}-{month}-{day}_{number}")
        }
        _ => version.to_owned(),
    }
}

fn known() -> Vec<Box<dyn Migration<Pg>>> {
    MigrationSource::<Pg>::migrations(&MIGRACOES).unwrap_or_default()
}

fn ours() -> BTreeSet<String> {
    known().iter().map(|migration| version(migration)).collect()
}

fn version(migration: &dyn Migration<Pg>) -> String {
    migration.name().version().to_string()
}

/// Those that it has; none if this login may not read it.
fn applied(conn: &mut PgConnection) -> QueryResult<Option<BTreeSet<String>>> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        there: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        readable: bool,
    }
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let table: Table = Sql::new(
        "SELECT oid IS NOT NULL AS there, coalesce(has_table_privilege(oid, 'SELECT'), false) AS readable \
         FROM (SELECT to_regclass('public.__diesel_schema_migrations')::oid AS oid) AS migrations",
    )
    .get_result(conn)?;
    match table {
        Table { there: false, .. } => return Ok(Some(BTreeSet::new())),
        Table { readable: false, .. } => return Ok(None),
        Table { .. } => {}
    }
    let all: Vec<Version> =
        Sql::new("SELECT version::text AS version FROM public.__diesel_schema_migrations")
            .load(conn)?;
    Ok(Some(all.into_iter().map(|Version { version }| version).collect()))
}

/// Two operators, or two pods, that migrate at once take turns.
const TRAVA: i64 = 0x65_6c_6f_73;

#[derive(Debug, thiserror::Error)]
pub enum MigracaoFalhou {
    #[error("não foi possível conectar com ELOS_MIGRATE_URL: {0}")]
    Conexao(#[from] diesel::ConnectionError),
    #[error("a migração falhou e foi desfeita: {0}")]
    Migracao(Box<dyn std::error::Error + Send + Sync>),
    #[error("a migração esperou demais por uma tabela e foi desfeita; quem a tem: {0}")]
    Presa(String),
    #[error("outra migração está em andamento; quem a faz: {0}")]
    Ocupada(String),
    #[error("o banco de dados recusou um comando: {0}")]
    Comando(#[from] diesel::result::Error),
    #[error(
        "ELOS_MIGRATE_URL entra como {}, que não pode migrar este banco; nada foi mudado. \
         Como superusuário, no banco {}, rode antes:\n  {};",
        .0.login, .0.database, .0.lines.join(";\n  ")
    )]
    SemPoder(Unable),
    #[error("este banco não tem nenhuma migração: rode `elos migrate run`")]
    NadaAReparar,
}

pub struct Migrador {
    conn: PgConnection,
    url: String,
}

impl Migrador {
    /// Takes no lock.
    pub fn conectar(url: &str) -> Result<Self, MigracaoFalhou> {
        let url = connect_options::with_defaults(url, 0).0;
        let mut conn = PgConnection::establish(&url)?;
        conn.batch_execute("SET application_name = 'elos-migracao'")?;
        Ok(Self { conn, url })
    }

    /// Applies what is missing; answers with the names.
    pub fn aplicar(&mut self) -> Result<Vec<String>, MigracaoFalhou> {
        self.take_turn()?;
        let standing = standing(&mut self.conn)?;
        if matches!(standing, Standing::Empty | Standing::Behind)
            && let Some(unable) = owner::check(&mut self.conn, standing)?
        {
            return Err(MigracaoFalhou::SemPoder(unable));
        }
        let pending = self.conn.pending_migrations(MIGRACOES).map_err(MigracaoFalhou::Migracao)?;
        let mut done = Vec::with_capacity(pending.len());
        for migration in pending {
            let run = |conn: &mut PgConnection| conn.run_migration(&migration);
            done.push(self.patiently(run)?.to_string());
        }
        Ok(done)
    }

    /// Undoes the last one.
    pub fn reverter(&mut self) -> Result<String, MigracaoFalhou> {
        self.take_turn()?;
        let undone = self.patiently(|conn| conn.revert_last_migration(MIGRACOES))?;
        Ok(undone.to_string())
    }

    /// Those of this program, in their order, and then what it does not know.
    pub fn situacao(&mut self) -> Result<Vec<Migracao>, MigracaoFalhou> {
        let mut applied = applied(&mut self.conn)?.unwrap_or_default();
        let mut ours: Vec<Migracao> = known()
            .iter()
            .map(|migration| Migracao {
                nome: migration.name().to_string(),
                aplicada: applied.remove(&version(migration)),
            })
            .collect();
        let foreign = |version| Migracao {
            nome: format!("{version} (desconhecida por este programa, que é mais antigo)"),
            aplicada: true,
        };
        ours.extend(applied.into_iter().map(foreign));
        Ok(ours)
    }

    /// Whether anything was ever registered in it: what is not there may be filled or undone.
    pub fn has_rows(&mut self) -> Result<bool, MigracaoFalhou> {
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
                // As their owner, whom row-level security hides nothing from.
                conn.batch_execute("SET LOCAL ROLE elos_dono")?;
                if Sql::new(look).execute(conn)? > 0 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// What keeps a server from serving this database, once it is migrated.
    pub fn faults(&mut self) -> Result<Vec<Difference>, MigracaoFalhou> {
        Ok(catalog::faults(&mut self.conn)?)
    }

    /// Puts right what differs from the migrations; what they would change is left to them.
    pub fn repair(&mut self) -> Result<Repair, MigracaoFalhou> {
        self.take_turn()?;
        let of_interest = match standing(&mut self.conn)? {
            Standing::Empty => return Err(MigracaoFalhou::NadaAReparar),
            Standing::Behind => {
                |one: &Difference| matches!(one.kind, Kind::Role | Kind::Membership)
            }
            Standing::Ahead => Difference::in_every_version,
            Standing::Equal | Standing::Unreadable => |_: &Difference| true,
        };
        Ok(catalog::repair(&mut self.conn, of_interest)?)
    }

    /// Whether migrations of this program are missing.
    pub fn behind(&mut self) -> Result<bool, MigracaoFalhou> {
        Ok(matches!(standing(&mut self.conn)?, Standing::Empty | Standing::Behind))
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.conn
    }

    /// Waits for another that migrates; the turn lasts as long as the connection.
    fn take_turn(&mut self) -> Result<(), MigracaoFalhou> {
        let (begun, mut told) = (Instant::now(), false);
        loop {
            let take = Sql::new("SELECT FROM (SELECT pg_try_advisory_lock(")
                .bind(TRAVA)
                .push(") AS ours) AS lock WHERE ours");
            if take.execute(&mut self.conn)? > 0 {
                break;
            }
            let who = blockers::of_advisory_lock(&mut self.conn, TRAVA)?;
            if begun.elapsed() > PATIENCE {
                return Err(MigracaoFalhou::Ocupada(who));
            }
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(who, "another migration is under way; waiting for it");
            }
            thread::sleep(TURN);
        }
        Ok(self.conn.batch_execute(&format!("SET lock_timeout = {LOCK_TIMEOUT}"))?)
    }

    /// Again and again, as long as only a lock keeps it from being done.
    fn patiently<T>(
        &mut self,
        run: impl Fn(&mut PgConnection) -> diesel::migration::Result<T>,
    ) -> Result<T, MigracaoFalhou> {
        let begun = Instant::now();
        loop {
            let watcher = Watcher::start(&self.url, &mut self.conn)?;
            let outcome = run(&mut self.conn);
            let who = watcher.stop();
            match outcome {
                Ok(done) => return Ok(done),
                Err(error) if !waited_for_a_lock(&error.to_string()) => {
                    return Err(MigracaoFalhou::Migracao(error));
                }
                Err(_) if begun.elapsed() > PATIENCE => return Err(MigracaoFalhou::Presa(who)),
                Err(_) => {
                    tracing::warn!(who, "a migration waits for a table; trying again");
                    thread::sleep(BETWEEN);
                }
            }
        }
    }
}

/// 55P03, for which Diesel has no kind; in English and in Portuguese.
fn waited_for_a_lock(text: &str) -> bool {
    text.contains("lock timeout") || text.contains("bloqueio")
}
