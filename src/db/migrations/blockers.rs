//! Identifies the session that holds the lock for which a migration waits: its pid, role,
//! application and age, as far as the migrating role may see them.

use crate::db::Sql;
use diesel::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Delay before the first check. A migration that ends sooner has not waited long for a lock.
const INITIAL_DELAY: Duration = Duration::from_millis(400);
/// Interval between two checks.
const INTERVAL: Duration = Duration::from_millis(100);
const UNKNOWN: &str = "não se sabe";

macro_rules! describe_sessions {
    () => {
        "SELECT coalesce(string_agg(format('processo %s do PostgreSQL (%s, %s, %s)', a.pid, \
                coalesce(a.usename::text, '?'), coalesce(nullif(a.application_name, ''), '?'), \
                coalesce(format('transação aberta há %s s', round(extract(epoch FROM now() - a.xact_start))), 'idade oculta')), '; '), \
            'não se sabe') FROM pg_stat_activity a "
    };
}

pub(super) fn advisory_lock_holder(conn: &mut PgConnection, key: i64) -> QueryResult<String> {
    Sql::new(concat!(
        describe_sessions!(),
        "WHERE a.pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
             AND (classid::bigint << 32 | objid::bigint) = "
    ))
    .bind(key)
    .push(")")
    .row(conn)
}

/// Watches, on a separate connection, for which sessions another connection waits.
pub(super) struct Watcher {
    seen: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
}

impl Watcher {
    pub(super) fn start(url: &str, waiting: &mut PgConnection) -> QueryResult<Self> {
        let pid: i32 = Sql::new("SELECT pg_backend_pid()").row(waiting)?;
        let seen = Arc::new(Mutex::new(UNKNOWN.to_owned()));
        let stop = Arc::new(AtomicBool::new(false));
        let (url, shared, stopped) = (url.to_owned(), Arc::clone(&seen), Arc::clone(&stop));
        // If the thread cannot start, the migration still runs, but a blocker is not named.
        let _ = thread::Builder::new().name("elos-blockers".into()).spawn(move || {
            let started_at = Instant::now();
            while started_at.elapsed() < INITIAL_DELAY && !stopped.load(Ordering::Relaxed) {
                thread::sleep(INTERVAL);
            }
            if !stopped.load(Ordering::Relaxed) {
                let _ = watch(&url, pid, &shared, &stopped);
            }
        });
        Ok(Self { seen, stop })
    }

    /// Stops watching and returns a description of the last blocker, or [`UNKNOWN`].
    pub(super) fn stop(self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn watch(
    url: &str,
    pid: i32,
    seen: &Mutex<String>,
    stopped: &AtomicBool,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut conn = PgConnection::establish(url)?;
    while !stopped.load(Ordering::Relaxed) {
        let sessions: String =
            Sql::new(concat!(describe_sessions!(), "WHERE a.pid = ANY (pg_blocking_pids("))
                .bind(pid)
                .push("))")
                .row(&mut conn)?;
        if sessions != UNKNOWN {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = sessions;
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}
