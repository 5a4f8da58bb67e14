//! Paged lists, read for one parent or for many parents in one statement.
//!
//! Pages use keyset pagination: a page begins after a given row, not after a count, so rows that
//! are inserted between two page requests neither repeat nor hide other rows.

use super::{BatchKey, Session, Sql, SqlValue, group_by_key};
use crate::error::Error;
use crate::value::resource::{HasResources, Resource};
use ahash::{HashMap, HashMapExt};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// Position of a row in its list: the value that orders it, then its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// `None` when the list is ordered by id alone, or when the statement looks the value up
    /// ([`KeyType::OfRow`]).
    pub key: Option<SqlValue>,
    pub id: i64,
}

/// A request for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageArgs {
    pub size: usize,
    /// Whether to count from the end (`last`) instead of from the beginning (`first`).
    pub from_end: bool,
    /// Only rows after this position. `None` sets no limit.
    pub after: Option<Position>,
    /// Only rows before this position. `None` sets no limit.
    pub before: Option<Position>,
}

/// Type of an ordering key. With it the caller refuses a cursor whose key has another type, before
/// the key reaches SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    Text,
    Instant,
    Xid,
    /// The cursor holds only the id, and the statement looks the key up. The text is the start of
    /// the subquery that reads it; the statement binds the id after it. Use this for keys that must
    /// not be in a cursor, such as names of persons.
    OfRow(&'static str),
}

/// The ordering of a list. The columns are NOT NULL; the id breaks ties.
#[derive(Debug, Clone)]
pub struct OrderBy {
    /// SQL of the ordering column and its type; `None` when the list is ordered by id alone.
    pub column: Option<(&'static str, KeyType)>,
    /// Further columns, each with whether its order is descending. A cursor does not hold their
    /// values: the statement looks them up by the id.
    pub then: Vec<(&'static str, bool)>,
    pub id: &'static str,
    pub descending: bool,
}

/// The pieces of the statement that reads a list.
pub struct ListQuery {
    pub columns: &'static str,
    pub tables: &'static str,
    /// The column that holds the id of a row's parent; `None` for a list without a parent.
    pub parent_column: Option<&'static str>,
    pub where_clause: Sql,
    pub ordering: OrderBy,
}

/// The rows of one page, in the order of the list.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl<T: HasResources> HasResources for Page<T> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.rows.collect_resources(resources);
    }
}

/// A list that can be read in pages and counted. The value holds the parent and the arguments.
pub trait List: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// The unique name of this list.
    const NAME: &'static str;
    type Row: Clone + Send + Sync + HasResources + 'static;
    type Record: FromColumns + Into<Self::Row>;

    /// Id of the parent; `None` for a list at the root of the schema.
    fn parent(&self) -> Option<i64> {
        None
    }

    /// The same list for another parent. Lists that differ only in their parent are read by one
    /// statement. A list at the root returns itself.
    #[must_use]
    fn with_parent(&self, _parent: i64) -> Self {
        self.clone()
    }

    /// The same list with a fixed parent id (0), used as a grouping key.
    #[must_use]
    fn without_parent(&self) -> Self {
        self.with_parent(0)
    }

    /// The statement that reads this list. `tribunal` is the tribunal to filter by; `None` for
    /// callers that may see every tribunal.
    fn query(&self, tribunal: Option<i16>) -> ListQuery;
    fn position(&self, row: &Self::Row) -> Position;
}

/// The relation that loads one page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageOf<L>(pub L, pub PageArgs);

/// The relation that counts the rows of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TotalOf<L>(pub L);

/// A row type that Diesel reads from the columns of a statement. The statement returns the parent's
/// id before the row's own columns.
pub trait FromColumns: Sized + 'static {
    fn read(sql: Sql, conn: &mut PgConnection) -> QueryResult<Vec<(i64, Self)>>;
}

/// A row that Diesel reads by column name, with the id of its parent.
#[derive(QueryableByName)]
pub struct WithParent<R> {
    #[diesel(sql_type = BigInt)]
    pub parent: i64,
    #[diesel(embed)]
    pub record: R,
}

/// Implements [`FromColumns`]: by name, or by position, in the order of the statement, which is faster.
macro_rules! from_columns {
    ($ty:ty) => {
        impl $crate::db::list::FromColumns for $ty {
            fn read(
                sql: $crate::db::Sql,
                conn: &mut diesel::PgConnection,
            ) -> diesel::QueryResult<Vec<(i64, Self)>> {
                use diesel::RunQueryDsl;
                let rows: Vec<$crate::db::list::WithParent<Self>> = sql.load(conn)?;
                Ok(rows.into_iter().map(|row| (row.parent, row.record)).collect())
            }
        }
    };
    ($ty:ty, by_position) => {
        impl $crate::db::list::FromColumns for $ty {
            fn read(
                sql: $crate::db::Sql,
                conn: &mut diesel::PgConnection,
            ) -> diesel::QueryResult<Vec<(i64, Self)>> {
                sql.rows(conn)
            }
        }
    };
}
pub(crate) use from_columns;

impl<L: List> BatchKey for PageOf<L> {
    type Value = Arc<Page<L::Row>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let groups = group_by_key(
            keys.iter().map(|Self(list, slice)| ((list.without_parent(), slice), list)),
        );
        let mut pages = HashMap::with_capacity(keys.len());
        for ((group_key, slice), lists) in groups {
            let query = group_key.query(session.scope.tribunal());
            let sql = query.page(&parents(&lists), slice);
            let records = L::Record::read(sql, session.conn())?;
            let mut by_parent: HashMap<i64, Vec<L::Row>> =
                group_by_key(records.into_iter().map(|(parent, record)| (parent, record.into())));
            for list in lists {
                let rows = by_parent.remove(&list.parent().unwrap_or(0)).unwrap_or_default();
                let page = Arc::new(Page::from_rows(rows, slice));
                pages.insert(Self(list.clone(), slice.clone()), page);
            }
        }
        Ok(pages)
    }
}

impl<L: List> BatchKey for TotalOf<L> {
    type Value = i64;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, i64>, Error> {
        let groups = group_by_key(keys.iter().map(|Self(list)| (list.without_parent(), list)));
        let mut totals = HashMap::with_capacity(keys.len());
        for (group_key, lists) in groups {
            let query = group_key.query(session.scope.tribunal());
            let rows = count(session, query, &parents(&lists))?;
            totals.extend(lists.into_iter().map(|list| (Self(list.clone()), 0)));
            totals.extend(
                rows.into_iter()
                    .map(|(parent, total)| (Self(group_key.with_parent(parent)), total)),
            );
        }
        Ok(totals)
    }
}

/// Reads a page by offset and the total of the list in one snapshot, for the REST API, whose
/// callers page by offset. Rows that are inserted between two page requests can make it skip or
/// repeat rows.
pub fn offset_page<L: List>(
    session: &mut Session<'_>,
    list: &L,
    offset: i64,
    size: i64,
) -> Result<(Vec<L::Row>, i64), Error> {
    session.in_snapshot(|session| {
        let tribunal = session.scope.tribunal();
        let totals = count(session, list.query(tribunal), &[])?;
        let sql = list.query(tribunal).offset_page(offset, size);
        let rows = L::Record::read(sql, session.conn())?;
        let total = totals.first().map_or(0, |(_, total)| *total);
        Ok((rows.into_iter().map(|(_, record)| record.into()).collect(), total))
    })
}

/// The parents and their totals. A parent without rows is left out.
fn count(
    session: &mut Session<'_>,
    query: ListQuery,
    parents: &[i64],
) -> QueryResult<Vec<(i64, i64)>> {
    query.total(parents).rows(session.conn())
}

fn parents<L: List>(lists: &[&L]) -> Vec<i64> {
    lists.iter().filter_map(|list| list.parent()).collect()
}

impl ListQuery {
    /// The statement for one page of each parent. It reads one row more than the page size, to
    /// learn whether another page follows.
    fn page(self, parents: &[i64], slice: &PageArgs) -> Sql {
        let Self { columns, tables, parent_column, where_clause, ordering } = self;
        let descending = ordering.descending != slice.from_end;
        let mut filter = where_clause;
        if let Some(after) = &slice.after {
            filter = filter.and(ordering.beyond(tables, after, ordering.descending));
        }
        if let Some(before) = &slice.before {
            filter = filter.and(ordering.beyond(tables, before, !ordering.descending));
        }
        let limit = i64::try_from(slice.size + 1).unwrap_or(i64::MAX);
        let body = |filter: Sql| {
            Sql::new(columns)
                .push(" FROM ")
                .push(tables)
                .push(" WHERE ")
                .append(filter)
                .append(ordering.order_by(descending))
                .push(" LIMIT ")
                .bind(limit)
        };
        match parent_column {
            None => Sql::new("SELECT 0::bigint AS parent, ").append(body(filter)),
            Some(column) => Sql::new("SELECT parents.parent, children.* FROM unnest(")
                .bind(parents.to_vec())
                .push(") AS parents (parent) CROSS JOIN LATERAL (SELECT ")
                .append(body(Sql::new(column).push(" = parents.parent").and(filter)))
                .push(") AS children"),
        }
    }

    fn offset_page(self, offset: i64, size: i64) -> Sql {
        let Self { columns, tables, where_clause, ordering, .. } = self;
        Sql::new("SELECT 0::bigint AS parent, ")
            .push(columns)
            .push(" FROM ")
            .push(tables)
            .push(" WHERE ")
            .append(where_clause)
            .append(ordering.order_by(ordering.descending))
            .push(" LIMIT ")
            .bind(size)
            .push(" OFFSET ")
            .bind(offset)
    }

    fn total(self, parents: &[i64]) -> Sql {
        let Self { tables, parent_column, where_clause, .. } = self;
        match parent_column {
            None => Sql::new("SELECT 0::bigint, count(*) FROM ")
                .push(tables)
                .push(" WHERE ")
                .append(where_clause),
            Some(column) => Sql::new("SELECT ")
                .push(column)
                .push(", count(*) FROM ")
                .push(tables)
                .push(" WHERE ")
                .push(column)
                .push(" = ANY(")
                .bind(parents.to_vec())
                .push(")")
                .and(where_clause)
                .push(" GROUP BY ")
                .push(column),
        }
    }
}

impl OrderBy {
    /// The condition for the rows after `position`: in descending order if `descending` is true,
    /// otherwise in ascending order.
    fn beyond(&self, tables: &'static str, position: &Position, descending: bool) -> Sql {
        if !self.then.is_empty() {
            return self.beyond_each(tables, position, descending);
        }
        let operator = if descending { " < " } else { " > " };
        match (self.column, &position.key) {
            (Some((column, KeyType::OfRow(key))), _) => Sql::new("(")
                .push(column)
                .push(", ")
                .push(self.id)
                .push(")")
                .push(operator)
                .push("((")
                .push(key)
                .bind(position.id)
                .push("), ")
                .bind(position.id)
                .push(")"),
            (Some((column, _)), Some(key)) => Sql::new("(")
                .push(column)
                .push(", ")
                .push(self.id)
                .push(")")
                .push(operator)
                .push("(")
                .bind(key.clone())
                .push(", ")
                .bind(position.id)
                .push(")"),
            _ => Sql::new(self.id).push(operator).bind(position.id),
        }
    }

    /// The same for several columns, each with its own direction: the row differs from `position`
    /// in some column, is equal in those before it, and is beyond in it. The first comparison
    /// repeats itself outside the alternatives, so that an index on the first column serves it.
    fn beyond_each(&self, tables: &'static str, position: &Position, descending: bool) -> Sql {
        let columns = self.columns(descending);
        let value = |column: &'static str| match (self.column, &position.key) {
            (Some((first, _)), Some(key)) if first == column => Sql::new("").bind(key.clone()),
            _ if column == self.id => Sql::new("").bind(position.id),
            _ => Sql::new("(SELECT ")
                .push(column)
                .push(" FROM ")
                .push(tables)
                .push(" WHERE ")
                .push(self.id)
                .push(" = ")
                .bind(position.id)
                .push(")"),
        };
        let alternatives = columns.iter().enumerate().map(|(n, &(column, descending))| {
            let equal = columns[..n]
                .iter()
                .map(|&(column, _)| Sql::new(column).push(" = ").append(value(column)));
            let operator = if descending { " < " } else { " > " };
            let beyond = Sql::new(column).push(operator).append(value(column));
            Sql::join(equal.chain([beyond]), " AND ", "true")
        });
        let alternatives = Sql::join(alternatives, " OR ", "true");
        match columns.first() {
            Some(&(column, descending)) => {
                let operator = if descending { " <= " } else { " >= " };
                Sql::new(column).push(operator).append(value(column)).and(alternatives)
            }
            None => alternatives,
        }
    }

    /// The columns with their directions, the id last. `descending` is the direction of the first.
    fn columns(&self, descending: bool) -> Vec<(&'static str, bool)> {
        let reversed = descending != self.descending;
        let first = self.column.map(|(column, _)| (column, descending));
        let then = self.then.iter().map(|(column, direction)| (*column, *direction != reversed));
        first.into_iter().chain(then).chain([(self.id, descending)]).collect()
    }

    fn order_by(&self, descending: bool) -> Sql {
        let columns = self.columns(descending).into_iter();
        let each = columns.map(|(column, descending)| {
            Sql::new(column).push(if descending { " DESC" } else { "" })
        });
        let all = each.reduce(|all, one| all.push(", ").append(one)).unwrap_or_default();
        Sql::new(" ORDER BY ").append(all)
    }
}

impl<T> Page<T> {
    /// Drops the extra row, which only shows that more rows follow, and puts the rest in the order
    /// of the list.
    fn from_rows(mut rows: Vec<T>, slice: &PageArgs) -> Self {
        let has_more = rows.len() > slice.size;
        rows.truncate(slice.size);
        let (has_next, has_previous) = if slice.from_end {
            rows.reverse();
            (slice.before.is_some(), has_more || slice.after.is_some())
        } else {
            (has_more || slice.before.is_some(), slice.after.is_some())
        };
        Self { rows, has_next, has_previous }
    }
}
