//! The structure while the server runs: compared in the background, not at every probe.

use super::{Difference, Listed, faults};
use crate::db::{Db, DbOptions};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// What was last seen of it. Clones of a [`Db`] share it.
pub(in crate::db) struct Structure {
    interval: Duration,
    watched: bool,
    faults: Mutex<Vec<Difference>>,
}

impl Structure {
    pub(in crate::db) fn new(options: &DbOptions) -> Self {
        let (interval, watched) = (options.structure_interval, !options.any_structure);
        Self { interval, watched, faults: Mutex::default() }
    }

    /// Takes note, and tells the log of what is new; whether it was.
    fn seen(&self, now: Vec<Difference>) -> bool {
        let mut before = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if *before == now {
            return false;
        }
        match now.is_empty() {
            true => tracing::info!("the database is again as the migrations make it"),
            false => tracing::error!(
                differences = %Listed(&now),
                "the database is not as the migrations make it; not ready until `elos migrate repair`"
            ),
        }
        *before = now;
        true
    }
}

impl Db {
    /// Compares for as long as the runtime that this is called in.
    pub fn watch_structure(&self) {
        let db = self.clone();
        if !db.structure.watched {
            return;
        }
        actix_web::rt::spawn(async move {
            let interval = db.structure.interval;
            let mut turns = interval_at(Instant::now() + interval, interval);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                let asked = db.clone();
                let look = move || asked.como_servidor(faults);
                // A database that does not answer is told of by the probe itself.
                if let Ok(Ok(faults)) = tokio::task::spawn_blocking(look).await {
                    let _told = db.structure.seen(faults);
                }
            }
        });
    }

    /// Whether the database was, when it was last looked at, as the migrations make it.
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
    fn the_log_is_told_once() {
        let structure = Structure::new(&DbOptions::nova("postgres://"));
        let fault = || Difference {
            kind: Kind::Policy,
            object: "p ON t".into(),
            expected: None,
            found: Some("TO PUBLIC".into()),
        };
        assert!(!structure.seen(Vec::new()));
        assert!(structure.seen(vec![fault()]));
        assert!(!structure.seen(vec![fault()]));
        assert!(structure.seen(Vec::new()));
    }
}
