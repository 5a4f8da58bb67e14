//! What a row holds: the SQL type of each Rust type in a column, and a macro that declares the struct of
//! a row and the list of its columns at once.

use super::Sql;
use super::sql::ByPosition;
use crate::value::cpf::Cpf;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Double, Integer, Nullable, SmallInt, SqlType, Text,
    Timestamptz, is_nullable,
};

/// A type that a column may hold, with the SQL type from which Diesel reads it.
pub trait Column {
    type Sql: 'static;
}

/// The SQL type of a column of this Rust type; of a row, the tuple of those of its columns.
pub type ColumnType<T> = <T as Column>::Sql;

/// Says which SQL type holds each of these types.
macro_rules! columns_hold {
    ($($ty:ty as $sql:ty),+ $(,)?) => {
        $(impl $crate::db::Column for $ty {
            type Sql = $sql;
        })+
    };
}
pub(crate) use columns_hold;

columns_hold! {
    i16 as SmallInt, i32 as Integer, i64 as BigInt, f64 as Double, bool as Bool, String as Text,
    NaiveDate as Date, DateTime<Utc> as Timestamptz, Vec<u8> as Binary, Cpf as Text,
}

impl<T: Column<Sql: SqlType<IsNull = is_nullable::NotNull>>> Column for Option<T> {
    type Sql = Nullable<T::Sql>;
}

impl<T: Column> Column for Vec<T> {
    type Sql = Array<T::Sql>;
}

impl<A: Column, B: Column> Column for (A, B) {
    type Sql = (A::Sql, B::Sql);
}

impl<A: Column, B: Column, C: Column> Column for (A, B, C) {
    type Sql = (A::Sql, B::Sql, C::Sql);
}

impl Sql {
    /// The first row that the statement returns: its only value, or the tuple of its values.
    pub fn row<T: Column>(self, conn: &mut PgConnection) -> QueryResult<T>
    where
        ByPosition<T::Sql>: for<'q> LoadQuery<'q, PgConnection, T>,
    {
        self.by_position::<T::Sql>().get_result(conn)
    }

    /// All rows that the statement returns, each like [`Sql::row`].
    pub fn rows<T: Column>(self, conn: &mut PgConnection) -> QueryResult<Vec<T>>
    where
        ByPosition<T::Sql>: for<'q> LoadQuery<'q, PgConnection, T>,
    {
        self.by_position::<T::Sql>().load(conn)
    }
}

/// Declares the struct of a row, each of whose fields has the SQL type of its Rust type. With `columns`,
/// also declares a macro that lists the columns in the order of the struct, for statements that are
/// written as text. Diesel derives such a list only for the statements that it builds itself.
///
/// ```text
/// row! {
///     columns guia_columns of "g";
///
///     #[derive(QueryableByName)]
///     pub struct Guia {
///         pub id: GuiaId,                            // g.id
///         pub xid: String = "g.xid::text",           // g.xid::text AS xid
///         pub cpf: Cpf => magistrado_cpf,            // g.magistrado_cpf
///         #[diesel(embed)]
///         pub rg: Rg as crate::guia::rg_columns,     // the columns of Rg
///     }
/// }
/// ```
macro_rules! row {
    (
        columns $columns:ident of $table:literal;
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(#[$first_meta:meta])*
            $first_vis:vis $first:ident: $first_ty:ty $(=> $first_column:ident)? $(= $first_sql:literal)?,
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty
                $(=> $column:ident)? $(= $sql:literal)? $(as $($embedded:ident)::+)?,)+
        }
    ) => {
        $crate::db::row! {
            $(#[$meta])*
            $vis struct $name {
                $(#[$first_meta])*
                $first_vis $first: $first_ty $(=> $first_column)?,
                $($(#[$field_meta])* $field_vis $field: $ty $(=> $column)?,)+
            }
        }

        macro_rules! $columns {
            () => {
                concat!(
                    $crate::db::column!($table, $first $(=> $first_column)? $(= $first_sql)?)
                    $(, ", ", $crate::db::column!(
                        $table, $field $(=> $column)? $(= $sql)? $(as $($embedded)::+)?
                    ))+
                )
            };
        }
        pub(crate) use $columns;
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty $(=> $column:ident)?,)+
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $(
                $(#[$field_meta])*
                #[diesel(sql_type = $crate::db::ColumnType<$ty>)]
                $(#[diesel(column_name = $column)])?
                $field_vis $field: $ty,
            )+
        }

        impl $crate::db::Column for $name {
            type Sql = ($($crate::db::ColumnType<$ty>,)+);
        }
    };
}
pub(crate) use row;

/// One column of a list, as [`row!`] writes it.
macro_rules! column {
    ($table:literal, $field:ident) => {
        concat!($table, ".", stringify!($field))
    };
    ($table:literal, $field:ident => $column:ident) => {
        concat!($table, ".", stringify!($column))
    };
    ($table:literal, $field:ident = $sql:literal) => {
        concat!($sql, " AS ", stringify!($field))
    };
    ($table:literal, $field:ident => $column:ident = $sql:literal) => {
        concat!($sql, " AS ", stringify!($column))
    };
    ($table:literal, $field:ident as $($embedded:ident)::+) => {
        $($embedded)::+!()
    };
}
pub(crate) use column;
