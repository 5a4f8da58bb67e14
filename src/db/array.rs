//! Arrays as bind parameters, in PostgreSQL's binary format.
//!
//! Diesel writes an array field by field into a buffer that grows several times. A registration
//! binds some twenty arrays of one or two elements, so this module computes the size first and
//! writes each array in one piece. `script/bench instrucoes` counts the registration as M1.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, HasSqlType};
use std::io::Write;

/// Size in bytes of what precedes the elements, 4 bytes each: number of dimensions, flags, type of
/// the elements, number of elements, lower bound.
const HEADER: usize = 20;
/// The beginning of the year 2000, from which PostgreSQL counts, in microseconds of Unix time.
const EPOCH: i64 = 946_684_800_000_000;

/// A value that can be an element of an array of the SQL type `ST`.
pub trait Element<ST> {
    /// Number of bytes of the binary form. `None` stands for NULL.
    fn size(&self) -> Option<usize>;
    /// Appends the binary form.
    fn write(&self, bytes: &mut Vec<u8>);
}

macro_rules! impl_for_number {
    ($($rust:ty => $sql:ident),* $(,)?) => {
        $(impl Element<sql_types::$sql> for $rust {
            fn size(&self) -> Option<usize> {
                Some(size_of::<$rust>())
            }

            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_be_bytes());
            }
        })*
    };
}
impl_for_number! { i16 => SmallInt, i32 => Integer, i64 => BigInt }

impl Element<sql_types::Text> for String {
    fn size(&self) -> Option<usize> {
        Some(self.len())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.as_bytes());
    }
}

impl Element<sql_types::Binary> for Vec<u8> {
    fn size(&self) -> Option<usize> {
        Some(self.len())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
}

impl Element<sql_types::Timestamptz> for DateTime<Utc> {
    fn size(&self) -> Option<usize> {
        Some(size_of::<i64>())
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        // The subtraction cannot overflow, because chrono's range is smaller than that of 64 bits.
        bytes.extend_from_slice(&(self.timestamp_micros() - EPOCH).to_be_bytes());
    }
}

impl<ST, T> Element<sql_types::Nullable<ST>> for Option<T>
where
    ST: sql_types::SqlType<IsNull = sql_types::is_nullable::NotNull>,
    T: Element<ST>,
{
    fn size(&self) -> Option<usize> {
        self.as_ref().and_then(Element::size)
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(bytes);
        }
    }
}

/// The elements of an array.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Array<T>(pub Vec<T>);

impl<ST, T> ToSql<sql_types::Array<ST>, Pg> for Array<T>
where
    Pg: HasSqlType<ST>,
    T: Element<ST> + std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let Self(elements) = self;
        let element_oid = <Pg as HasSqlType<ST>>::metadata(out.metadata_lookup()).oid()?;
        let sizes = elements.iter().map(|element| 4 + element.size().unwrap_or_default());
        let mut bytes = Vec::with_capacity(HEADER + sizes.sum::<usize>());
        let (dimensions, flags, lower_bound) = (1_i32, 0_i32, 1_i32);
        bytes.extend_from_slice(&dimensions.to_be_bytes());
        bytes.extend_from_slice(&flags.to_be_bytes());
        bytes.extend_from_slice(&element_oid.to_be_bytes());
        bytes.extend_from_slice(&i32::try_from(elements.len())?.to_be_bytes());
        bytes.extend_from_slice(&lower_bound.to_be_bytes());
        for element in elements {
            let size = element.size().map_or(Ok(-1), i32::try_from)?;
            bytes.extend_from_slice(&size.to_be_bytes());
            element.write(&mut bytes);
        }
        out.write_all(&bytes)?;
        Ok(IsNull::No)
    }
}
