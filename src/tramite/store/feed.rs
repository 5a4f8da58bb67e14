//! The feed of trâmites.

use super::tables;
use crate::db::feed::{FeedCursor, FeedRange};
use crate::db::{Session, Sql};
use crate::error::Error;
use crate::tramite::{Tramite, tramite_columns};
use diesel::prelude::*;
use std::sync::Arc;

/// Trâmites that began to wait for reception by the caller, in the order in which they did. Each
/// shows its current state, so one that was refused since is missing.
pub fn received(
    session: &mut Session<'_>,
    range: FeedRange,
) -> Result<Vec<(FeedCursor, Arc<Tramite>)>, Error> {
    // A caller that sees every tribunal is the destinatário of no trâmite.
    let Some(tribunal) = session.scope.tribunal() else { return Ok(Vec::new()) };
    let rows: Vec<Tramite> = Sql::new(concat!(
        "SELECT ",
        tramite_columns!(),
        " FROM ",
        tables!(),
        " WHERE t.destinatario_tribunal = "
    ))
    .bind(tribunal)
    .push(" AND t.completo_em IS NOT NULL AND t.situacao NOT IN (8, 9)")
    .append(range.sql("t.xid", "t.idt"))
    .load(session.conn())?;
    let cursor = |row: Tramite| Ok((FeedCursor::from_row(&row.xid, row.idt)?, Arc::new(row)));
    rows.into_iter().map(cursor).collect()
}
