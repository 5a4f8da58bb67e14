//! Archives held against each other, and against what the database says of them.

use super::finding::{Defect, Finding, Findings};
use super::reader::Report;
use super::run::Run;
use super::store::{self, Archived};
use crate::audit::NACIONAL;
use crate::audit::seal::INICIO;
use crate::audit::verify::{Ancora, Cadeia};
use anyhow::{Context, ensure};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is wrong, and what could not be told: that only is said.
#[derive(Debug, Default)]
pub struct Comparison {
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
}

impl Comparison {
    fn add(&mut self, file: &Path, run: Option<&Run>, defect: Defect) {
        let seal = run.map(|run| (run.tribunal, run.first));
        let mut findings = Findings::of(file);
        findings.add(defect, seal, None);
        self.findings.append(&mut findings.found);
    }
}

/// Files alone: does each continue the one before it? With `all`, none may be wanting between.
pub fn among(reports: &[Report], all: bool) -> Comparison {
    let mut comparison = Comparison::default();
    let mut chains: BTreeMap<(i16, i64), (&Report, &Run)> = BTreeMap::new();
    for (report, run) in whole(reports) {
        if let Some((_, other)) = chains.insert((run.tribunal, run.first), (report, run))
            && other != run
        {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        }
    }
    let mut before: Option<&Run> = None;
    for (report, run) in chains.values() {
        let (last, hash) = match before {
            Some(before) if before.tribunal == run.tribunal => (before.last, Some(before.hash)),
            _ => (0, None),
        };
        if run.first <= last {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        } else if run.first > last + 1 {
            let (tribunal, from, to) = (run.tribunal, last + 1, run.first - 1);
            comparison.notes.push(format!(
                "tribunal {tribunal}: os selos {from} a {to} não estão nestes arquivos; sem eles, o que continua \
                 o selo {from} não foi conferido"
            ));
            if all {
                comparison.add(&report.path, Some(run), Defect::Gap);
            }
        } else if hash.is_some_and(|hash| hash != run.before) {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        }
        before = Some(run);
    }
    comparison
}

/// Files and database: each run of the one is that of the other. With `all`, no file may be wanting.
pub fn with_database(
    conn: &mut PgConnection,
    reports: &[Report],
    archived: &[Archived],
    all: bool,
) -> QueryResult<Comparison> {
    let mut comparison = Comparison::default();
    let given = |name: &str| {
        reports.iter().any(|report| report.path.file_name().is_some_and(|file| file == name))
    };
    let mut missing: Vec<&Archived> = Vec::new();
    for row in archived {
        let same = |(_, run): &(&Report, &Run)| {
            (run.tribunal, run.first) == (row.run.tribunal, row.run.first)
        };
        match whole(reports).find(same) {
            Some((report, run)) if *run != row.run => {
                comparison.add(&report.path, Some(run), Defect::OtherChain);
            }
            Some((report, _)) if report.sha256[..] != row.sha256 => {
                let told = |finding: &Finding| finding.file == report.path;
                if !comparison.findings.iter().any(told) {
                    comparison.add(&report.path, None, Defect::NotRecorded);
                }
            }
            Some(_) => {}
            None if given(&row.arquivo) => {}
            None if missing.iter().any(|other| other.arquivo == row.arquivo) => {}
            None => missing.push(row),
        }
    }
    for row in missing {
        let (mes, arquivo) = (row.mes.format("%Y-%m"), &row.arquivo);
        match all {
            true => comparison.add(Path::new(arquivo), None, Defect::Missing),
            false => comparison.notes.push(format!(
                "{mes} está em {arquivo}, que não foi dado: dele se conferiu só que a cadeia continua (veja --arquivo)"
            )),
        }
    }
    for (report, run) in whole(reports) {
        let noted = |row: &Archived| (row.run.tribunal, row.run.first) == (run.tribunal, run.first);
        // Written, and not yet taken out of the database; or not of this database.
        if !archived.iter().any(noted)
            && (store::hash_of(conn, run.tribunal, run.last)? != Some(run.hash)
                || store::hash_of(conn, run.tribunal, run.first - 1)? != Some(run.before))
        {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        }
    }
    Ok(comparison)
}

/// Anchors of seals that only an archive has which was not given, or in which something was found.
pub fn out_of_reach(
    anchors: &[Ancora],
    reports: &[Report],
    archived: &[Archived],
) -> impl Iterator<Item = String> {
    let within = |anchor: &Ancora, run: &Run| {
        run.tribunal == anchor.tribunal && (run.first..run.last).contains(&anchor.ordem)
    };
    anchors.iter().filter_map(move |anchor| {
        let row = archived.iter().find(|row| within(anchor, &row.run))?;
        let read = whole(reports).any(|(_, run)| within(anchor, run));
        let Ancora { tribunal, ordem, .. } = anchor;
        (!read).then(|| {
            format!(
                "âncora do tribunal {tribunal}, selo {ordem}: está em {}, e só se confere com ele",
                row.arquivo
            )
        })
    })
}

/// What the chains come to in files alone.
pub fn chains(reports: &[Report]) -> Vec<Cadeia> {
    let mut chains: BTreeMap<i16, Cadeia> = BTreeMap::new();
    for (_, run) in whole(reports) {
        let chain = chains.entry(run.tribunal).or_insert_with(|| Cadeia {
            tribunal: run.tribunal,
            selos: 0,
            registros: 0,
            arquivados: 0,
            hash: INICIO,
            cauda: 0,
            desde: None,
        });
        chain.registros += run.records;
        chain.arquivados += run.records;
        if run.last > chain.selos {
            (chain.selos, chain.hash) = (run.last, run.hash);
        }
    }
    let mut chains: Vec<Cadeia> = chains.into_values().collect();
    // As the database lists them.
    chains.sort_by_key(|chain| chain.tribunal == NACIONAL);
    chains
}

/// The archives that are meant: a folder stands for those in it.
pub fn files(given: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let cannot = || format!("não foi possível ler a pasta {}", path.display());
        let before = files.len();
        for entry in fs::read_dir(path).with_context(cannot)? {
            let file = entry.with_context(cannot)?.path();
            if file.to_string_lossy().ends_with(".ndjson.gz") {
                files.push(file);
            }
        }
        ensure!(files.len() > before, "não há arquivo .ndjson.gz na pasta {}", path.display());
        files[before..].sort();
    }
    Ok(files)
}

/// Runs of the archives in which nothing was found: of the others it has been said.
fn whole(reports: &[Report]) -> impl Iterator<Item = (&Report, &Run)> {
    reports
        .iter()
        .filter(|report| report.findings.is_empty())
        .flat_map(|report| report.runs.iter().map(move |run| (report, run)))
}
