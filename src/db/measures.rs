//! The metrics of the database.

use crate::error::{Outage, SQLSTATE_CLASSES};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// The kind of an error that is no outage.
pub(super) const INTERNAL: &str = "internal";

/// What a pool of connections is for: `tribunal`, `nacional`, `servidor` or `trilha`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PoolLabel {
    pub classe: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ErrorLabel {
    pub tipo: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SqlstateLabel {
    /// The class of the code, one of [`SQLSTATE_CLASSES`].
    pub sqlstate: &'static str,
}

/// The metrics of one [`super::Db`]. Clones share the values.
#[derive(Clone)]
pub struct Measures {
    /// 1 if PostgreSQL accepted LISTEN, so that the feed learns of commits at once; otherwise 0.
    pub listening: Gauge,
    /// The number of seconds for which one open transaction has delayed the feed.
    pub feed_held: Gauge,
    /// The seconds for which a connection was used, each time.
    pub times: Family<PoolLabel, Histogram, fn() -> Histogram>,
    /// The seconds for which work waited for a permit.
    pub waits: Family<PoolLabel, Histogram, fn() -> Histogram>,
    pub errors: Family<ErrorLabel, Counter>,
    /// Statements that PostgreSQL refused, whatever became of them.
    pub refused_statements: Family<SqlstateLabel, Counter>,
    /// How often work ran once more, because its connection turned out to be closed.
    pub retries: Counter,
}

impl Default for Measures {
    fn default() -> Self {
        // Each kind is shown from the start, so that its first error is an increase.
        let errors = Family::<ErrorLabel, Counter>::default();
        for tipo in Outage::ALL.map(Outage::name).into_iter().chain([INTERNAL]) {
            drop(errors.get_or_create(&ErrorLabel { tipo }));
        }
        let refused_statements = Family::<SqlstateLabel, Counter>::default();
        for sqlstate in SQLSTATE_CLASSES {
            drop(refused_statements.get_or_create(&SqlstateLabel { sqlstate }));
        }
        Self {
            listening: Gauge::default(),
            feed_held: Gauge::default(),
            times: Family::new_with_constructor(histogram),
            waits: Family::new_with_constructor(histogram),
            errors,
            refused_statements,
            retries: Counter::default(),
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new([
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
    ])
}

impl Measures {
    pub(super) fn time(&self, classe: &'static str) -> Histogram {
        self.times.get_or_create(&PoolLabel { classe }).clone()
    }

    pub(super) fn wait(&self, classe: &'static str) -> Histogram {
        self.waits.get_or_create(&PoolLabel { classe }).clone()
    }

    pub(super) fn count_refused(&self, sqlstate: &'static str) {
        self.refused_statements.get_or_create(&SqlstateLabel { sqlstate }).inc();
    }

    pub(super) fn count_error(&self, tipo: &'static str) {
        self.errors.get_or_create(&ErrorLabel { tipo }).inc();
    }
}

/// What a pool and its permits are doing.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub class: &'static str,
    pub connections: u32,
    pub idle: u32,
    /// `None` for a pool of the server itself, which has no queue.
    pub queue: Option<QueueLoad>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLoad {
    pub permits: usize,
    pub running: usize,
    pub waiting: usize,
    /// Tribunais with requests that run or wait.
    pub tribunals: usize,
}
