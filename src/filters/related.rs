//! Conditions on what a row is related to.

use super::{Filter, Place};
use crate::db::Sql;

/// A condition on the rows of the other side: some are so, or none is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related<F> {
    /// At least so many that are so.
    pub some: Option<(Box<F>, i64)>,
    pub none: Option<Box<F>>,
}

impl<F> Default for Related<F> {
    fn default() -> Self {
        Self { some: None, none: None }
    }
}

/// How the other side is reached.
pub struct Path {
    /// Tables, and the condition that ties their rows to the one that is filtered.
    pub rows: Sql,
    /// What tells its rows apart; on the way to one there may be several links.
    pub key: &'static str,
    /// What ends a scope that `rows` leaves open.
    pub close: &'static str,
}

impl Path {
    pub fn new(rows: &'static str, key: &'static str) -> Self {
        Self { rows: Sql::new(rows), key, close: "" }
    }
}

impl<F: Filter> Related<F> {
    pub(super) fn conditions(&self, path: &Path, place: Place) -> Vec<Sql> {
        let from = |filter: &F| {
            let rows = Sql::new(" FROM ").append(path.rows.clone());
            rows.and(filter.sql(place.inner())).push(path.close)
        };
        let some = self.some.as_ref().map(|(filter, minimum)| match *minimum {
            1 => Sql::new("EXISTS (SELECT").append(from(filter)).push(")"),
            minimum => Sql::new("(SELECT count(*) FROM (SELECT DISTINCT ")
                .push(path.key)
                .append(from(filter))
                .push(" LIMIT ")
                .bind(minimum)
                .push(") AS found) >= ")
                .bind(minimum),
        });
        let none = self.none.as_ref();
        let none = none.map(|filter| Sql::new("NOT EXISTS (SELECT").append(from(filter)).push(")"));
        some.into_iter().chain(none).collect()
    }
}
