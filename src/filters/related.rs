//! Conditions on the related rows of a row.

use super::{Filter, FilterScope};
use crate::db::Sql;
use crate::db::related::Related;

/// The parts of the subquery that finds the related rows.
pub struct JoinSource {
    /// The tables, and the condition that joins their rows to the filtered row.
    pub rows: Sql,
    /// The column that identifies a related row, which a join may return more than once.
    pub key: &'static str,
    /// Text that closes a parenthesis that `rows` leaves open.
    pub close: &'static str,
}

impl JoinSource {
    pub fn new(rows: &'static str, key: &'static str) -> Self {
        Self { rows: Sql::new(rows), key, close: "" }
    }
}

impl<F: Filter> Related<F> {
    /// The conditions as SQL, in the statement of the row whose related rows `path` finds.
    pub(super) fn conditions(&self, path: &JoinSource, place: FilterScope) -> Vec<Sql> {
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
