//! The snapshot from which one answer is read: one connection, one state of the data.
//!
//! A failed statement or a lost connection ends the snapshot. If [`Snapshot::should_retry`], the
//! answer is then read once more from the start, from a new snapshot with `use_savepoints` set:
//! each statement runs in its own savepoint, which costs a round trip, so that a failure affects
//! only its own field.

use super::lease::{self, Lease, TransactionMode};
use super::{Db, Session, unavailable};
use crate::auth::Scope;
use crate::error::{Error, Failure};
use std::time::{Duration, Instant};

/// The statement timeout is reduced to the remaining time of the answer only if the difference is
/// at least this large, because setting it costs a statement.
const MIN_TIMEOUT_CHANGE: Duration = Duration::from_millis(250);

/// The reads of one answer. The first read leases the connection, on the thread that reads.
pub struct Snapshot {
    db: Db,
    scope: Scope,
    deadline: Instant,
    lease: Option<Lease>,
    in_transaction: bool,
    use_savepoints: bool,
    /// The error that ended the snapshot. Every later read returns it. `None` while reads succeed.
    failure: Option<Error>,
}

impl Snapshot {
    pub(super) fn new(db: Db, scope: Scope, use_savepoints: bool) -> Self {
        let deadline = Instant::now() + db.statement_timeout;
        Self {
            db,
            scope,
            deadline,
            lease: None,
            in_transaction: false,
            use_savepoints,
            failure: None,
        }
    }

    /// Whether reading the answer again with `use_savepoints` set may succeed.
    pub fn should_retry(&self) -> bool {
        let worth = |failure: &Error| {
            matches!(failure, Error::Internal(_) | Error::Failure(Failure::Indisponivel, _))
        };
        let begun = self.lease.is_some();
        begun && !self.use_savepoints && self.failure.as_ref().is_some_and(worth)
    }

    /// Runs `read`, which loads `relation`. If this is the only read of the answer (`single`), the
    /// statement runs without a transaction, since one statement is a snapshot by itself. Otherwise
    /// the first read begins a transaction. `read` runs once more if the first connection turns out
    /// to be closed.
    pub fn read<T>(
        &mut self,
        relation: &'static str,
        single: bool,
        read: impl Fn(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let result = match self.lease {
            None => self.begin(single, read),
            Some(_) => self.resume(read),
        };
        result.map_err(|error| {
            let error = self.deadline_error(relation, error);
            let lost = self.lease.as_ref().is_none_or(Lease::lost);
            if self.in_transaction && (lost || !self.use_savepoints) {
                self.failure = Some(error.clone());
            }
            error
        })
    }

    fn begin<T>(
        &mut self,
        single: bool,
        read: impl Fn(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.in_transaction = !single;
        let begin = if single { TransactionMode::Autocommit } else { TransactionMode::Snapshot };
        let (db, scope) = (&self.db, self.scope);
        let acquire = || db.acquire(scope, begin);
        let use_savepoints = self.use_savepoints && self.in_transaction;
        let with_conn = |lease: &mut Lease| {
            lease.with_conn(use_savepoints, |conn| read(&mut db.session(conn, scope)))
        };
        let (lease, read) = lease::with_lease(acquire, with_conn)?;
        self.lease = Some(lease);
        read
    }

    fn resume<T>(
        &mut self,
        read: impl Fn(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        let (db, scope) = (&self.db, self.scope);
        let lease = self.lease.as_mut().filter(|_| !remaining.is_zero()).ok_or_else(unavailable)?;
        if remaining + MIN_TIMEOUT_CHANGE < db.statement_timeout {
            lease.set_statement_timeout(remaining)?;
        }
        lease.with_conn(self.use_savepoints && self.in_transaction, |conn| {
            read(&mut db.session(conn, scope))
        })
    }

    fn deadline_error(&self, relation: &'static str, error: Error) -> Error {
        if Instant::now() < self.deadline {
            return error;
        }
        self.db.timeout_error(Some(&short_name(relation)))
    }
}

/// Ends the transaction together with the answer. It only reads, so COMMIT and ROLLBACK are the
/// same to it.
impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(mut lease) = self.lease.take() {
            lease.finish(self.failure.is_none());
            lease.put_back();
        }
    }
}

/// A type name without the module paths of the type and of its parameters.
pub fn short_name(name: &str) -> String {
    let parts = name.split_inclusive(['<', '>', ',', ' ']);
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn the_name_of_a_relation_is_readable() {
        assert_eq!(short_name("elos::db::list::PageOf<elos::a::Processos>"), "PageOf<Processos>");
        assert_eq!(short_name("elos::a::By<(i64, x::Y)>"), "By<(i64, Y)>");
        assert_eq!(short_name("Simple"), "Simple");
    }
}
