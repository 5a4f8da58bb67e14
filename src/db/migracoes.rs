//! Migrations, embedded in the program and run by the owner of the tables.

use super::catalog::{self, Difference, Kind, Repair};
use super::owner::{self, Unable};
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRACOES: EmbeddedMigrations = embed_migrations!();

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

/// Changes nothing: Diesel's own way to ask makes the table first.
pub(super) fn standing(conn: &mut PgConnection) -> QueryResult<Standing> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        there: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        readable: bool,
    }
    let table: Table = super::Sql::new(
        "SELECT oid IS NOT NULL AS there, coalesce(has_table_privilege(oid, 'SELECT'), false) AS readable \
         FROM (SELECT to_regclass('public.__diesel_schema_migrations')::oid AS oid) AS migrations",
    )
    .get_result(conn)?;
    match table {
        Table { there: false, .. } => return Ok(Standing::Empty),
        Table { readable: false, .. } => return Ok(Standing::Unreadable),
        Table { .. } => {}
    }
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let applied: Vec<Version> =
        super::Sql::new("SELECT version::text AS version FROM public.__diesel_schema_migrations")
            .load(conn)?;
    let ours = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRACOES).unwrap_or_default();
    let has = |version: String| applied.iter().any(|applied| applied.version == version);
    Ok(match ours.iter().all(|migration| has(migration.name().version().to_string())) {
        false if applied.is_empty() => Standing::Empty,
        false => Standing::Behind,
        true if applied.len() > ours.len() => Standing::Ahead,
        true => Standing::Equal,
    })
}

/// Two operators, or two pods, that migrate at once take turns.
const TRAVA: i64 = 0x65_6c_6f_73;

#[derive(Debug, thiserror::Error)]
pub enum MigracaoFalhou {
    #[error("não foi possível conectar com ELOS_MIGRATE_URL: {0}")]
    Conexao(#[from] diesel::ConnectionError),
    #[error("a migração falhou e foi desfeita: {0}")]
    Migracao(Box<dyn std::error::Error + Send + Sync>),
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

pub struct Migrador(PgConnection);

impl Migrador {
    pub fn conectar(url: &str) -> Result<Self, MigracaoFalhou> {
        let mut conn = PgConnection::establish(url)?;
        super::Sql::new("SELECT pg_advisory_lock(").bind(TRAVA).push(")").execute(&mut conn)?;
        Ok(Self(conn))
    }

    /// Applies what is missing; answers with the names.
    pub fn aplicar(&mut self) -> Result<Vec<String>, MigracaoFalhou> {
        let standing = standing(&mut self.0)?;
        if matches!(standing, Standing::Empty | Standing::Behind)
            && let Some(unable) = owner::check(&mut self.0, standing)?
        {
            return Err(MigracaoFalhou::SemPoder(unable));
        }
        let feitas = self.0.run_pending_migrations(MIGRACOES).map_err(MigracaoFalhou::Migracao)?;
        Ok(feitas.iter().map(ToString::to_string).collect())
    }

    /// Undoes the last one.
    pub fn reverter(&mut self) -> Result<String, MigracaoFalhou> {
        let feita = self.0.revert_last_migration(MIGRACOES).map_err(MigracaoFalhou::Migracao)?;
        Ok(feita.to_string())
    }

    pub fn situacao(&mut self) -> Result<Vec<Migracao>, MigracaoFalhou> {
        let aplicadas = self.0.applied_migrations().map_err(MigracaoFalhou::Migracao)?;
        let pendentes = self.0.pending_migrations(MIGRACOES).map_err(MigracaoFalhou::Migracao)?;
        let aplicadas = aplicadas.iter().rev().map(|v| (v.to_string(), true));
        let pendentes = pendentes.iter().map(|m| (m.name().to_string(), false));
        Ok(aplicadas.chain(pendentes).map(|(nome, aplicada)| Migracao { nome, aplicada }).collect())
    }

    /// What keeps a server from serving this database, once it is migrated.
    pub fn faults(&mut self) -> Result<Vec<Difference>, MigracaoFalhou> {
        Ok(catalog::faults(&mut self.0)?)
    }

    /// Puts right what differs from the migrations; what they would change is left to them.
    pub fn repair(&mut self) -> Result<Repair, MigracaoFalhou> {
        let of_interest = match standing(&mut self.0)? {
            Standing::Empty => return Err(MigracaoFalhou::NadaAReparar),
            Standing::Behind => {
                |one: &Difference| matches!(one.kind, Kind::Role | Kind::Membership)
            }
            Standing::Ahead => Difference::in_every_version,
            Standing::Equal | Standing::Unreadable => |_: &Difference| true,
        };
        Ok(catalog::repair(&mut self.0, of_interest)?)
    }

    /// Whether migrations of this program are missing.
    pub fn behind(&mut self) -> Result<bool, MigracaoFalhou> {
        Ok(matches!(standing(&mut self.0)?, Standing::Empty | Standing::Behind))
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
