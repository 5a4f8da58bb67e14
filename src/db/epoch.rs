//! Epochs: what is added to the number of a transaction to give its position in the feed and in
//! the trail.
//!
//! A copy of the data in another PostgreSQL (pg_dump) would go on from that one's counter of
//! transactions, before its own end. So each PostgreSQL that the database has been in is an epoch,
//! which begins beyond every position of the ones before it (the migration `epoca`).

use super::Sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable};

/// Begins the next epoch, if this PostgreSQL is not the one of the last.
pub(super) fn check(auditor: &mut PgConnection) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Begun {
        #[diesel(sql_type = Nullable<Integer>)]
        epoch: Option<i32>,
    }
    let check = Sql::new("SELECT elos_epoca_conferir() AS epoch");
    if let Begun { epoch: Some(epoch) } = check.get_result(auditor)? {
        tracing::warn!(
            epoch,
            "the data came from another PostgreSQL: the feed and the trail go on in a new epoch"
        );
    }
    Ok(())
}
