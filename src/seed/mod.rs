//! Synthetic data, the same at every run: nobody in it exists.

mod catalogos;
mod copy;
mod world;

pub use catalogos::catalogos;

use crate::db::Sql;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use indicatif::{ProgressBar, ProgressStyle};
use world::Mundo;

/// Whether the database has no processo yet.
pub fn vazio(conn: &mut PgConnection) -> QueryResult<bool> {
    Ok(Sql::new("SELECT FROM processo LIMIT 1").execute(conn)? == 0)
}

#[derive(QueryableByName)]
struct Ultimos {
    #[diesel(sql_type = BigInt)]
    adolescente: i64,
    #[diesel(sql_type = BigInt)]
    processo: i64,
    #[diesel(sql_type = BigInt)]
    vinculo: i64,
    #[diesel(sql_type = BigInt)]
    guia: i64,
    #[diesel(sql_type = BigInt)]
    sequencia: i64,
}

/// Adds about `processos` processos over the 27 tribunals, by COPY as the
/// owner of the tables, in one transaction.
pub fn semear(conn: &mut PgConnection, processos: u32) -> anyhow::Result<()> {
    conn.transaction(|conn| {
        conn.batch_execute(
            "SET LOCAL ROLE elos_dono; SET LOCAL synchronous_commit = off; \
             LOCK TABLE adolescente, processo, vinculo, guia, evento IN SHARE ROW EXCLUSIVE MODE",
        )?;
        let ultimos: Ultimos = Sql::new(
            "SELECT (SELECT coalesce(max(id), 0) FROM adolescente) AS adolescente, \
                    (SELECT coalesce(max(id), 0) FROM processo) AS processo, \
                    (SELECT coalesce(max(id), 0) FROM vinculo) AS vinculo, \
                    (SELECT coalesce(max(id), 0) FROM guia) AS guia, \
                    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM adolescente_sequencia) AS sequencia",
        )
        .get_result(conn)?;
        let mundo = Mundo {
            casos: i64::from(processos.div_ceil(world::PROCESSOS_POR_CASO)),
            adolescente: ultimos.adolescente,
            processo: ultimos.processo,
            vinculo: ultimos.vinculo,
            guia: ultimos.guia,
            sequencia: ultimos.sequencia,
        };
        copy::tudo(conn, &mundo, &barra(&mundo))?;
        // COPY brought its own ids: the counters go on after them.
        conn.batch_execute(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (VALUES \
                ('adolescente', (SELECT max(id) FROM adolescente)), \
                ('processo', (SELECT max(id) FROM processo)), \
                ('vinculo', (SELECT max(id) FROM vinculo)), \
                ('guia', (SELECT max(id) FROM guia))) AS ultimos (t, m)",
        )?;
        Sql::new("SELECT setval('adolescente_sequencia', ").bind(mundo.ultima_sequencia()).push(")").execute(conn)?;
        Ok::<_, anyhow::Error>(())
    })?;
    conn.batch_execute("ANALYZE adolescente, processo, vinculo, guia, evento")?;
    Ok(())
}

/// What a demo has besides, over the rows of [`semear`]: years of work with its seasons, and the
/// eventos of it in the order of time. The same at every start.
pub fn historia(conn: &mut PgConnection) -> anyhow::Result<()> {
    conn.transaction(|conn| {
        conn.batch_execute("SET LOCAL ROLE elos_dono; SET LOCAL synchronous_commit = off")?;
        conn.batch_execute(include_str!("historia.sql"))
    })?;
    conn.batch_execute("ANALYZE adolescente, processo, vinculo, guia, evento")?;
    Ok(())
}

/// On a terminal only: indicatif hides itself elsewhere.
fn barra(mundo: &Mundo) -> ProgressBar {
    let barra = ProgressBar::new(mundo.casos.unsigned_abs() * copy::TABELAS);
    let estilo =
        ProgressStyle::with_template("semeando {msg:12} {wide_bar} {percent:>3}%  falta {eta}");
    barra.with_style(estilo.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
