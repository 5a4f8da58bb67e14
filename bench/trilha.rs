//! A synthetic year of the trail: the size of a record in the database and in an archive, the time
//! to archive a month, and whether the check finds one changed byte of the file.
//!
//! `script/bench trilha` runs it on a database of its own. The records are of the twelve months
//! before this one, of 27 tribunais and the national credentials at random. The function of the
//! server seals them.

use anyhow::{Context, ensure};
use chrono::{Datelike, Months, NaiveDate};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use elos::db::Sql;
use elos::db::migrations::Migrator;
use elos::embedded::{Embedded, Options};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MONTHS: u32 = 12;
/// Records in one transaction.
const BATCH: u32 = 500;

/// Makes the partitions of the past months.
const PARTITIONS: &str = include_str!("../tests/api/archive/past_months.sql");

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let records = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => 10_000_000,
        ["--registros", n] => n.parse().context("--registros N")?,
        _ => anyhow::bail!("script/bench trilha [--registros N]"),
    };
    let folder = PathBuf::from(format!("/var/tmp/elos-trilha-{}", std::process::id()));
    let mut options = Options::new(folder.join("banco"));
    // The data need not survive the run.
    options.durable = false;
    options.settings.push(("shared_buffers".into(), "1GB".into()));
    options.settings.push(("max_wal_size".into(), "8GB".into()));
    std::fs::create_dir_all(&folder)?;
    let postgres = Embedded::start(options)?;
    let outcome = measure(&postgres, &folder, records);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn measure(postgres: &Embedded, folder: &Path, records: u32) -> anyhow::Result<()> {
    PgConnection::establish(&postgres.url("postgres", "postgres"))?
        .batch_execute("CREATE DATABASE trilha")?;
    let url = postgres.url("postgres", "trilha");
    Migrator::connect(&url)?.apply()?;
    let mut conn = PgConnection::establish(&url)?;
    conn.batch_execute(&PARTITIONS.replace(":meses", &MONTHS.to_string()))?;
    conn.batch_execute("RESET ROLE; SET synchronous_commit = off")?;
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048)?;
    std::fs::write(folder.join("chave.pem"), key.to_pkcs8_pem(LineEnding::LF)?.as_bytes())?;
    let archives = folder.join("arquivos");
    std::fs::create_dir(&archives)?;

    let (mut filling, mut sealing) = (Duration::ZERO, Duration::ZERO);
    let per_month = records / MONTHS;
    for before in (1..=MONTHS).rev() {
        let start = Instant::now();
        fill(&mut conn, month(before), per_month)?;
        filling += start.elapsed();
        let start = Instant::now();
        while number(&mut conn, Sql::new("SELECT elos_trilha_selar() AS n"))? > 0 {}
        sealing += start.elapsed();
        println!("{}: {per_month} records", month(before).format("%Y-%m"));
    }
    println!("written in {:.0} s, sealed in {:.0} s", filling.as_secs_f64(), sealing.as_secs_f64());
    conn.batch_execute("VACUUM ANALYZE auditoria")?;
    conn.batch_execute("VACUUM ANALYZE selo")?;
    let total = u64::from(per_month * MONTHS);
    print_sizes(&mut conn, total)?;

    let elos = Program { url, key: folder.join("chave.pem") };
    let whole = elos.run("verify, all in the database", &["verify"])?;
    ensure!(whole.success, "{}", whole.text);
    let (until, to) = (month(MONTHS).format("%Y-%m").to_string(), archives.display().to_string());
    let archived = elos.run("archive, one month", &["archive", "--ate", &until, "--para", &to])?;
    ensure!(archived.success, "{}", archived.text);
    println!("{}", archived.text.trim());
    let file = archives.join(format!("elos-trilha-{until}.ndjson.gz"));
    let bytes = std::fs::read(&file)?;
    println!(
        "archive: {} bytes, {:.1} a record",
        bytes.len(),
        per(bytes.len() as u64, u64::from(per_month))
    );
    print_sizes(&mut conn, total - u64::from(per_month))?;

    let verify = ["verify", "--arquivo", &to, "--exigir-arquivos"];
    let both = elos.run("verify, archive and rest", &verify)?;
    ensure!(both.success, "{}", both.text);
    let alone = elos.run("verify, archive alone", &["verify", "--arquivo", &to, "--sem-banco"])?;
    ensure!(alone.success, "{}", alone.text);
    let at = bytes.len() / 2;
    let mut changed = bytes;
    changed[at] ^= 1;
    std::fs::write(&file, changed)?;
    let found = elos.run("verify, one byte changed", &verify)?;
    ensure!(!found.success, "the change was not found");
    let lines = found.text.lines().filter(|line| line.starts_with("ACHADO"));
    println!("byte {at} changed: {}", lines.collect::<Vec<_>>().join("; "));
    Ok(())
}

fn month(before: u32) -> NaiveDate {
    #[expect(clippy::disallowed_methods, reason = "the months before this one")]
    let today = chrono::Utc::now().date_naive();
    today.with_day(1).unwrap_or(today) - Months::new(before)
}

/// Inserts typical calls: a page, a processo, a write. Each tribunal has a few hundred people and
/// three systems.
fn fill(conn: &mut PgConnection, month: NaiveDate, records: u32) -> anyhow::Result<()> {
    conn.batch_execute(
        "CREATE OR REPLACE PROCEDURE encher(mes timestamptz, quantos int, de_cada int) LANGUAGE plpgsql AS $$
        DECLARE
            primeiro int := 0;
            codigos smallint[] := (SELECT array_agg(codigo) || 0::smallint FROM tribunal);
        BEGIN WHILE primeiro < quantos LOOP
            INSERT INTO auditoria (id, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis,
                correlacao, correlacoes)
            SELECT i + n, t, mes + (primeiro + n) * ((interval '28 days') / quantos), 'f7b1c2d0-0000-4000-8000-' || lpad((t * 1000 + r % 300)::text, 12, '0'),
                (ARRAY['pje-tj', 'portal-tj', 'painel-tj'])[1 + r % 3] || t, (ARRAY['GRAPHQL', 'REST', 'REST', 'TRAMITA'])[1 + r % 4],
                (ARRAY['processo', 'GET /api/v1/processos', 'GET /api/v1/adolescentes/identificador/{identificador}', 'GET /tramites/{idt}'])[1 + r % 4],
                CASE WHEN r % 10 = 0 THEN 'ESCRITA' ELSE 'LEITURA' END, CASE WHEN r % 50 = 0 THEN 'NAO_ENCONTRADO' ELSE 'OK' END,
                CASE WHEN r % 50 = 0 THEN 404 ELSE 200 END,
                CASE WHEN r % 50 = 0 THEN '{}' WHEN r % 9 = 0 THEN ARRAY(SELECT 8 * (r + k * 37)::bigint + k % 2 FROM generate_series(1, 20) AS k)
                    ELSE ARRAY[8 * r::bigint, 8 * (r / 2)::bigint + 1] END,
                CASE WHEN r % 3 = 0 THEN '{Adolescente.nome,Adolescente.cpf}'::text[] ELSE '{}' END,
                gen_random_uuid()::text, CASE WHEN r % 25 = 0 THEN ARRAY[gen_random_uuid(), gen_random_uuid()] END
            FROM (SELECT n, i, (random() * 200000)::int AS r, codigos[1 + floor(random() * cardinality(codigos))] AS t
                FROM generate_series(1, least(de_cada, quantos - primeiro)) AS n, (SELECT nextval('auditoria_sequencia') AS i) AS base) AS linhas;
            COMMIT;
            primeiro := primeiro + de_cada;
        END LOOP; END $$",
    )?;
    Ok(conn.batch_execute(&format!("CALL encher('{month} 00:00:00+00', {records}, {BATCH})"))?)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn number(conn: &mut PgConnection, sql: Sql) -> anyhow::Result<i64> {
    Ok(sql.get_result::<Number>(conn)?.n)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn per(bytes: u64, records: u64) -> f64 {
    bytes as f64 / records.max(1) as f64
}

/// Prints the sizes of the records and of the seals, with their indexes.
#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn print_sizes(conn: &mut PgConnection, records: u64) -> anyhow::Result<()> {
    let of = |sum: &'static str, table: &'static str| {
        Sql::new("SELECT coalesce(sum(")
            .push(sum)
            .push("), 0)::bigint AS n FROM pg_partition_tree('")
            .push(table)
            .push("')")
    };
    let mut sizes = Vec::new();
    for table in ["auditoria", "selo"] {
        for (name, sum) in
            [("table", "pg_table_size(relid)"), ("indexes", "pg_indexes_size(relid)")]
        {
            let bytes = u64::try_from(number(conn, of(sum, table))?)?;
            sizes.push((format!("{table} {name}"), bytes));
        }
    }
    let total: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    let said: Vec<_> =
        sizes.iter().map(|(name, bytes)| format!("{name} {:.1}", per(*bytes, records))).collect();
    println!(
        "database: {total} bytes, {:.1} a record of {records}: {}",
        per(total, records),
        said.join(", ")
    );
    Ok(())
}

struct Program {
    url: String,
    key: PathBuf,
}

struct CommandOutput {
    success: bool,
    text: String,
}

impl Program {
    /// Runs `elos auditoria …` and prints its time and its peak memory.
    #[expect(clippy::print_stdout, reason = "what a benchmark is for")]
    fn run(&self, what: &str, args: &[&str]) -> anyhow::Result<CommandOutput> {
        let program = std::env::var("ELOS_BENCH_PROGRAM")
            .unwrap_or_else(|_| env!("CARGO_BIN_EXE_elos").into());
        let start = Instant::now();
        let mut child = Command::new(program)
            .arg("auditoria")
            .args(args)
            .env("ELOS_MIGRATE_URL", &self.url)
            .env("ELOS_CHAVE_DOS_RECIBOS", &self.key)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut peak = String::new();
        // The program writes little, so its pipe cannot fill while this loop waits.
        while child.try_wait()?.is_none() {
            let now = std::fs::read_to_string(&status).unwrap_or_default();
            if let Some(line) = now.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
                line.trim().clone_into(&mut peak);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let output = child.wait_with_output()?;
        println!("{what}: {:.1} s, at most {peak}", start.elapsed().as_secs_f64());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(CommandOutput { success: output.status.success(), text })
    }
}
