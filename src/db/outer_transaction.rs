//! A [`Db`] whose transactions are all savepoints of one outer transaction, which only its creator
//! ends. It lets operations of the GraphQL and REST APIs run without leaving a row in the database.

use super::catalog::Structure;
use super::health::Health;
use super::lease::LeasePool;
use super::listener::Notifier;
use super::login::{DatabaseRole, Login};
use super::manager::Manager;
use super::pooler::PoolerWatch;
use super::{Bounds, ConnectionPool, Db, DbOptions, Permits};
use crate::error::Error;
use diesel::PgConnection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::Pool;
use std::sync::Arc;
use std::time::Duration;

impl Db {
    /// Creates a `Db` on `conn`, which must have an open transaction and a login that may set the
    /// server's roles. The transaction is never committed: the connection closes when the last
    /// clone is dropped. `skip_tribunal_filter` has the meaning of
    /// [`DbOptions::skip_tribunal_filter`].
    pub fn in_outer_transaction(
        conn: PgConnection,
        statement_timeout: Duration,
        skip_tribunal_filter: bool,
    ) -> Self {
        let health = Health::new();
        let pool = Pool::builder()
            .max_size(1)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .connection_timeout(statement_timeout)
            .build_unchecked(Manager::of_connection(conn, statement_timeout, Arc::clone(&health)));
        let leases = LeasePool { pool, idle: None };
        let connections = || ConnectionPool {
            leases: leases.clone(),
            // More permits than connections: a query that holds one may ask for another to read
            // rows by another path, and with a single permit it would wait for itself.
            permits: Permits::new(Bounds::unlimited(8)),
        };
        // Nothing is committed, so nothing sends NOTIFY or listens, and no URL is needed.
        let nowhere = DbOptions::new("");
        Self {
            structure: Arc::new(Structure::new(&nowhere)),
            tribunal_pool: connections(),
            national_pool: connections(),
            server_pool: leases.clone(),
            notifier: Arc::new(Notifier::new(Login::of(&nowhere, DatabaseRole::App))),
            pooler_watch: Arc::new(PoolerWatch::of(Vec::new(), Arc::clone(&health))),
            health,
            max_wait: statement_timeout,
            statement_timeout,
            skip_tribunal_filter,
            auditor: leases,
        }
    }

    /// Runs `work` between two operations, as the login that opened the connection. Blocks the
    /// thread.
    pub fn with_login_conn<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.server_lease()?.with_conn(false, |conn| {
            conn.batch_execute("RESET ROLE")?;
            work(conn)
        })
    }

    /// Sets a savepoint to which [`Db::rollback_to_savepoint`] returns. Blocks the thread.
    pub fn savepoint(&self) -> Result<(), Error> {
        self.transaction(AnsiTransactionManager::begin_transaction)
    }

    /// Rolls back to the last [`Db::savepoint`]. Blocks the thread.
    pub fn rollback_to_savepoint(&self) -> Result<(), Error> {
        self.transaction(AnsiTransactionManager::rollback_transaction)
    }

    fn transaction(
        &self,
        step: impl FnOnce(&mut PgConnection) -> diesel::QueryResult<()>,
    ) -> Result<(), Error> {
        Ok(step(self.server_lease()?.raw())?)
    }
}
