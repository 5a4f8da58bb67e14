//! `elos auditoria archive`: moves whole months of the audit trail from the database to files.
//!
//! A month is removed in the same transaction that stores its hashes, and only after its file has
//! its final name, is on disk, and was read back and verified. An interrupted run can simply be
//! repeated; it finds what is already done. A month without records and seals is removed without a
//! file.

use crate::audit::archive::export::export;
use crate::audit::archive::reader::{self, Checks, Report};
use crate::audit::archive::signature::PublicKey;
use crate::audit::archive::store::{self, Month};
use crate::audit::progress;
use crate::audit::seal::Hash;
use crate::auth::signer::Signer;
use anyhow::{Context, anyhow, bail, ensure};
use chrono::NaiveDate;
use diesel::PgConnection;
use diesel::connection::Connection;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Maximum number of attempts to remove a month from the database.
const ATTEMPTS: usize = 20;
/// The pause between two attempts.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Archives every month up to and including `last` that is still in the database.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn archive(
    conn: &mut PgConnection,
    last: NaiveDate,
    folder: &Path,
    signer: &Signer,
) -> anyhow::Result<()> {
    ensure!(
        store::try_lock_archiving(conn)?,
        "outro `elos auditoria archive` está em andamento neste banco"
    );
    let metadata = fs::metadata(folder)
        .with_context(|| format!("não foi possível abrir a pasta {}", folder.display()))?;
    ensure!(metadata.is_dir(), "{} não é uma pasta", folder.display());
    let months = store::months(conn)?;
    let due: Vec<_> = months.into_iter().filter(|month| month.mes <= last).collect();
    if let Some(early) = due.iter().find(|month| !month.over) {
        bail!(
            "o mês {} ainda não acabou há uma hora: só se arquivam meses em que nada mais se grava",
            early.name()
        );
    }
    if due.is_empty() {
        println!("nada a arquivar até {}", last.format("%Y-%m"));
    }
    for month in due {
        archive_month(conn, &month, folder, signer)?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
fn archive_month(
    conn: &mut PgConnection,
    month: &Month,
    folder: &Path,
    signer: &Signer,
) -> anyhow::Result<()> {
    let name = month.name();
    let unsealed = store::count_unsealed(conn, month)?;
    ensure!(
        unsealed <= 0,
        "o mês {name} tem {unsealed} registro(s) por selar: o servidor sela em dez segundos o que foi gravado; \
         sem servidor, suba um e tente de novo"
    );
    if store::count_records(conn, month)? == 0 && store::runs(conn, month)?.is_empty() {
        retire(conn, month, None)?;
        println!("{name}: nenhum registro; retirado do banco sem arquivo");
        return Ok(());
    }
    let path = folder.join(file_name(month));
    let report = match path.exists() {
        true => read_back(&path, signer)?,
        false => write_file(conn, month, &path, signer)?,
    };
    sync_to_disk(&path)?;
    retire(conn, month, Some(&report))
        .with_context(|| format!("{} está gravado e confere", path.display()))?;
    println!(
        "{name}: {} registro(s) em {} selo(s), {} bytes em {}; retirado do banco",
        report.records,
        report.seals,
        report.bytes,
        path.display()
    );
    Ok(())
}

/// Returns the name of the month's file. The names sort in the order of the months.
fn file_name(month: &Month) -> String {
    format!("elos-trilha-{}.ndjson.gz", month.name())
}

/// Writes the file under a temporary name, verifies it, and renames it.
fn write_file(
    conn: &mut PgConnection,
    month: &Month,
    path: &Path,
    signer: &Signer,
) -> anyhow::Result<Report> {
    let partial = path.with_extension("gz.parcial");
    let written = write_partial(conn, month, &partial, signer)
        .and_then(|()| read_back(&partial, signer))
        .and_then(|report| {
            fs::rename(&partial, path).with_context(|| cannot_write(path))?;
            Ok(Report { path: path.to_owned(), ..report })
        });
    if written.is_err() {
        // Free the disk space, which may have run out. The records are still in the database.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Syncs the file and its directory entry to disk. An earlier run may have been interrupted before
/// it did so.
fn sync_to_disk(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().context("um arquivo sem pasta")?;
    for file in [path, folder] {
        File::open(file).and_then(|file| file.sync_all()).with_context(|| cannot_write(file))?;
    }
    Ok(())
}

fn write_partial(
    conn: &mut PgConnection,
    month: &Month,
    partial: &Path,
    signer: &Signer,
) -> anyhow::Result<()> {
    // The file shows who read which data, so only its owner may read it.
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let file = options.open(partial).with_context(|| cannot_write(partial))?;
    let records = u64::try_from(store::count_records(conn, month)?).unwrap_or_default();
    let bar = progress::bar(records, &format!("arquivando {}", month.name()), "registros");
    let written = conn.build_transaction().read_only().repeatable_read().run(|conn| {
        // The statistics of a growing table can make PostgreSQL choose a plan that sorts the whole
        // table for every thousand rows. Disabled plan nodes count as very expensive, and
        // PostgreSQL would compile an expensive query each time, so JIT is switched off too.
        use diesel::connection::SimpleConnection;
        conn.batch_execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off")?;
        export(conn, month, signer, BufWriter::new(file), |count| bar.inc(count))
    });
    bar.finish_and_clear();
    let (mut out, _) = written.map_err(|error| match error.downcast_ref::<std::io::Error>() {
        Some(io) => anyhow!("{}: {io}", cannot_write(partial)),
        None => error,
    })?;
    out.flush().with_context(|| cannot_write(partial))?;
    let file = out.into_inner().map_err(|error| anyhow!("{}: {error}", cannot_write(partial)))?;
    file.sync_all().with_context(|| cannot_write(partial))
}

fn cannot_write(path: &Path) -> String {
    format!("não foi possível gravar {}; nada saiu do banco", path.display())
}

/// Reads the file back from disk. It must be valid and signed with our key.
fn read_back(path: &Path, signer: &Signer) -> anyhow::Result<Report> {
    let key = PublicKey::from_jwk(signer.public_key()).context("a chave não tem parte pública")?;
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let bar = progress::bar(size, "conferindo o arquivo", "bytes");
    let checks = Checks { keys: std::slice::from_ref(&key), anchors: &[] };
    let report = reader::verify(path, checks, |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let report = report.with_context(|| format!("não foi possível ler {}", path.display()))?;
    match report.findings.first() {
        None => Ok(report),
        Some(finding) => bail!(
            "o arquivo não confere, e nada saiu do banco: {finding}; se é de uma tentativa anterior, \
             guarde-o noutro lugar e rode o comando de novo"
        ),
    }
}

/// Removes the month from the database, if its file contains all of it. `file` is `None` for a
/// month without records and seals. While another transaction uses the trail, tries again, up to
/// [`ATTEMPTS`] times.
fn retire(conn: &mut PgConnection, month: &Month, file: Option<&Report>) -> anyhow::Result<()> {
    for attempt in 1..=ATTEMPTS {
        let tried = conn.transaction(|conn| try_to_retire(conn, month, file));
        match tried {
            Err(error) if attempt < ATTEMPTS && is_busy(&error) => thread::sleep(RETRY_DELAY),
            Err(error) if is_busy(&error) => bail!(
                "o mês {} não saiu do banco, porque outra transação usa a trilha há muito tempo (veja pg_stat_activity); \
                 nada se perdeu: encerre-a, ou espere, e rode o mesmo comando de novo",
                month.name()
            ),
            other => return other,
        }
    }
    Ok(())
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(store::is_busy)
}

fn try_to_retire(
    conn: &mut PgConnection,
    month: &Month,
    file: Option<&Report>,
) -> anyhow::Result<()> {
    store::lock_month(conn, month)?;
    let in_database = (store::count_records(conn, month)?, store::runs(conn, month)?);
    let in_file = match file {
        None => (0, Vec::new()),
        Some(report) => (i64::try_from(report.records)?, report.runs.clone()),
    };
    ensure!(
        in_database == in_file,
        "o arquivo do mês {} não tem os registros e selos que o banco tem; nada saiu do banco",
        month.name()
    );
    if let Some(report) = file {
        let name = report.path.file_name().map(PathBuf::from).unwrap_or_default();
        let noted: (&str, &Hash) = (&name.to_string_lossy(), &report.sha256);
        for run in &report.runs {
            let before = store::hash_of(conn, run.tribunal, run.first - 1)?;
            ensure!(
                before == Some(run.before),
                "o selo {} do tribunal {} não continua a cadeia; nada saiu do banco",
                run.first,
                run.tribunal
            );
            store::insert_run(conn, month, run, noted)?;
        }
    }
    Ok(store::drop_month(conn, month)?)
}
