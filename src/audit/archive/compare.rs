//! Compares archives with each other and with the records of the database about them.

use super::finding::{Defect, Finding, Findings};
use super::reader::Report;
use super::run::SealRange;
use super::store::{self, Archived};
use crate::audit::NACIONAL;
use crate::audit::seal::CHAIN_START;
use crate::audit::verify::{Anchor, ChainSummary};
use anyhow::{Context, ensure};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The defects found, and notes about what could not be checked.
#[derive(Debug, Default)]
pub struct Comparison {
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
}

impl Comparison {
    fn add(&mut self, file: &Path, run: Option<&SealRange>, defect: Defect) {
        let seal = run.map(|run| (run.tribunal, run.first));
        let mut findings = Findings::of(file);
        findings.add(defect, seal, None);
        self.findings.append(&mut findings.found);
    }
}

/// Checks that each archive continues the previous one, without a database. With `all`, a missing
/// archive is a defect.
pub fn compare_archives(reports: &[Report], all: bool) -> Comparison {
    let mut comparison = Comparison::default();
    let mut chains: BTreeMap<(i16, i64), (&Report, &SealRange)> = BTreeMap::new();
    for (report, run) in intact_runs(reports) {
        if let Some((_, other)) = chains.insert((run.tribunal, run.first), (report, run))
            && other != run
        {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        }
    }
    let mut before: Option<&SealRange> = None;
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

/// Checks that each run and each file equals the one that the database has on record, and that a
/// run that is not on record equals the seals in the database. With `all`, a missing file is a
/// defect.
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
        let same = |(_, run): &(&Report, &SealRange)| {
            (run.tribunal, run.first) == (row.run.tribunal, row.run.first)
        };
        match intact_runs(reports).find(same) {
            Some((report, run)) if *run != row.run => {
                comparison.add(&report.path, Some(run), Defect::OtherChain);
            }
            Some((report, _)) if report.sha256[..] != row.sha256 => {
                let reported = |finding: &Finding| finding.file == report.path;
                if !comparison.findings.iter().any(reported) {
                    comparison.add(&report.path, None, Defect::NotRecorded);
                }
            }
            Some(_) => {}
            None if given(&row.file) => {}
            None if missing.iter().any(|other| other.file == row.file) => {}
            None => missing.push(row),
        }
    }
    for row in missing {
        let (month, file) = (row.month.format("%Y-%m"), &row.file);
        match all {
            true => comparison.add(Path::new(file), None, Defect::Missing),
            false => comparison.notes.push(format!(
                "{month} está em {file}, que não foi dado: dele se conferiu só que a cadeia continua (veja --arquivo)"
            )),
        }
    }
    for (report, run) in intact_runs(reports) {
        let noted = |row: &Archived| (row.run.tribunal, row.run.first) == (run.tribunal, run.first);
        // The month was exported and is still in the database, or the archive is from another
        // database.
        if !archived.iter().any(noted)
            && (store::hash_of(conn, run.tribunal, run.last)? != Some(run.hash)
                || store::hash_of(conn, run.tribunal, run.first - 1)? != Some(run.before))
        {
            comparison.add(&report.path, Some(run), Defect::OtherChain);
        }
    }
    Ok(comparison)
}

/// Notes about the anchors that could not be checked, because their seals are in an archive that
/// was not given or that has defects.
pub fn out_of_reach(
    anchors: &[Anchor],
    reports: &[Report],
    archived: &[Archived],
) -> impl Iterator<Item = String> {
    let within = |anchor: &Anchor, run: &SealRange| {
        run.tribunal == anchor.tribunal && (run.first..run.last).contains(&anchor.order)
    };
    anchors.iter().filter_map(move |anchor| {
        let row = archived.iter().find(|row| within(anchor, &row.run))?;
        let read = intact_runs(reports).any(|(_, run)| within(anchor, run));
        let Anchor { tribunal, order, .. } = anchor;
        (!read).then(|| {
            format!(
                "âncora do tribunal {tribunal}, selo {order}: está em {}, e só se confere com ele",
                row.file
            )
        })
    })
}

/// The totals of the chains, from archives alone.
pub fn chains(reports: &[Report]) -> Vec<ChainSummary> {
    let mut chains: BTreeMap<i16, ChainSummary> = BTreeMap::new();
    for (_, run) in intact_runs(reports) {
        let chain = chains.entry(run.tribunal).or_insert_with(|| ChainSummary {
            tribunal: run.tribunal,
            seals: 0,
            records: 0,
            archived: 0,
            hash: CHAIN_START,
            unsealed: 0,
            since: None,
        });
        chain.records += run.records;
        chain.archived += run.records;
        if run.last > chain.seals {
            (chain.seals, chain.hash) = (run.last, run.hash);
        }
    }
    let mut chains: Vec<ChainSummary> = chains.into_values().collect();
    // The verification of the database lists the national chain last, too.
    chains.sort_by_key(|chain| chain.tribunal == NACIONAL);
    chains
}

/// The archives to read. A folder stands for all `.ndjson.gz` files in it.
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

/// Runs of the archives without findings. The others are already reported.
fn intact_runs(reports: &[Report]) -> impl Iterator<Item = (&Report, &SealRange)> {
    reports
        .iter()
        .filter(|report| report.findings.is_empty())
        .flat_map(|report| report.runs.iter().map(move |run| (report, run)))
}
