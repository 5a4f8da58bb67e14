//! An outage is told once: a line when it begins, one every ten seconds with how much failed
//! meanwhile, and one when it is over. Whoever else fails for it logs nothing.

use crate::error::Outage;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const AGAIN: Duration = Duration::from_secs(10);
/// Without a failure for this long, it is over: shorter, and one that flickers would be many.
const QUIET: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Outages {
    current: Mutex<BTreeMap<Outage, Current>>,
    /// How many there are, for those who only want to know whether.
    under_way: AtomicUsize,
}

struct Current {
    since: Instant,
    last: Instant,
    told: Instant,
    failures: u64,
    failures_told: u64,
}

/// A line of the log that is due.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    GoesOn { outage: Outage, failures: u64, seconds: u64 },
    Over { outage: Outage, failures: u64, seconds: u64 },
}

impl Outages {
    /// Something failed for this reason; `cause` is what PostgreSQL or libpq said of it.
    pub(super) fn failed(&self, outage: Outage, cause: &str) {
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

    /// Tells what is due. `answers` is whether the database can be reached now.
    pub(super) fn tell(&self, answers: bool) {
        if !self.any() {
            return;
        }
        for line in self.due(answers, Instant::now()) {
            match line {
                Line::GoesOn { outage, failures, seconds } => tracing::warn!(
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

    /// Whether this is the first of its outage.
    fn count(&self, outage: Outage, now: Instant) -> bool {
        let mut current = self.lock();
        let before = current.len();
        let this = current.entry(outage).or_insert(Current {
            since: now,
            last: now,
            told: now,
            failures: 0,
            failures_told: 0,
        });
        (this.last, this.failures) = (now, this.failures + 1);
        self.under_way.store(current.len(), Ordering::Relaxed);
        current.len() > before
    }

    fn due(&self, answers: bool, now: Instant) -> Vec<Line> {
        let mut current = self.lock();
        let mut lines = Vec::new();
        current.retain(|&outage, this| {
            let seconds = (this.last - this.since).as_secs();
            let reachable = answers || outage != Outage::Unreachable;
            if reachable && now.saturating_duration_since(this.last) >= QUIET {
                lines.push(Line::Over { outage, failures: this.failures, seconds });
                return false;
            }
            if now.saturating_duration_since(this.told) >= AGAIN {
                let failures = this.failures - this.failures_told;
                let seconds = now.saturating_duration_since(this.since).as_secs();
                lines.push(Line::GoesOn { outage, failures, seconds });
                (this.told, this.failures_told) = (now, this.failures);
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

/// libpq says of each host what came of it, a line each. What PostgreSQL has in quotes names a
/// file or an object, and is not for the log; libpq quotes hosts, which are.
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
    fn what_postgresql_quotes_is_not_told() {
        let full = "could not extend file \"base/1/2\": No space left on device";
        let told = "could not extend file …: No space left on device";
        assert_eq!(one_line(Outage::NoResources, full), told);
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
        let first = Line::GoesOn { outage: Outage::Unreachable, failures: 1010, seconds: 10 };
        assert_eq!(lines[0], first);
        let last = Line::GoesOn { outage: Outage::Unreachable, failures: 990, seconds: 64 };
        assert_eq!(outages.due(true, at(640)), [last]);
        let over = Line::Over { outage: Outage::Unreachable, failures: 6000, seconds: 59 };
        assert!(outages.any());
        assert_eq!(outages.due(true, at(650)), [over]);
        assert!(!outages.any() && outages.due(true, at(2000)).is_empty());
    }
}
