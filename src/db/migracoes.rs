//! Migrations, embedded in the program and run by the owner of the tables.

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

/// Whether the database has every migration of this program. It may have more:
/// a newer program migrated it, and this one is being replaced.
pub(super) fn em_dia(conn: &mut PgConnection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Versao {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let aplicadas: Vec<Versao> =
        super::Sql::new("SELECT version::text AS version FROM __diesel_schema_migrations")
            .load(conn)?;
    let migracoes = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRACOES).unwrap_or_default();
    Ok(migracoes.iter().all(|migracao| {
        let versao = migracao.name().version().to_string();
        aplicadas.iter().any(|aplicada| aplicada.version == versao)
    }))
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

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
