//! SQL text with typed bind parameters, for statements that Diesel's query builder cannot express
//! (LATERAL, keyset pagination over many lists at once).
//!
//! All text is `&'static str` and all values are bound, so no client input becomes SQL. Unlike with
//! `diesel::sql_query`, statements are prepared once, unless [`Sql::unprepared`] forbids it.

use super::array::Array;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types;
use std::marker::PhantomData;

/// A value bound into a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SqlValue {
    I16(i16),
    I32(i32),
    I64(i64),
    Bool(bool),
    Text(String),
    NullableText(Option<String>),
    Date(NaiveDate),
    Instant(DateTime<Utc>),
    /// A transaction id as decimal digits, bound as text and cast to `xid8`, for which Diesel has
    /// no type.
    Xid(String),
    I16s(Array<i16>),
    I32s(Array<i32>),
    I64s(Array<i64>),
    NullableI64s(Array<Option<i64>>),
    Texts(Array<String>),
    NullableTexts(Array<Option<String>>),
    Instants(Array<DateTime<Utc>>),
    Bytes(Vec<u8>),
    ByteStrings(Array<Vec<u8>>),
}

macro_rules! impl_from {
    ($($rust:ty => $variant:ident),* $(,)?) => {
        $(impl From<$rust> for SqlValue {
            fn from(value: $rust) -> Self {
                Self::$variant(value)
            }
        })*
    };
}
impl_from! {
    i16 => I16, i32 => I32, i64 => I64, bool => Bool, String => Text, Option<String> => NullableText, NaiveDate => Date,
    DateTime<Utc> => Instant, Vec<u8> => Bytes,
}

macro_rules! impl_from_elements {
    ($($rust:ty => $variant:ident),* $(,)?) => {
        $(impl From<Vec<$rust>> for SqlValue {
            fn from(elements: Vec<$rust>) -> Self {
                Self::$variant(Array(elements))
            }
        })*
    };
}
impl_from_elements! {
    i16 => I16s, i32 => I32s, i64 => I64s, Option<i64> => NullableI64s, String => Texts,
    Option<String> => NullableTexts, DateTime<Utc> => Instants, Vec<u8> => ByteStrings,
}

impl SqlValue {
    /// Binds the value with its SQL type.
    fn push_to<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::I16(v) => out.push_bind_param::<sql_types::SmallInt, _>(v),
            Self::I32(v) => out.push_bind_param::<sql_types::Integer, _>(v),
            Self::I64(v) => out.push_bind_param::<sql_types::BigInt, _>(v),
            Self::Bool(v) => out.push_bind_param::<sql_types::Bool, _>(v),
            Self::Text(v) => out.push_bind_param::<sql_types::Text, _>(v),
            Self::NullableText(v) => {
                out.push_bind_param::<sql_types::Nullable<sql_types::Text>, _>(v)
            }
            Self::Date(v) => out.push_bind_param::<sql_types::Date, _>(v),
            Self::Instant(v) => out.push_bind_param::<sql_types::Timestamptz, _>(v),
            Self::Xid(v) => {
                out.push_bind_param::<sql_types::Text, _>(v)?;
                out.push_sql("::xid8");
                Ok(())
            }
            Self::Bytes(v) => out.push_bind_param::<sql_types::Binary, _>(v),
            Self::I16s(v) => out.push_bind_param::<sql_types::Array<sql_types::SmallInt>, _>(v),
            Self::I32s(v) => out.push_bind_param::<sql_types::Array<sql_types::Integer>, _>(v),
            Self::NullableI64s(v) => out
                .push_bind_param::<sql_types::Array<sql_types::Nullable<sql_types::BigInt>>, _>(v),
            Self::NullableTexts(v) => {
                out.push_bind_param::<sql_types::Array<sql_types::Nullable<sql_types::Text>>, _>(v)
            }
            Self::Instants(v) => {
                out.push_bind_param::<sql_types::Array<sql_types::Timestamptz>, _>(v)
            }
            Self::I64s(v) => out.push_bind_param::<sql_types::Array<sql_types::BigInt>, _>(v),
            Self::Texts(v) => out.push_bind_param::<sql_types::Array<sql_types::Text>, _>(v),
            Self::ByteStrings(v) => {
                out.push_bind_param::<sql_types::Array<sql_types::Binary>, _>(v)
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Part {
    Text(&'static str),
    Value(SqlValue),
}

/// Initial capacity, enough for most statements.
const PARTS: usize = 8;

/// A statement, or a piece of one.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    parts: Vec<Part>,
    /// Whether the statement must not be prepared: a client composed its filter, so the number of
    /// different texts has no limit.
    unprepared: bool,
}

impl Sql {
    pub fn new(text: &'static str) -> Self {
        let mut parts = Vec::with_capacity(PARTS);
        parts.push(Part::Text(text));
        Self { parts, unprepared: false }
    }

    #[must_use]
    pub fn push(mut self, text: &'static str) -> Self {
        self.parts.push(Part::Text(text));
        self
    }

    #[must_use]
    pub fn bind(mut self, value: impl Into<SqlValue>) -> Self {
        self.parts.push(Part::Value(value.into()));
        self
    }

    /// Binds the values, with commas between them.
    #[must_use]
    pub fn bind_all(mut self, values: impl IntoIterator<Item = SqlValue>) -> Self {
        for (n, value) in values.into_iter().enumerate() {
            self = if n > 0 { self.push(", ") } else { self }.bind(value);
        }
        self
    }

    /// Binds one value per row as an array, for `unnest`. The text does not depend on the number
    /// of rows, so the statement is prepared once.
    #[must_use]
    pub fn bind_each<T, V>(self, rows: &[T], value: impl Fn(&T) -> V) -> Self
    where
        Vec<V>: Into<SqlValue>,
    {
        self.bind(rows.iter().map(value).collect::<Vec<V>>())
    }

    /// Binds the value, or writes `NULL`.
    #[must_use]
    pub fn bind_nullable(self, value: Option<impl Into<SqlValue>>) -> Self {
        match value {
            Some(value) => self.bind(value),
            None => self.push("NULL"),
        }
    }

    #[must_use]
    pub fn append(mut self, other: Sql) -> Self {
        self.parts.extend(other.parts);
        self.unprepared |= other.unprepared;
        self
    }

    /// Excludes the statement from the cache of prepared statements, which never evicts an entry.
    #[must_use]
    pub fn unprepared(mut self) -> Self {
        self.unprepared = true;
        self
    }

    /// `self AND another`.
    #[must_use]
    pub fn and(self, another: Sql) -> Self {
        self.push(" AND ").append(another)
    }

    /// The conditions that there are, joined by AND.
    pub fn all(conditions: impl IntoIterator<Item = Option<Sql>>) -> Self {
        Self::join(conditions.into_iter().flatten(), " AND ", "true")
    }

    /// Joins the pieces with `separator` and puts them in parentheses; `empty` if there are none.
    pub fn join(
        pieces: impl IntoIterator<Item = Sql>,
        separator: &'static str,
        empty: &'static str,
    ) -> Self {
        let mut pieces = pieces.into_iter();
        let Some(first) = pieces.next() else { return Self::new(empty) };
        let all = Self::new("(").append(first);
        pieces.fold(all, |all, piece| all.push(separator).append(piece)).push(")")
    }
}

/// The columns of rows to insert: their names as a text, for `INSERT INTO table (…)`, and one array for
/// each, in the same order, for `unnest(…)`.
///
/// ```text
/// let (names, arrays) = new_rows!(guias => { numero: |guia| guia.numero.clone(), versao: |_| 1 });
/// ```
macro_rules! new_rows {
    ($rows:expr => { $first:ident: $first_value:expr $(, $column:ident: $value:expr)* $(,)? }) => {{
        let rows = $rows;
        let arrays = $crate::db::Sql::default()
            .bind_each(rows, $first_value)
            $(.push(", ").bind_each(rows, $value))*;
        (concat!(stringify!($first) $(, ", ", stringify!($column))*), arrays)
    }};
}
pub(crate) use new_rows;

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.unprepared {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_sql(text),
                Part::Value(value) => value.push_to(&mut out)?,
            }
        }
        Ok(())
    }
}

// Two values of this type can have different texts, so the cache of prepared statements uses the
// text as its key.
impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = sql_types::Untyped;
}

impl<Conn> RunQueryDsl<Conn> for Sql {}

/// A statement whose columns are read by position, which costs half as much as by name for a row of
/// many columns. `T` is the tuple of their SQL types.
pub struct ByPosition<T>(Sql, PhantomData<T>);

impl Sql {
    pub const fn by_position<T>(self) -> ByPosition<T> {
        ByPosition(self, PhantomData)
    }
}

impl<T> QueryFragment<Pg> for ByPosition<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl<T> QueryId for ByPosition<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for ByPosition<T> {
    type SqlType = T;
}

impl<T, Conn> RunQueryDsl<Conn> for ByPosition<T> {}
