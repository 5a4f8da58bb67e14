//! Logs database outages: one line when an outage begins, one every ten seconds with the number of
//! failures since the last line, and one when it ends. Requests that fail because of the outage log
//! nothing.

use crate::error::Outage;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// An outage ends after this long without a failure. With a shorter time, an intermittent outage
/// would be logged as many.
const QUIET_TIME: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Outages {
    current: Mutex<BTreeMap<Outage, Current>>,
    /// The number of entries in `current`, which [`Self::any`] reads without the lock.
    under_way: AtomicUsize,
}

/// An outage that has not ended.
struct Current {
    since: Instant,
    last: Instant,
    logged_at: Instant,
    failures: u64,
    failures_logged: u64,
}

/// A log line that is due.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Continues { outage: Outage, failures: u64, seconds: u64 },
    Over { outage: Outage, failures: u64, seconds: u64 },
}

impl Outages {
    /// Counts a failure. `cause` is the message of PostgreSQL or libpq; it is logged only for the
    /// first failure of an outage.
    pub(super) fn record_failure(&self, outage: Outage, cause: &str) {
        if self.count(outage, Instant::now()) {
            let cause = one_line(outage, cause);
            tracing::error!(
                outage = outage.name(),
                cause,
                "the database does not serve; what fails for it is counted, not logged"
            );
        }
    }

    pub(super) fn any(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    /// Logs the lines that are due. `answers` is whether the database can be reached now.
    pub(super) fn log_due(&self, answers: bool) {
        if !self.any() {
            return;
        }
        for line in self.due(answers, Instant::now()) {
            match line {
                Line::Continues { outage, failures, seconds } => tracing::warn!(
                    outage = outage.name(),
                    failures,
                    seconds,
                    "the database still does not serve"
                ),
                Line::Over { outage, failures, seconds } => tracing::info!(
                    outage = outage.name(),
                    failures,
                    seconds,
                    "the database serves again"
                ),
            }
        }
    }

    /// Counts a failure and returns whether it begins an outage.
    fn count(&self, outage: Outage, now: Instant) -> bool {
        let mut current = self.lock();
        let before = current.len();
        let entry = current.entry(outage).or_insert(Current {
            since: now,
            last: now,
            logged_at: now,
            failures: 0,
            failures_logged: 0,
        });
        (entry.last, entry.failures) = (now, entry.failures + 1);
        self.under_way.store(current.len(), Ordering::Relaxed);
        current.len() > before
    }

    fn due(&self, answers: bool, now: Instant) -> Vec<Line> {
        let mut current = self.lock();
        let mut lines = Vec::new();
        current.retain(|&outage, entry| {
            let seconds = (entry.last - entry.since).as_secs();
            let reachable = answers || outage != Outage::Unreachable;
            if reachable && now.saturating_duration_since(entry.last) >= QUIET_TIME {
                lines.push(Line::Over { outage, failures: entry.failures, seconds });
                return false;
            }
            if now.saturating_duration_since(entry.logged_at) >= LOG_INTERVAL {
                let failures = entry.failures - entry.failures_logged;
                let seconds = now.saturating_duration_since(entry.since).as_secs();
                lines.push(Line::Continues { outage, failures, seconds });
                (entry.logged_at, entry.failures_logged) = (now, entry.failures);
            }
            true
        });
        self.under_way.store(current.len(), Ordering::Relaxed);
        lines
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Outage, Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message as one line: libpq writes one line per host. PostgreSQL quotes names of files and
/// objects, which must not be logged and become `…`. libpq quotes host names, which may be logged.
pub(super) fn one_line(outage: Outage, cause: &str) -> String {
    let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    if outage == Outage::Unreachable {
        return line;
    }
    let parts = line.split('"').enumerate();
    parts.map(|(n, part)| if n % 2 == 0 { part } else { "…" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_quoted_by_postgresql_are_not_logged() {
        let full = "could not extend file \"base/1/2\": No space left on device";
        let expected = "could not extend file …: No space left on device";
        assert_eq!(one_line(Outage::NoResources, full), expected);
        let two =
            "connection to server at \"a\" failed: x\nconnection to server at \"b\" failed: y";
        assert_eq!(one_line(Outage::Unreachable, two), two.replace('\n', " "));
    }

    #[test]
    fn a_minute_of_failures_is_eight_lines() {
        let outages = Outages::default();
        let start = Instant::now();
        let at = |tenths: u64| start + Duration::from_millis(tenths * 100);
        let (mut begun, mut lines) = (0, Vec::new());
        for tenth in 0..600 {
            for _ in 0..10 {
                begun += u32::from(outages.count(Outage::Unreachable, at(tenth)));
            }
            lines.extend(outages.due(false, at(tenth)));
        }
        assert_eq!((begun, lines.len()), (1, 5));
        let first = Line::Continues { outage: Outage::Unreachable, failures: 1010, seconds: 10 };
        assert_eq!(lines[0], first);
        let last = Line::Continues { outage: Outage::Unreachable, failures: 990, seconds: 64 };
        assert_eq!(outages.due(true, at(640)), [last]);
        let over = Line::Over { outage: Outage::Unreachable, failures: 6000, seconds: 59 };
        assert!(outages.any());
        assert_eq!(outages.due(true, at(650)), [over]);
        assert!(!outages.any() && outages.due(true, at(2000)).is_empty());
    }
}
