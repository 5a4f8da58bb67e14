//! Synthetic data about invented persons. They are identical at every run, except for what is in
//! progress and therefore dated by the day of the run.

mod catalogos;
mod copy;
mod world;

pub use catalogos::catalogos;

/// Up to this number of processos, the synthetic data have a history. A larger data set is meant for
/// measurements, and its history would take minutes.
const PROCESSOS_WITH_HISTORY: u32 = 20_000;

use crate::db::{Sql, row};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use indicatif::{ProgressBar, ProgressStyle};
use world::World;

/// Whether the database has no processo.
pub fn is_empty(conn: &mut PgConnection) -> QueryResult<bool> {
    Ok(Sql::new("SELECT FROM processo LIMIT 1").execute(conn)? == 0)
}

row! {
    #[derive(QueryableByName)]
    struct LastIds {
        adolescente: i64,
        processo: i64,
        vinculo: i64,
        guia: i64,
        sequencia: i64,
    }
}

/// Fills an empty database: processos, the catalogues of the Tramita and, up to
/// `PROCESSOS_WITH_HISTORY` processos, their history and trâmites.
pub fn fill(conn: &mut PgConnection, processos: u32, now: DateTime<Utc>) -> anyhow::Result<()> {
    seed(conn, processos)?;
    if processos <= PROCESSOS_WITH_HISTORY {
        history(conn, now)?;
    }
    catalogos(conn, now)
}

/// Adds `processos` processos, rounded up to whole casos and spread over the 27 tribunals. It uses
/// COPY as the owner of the tables, in one transaction.
pub fn seed(conn: &mut PgConnection, processos: u32) -> anyhow::Result<()> {
    conn.transaction(|conn| {
        conn.batch_execute(
            "SET LOCAL ROLE elos_dono; SET LOCAL synchronous_commit = off; \
             LOCK TABLE adolescente, processo, vinculo, guia, evento IN SHARE ROW EXCLUSIVE MODE",
        )?;
        let last: LastIds = Sql::new(
            "SELECT (SELECT coalesce(max(id), 0) FROM adolescente) AS adolescente, \
                    (SELECT coalesce(max(id), 0) FROM processo) AS processo, \
                    (SELECT coalesce(max(id), 0) FROM vinculo) AS vinculo, \
                    (SELECT coalesce(max(id), 0) FROM guia) AS guia, \
                    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM adolescente_sequencia) AS sequencia",
        )
        .get_result(conn)?;
        let world = World {
            cases: i64::from(processos.div_ceil(world::PROCESSOS_PER_CASE)),
            adolescente: last.adolescente,
            processo: last.processo,
            vinculo: last.vinculo,
            guia: last.guia,
            sequence: last.sequencia,
        };
        copy::all(conn, &world, &bar(&world))?;
        // COPY inserted explicit ids, so the sequences must continue after them.
        conn.batch_execute(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (VALUES \
                ('adolescente', (SELECT max(id) FROM adolescente)), \
                ('processo', (SELECT max(id) FROM processo)), \
                ('vinculo', (SELECT max(id) FROM vinculo)), \
                ('guia', (SELECT max(id) FROM guia))) AS ultimos (t, m)",
        )?;
        Sql::new("SELECT setval('adolescente_sequencia', ").bind(world.last_sequence()).push(")").execute(conn)?;
        Ok::<_, anyhow::Error>(())
    })?;
    conn.batch_execute("ANALYZE adolescente, processo, vinculo, guia, evento")?;
    Ok(())
}

/// Changes all rows, which are those of [`seed`], for a demo: it spreads them over several years
/// with seasonal variation, writes their eventos in chronological order, and adds trâmites. The
/// result is identical at every run, except for the times of the trâmites in progress and of two
/// guias in each tribunal.
pub fn history(conn: &mut PgConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    conn.transaction(|conn| {
        conn.batch_execute("SET LOCAL ROLE elos_dono; SET LOCAL synchronous_commit = off")?;
        Sql::new("SELECT set_config('semente.agora', ")
            .bind(now.to_rfc3339())
            .push(", true)")
            .execute(conn)?;
        conn.batch_execute(include_str!("historia.sql"))?;
        conn.batch_execute(include_str!("tramites.sql"))
    })?;
    conn.batch_execute("ANALYZE adolescente, processo, vinculo, guia, evento, tramite")?;
    Ok(())
}

/// The progress bar. indicatif shows it only on a terminal.
fn bar(world: &World) -> ProgressBar {
    let bar = ProgressBar::new(world.cases.unsigned_abs() * copy::TABLES);
    let style =
        ProgressStyle::with_template("semeando {msg:12} {wide_bar} {percent:>3}%  falta {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
