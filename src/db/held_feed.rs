//! Who holds the feed back.
//!
//! The feed is read up to the oldest transaction that is open and has written, in any database
//! of the cluster. One that somebody forgot keeps every subscriber waiting, so it is named.

use super::Sql;
use super::feed::Foto;
use super::health::Health;
use diesel::prelude::*;
use diesel::sql_types::{Double, Integer, Nullable, Text};
use std::time::{Duration, Instant};

/// A transaction that writes may take this long before somebody is told.
const PATIENCE: Duration = Duration::from_secs(10);
/// Then it is told as often as this.
const AGAIN: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct HeldFeed {
    /// The transaction that holds it, and since when we have seen that.
    by: Option<(u64, Instant)>,
    told: Option<Instant>,
}

#[derive(QueryableByName)]
struct Holder {
    /// None of a prepared transaction.
    #[diesel(sql_type = Nullable<Integer>)]
    pid: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    database: Option<String>,
    /// Not shown to roles that are not of the holder's.
    #[diesel(sql_type = Nullable<Double>)]
    seconds: Option<f64>,
}

impl HeldFeed {
    /// Takes note of the newest picture; tells of a holder that has been one for long.
    pub(super) fn look(
        &mut self,
        conn: &mut PgConnection,
        foto: &Foto,
        health: &Health,
    ) -> QueryResult<()> {
        let now = Instant::now();
        let held = foto.horizonte < foto.proxima;
        let since = match self.by {
            Some((xid, since)) if held && xid == foto.horizonte => since,
            _ => {
                if self.told.take().is_some() {
                    tracing::info!("the feed is not held back any more");
                }
                self.by = held.then_some((foto.horizonte, now));
                now
            }
        };
        let seconds = (now - since).as_secs();
        health.feed_held.set(seconds.cast_signed());
        let due = self.told.is_none_or(|told| now - told >= AGAIN);
        if now - since < PATIENCE || !due {
            return Ok(());
        }
        self.told = Some(now);
        let holder = holder(conn, foto.mais_antiga())?;
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

/// Whoever has written holds a lock on the number of its transaction, and locks are shown to
/// every role.
fn holder(conn: &mut PgConnection, xid: u64) -> QueryResult<Option<Holder>> {
    let without_epoch = (xid & u64::from(u32::MAX)).to_string();
    Sql::new(
        "SELECT l.pid, coalesce(a.datname::text, p.database::text) AS database, \
                extract(epoch FROM now() - coalesce(a.xact_start, p.prepared))::float8 AS seconds \
         FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) \
         LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid \
         WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted \
           AND l.transactionid::text = ",
    )
    .bind(without_epoch)
    .push(" LIMIT 1")
    .get_result(conn)
    .optional()
}
