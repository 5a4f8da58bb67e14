//! Catalogues brought in from a file: what it says is compared with what is there, and only what
//! differs is written, all in one transaction. A line that cannot be taken is told with its reason,
//! and the others are.

mod estruturas;
mod file;
mod itens;

pub use file::{BYTES_AT_MOST, Format};

use super::TipoDeCatalogo;
use crate::value::tribunal::Tribunal;
use chrono::{DateTime, Utc};
use diesel::{Connection, PgConnection};
use std::fmt;

/// What a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Estruturas,
    Itens(TipoDeCatalogo),
}

/// How it is brought in.
pub struct Options {
    pub subject: Subject,
    /// Whose units are that say nothing of it, nor their parent.
    pub tribunal: Option<Tribunal>,
    /// In which repositório units are that do not say.
    pub repositorio: i32,
    /// Everything is judged, and nothing stays.
    pub dry_run: bool,
    pub now: DateTime<Utc>,
}

/// What became of the lines of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// By line, with why.
    pub refused: Vec<(usize, String)>,
}

impl Report {
    fn refuse(&mut self, line: usize, reason: impl Into<String>) {
        self.refused.push((line, reason.into()));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, reason) in &self.refused {
            writeln!(f, "recusada  linha {line}: {reason}")?;
        }
        let Self { added, changed, unchanged, refused } = self;
        write!(
            f,
            "{added} acrescentadas, {changed} mudadas, {unchanged} iguais, {} recusadas",
            refused.len()
        )
    }
}

/// Brings `text` in, as the owner of the tables; tells `seen` of each line.
pub fn import(
    conn: &mut PgConnection,
    text: &[u8],
    format: Format,
    options: &Options,
    seen: impl Fn(usize, usize),
) -> anyhow::Result<Report> {
    use diesel::result::Error::RollbackTransaction;
    let lines = file::read(text, format)?;
    let mut report = Report::default();
    let done = conn.transaction(|conn| {
        match options.subject {
            Subject::Estruturas => {
                estruturas::import(conn, &lines, options, &mut report, &seen)?;
            }
            Subject::Itens(tipo) => {
                itens::import(conn, tipo, &lines, options, &mut report, &seen)?;
            }
        }
        if options.dry_run { Err(RollbackTransaction) } else { Ok(()) }
    });
    match done {
        Ok(()) | Err(RollbackTransaction) => {
            report.refused.sort();
            Ok(report)
        }
        Err(error) => Err(error.into()),
    }
}
