//! Walks over the seals of an archive, verifies them, and collects the runs that they form.

use super::finding::{Defect, Findings};
use super::line::{Hex, RecordLine, SealLine};
use crate::audit::seal::{self, CHAIN_START, Hash};
use crate::audit::verify::Anchor;

/// Consecutive seals of one tribunal, without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealRange {
    pub tribunal: i16,
    pub first: i64,
    pub last: i64,
    /// The hash of the seal before the first one.
    pub before: Hash,
    /// The hash of the last seal.
    pub hash: Hash,
    pub records: i64,
    /// The `xid` and the `id` of the last record.
    pub until: (u64, i64),
}

/// Verifies the seals of an archive in the order in which they are read.
pub struct ChainVerifier<'a> {
    anchors: &'a [Anchor],
    runs: Vec<SealRange>,
    seals: u64,
    records: u64,
    open: Option<Open>,
    /// The reader skipped something unreadable or out of place, so the next seal need not follow
    /// the last one.
    broken: bool,
}

/// A seal whose records are being read.
struct Open {
    seal: SealLine,
    digests: Vec<Hash>,
    ids: Vec<i64>,
    until: (u64, i64),
    intact: bool,
}

impl<'a> ChainVerifier<'a> {
    pub const fn new(anchors: &'a [Anchor]) -> Self {
        Self { anchors, runs: Vec::new(), seals: 0, records: 0, open: None, broken: false }
    }

    pub const fn seals(&self) -> u64 {
        self.seals
    }

    pub const fn records(&self) -> u64 {
        self.records
    }

    pub fn into_runs(self) -> Vec<SealRange> {
        self.runs
    }

    /// Tribunal and ordem of the open seal or, if none is open, of the last one that was closed.
    pub fn last_seal(&self) -> Option<(i16, i64)> {
        let open = self.open.as_ref().map(|open| (open.seal.tribunal_codigo, open.seal.ordem));
        open.or_else(|| self.runs.last().map(|run| (run.tribunal, run.last)))
    }

    /// Call this after a line or block that is unreadable or out of place. Until the next seal, the
    /// verifier then checks each record only against its own digest.
    pub fn mark_broken(&mut self) {
        self.open = None;
        self.broken = true;
    }

    pub fn seal(&mut self, findings: &mut Findings, seal: &SealLine) {
        self.close(findings);
        self.seals += 1;
        let key = (seal.tribunal_codigo, seal.ordem);
        let last = self.runs.last().filter(|run| run.tribunal == seal.tribunal_codigo);
        let follows = match last {
            Some(last) if seal.ordem == last.last + 1 => seal.anterior.0 == last.hash,
            Some(last) => seal.ordem > last.last,
            // An archive holds the seals of one tribunal without those of another between them.
            None => self.runs.iter().all(|run| run.tribunal != seal.tribunal_codigo),
        };
        let begins = seal.ordem != 1 || seal.anterior.0 == CHAIN_START;
        if !(begins && (follows || self.broken)) || seal.ordem < 1 {
            findings.add(Defect::SealPlace, Some(key), None);
        }
        let contradicts = |anchor: &Anchor| anchor.contradicts(key.0, key.1, &seal.hash.0);
        if self.anchors.iter().any(contradicts) {
            findings.add(Defect::Anchor, Some(key), None);
        }
        self.broken = false;
        self.open = Some(Open {
            seal: seal.clone(),
            digests: Vec::new(),
            ids: Vec::new(),
            until: (0, 0),
            intact: true,
        });
        if seal.registros == 0 {
            self.close(findings);
        }
    }

    pub fn record(&mut self, findings: &mut Findings, line: RecordLine) {
        self.records += 1;
        let RecordLine { resumo, campos: record } = line;
        let digest = record.digest();
        let whole = resumo == Hex::shown(&digest);
        let Some(open) = &mut self.open else {
            let defect = if whole { Defect::LinePlace } else { Defect::Record };
            if !(self.broken && whole) {
                findings.add(defect, None, Some((record.id, 1)));
            }
            return;
        };
        open.ids.push(record.id);
        open.digests.push(digest);
        open.until = record.position();
        if !whole || record.tribunal_codigo != open.seal.tribunal_codigo {
            open.intact = false;
            let seal = (open.seal.tribunal_codigo, open.seal.ordem);
            findings.add(Defect::Record, Some(seal), Some((record.id, open.ids.len())));
        }
        if open.ids.len() == open.seal.registros {
            self.close(findings);
        }
    }

    /// Verifies the open seal, if there is one, against its records.
    pub fn close(&mut self, findings: &mut Findings) {
        let Some(Open { seal, digests, ids, until, intact }) = self.open.take() else { return };
        let key = (seal.tribunal_codigo, seal.ordem);
        let records = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        if ids.len() != seal.registros || ids.is_empty() {
            findings.add(Defect::Records, Some(key), None);
        } else if intact {
            let hash = seal.to_seal(ids).map(|over| seal::hash(&over, &digests));
            if hash != Some(seal.hash.0) || until != (seal.ate_xid, seal.ate_id) {
                findings.add(Defect::Seal, Some(key), None);
            }
        }
        let until = (seal.ate_xid, seal.ate_id);
        match self.runs.last_mut() {
            Some(run) if (run.tribunal, run.last + 1) == key => {
                (run.last, run.hash, run.until) = (seal.ordem, seal.hash.0, until);
                run.records += records;
            }
            _ => self.runs.push(SealRange {
                tribunal: seal.tribunal_codigo,
                first: seal.ordem,
                last: seal.ordem,
                before: seal.anterior.0,
                hash: seal.hash.0,
                records,
                until,
            }),
        }
    }
}
