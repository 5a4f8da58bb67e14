//! Runs the SQL that archives months of the trail.

use super::run::SealRange;
use crate::audit::seal::{CHAIN_START, Hash};
use crate::db::{Sql, SqlValue, row};
use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;

/// Key of the advisory lock that admits only one archiving process at a time.
const LOCK: i64 = 0x61_72_71_75_69_76_6f;

row! {
    /// A partition of the trail and the partition of its seals. The first partition of a trail is named
    /// after its last month and also holds everything before that month.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct Month {
        pub mes: NaiveDate,
        pub desde: Option<DateTime<Utc>>,
        pub ate: DateTime<Utc>,
        /// Whether no transaction can write into the month any more.
        pub over: bool,
        pub now: DateTime<Utc>,
        /// Names of the partitions, quoted where necessary.
        auditoria: String,
        selo: String,
    }
}

/// The months that are in the database, oldest first.
pub fn months(conn: &mut PgConnection) -> QueryResult<Vec<Month>> {
    // An operation takes at most ten minutes. One hour after the end of the month, every
    // transaction that began before the end is over.
    Sql::new(
        "WITH parte AS (
            SELECT i.inhparent, c.oid::regclass::text AS nome,
                substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''([^'']+)''\\)') AS desde,
                substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([^'']+)''\\)') AS ate
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid)
        SELECT ((a.ate::timestamptz AT TIME ZONE 'UTC') - interval '1 month')::date AS mes, a.desde::timestamptz AS desde,
            a.ate::timestamptz AS ate, a.ate::timestamptz < now() - interval '1 hour' AS over, now() AS now,
            a.nome AS auditoria, s.nome AS selo
        FROM parte a JOIN parte s ON s.ate::date::timestamp AT TIME ZONE 'UTC' = a.ate::timestamptz
        WHERE a.inhparent = 'auditoria'::regclass AND s.inhparent = 'selo'::regclass ORDER BY a.ate::timestamptz",
    )
    .load(conn)
}

impl Month {
    /// The month as `YYYY-MM`.
    pub fn name(&self) -> String {
        self.mes.format("%Y-%m").to_string()
    }

    /// Condition for the records of this month, in a table named `a`.
    pub fn records(&self) -> Sql {
        let before = Sql::new("a.ocorrido_em < ").bind(self.ate);
        match self.desde {
            Some(since) => before.and(Sql::new("a.ocorrido_em >= ").bind(since)),
            None => before,
        }
    }

    /// Condition for the seals of this month, in a table named `s`.
    pub fn seals(&self) -> Sql {
        let before = Sql::new("s.mes < ").bind(self.ate.date_naive());
        match self.desde {
            Some(since) => before.and(Sql::new("s.mes >= ").bind(since.date_naive())),
            None => before,
        }
    }
}

pub fn count_records(conn: &mut PgConnection, month: &Month) -> QueryResult<i64> {
    Sql::new("SELECT count(*) FROM auditoria a WHERE ").append(month.records()).row(conn)
}

/// Number of records of the month that no seal covers.
pub fn count_unsealed(conn: &mut PgConnection, month: &Month) -> QueryResult<i64> {
    let sql = Sql::new("SELECT coalesce(sum(cardinality(s.ids)), 0)::bigint FROM selo s WHERE ");
    let sealed: i64 = sql.append(month.seals()).row(conn)?;
    Ok(count_records(conn, month)? - sealed)
}

row! {
    #[derive(QueryableByName)]
    struct RunRow {
        tribunal_codigo: i16,
        de_ordem: i64,
        ate_ordem: i64,
        anterior: Vec<u8>,
        hash: Vec<u8>,
        registros: i64,
        ate_xid: String,
        ate_id: i64,
    }
}

impl From<RunRow> for SealRange {
    fn from(row: RunRow) -> Self {
        let hash = |bytes: Vec<u8>| Hash::try_from(bytes).unwrap_or(CHAIN_START);
        Self {
            tribunal: row.tribunal_codigo,
            first: row.de_ordem,
            last: row.ate_ordem,
            before: hash(row.anterior),
            hash: hash(row.hash),
            records: row.registros,
            until: (row.ate_xid.parse().unwrap_or_default(), row.ate_id),
        }
    }
}

/// The runs that the seals of the month form, as the database has them.
pub fn runs(conn: &mut PgConnection, month: &Month) -> QueryResult<Vec<SealRange>> {
    let rows: Vec<RunRow> = Sql::new(
        "SELECT tribunal_codigo, min(ordem) AS de_ordem, max(ordem) AS ate_ordem, (array_agg(anterior ORDER BY ordem))[1] AS anterior,
            (array_agg(hash ORDER BY ordem DESC))[1] AS hash, sum(n)::bigint AS registros,
            (array_agg(ate_xid ORDER BY ordem DESC))[1]::text AS ate_xid, (array_agg(ate_id ORDER BY ordem DESC))[1] AS ate_id
        FROM (SELECT s.tribunal_codigo, s.ordem, s.anterior, s.hash, s.ate_xid, s.ate_id, cardinality(s.ids) AS n,
                s.ordem - row_number() OVER (PARTITION BY s.tribunal_codigo ORDER BY s.ordem) AS trecho FROM selo s WHERE ",
    )
    .append(month.seals())
    .push(") AS x GROUP BY tribunal_codigo, trecho ORDER BY tribunal_codigo, de_ordem")
    .load(conn)?;
    Ok(rows.into_iter().map(SealRange::from).collect())
}

/// The hash of a seal that is in the database, or of the last seal of an archived run. `None` for
/// any other seal. Seal 0 stands for the start of a chain.
pub fn hash_of(conn: &mut PgConnection, tribunal: i16, order: i64) -> QueryResult<Option<Hash>> {
    if order == 0 {
        return Ok(Some(CHAIN_START));
    }
    let found: Option<Vec<u8>> = Sql::new("SELECT s.hash FROM selo s WHERE s.tribunal_codigo = ")
        .bind(tribunal)
        .push(" AND s.ordem = ")
        .bind(order)
        .push(" UNION ALL SELECT t.hash FROM trilha_arquivada t WHERE t.tribunal_codigo = ")
        .bind(tribunal)
        .push(" AND t.ate_ordem = ")
        .bind(order)
        .push(" LIMIT 1")
        .row(conn)
        .optional()?;
    Ok(found.and_then(|hash| hash.try_into().ok()))
}

/// A run that has left the database, and the file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    pub month: NaiveDate,
    pub file: String,
    pub sha256: Vec<u8>,
    pub run: SealRange,
}

/// All archived runs, in the order of the chains.
pub fn archived(conn: &mut PgConnection) -> QueryResult<Vec<Archived>> {
    row! {
        #[derive(QueryableByName)]
        struct Row {
            mes: NaiveDate,
            arquivo: String,
            arquivo_sha256: Vec<u8>,
            #[diesel(embed)]
            run: RunRow,
        }
    }
    let rows: Vec<Row> = Sql::new(
        "SELECT t.mes, t.arquivo, t.arquivo_sha256, t.tribunal_codigo, t.de_ordem, t.ate_ordem, t.anterior, t.hash, t.registros,
            t.ate_xid::text AS ate_xid, t.ate_id FROM trilha_arquivada t ORDER BY t.tribunal_codigo, t.de_ordem",
    )
    .load(conn)?;
    let archived = |row: Row| Archived {
        month: row.mes,
        file: row.arquivo,
        sha256: row.arquivo_sha256,
        run: row.run.into(),
    };
    Ok(rows.into_iter().map(archived).collect())
}

/// Takes the advisory lock of archiving. The lock lasts until the connection ends. Returns false
/// when another process holds it.
pub fn try_lock_archiving(conn: &mut PgConnection) -> QueryResult<bool> {
    Sql::new("SELECT pg_try_advisory_lock(").bind(LOCK).push(")").row(conn)
}

/// Switches to the role of the owner of the tables, from which row-level security hides nothing.
pub fn as_owner(conn: &mut PgConnection) -> anyhow::Result<()> {
    conn.batch_execute("SET ROLE elos_dono").context(
        "ELOS_MIGRATE_URL tem de ser de quem migra o banco: o dono das tabelas, ou um membro de elos_dono",
    )
}

/// The message of the exception that reports a failed lock. PostgreSQL translates its own messages,
/// so they cannot be compared.
const BUSY: &str = "elos_trilha_ocupada";

/// Whether the error means that a table could not be locked because others use it.
pub fn is_busy(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information) if information.message() == BUSY)
}

fn lock(conn: &mut PgConnection, tables: &str, mode: &str) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "SET LOCAL lock_timeout = '1s';
         DO $elos$ BEGIN LOCK TABLE {tables} IN {mode} MODE;
         EXCEPTION WHEN lock_not_available THEN RAISE EXCEPTION '{BUSY}'; END $elos$"
    ))
}

/// Locks the month against writes until the transaction ends. Reads continue.
pub fn lock_month(conn: &mut PgConnection, month: &Month) -> QueryResult<()> {
    lock(conn, &format!("{}, {}", month.auditoria, month.selo), "SHARE")
}

/// Records in `trilha_arquivada` that this file holds one run of the month.
pub fn insert_run(
    conn: &mut PgConnection,
    month: &Month,
    run: &SealRange,
    (name, sha256): (&str, &Hash),
) -> QueryResult<()> {
    Sql::new(
        "INSERT INTO trilha_arquivada (mes, tribunal_codigo, de_ordem, ate_ordem, anterior, hash, registros, ate_xid, ate_id, arquivo, \
         arquivo_sha256) VALUES (",
    )
    .bind_all([
        month.mes.into(),
        run.tribunal.into(),
        run.first.into(),
        run.last.into(),
        run.before.to_vec().into(),
        run.hash.to_vec().into(),
        run.records.into(),
        SqlValue::Xid(run.until.0.to_string()),
        run.until.1.into(),
        name.to_owned().into(),
        sha256.to_vec().into(),
    ])
    .push(")")
    .execute(conn)?;
    Ok(())
}

/// Drops the partitions of the month. Readers and writers of the trail wait: at most one second
/// while this waits for the lock, and then until the transaction ends.
pub fn drop_month(conn: &mut PgConnection, month: &Month) -> QueryResult<()> {
    lock(conn, "auditoria, selo", "ACCESS EXCLUSIVE")?;
    conn.batch_execute(&format!("DROP TABLE {}, {}", month.auditoria, month.selo))
}
