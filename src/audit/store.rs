//! Runs the SQL of the audit trail, which is append-only.

use super::entry::{Entry, NewRecord, ResultadoAuditoria, entry_columns};
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::db::{BatchKey, Db, Session, Sql, SqlValue};
use crate::error::Error;
use crate::value::resource::{Resource, no_resources};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use std::sync::Arc;
use std::time::Duration;

/// Maximum number of records in one statement.
pub const BATCH_SIZE: usize = 1000;
/// The increment of the sequence `auditoria_sequencia`.
pub const ID_BLOCK_SIZE: i64 = 1000;

/// Follows `unnest(` and an array of tribunais. Yields each tribunal with the position of its last
/// seal, as `u`.
macro_rules! last_seal {
    () => {
        ") AS t (codigo) LEFT JOIN LATERAL (SELECT s.ate_xid, s.ate_id FROM selo s WHERE s.tribunal_codigo = t.codigo \
             ORDER BY s.ordem DESC LIMIT 1) AS u ON true"
    };
}

/// Follows `last_seal!`. Yields the records after that seal, from a table named `a`. The caller
/// closes the parenthesis.
macro_rules! after_last_seal {
    () => {
        " CROSS JOIN LATERAL (SELECT a.* FROM auditoria a WHERE a.tribunal_codigo = t.codigo \
             AND (a.xid, a.id) > (coalesce(u.ate_xid, '0'::xid8), coalesce(u.ate_id, 0))"
    };
}

no_resources!(Entry);

/// Reserves [`ID_BLOCK_SIZE`] ids from the sequence and returns the first.
pub fn reserve_ids(conn: &mut PgConnection) -> QueryResult<i64> {
    Sql::new("SELECT nextval('auditoria_sequencia')").row(conn)
}

/// Seals committed records that have no seal yet, at most `seal::MAX_BATCH` for each tribunal.
/// Returns how many records it sealed.
pub fn seal_pending(conn: &mut PgConnection) -> QueryResult<usize> {
    let sealed: i64 = Sql::new("SELECT elos_trilha_selar()").row(conn)?;
    Ok(sealed.try_into().unwrap_or_default())
}

/// The records that are written and not sealed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tail {
    /// Their number. At most 10,000 of each tribunal are counted.
    pub records: usize,
    /// The age of the oldest. `None` if there is no record.
    pub oldest: Option<Duration>,
}

/// Counts the records of the tail, at most 10,000 of each tribunal, so that the query stays fast
/// even if nothing was sealed for days. Blocks.
pub fn unsealed_tail(db: &Db) -> Result<Tail, Error> {
    let (records, seconds): (i64, Option<f64>) = db.with_national_conn(|conn| {
        conn.transaction(|conn| {
            // Planned while the trail is short, the statement would keep a plan that scans all of it.
            conn.batch_execute("SET LOCAL enable_seqscan = off")?;
            Sql::new("SELECT count(*), extract(epoch FROM clock_timestamp() - min(a.ocorrido_em))::float8 FROM unnest(")
                .bind(super::entry::tribunais())
                .push(concat!(last_seal!(), after_last_seal!(), " ORDER BY a.xid, a.id LIMIT 10000) AS a"))
                .row(conn)
        })
    })?;
    let oldest = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    Ok(Tail { records: records.try_into().unwrap_or_default(), oldest })
}

/// Writes a batch under consecutive ids from `first`. Returns false when one of the ids is taken:
/// by this very batch, if an earlier attempt stored it, or by another batch.
pub fn insert_reads(conn: &mut PgConnection, first: i64, batch: &[NewRecord]) -> QueryResult<bool> {
    let sql = Sql::new("SELECT elos_trilha_de_leitura(").bind(first).push(", ");
    let sql = read_arguments(sql, &batch.iter().collect::<Vec<_>>()).push(")");
    match sql.execute(conn) {
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        other => other.map(|_| true),
    }
}

/// Whether the trail already holds the batch that was sent under these ids.
pub fn is_stored(conn: &mut PgConnection, first: i64, batch: &[NewRecord]) -> QueryResult<bool> {
    let written: i64 = Sql::new("SELECT elos_trilha_escritos(")
        .bind(first)
        .push(", ")
        .bind_each(batch, |new| new.correlation.clone())
        .push(")")
        .row(conn)?;
    Ok(usize::try_from(written).is_ok_and(|n| n == batch.len()))
}

/// Writes one record that a batch could not write. If PostgreSQL cannot store it, sets the record
/// aside and returns the SQLSTATE.
pub fn insert_or_set_aside(
    conn: &mut PgConnection,
    record: &NewRecord,
) -> QueryResult<Option<String>> {
    let sql = Sql::new("SELECT elos_trilha_provar(").bind(record.as_bytes()).push(", ");
    read_arguments(sql, &[record]).push(")").row(conn)
}

/// Creates the partitions of this month and the next two, if they are missing.
pub fn prepare_months(conn: &mut PgConnection) -> QueryResult<()> {
    Sql::new("SELECT elos_trilha_preparar()").execute(conn).map(|_| ())
}

/// Writes the records of writes, in the transaction of those writes.
pub fn insert_writes(session: &mut Session<'_>, records: &[&NewRecord]) -> QueryResult<()> {
    if records.is_empty() {
        return Ok(());
    }
    let shared = distinct(records);
    let sql = per_record_arguments(Sql::new("SELECT elos_trilha_de_escrita("), records, &shared)
        .push(", ");
    shared_arguments(sql, &shared.0).push(")").execute(session.conn()).map(|_| ())
}

/// Binds the arguments, except the first, of the SQL functions that store records of reads.
fn read_arguments(sql: Sql, batch: &[&NewRecord]) -> Sql {
    let shared = distinct(batch);
    let (others, from, until) = flatten(batch, |new, all| all.extend_from_slice(&new.correlations));
    let sql =
        per_record_arguments(sql, batch, &shared).push(", ").bind(from).push(", ").bind(until);
    let sql = sql.push(", ").bind(others).push("::text[]::uuid[], ");
    let sql = sql.bind_each(&shared.0, |new| new.tribunal()).push(", ");
    shared_arguments(sql, &shared.0)
}

/// Binds the columns in which the records differ.
fn per_record_arguments(
    sql: Sql,
    batch: &[&NewRecord],
    shared: &(Vec<&NewRecord>, Vec<i64>),
) -> Sql {
    let (resources, from, until) = flatten(batch, |new, all| {
        all.extend(new.resources.iter().map(|resource| resource.to_number()));
    });
    let sql = sql.bind_each(batch, |new| new.correlation.clone()).push(", ");
    let sql = sql.bind(from).push(", ").bind(until).push(", ").bind(shared.1.clone()).push(", ");
    sql.bind(resources)
}

/// Binds the columns that records share, without the tribunal.
fn shared_arguments(sql: Sql, distinct: &[&NewRecord]) -> Sql {
    sql.bind_each(distinct, |new| new.actor.sub().to_owned())
        .push(", ")
        .bind_each(distinct, |new| new.actor.azp().unwrap_or_default().to_owned())
        .push(", ")
        .bind_each(distinct, |new| new.canal.text().to_owned())
        .push(", ")
        .bind_each(distinct, |new| new.operation.clone())
        .push(", ")
        .bind_each(distinct, |new| new.especie.text().to_owned())
        .push(", ")
        .bind_each(distinct, |new| ResultadoAuditoria::from_status(new.status).text().to_owned())
        .push(", ")
        .bind_each(distinct, |new| new.status.cast_signed())
        .push(", ")
        .bind_each(distinct, |new| new.fields.names().collect::<Vec<_>>().join(","))
}

/// One record for each distinct combination of shared columns, and for each record of the batch the
/// index (from 1) of its combination. A few clients repeat a few operations, so the shared columns
/// are sent once instead of once a record.
fn distinct<'a>(batch: &[&'a NewRecord]) -> (Vec<&'a NewRecord>, Vec<i64>) {
    let (mut distinct, mut seen) = (Vec::new(), HashMap::new());
    let index = batch.iter().map(|&new| {
        let NewRecord { actor, canal, operation, especie, status, fields, .. } = new;
        let common =
            (new.tribunal(), actor.sub(), actor.azp(), canal, operation, especie, status, fields);
        *seen.entry(common).or_insert_with(|| {
            distinct.push(new);
            i64::try_from(distinct.len()).unwrap_or(i64::MAX)
        })
    });
    let index = index.collect();
    (distinct, index)
}

/// Puts the lists of all records into one array. Also returns, for each record, the index (from 1)
/// of the first and of the last item of its list. PostgreSQL has arrays of arrays only if all have
/// the same length.
fn flatten<T>(
    batch: &[&NewRecord],
    add: impl Fn(&NewRecord, &mut Vec<T>),
) -> (Vec<T>, Vec<i64>, Vec<i64>) {
    let (mut all, mut from, mut until) = (Vec::new(), Vec::new(), Vec::new());
    let end = |all: &Vec<T>| i64::try_from(all.len()).unwrap_or(i64::MAX);
    for new in batch {
        from.push(end(&all) + 1);
        add(new, &mut all);
        until.push(end(&all));
    }
    (all, from, until)
}

/// Records about one resource. Finds sealed records through their seals, and the others by a scan
/// of what is not sealed yet.
fn of_resource(numero: i64, tribunal: Option<i16>) -> Sql {
    let tribunais = tribunal.map_or_else(super::entry::tribunais, |code| vec![code]);
    Sql::new("a.recursos @> ARRAY[")
        .bind(numero)
        .push(
            "]::bigint[] AND a.id IN (SELECT unnest(s.ids) FROM selo s WHERE s.recursos @> ARRAY[",
        )
        .bind(numero)
        .push("]::bigint[] UNION ALL SELECT b.id FROM unnest(")
        .bind(tribunais)
        .push(concat!(last_seal!(), after_last_seal!(), ") AS b)"))
}

/// The record with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordById(pub i64);

impl BatchKey for RecordById {
    type Value = Arc<Entry>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql =
            Sql::new(concat!("SELECT ", entry_columns!(), " FROM auditoria a WHERE a.id = ANY("))
                .bind(ids)
                .push(")");
        let sql = match session.scope.tribunal() {
            Some(code) => sql.and(Sql::new("a.tribunal_codigo = ").bind(code)),
            None => sql,
        };
        let rows: Vec<Entry> = sql.load(session.conn())?;
        Ok(rows.into_iter().map(|row| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The trail, oldest record first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TrailQuery {
    /// The earliest time, inclusive. `None` sets no limit.
    pub from: Option<DateTime<Utc>>,
    /// The latest time, exclusive. `None` sets no limit.
    pub until: Option<DateTime<Utc>>,
    /// The `sub` or the `azp` of the actor. `None` stands for every actor.
    pub actor: Option<String>,
    /// `None` stands for every resource. `Some(None)` is a resource that does not exist, so nothing
    /// matches.
    pub resource: Option<Option<Resource>>,
}

from_columns!(Entry);

impl List for TrailQuery {
    const NAME: &'static str = "Trilha";
    type Row = Arc<Entry>;
    type Record = Entry;

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let Self { from, until, actor, resource } = self;
        let conditions = [
            // The records of all tribunais have their own index, `auditoria_da_trilha_nacional`;
            // this condition makes PostgreSQL use it.
            Some(match tribunal {
                Some(code) => Sql::new("a.tribunal_codigo = ").bind(code),
                None => Sql::new("a.tribunal_codigo >= 0"),
            }),
            from.map(|from| Sql::new("a.ocorrido_em >= ").bind(from)),
            until.map(|until| Sql::new("a.ocorrido_em < ").bind(until)),
            actor.clone().map(|actor| {
                let sub = Sql::new("(a.sub = ").bind(actor.clone());
                sub.push(" OR a.azp = ").bind(actor).push(")")
            }),
            resource.map(|resource| match resource {
                Some(resource) => of_resource(resource.to_number(), tribunal),
                None => Sql::new("false"),
            }),
        ];
        ListQuery {
            columns: entry_columns!(),
            tables: "auditoria a",
            parent_column: None,
            // Read only up to the oldest transaction that is still open. Otherwise a client that
            // pages would skip records that commit late.
            where_clause: Sql::new("a.xid < (SELECT elos_horizonte())").and(Sql::all(conditions)),
            ordering: OrderBy {
                then: Vec::new(),
                column: Some(("a.xid", KeyType::Xid)),
                id: "a.id",
                descending: false,
            },
        }
    }

    fn position(&self, row: &Arc<Entry>) -> Position {
        Position { key: Some(SqlValue::Xid(row.xid.clone())), id: row.id }
    }
}
