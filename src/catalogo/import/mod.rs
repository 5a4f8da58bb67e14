//! Import of a catalogue from a file. Compares the file with the rows, and writes only what
//! differs, in one transaction. The report lists each line that breaks a rule with the reason. Such
//! a line does not stop the others.

mod estruturas;
mod file;
mod itens;

pub use file::{Format, MAX_BYTES};

use super::TipoDeCatalogo;
use crate::value::tribunal::Tribunal;
use chrono::{DateTime, Utc};
use diesel::{Connection, PgConnection};
use std::fmt;

/// The catalogue that a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Estruturas,
    Items(TipoDeCatalogo),
}

/// The catalogue to import, the values for lines that leave some out, and how to run.
pub struct Options {
    pub subject: Subject,
    /// The tribunal of the estruturas for which neither the line, the existing row nor the parent
    /// gives one.
    pub tribunal: Option<Tribunal>,
    /// The repositório of the estruturas for which the line gives none.
    pub repositorio: i32,
    /// Whether to check everything and then roll back.
    pub dry_run: bool,
    pub now: DateTime<Utc>,
}

/// The outcome of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// The refused lines: the number of the line, and the reason.
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

/// Imports `text`. `conn` must belong to the owner of the tables. Calls `on_line` before each line
/// that it handles (for estruturas, only the accepted lines), with the position of the line, from
/// 1, and their number.
pub fn import(
    conn: &mut PgConnection,
    text: &[u8],
    format: Format,
    options: &Options,
    on_line: impl Fn(usize, usize),
) -> anyhow::Result<Report> {
    use diesel::result::Error::RollbackTransaction;
    let lines = file::read(text, format)?;
    let mut report = Report::default();
    let outcome = conn.transaction(|conn| {
        match options.subject {
            Subject::Estruturas => {
                estruturas::import(conn, &lines, options, &mut report, &on_line)?;
            }
            Subject::Items(tipo) => {
                itens::import(conn, tipo, &lines, options, &mut report, &on_line)?;
            }
        }
        if options.dry_run { Err(RollbackTransaction) } else { Ok(()) }
    });
    match outcome {
        Ok(()) | Err(RollbackTransaction) => {
            report.refused.sort();
            Ok(report)
        }
        Err(error) => Err(error.into()),
    }
}
