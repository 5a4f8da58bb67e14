//! The lease of a pooled connection: set to the tribunal of its user, and checked before its use.

use super::idle::IdleConnections;
use super::login::DatabaseRole;
use super::manager::{Manager, PING_TIMEOUT, SessionOwner};
use super::measures::INTERNAL;
use super::{Sql, unavailable};
use crate::auth::Scope;
use crate::error::{Error, Failure, Outage};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{Pool, PooledConnection, R2D2Connection};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Extra time for PostgreSQL to report that a statement exceeded `statement_timeout`.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(2);
/// A connection that has been open for longer is not kept for its tribunal but goes back to r2d2,
/// which closes it when nobody uses it. The backend of a connection grows with all that it has
/// planned.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);

/// The transaction state in which a lease starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionMode {
    /// Each statement commits by itself, unless the caller begins a transaction.
    Autocommit,
    /// The lease starts in a read-only `REPEATABLE READ` transaction.
    Snapshot,
}

const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A pool of connections, and those of them that wait for a caller of their tribunal.
#[derive(Clone)]
pub(super) struct LeasePool {
    pub(super) pool: Pool<Manager>,
    /// `None` if the pool keeps no connections by tribunal.
    pub(super) idle: Option<Arc<IdleConnections>>,
}

/// A pooled connection that is set to the tribunal of its user.
pub(super) struct Lease {
    connection: PooledConnection<Manager>,
    /// Where the connection goes afterwards. `None`: back to the pool.
    idle: Option<Arc<IdleConnections>>,
}

impl LeasePool {
    /// Waits up to `max_wait` for a live connection, and sets it to `scope`.
    pub(super) fn acquire(
        &self,
        role: DatabaseRole,
        max_wait: Duration,
        scope: Scope,
        begin: TransactionMode,
    ) -> Result<Lease, Error> {
        let until = Instant::now() + max_wait;
        // After PostgreSQL restarts, every connection of the pool may be dead. Each is tested once
        // and dropped, so after at most `max_size` attempts the pool opens a new one.
        for _ in 0..=self.pool.max_size() {
            let left = until.saturating_duration_since(Instant::now());
            let connection = self.get(scope.tribunal(), left).ok_or_else(unavailable)?;
            let mut lease = Lease { connection, idle: self.idle.clone() };
            let ready = lease.is_alive()
                && match begin {
                    _ if lease.connection.session.is_outer_transaction() => {
                        lease.take_role(role, scope)
                    }
                    TransactionMode::Autocommit => lease.set_tribunal(scope),
                    TransactionMode::Snapshot => lease.begin_snapshot(scope),
                };
            if ready {
                return Ok(lease);
            }
            lease.mark_lost();
        }
        Err(unavailable())
    }

    fn get(&self, tribunal: Option<i16>, max_wait: Duration) -> Option<PooledConnection<Manager>> {
        match &self.idle {
            Some(idle) => idle.get(&self.pool, tribunal, max_wait),
            None => self.pool.get_timeout(max_wait).ok(),
        }
    }

    pub(super) fn release_unused(&self) {
        if let Some(idle) = &self.idle {
            idle.release_unused();
        }
    }

    pub(super) fn idle_connections(&self) -> u32 {
        let kept = self.idle.as_ref().map_or(0, |idle| idle.len());
        self.pool.state().idle_connections + u32::try_from(kept).unwrap_or(u32::MAX)
    }
}

/// Runs `with_conn`, once more on another connection if the first one turns out to be closed.
/// Returns the result and the connection that produced it.
pub(super) fn with_lease<T>(
    acquire: impl Fn() -> Result<Lease, Error>,
    with_conn: impl Fn(&mut Lease) -> Result<T, Error>,
) -> Result<(Lease, Result<T, Error>), Error> {
    let mut lease = acquire()?;
    let mut outcome = with_conn(&mut lease);
    if outcome.is_err() && lease.lost() {
        lease.connection.health.measures.retries.inc();
        drop(lease);
        lease = acquire()?;
        outcome = with_conn(&mut lease);
    }
    Ok((lease, outcome))
}

impl Lease {
    fn is_alive(&mut self) -> bool {
        let conn = &mut *self.connection;
        let SessionOwner::Own { mark, .. } = &conn.session else { return !conn.lost };
        if conn.opened_in != conn.generation.load(Ordering::Acquire) {
            return false;
        }
        let current = conn.health.backends.check_generation();
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        // The check fails if the connection is dead or is no longer in the session set up here.
        if conn.checked_generation != current && mark.check(&mut conn.pg).is_err() {
            return false;
        }
        conn.checked_generation = current;
        true
    }

    /// Sets the role and the tribunal of a connection that all roles share. These `SET`s are not
    /// in a savepoint, so they stay in effect until the next lease sets both again.
    fn take_role(&mut self, role: DatabaseRole, scope: Scope) -> bool {
        let tribunal = scope.tribunal().map_or_else(String::new, |code| code.to_string());
        let set = format!("SET ROLE {}; SET elos.tribunal = '{tribunal}'", role.name());
        self.connection.pg.batch_execute(&set).is_ok()
    }

    fn set_tribunal(&mut self, scope: Scope) -> bool {
        let Some(code) = scope.tribunal() else { return true };
        let conn = &mut *self.connection;
        if conn.tribunal == Some(code) {
            return true;
        }
        let set =
            Sql::new("SELECT set_config('elos.tribunal', ").bind(code.to_string()).push(", false)");
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        let is_set = set.execute(&mut conn.pg).is_ok();
        conn.tribunal = is_set.then_some(code);
        is_set
    }

    /// Begins a snapshot and sets the tribunal in the same round trip.
    fn begin_snapshot(&mut self, scope: Scope) -> bool {
        let conn = &mut *self.connection;
        let sql = match scope.tribunal() {
            Some(code) if conn.tribunal != Some(code) => {
                conn.tribunal = Some(code);
                format!("{BEGIN_SNAPSHOT}; SET elos.tribunal = '{code}'").into()
            }
            _ => Cow::Borrowed(BEGIN_SNAPSHOT),
        };
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        AnsiTransactionManager::begin_transaction_sql(&mut conn.pg, &sql).is_ok()
    }

    /// Sets the timeout of the later statements of this transaction.
    pub(super) fn set_statement_timeout(
        &mut self,
        statement_timeout: Duration,
    ) -> Result<(), Error> {
        let conn = &mut *self.connection;
        if conn.session.is_outer_transaction() {
            return Ok(());
        }
        let ms = statement_timeout.as_millis().max(1);
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        Ok(conn.pg.batch_execute(&format!("SET LOCAL statement_timeout = {ms}"))?)
    }

    /// Ends the open transaction, if there is one: commits if `ok`, rolls back otherwise. Returns
    /// false when that fails and the connection cannot be used again.
    pub(super) fn finish(&mut self, ok: bool) -> bool {
        let conn = &mut *self.connection;
        // Diesel's `is_broken` is also true while a transaction is open.
        if conn.session.is_outer_transaction() || !conn.pg.is_broken() {
            return true;
        }
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        if ok {
            return AnsiTransactionManager::commit_transaction(&mut conn.pg).is_ok();
        }
        // The rollback also undoes the tribunal that was set in this transaction.
        conn.tribunal = None;
        AnsiTransactionManager::rollback_transaction(&mut conn.pg).is_ok()
    }

    /// Gives the connection to the next caller of its tribunal, if it can be used again.
    pub(super) fn put_back(self) {
        let Self { mut connection, idle } = self;
        let usable = !connection.lost
            && connection.tribunal.is_some()
            && connection.opened.elapsed() < MAX_AGE;
        // Diesel's `is_broken` is also true while a transaction is open.
        if let Some(idle) = idle.filter(|_| usable && !connection.pg.is_broken()) {
            idle.put(connection);
        }
    }

    fn mark_lost(&mut self) {
        self.connection.lost = true;
        self.connection.health.backends.request_check();
    }

    /// The connection itself, outside of any savepoint.
    pub(super) fn raw(&mut self) -> &mut PgConnection {
        &mut self.connection.pg
    }

    /// Whether the last failure was a failure of the connection and not of the statement.
    pub(super) fn lost(&self) -> bool {
        self.connection.lost
    }

    /// Runs `work`. If the database makes it fail and `in_savepoint` is false, the transaction that
    /// it leaves open is rolled back. If `in_savepoint` is true, `work` runs in a savepoint (or in
    /// a transaction of its own when none is open), and only its own changes are rolled back.
    pub(super) fn with_conn<T>(
        &mut self,
        in_savepoint: bool,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(true, in_savepoint, work)
    }

    /// Like [`Self::with_conn`], for statements that are not to be counted.
    pub(super) fn with_uncounted_conn<T>(
        &mut self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(false, false, work)
    }

    fn run<T>(
        &mut self,
        counted: bool,
        in_savepoint: bool,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let conn = &mut *self.connection;
        if conn.session.is_outer_transaction() {
            // A failure must not end the transaction that all leases of this connection share.
            return conn.pg.transaction(work);
        }
        conn.in_use.store(counted, Ordering::Relaxed);
        let start = Instant::now();
        let outcome = {
            // The statement timeout, plus the time that PostgreSQL needs to report it.
            let _deadline =
                conn.socket.set_deadline(Instant::now() + conn.statement_timeout + TIMEOUT_MARGIN);
            match in_savepoint {
                true => conn.pg.transaction(work),
                false => work(&mut conn.pg),
            }
        };
        conn.in_use.store(false, Ordering::Relaxed);
        if let Some(times) = &conn.times {
            times.observe(start.elapsed().as_secs_f64());
        }
        self.settle(outcome, |lease| {
            (in_savepoint || lease.finish(false)) && lease.connection.ping()
        })
    }

    /// Decides what a failure means for the connection. `still_usable` tests the connection after
    /// an internal error, because Diesel does not report every closed connection as such.
    fn settle<T>(
        &mut self,
        outcome: Result<T, Error>,
        still_usable: impl Fn(&mut Self) -> bool,
    ) -> Result<T, Error> {
        match outcome {
            Err(Error::Outage(outage, cause)) => {
                self.connection.health.measures.count_error(outage.name());
                self.connection.health.outages.record_failure(outage, &cause);
                if outage.spoils_pool() {
                    self.connection.generation.fetch_add(1, Ordering::AcqRel);
                }
                if outage.spoils_connection() || !still_usable(self) {
                    self.mark_lost();
                }
                Err(Error::failure(Failure::Indisponivel, outage.message()))
            }
            Err(Error::Internal(cause)) => {
                self.connection.health.measures.count_error(INTERNAL);
                if still_usable(self) {
                    return Err(Error::Internal(cause));
                }
                self.connection
                    .health
                    .outages
                    .record_failure(Outage::Unreachable, &cause.to_string());
                self.mark_lost();
                Err(unavailable())
            }
            outcome => outcome,
        }
    }
}
