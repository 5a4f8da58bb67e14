//! Checks the structure of the database in the background while the server runs, so that no
//! readiness probe waits for such a check.

use super::{Difference, DisplayDifferences, faults};
use crate::db::{Db, DbOptions};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The result of the last check of the structure. Clones of a [`Db`] share it.
pub(in crate::db) struct Structure {
    interval: Duration,
    watched: bool,
    faults: Mutex<Vec<Difference>>,
}

impl Structure {
    pub(in crate::db) fn new(options: &DbOptions) -> Self {
        let (interval, watched) = (options.structure_interval, !options.skip_structure_check);
        Self { interval, watched, faults: Mutex::default() }
    }

    /// Stores the result of a check. If it differs from the last one, logs it and returns true.
    fn update(&self, now: Vec<Difference>) -> bool {
        let mut before = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if *before == now {
            return false;
        }
        match now.is_empty() {
            true => tracing::info!("the database is again as the migrations make it"),
            false => tracing::error!(
                differences = %DisplayDifferences(&now),
                "the database is not as the migrations make it; not ready until `elos migrate repair`"
            ),
        }
        *before = now;
        true
    }
}

impl Db {
    /// Starts a task that checks the structure periodically, until the current runtime ends. Does
    /// nothing if the options skip the check.
    pub fn watch_structure(&self) {
        let db = self.clone();
        if !db.structure.watched {
            return;
        }
        actix_web::rt::spawn(async move {
            let interval = db.structure.interval;
            let mut ticks = interval_at(Instant::now() + interval, interval);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let checked_db = db.clone();
                let check = move || checked_db.with_server_conn(faults);
                // `db::health` reports a database that does not answer.
                if let Ok(Ok(faults)) = tokio::task::spawn_blocking(check).await {
                    let _changed = db.structure.update(faults);
                }
            }
        });
    }

    /// Whether the structure matched the migrations at the last check.
    pub fn structure_holds(&self) -> bool {
        let faults = self.structure.faults.lock();
        faults.unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::catalog::Kind;

    #[test]
    fn a_difference_is_logged_once() {
        let structure = Structure::new(&DbOptions::new("postgres://"));
        let fault = || Difference {
            kind: Kind::Policy,
            object: "p ON t".into(),
            expected: None,
            found: Some("TO PUBLIC".into()),
        };
        assert!(!structure.update(Vec::new()));
        assert!(structure.update(vec![fault()]));
        assert!(!structure.update(vec![fault()]));
        assert!(structure.update(Vec::new()));
    }
}
