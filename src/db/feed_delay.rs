//! Logs warnings about transactions that delay the feed.
//!
//! The feed is read only up to the oldest open transaction that has written, in any database of the
//! cluster. A transaction that is left open therefore keeps every subscriber waiting, so this
//! module logs which one it is.

use super::feed::PgSnapshot;
use super::health::Health;
use super::{Sql, row};
use diesel::prelude::*;
use std::time::{Duration, Instant};

/// Time for which a transaction may delay the feed before this module logs a warning.
const WARN_AFTER: Duration = Duration::from_secs(10);
/// Interval at which this module repeats the warning.
const WARN_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct HeldFeed {
    /// The position of the transaction that delays the feed, and the time at which a snapshot first
    /// showed it. `None` if there is none.
    held_by: Option<(u64, Instant)>,
    /// The time of the last warning about it. `None` before the first.
    warned_at: Option<Instant>,
}

row! {
    #[derive(QueryableByName)]
    struct Holder {
        /// `None` for a prepared transaction, which has no backend.
        pid: Option<i32>,
        database: Option<String>,
        /// Age of the transaction. PostgreSQL hides it from roles that are not members of the
        /// transaction's role.
        seconds: Option<f64>,
    }
}

impl HeldFeed {
    /// Compares the newest snapshot with the previous ones, and logs a warning if one transaction
    /// has delayed the feed for too long.
    pub(super) fn observe(
        &mut self,
        conn: &mut PgConnection,
        snapshot: &PgSnapshot,
        health: &Health,
    ) -> QueryResult<()> {
        let now = Instant::now();
        let held = snapshot.horizon < snapshot.next;
        let since = match self.held_by {
            Some((xid, since)) if held && xid == snapshot.horizon => since,
            _ => {
                if self.warned_at.take().is_some() {
                    tracing::info!("the feed is not held back any more");
                }
                self.held_by = held.then_some((snapshot.horizon, now));
                now
            }
        };
        let seconds = (now - since).as_secs();
        health.measures.feed_held.set(seconds.cast_signed());
        let due = self.warned_at.is_none_or(|warned_at| now - warned_at >= WARN_INTERVAL);
        if now - since < WARN_AFTER || !due {
            return Ok(());
        }
        self.warned_at = Some(now);
        let holder = holder(conn, snapshot.oldest())?;
        let pid = holder.as_ref().and_then(|holder| holder.pid);
        let database = holder.as_ref().and_then(|holder| holder.database.as_deref());
        let age = holder.as_ref().and_then(|holder| holder.seconds);
        tracing::warn!(
            pid,
            database,
            age_seconds =
                age.unwrap_or(0.0).max(Duration::from_secs(seconds).as_secs_f64()).round(),
            "a transaction that is still open holds the feed of events back"
        );
        Ok(())
    }
}

/// Finds the session of transaction `xid`. A transaction that has written holds a lock on its own
/// transaction id, and `pg_locks` shows locks to every role.
fn holder(conn: &mut PgConnection, xid: u64) -> QueryResult<Option<Holder>> {
    // `pg_locks` shows the low 32 bits of a transaction id.
    let xid32 = (xid & u64::from(u32::MAX)).to_string();
    Sql::new(
        "SELECT l.pid, coalesce(a.datname::text, p.database::text) AS database, \
                extract(epoch FROM now() - coalesce(a.xact_start, p.prepared))::float8 AS seconds \
         FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) \
         LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid \
         WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted \
           AND l.transactionid::text = ",
    )
    .bind(xid32)
    .push(" LIMIT 1")
    .get_result(conn)
    .optional()
}
