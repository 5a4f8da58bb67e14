//! Change feeds: rows in an order in which a late commit cannot insert a row before one already
//! read.
//!
//! The order is (xid, id). A feed is read only up to the *horizon*, the xid of the oldest open
//! transaction: below the horizon every transaction has ended, so a reader that has read up to
//! there has missed no row and will see no row twice. In this module an `xid` is a position: the
//! transaction id plus the offset of the epoch (see `epoch.rs`).

use super::{Session, Sql, SqlValue};
use crate::error::Error;
use diesel::prelude::*;
use std::fmt;
use std::str::FromStr;

/// Position of a row in its feed. Its text form is the cursor that the argument `desde` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedCursor {
    pub xid: u64,
    pub id: i64,
}

impl FeedCursor {
    /// The position before every row of transaction `xid` and after every row of older ones.
    pub const fn before(xid: u64) -> Self {
        Self { xid, id: 0 }
    }

    pub fn from_row(xid: &str, id: i64) -> Result<Self, Error> {
        Ok(Self { xid: xid.parse().map_err(Error::internal)?, id })
    }
}

impl fmt::Display for FeedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.xid, self.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o cursor não é de um item recebido nesta assinatura")]
pub struct MalformedCursor;

impl FromStr for FeedCursor {
    type Err = MalformedCursor;

    fn from_str(text: &str) -> Result<Self, MalformedCursor> {
        let (xid, id) = text.split_once('-').ok_or(MalformedCursor)?;
        let number = |part: &str| part.parse::<u64>().map_err(|_| MalformedCursor);
        let id = i64::try_from(number(id)?).map_err(|_| MalformedCursor)?;
        let cursor = Self { xid: number(xid)?, id };
        // Reject leading zeros and signs: they parse to the same numbers, but the server never
        // wrote such a cursor.
        if cursor.to_string() == text { Ok(cursor) } else { Err(MalformedCursor) }
    }
}

/// The range of a feed to read: positions after `after` and below `horizon`, at most `limit` rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeedRange {
    pub after: FeedCursor,
    pub horizon: u64,
    pub limit: i64,
}

impl FeedRange {
    /// The end of the statement that reads this range: further conditions, order and limit. `xid`
    /// and `id` are the columns of the position.
    pub fn sql(&self, xid: &'static str, id: &'static str) -> Sql {
        let pair = |sql: Sql| sql.push(xid).push(", ").push(id);
        pair(Sql::new(" AND ("))
            .push(") > (")
            .bind(SqlValue::Xid(self.after.xid.to_string()))
            .push(", ")
            .bind(self.after.id)
            .push(") AND ")
            .push(xid)
            .push(" < ")
            .bind(SqlValue::Xid(self.horizon.to_string()))
            .append(pair(Sql::new(" ORDER BY ")))
            .push(" LIMIT ")
            .bind(self.limit)
    }
}

/// A snapshot of PostgreSQL, in positions: which transactions had ended at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgSnapshot {
    /// Position of the oldest transaction that was open, or [`Self::next`] if none was.
    pub horizon: u64,
    /// Position of the first transaction that had not begun.
    pub next: u64,
    in_progress: Vec<u64>,
    /// The offset of the epoch, added to each transaction id.
    offset: i64,
}

impl PgSnapshot {
    pub fn take(session: &mut Session<'_>) -> Result<Self, Error> {
        Ok(Self::from_database(session.conn())?)
    }

    pub(super) fn from_database(conn: &mut PgConnection) -> QueryResult<Self> {
        let (snapshot, offset): (String, i64) =
            Sql::new("SELECT pg_current_snapshot()::text, elos_deslocamento()").row(conn)?;
        let unreadable = || diesel::result::Error::DeserializationError("pg_snapshot".into());
        Self::read(&snapshot, offset).ok_or_else(unreadable)
    }

    /// Parses the text form of `pg_snapshot`, `xmin:xmax:xip,xip,…`.
    fn read(text: &str, offset: i64) -> Option<Self> {
        let position = |number: &str| number.parse::<u64>().ok()?.checked_add_signed(offset);
        let mut parts = text.splitn(3, ':');
        let (horizon, next) = (position(parts.next()?)?, position(parts.next()?)?);
        let in_progress = parts.next()?.split(',').filter(|xid| !xid.is_empty());
        let in_progress = in_progress.map(position).collect::<Option<_>>()?;
        Some(Self { horizon, next, in_progress, offset })
    }

    /// The PostgreSQL transaction id of the oldest open transaction, without the offset.
    pub(super) const fn oldest(&self) -> u64 {
        self.horizon.wrapping_sub(self.offset.cast_unsigned())
    }

    /// Whether the transaction at position `xid` had ended, so that its rows were visible if it
    /// committed.
    pub fn had_completed(&self, xid: u64) -> bool {
        xid < self.next && !self.in_progress.contains(&xid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        let cursor = FeedCursor { xid: 18_446_744_073_709_551_615, id: 7 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in
            ["", "-", "1", "1-", "-1", "+1-1", "1-+1", "01-1", "1-1-1", "1--1", "a-1", " 1-1"]
        {
            assert_eq!(bad.parse::<FeedCursor>(), Err(MalformedCursor), "{bad}");
        }
        assert_eq!("1-9223372036854775808".parse::<FeedCursor>(), Err(MalformedCursor));
    }

    #[test]
    fn the_snapshot_knows_what_had_ended() {
        let snapshot = PgSnapshot::read("10:20:10,14", 0).unwrap();
        assert_eq!((snapshot.horizon, snapshot.next), (10, 20));
        let had_completed: Vec<u64> = (8..22).filter(|xid| snapshot.had_completed(*xid)).collect();
        assert_eq!(had_completed, [8, 9, 11, 12, 13, 15, 16, 17, 18, 19]);
        assert_eq!(PgSnapshot::read("10:10:", 0).unwrap().in_progress, Vec::<u64>::new());
        assert_eq!(PgSnapshot::read("10:x:", 0), None);
        // The same snapshot with the offset of a later epoch.
        let snapshot = PgSnapshot::read("10:20:10,14", 1_000).unwrap();
        assert_eq!((snapshot.horizon, snapshot.next, snapshot.oldest()), (1_010, 1_020, 10));
        assert!(
            snapshot.had_completed(14)
                && snapshot.had_completed(1_013)
                && !snapshot.had_completed(1_014)
                && !snapshot.had_completed(1_020)
        );
    }
}
