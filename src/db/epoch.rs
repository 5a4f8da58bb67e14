//! Epochs: the offset that is added to a transaction id (xid) to get its position in the feed and
//! in the audit trail.
//!
//! When the data is restored with `pg_dump` into another PostgreSQL cluster, that cluster's
//! transaction ids may be lower than the positions already used. Therefore each cluster that has
//! held the data is an epoch, which begins after every position of the earlier epochs (see the
//! migration `epoca`).

use super::Sql;
use diesel::prelude::*;

/// Begins a new epoch if this PostgreSQL cluster is not that of the current epoch, and returns its
/// number. Otherwise returns `None`.
pub(super) fn begin_if_moved(auditor: &mut PgConnection) -> QueryResult<Option<i32>> {
    let epoch: Option<i32> = Sql::new("SELECT elos_epoca_conferir()").row(auditor)?;
    if let Some(epoch) = epoch {
        tracing::warn!(
            epoch,
            "the data came from another PostgreSQL: the feed and the trail go on in a new epoch"
        );
    }
    Ok(epoch)
}
