//! A [`Db`] inside one transaction: whatever it commits is a savepoint of a transaction that only
//! its maker ends, so that operations of the doors can be tried and leave nothing.

use super::catalog::Structure;
use super::health::Health;
use super::listener::Avisos;
use super::login::{Login, PapelDoBanco};
use super::manager::{Inicio, Manager};
use super::session::SessionWatch;
use super::{Bounds, Conexoes, Db, DbOptions, Permits, manager};
use crate::auth::Escopo;
use crate::error::Error;
use diesel::PgConnection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::Pool;
use std::sync::Arc;
use std::time::Duration;

impl Db {
    /// On `conn`, in which a transaction is open that may take the roles of the server. It is
    /// never committed: the connection closes with the last clone. `sem_filtro` is that of
    /// [`DbOptions`].
    pub fn within(conn: PgConnection, tempo: Duration, sem_filtro: bool) -> Self {
        let health = Health::new();
        let pool = Pool::builder()
            .max_size(1)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .connection_timeout(tempo)
            .build_unchecked(Manager::given(conn, tempo, Arc::clone(&health)));
        let conexoes = || Conexoes {
            pool: pool.clone(),
            // A query that waits for another way to its rows has a place already.
            permits: Permits::new(Bounds::unshared(8)),
        };
        // Nobody tells of what is not committed, and nobody listens.
        let nowhere = DbOptions::nova("");
        Self {
            structure: Arc::new(Structure::new(&nowhere)),
            tribunais: conexoes(),
            nacional: conexoes(),
            proprio: pool.clone(),
            avisos: Arc::new(Avisos::novos(Login::of(&nowhere, PapelDoBanco::App))),
            session: Arc::new(SessionWatch::of(Vec::new(), Arc::clone(&health))),
            health,
            espera: tempo,
            tempo,
            sem_filtro,
            auditor: pool,
        }
    }

    /// Does `work` between two operations, as whoever opened the connection. Blocks.
    pub fn between<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (papel, escopo) = (PapelDoBanco::App, Escopo::Tribunal(0));
        let mut lease =
            manager::reservar(&self.proprio, papel, self.espera, escopo, Inicio::Solto)?;
        lease.usar(false, |conn| {
            conn.batch_execute("RESET ROLE")?;
            work(conn)
        })
    }

    /// From here on, what is done can be undone alone. Blocks.
    pub fn mark(&self) -> Result<(), Error> {
        self.transaction(AnsiTransactionManager::begin_transaction)
    }

    /// Undoes what was done since [`Db::mark`]. Blocks.
    pub fn undo(&self) -> Result<(), Error> {
        self.transaction(AnsiTransactionManager::rollback_transaction)
    }

    fn transaction(
        &self,
        step: impl FnOnce(&mut PgConnection) -> diesel::QueryResult<()>,
    ) -> Result<(), Error> {
        let (papel, escopo) = (PapelDoBanco::App, Escopo::Tribunal(0));
        let mut lease =
            manager::reservar(&self.proprio, papel, self.espera, escopo, Inicio::Solto)?;
        Ok(step(lease.raw())?)
    }
}
