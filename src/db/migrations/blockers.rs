//! Who has the lock that a migration waits for: pid, role, program and age, of whatever the role
//! that migrates may see.

use crate::db::Sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A migration that is done sooner has waited for nobody.
const AT_FIRST: Duration = Duration::from_millis(400);
const PERIOD: Duration = Duration::from_millis(100);
const UNKNOWN: &str = "não se sabe";

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    told: String,
}

macro_rules! told_of {
    () => {
        "SELECT coalesce(string_agg(format('processo %s do PostgreSQL (%s, %s, %s)', a.pid, \
                coalesce(a.usename::text, '?'), coalesce(nullif(a.application_name, ''), '?'), \
                coalesce(format('transação aberta há %s s', round(extract(epoch FROM now() - a.xact_start))), 'idade oculta')), '; '), \
            'não se sabe') AS told FROM pg_stat_activity a "
    };
}

pub(super) fn of_advisory_lock(conn: &mut PgConnection, key: i64) -> QueryResult<String> {
    let who: Told = Sql::new(concat!(
        told_of!(),
        "WHERE a.pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
             AND (classid::bigint << 32 | objid::bigint) = "
    ))
    .bind(key)
    .push(")")
    .get_result(conn)?;
    Ok(who.told)
}

/// Looks, on a connection of its own, whom another connection waits for.
pub(super) struct Watcher {
    seen: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
}

impl Watcher {
    pub(super) fn start(url: &str, waiting: &mut PgConnection) -> QueryResult<Self> {
        #[derive(QueryableByName)]
        struct Own {
            #[diesel(sql_type = Integer)]
            pid: i32,
        }
        let Own { pid } = Sql::new("SELECT pg_backend_pid() AS pid").get_result(waiting)?;
        let seen = Arc::new(Mutex::new(UNKNOWN.to_owned()));
        let stop = Arc::new(AtomicBool::new(false));
        let (url, writes, stopped) = (url.to_owned(), Arc::clone(&seen), Arc::clone(&stop));
        // Without it a migration runs all the same, and its blocker is not named.
        let _ = thread::Builder::new().name("elos-blockers".into()).spawn(move || {
            let begun = Instant::now();
            while begun.elapsed() < AT_FIRST && !stopped.load(Ordering::Relaxed) {
                thread::sleep(PERIOD);
            }
            if !stopped.load(Ordering::Relaxed) {
                let _ = watch(&url, pid, &writes, &stopped);
            }
        });
        Ok(Self { seen, stop })
    }

    /// Whom it waited for last.
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
        let who: Told = Sql::new(concat!(told_of!(), "WHERE a.pid = ANY (pg_blocking_pids("))
            .bind(pid)
            .push("))")
            .get_result(&mut conn)?;
        if who.told != UNKNOWN {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = who.told;
        }
        thread::sleep(PERIOD);
    }
    Ok(())
}
