//! Catalogues of the Tramita for a demo: three órgãos with units on three levels, and the kinds of
//! document and legal bases that the system of an órgão maps. The units belong to no tribunal.

use crate::catalogo::TipoDeCatalogo;
use crate::catalogo::import::{self, Format, Options, Subject};
use chrono::{DateTime, Utc};
use diesel::PgConnection;

const FILES: [(Subject, &str); 3] = [
    (Subject::Estruturas, include_str!("catalogos/estruturas.csv")),
    (Subject::Items(TipoDeCatalogo::Especie), include_str!("catalogos/especies.csv")),
    (Subject::Items(TipoDeCatalogo::HipoteseLegal), include_str!("catalogos/hipoteses.csv")),
];

/// Imports the demo catalogues. Overwrites an entry that differs from its file, and keeps the entries
/// that no file names.
pub fn catalogos(conn: &mut PgConnection, now: DateTime<Utc>) -> anyhow::Result<()> {
    for (subject, text) in FILES {
        let options = Options { subject, tribunal: None, repositorio: 1, dry_run: false, now };
        let report = import::import(conn, text.as_bytes(), Format::Csv, &options, |_, _| ())?;
        anyhow::ensure!(report.refused.is_empty(), "os catálogos da demo: {report}");
    }
    Ok(())
}
