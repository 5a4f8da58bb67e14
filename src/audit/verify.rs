//! Verifies the trail of the database against its chain of hashes: `elos auditoria verify`.

use super::archive::{Archived, SealRange};
use super::finding::{ChainFinding, Defect};
use super::seal::{
    self, CHAIN_START, Hash, SHOWN_BYTES, Seal, Sealable, seal_columns, sealable_columns,
};
use crate::db::{Sql, SqlValue};
use crate::value::hexadecimal;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{HashMap, VecDeque};

/// Number of seals in one read.
const SEALS_PER_READ: i64 = 50;

/// The totals of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSummary {
    pub tribunal: i16,
    pub seals: i64,
    pub records: i64,
    /// Number of `records` that are in archives.
    pub archived: i64,
    /// The hash of the last seal. An auditor who notes it elsewhere can later detect that the end
    /// of the chain was removed.
    pub hash: Hash,
    /// Number of records that have no seal yet.
    pub unsealed: i64,
    /// The instant of the oldest of them. `None` if there is none.
    pub since: Option<DateTime<Utc>>,
}

/// The hash of a seal in hexadecimal, as an auditor noted it outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub tribunal: i16,
    pub order: i64,
    pub hash: String,
}

impl Anchor {
    /// Whether the auditor noted another hash for this seal.
    pub fn contradicts(&self, tribunal: i16, order: i64, hash: &[u8]) -> bool {
        (self.tribunal, self.order) == (tribunal, order) && self.hash != hexadecimal::encode(hash)
    }
}

/// Number of records that the database could not store, and the time at which it set the first one
/// aside.
pub fn count_set_aside(conn: &mut PgConnection) -> QueryResult<(i64, Option<DateTime<Utc>>)> {
    Sql::new("SELECT count(*), min(recusada_em) FROM auditoria_recusada").row(conn)
}

/// Number of seals to verify.
pub fn count_seals(conn: &mut PgConnection) -> QueryResult<i64> {
    Sql::new("SELECT count(*) FROM selo").row(conn)
}

/// Verifies every chain from its beginning. For archived ranges, only checks that the chain
/// continues across them. Calls `on_progress` after each seal.
pub fn verify(
    conn: &mut PgConnection,
    anchors: &[Anchor],
    archived: &[Archived],
    mut on_progress: impl FnMut(),
) -> QueryResult<(Vec<ChainSummary>, Vec<ChainFinding>)> {
    let (mut chains, mut findings) = (Vec::new(), Vec::new());
    for tribunal in super::entry::tribunais() {
        let own = |archived: &&Archived| archived.run.tribunal == tribunal;
        let chain = ChainVerifier {
            conn,
            tribunal,
            anchors,
            archived: archived.iter().filter(own).map(|archived| &archived.run).collect(),
            verified_end: VerifiedEnd::default(),
            findings: &mut findings,
        };
        chains.extend(chain.verify_chain(&mut on_progress)?);
    }
    let archived_until = archived.iter().map(|archived| archived.month).max();
    // At most a hundred records that belong to no chain, have a transaction id from the future, or
    // fall in a month that was archived.
    let strays: Vec<Sealable> = Sql::new(concat!(
        "SELECT ",
        sealable_columns!(),
        " FROM auditoria a WHERE a.xid >= (SELECT elos_proxima_posicao()) OR a.tribunal_codigo <> ALL("
    ))
    .bind(super::entry::tribunais())
    .push(") OR a.ocorrido_em < (")
    .bind_nullable(archived_until)
    .push("::date + interval '1 month') AT TIME ZONE 'UTC' ORDER BY a.id LIMIT 100")
    .load(conn)?;
    for record in strays {
        let found = ChainFinding {
            tribunal: record.tribunal_codigo,
            seal: None,
            record: Some((record.id, 1)),
            defect: Defect::Inserted,
        };
        let same = |other: &ChainFinding| {
            other.record.is_some_and(|(id, _)| id == record.id) && other.defect == Defect::Inserted
        };
        if !findings.iter().any(same) {
            findings.push(found);
        }
    }
    Ok((chains, findings))
}

/// The state of one chain at the end of its verified part.
struct VerifiedEnd {
    order: i64,
    hash: Vec<u8>,
    until: (String, i64),
    records: i64,
    archived: i64,
}

impl Default for VerifiedEnd {
    fn default() -> Self {
        let until = ("0".to_owned(), i64::MIN);
        Self { order: 0, hash: CHAIN_START.to_vec(), until, records: 0, archived: 0 }
    }
}

struct ChainVerifier<'a> {
    conn: &'a mut PgConnection,
    tribunal: i16,
    anchors: &'a [Anchor],
    /// Archived runs of this chain that the walk has not passed yet.
    archived: VecDeque<&'a SealRange>,
    verified_end: VerifiedEnd,
    findings: &'a mut Vec<ChainFinding>,
}

impl ChainVerifier<'_> {
    fn verify_chain(mut self, on_progress: &mut impl FnMut()) -> QueryResult<Option<ChainSummary>> {
        let mut last_read = 0;
        loop {
            let seals: Vec<Seal> = Sql::new(concat!(
                "SELECT ",
                seal_columns!(),
                " FROM selo s WHERE s.tribunal_codigo = "
            ))
            .bind(self.tribunal)
            .push(" AND s.ordem > ")
            .bind(last_read)
            .push(" ORDER BY s.ordem LIMIT ")
            .bind(SEALS_PER_READ)
            .load(self.conn)?;
            if seals.is_empty() {
                break;
            }
            for seal in seals {
                last_read = seal.ordem;
                self.pass_archived(seal.ordem)?;
                if self.follows(seal.ordem, seal.ordem, &seal.anterior) {
                    self.seal(&seal)?;
                    self.verified_end.records += i64::try_from(seal.ids.len()).unwrap_or(i64::MAX);
                    self.verified_end.until = (seal.ate_xid, seal.ate_id);
                    self.verified_end.hash = seal.hash;
                }
                on_progress();
            }
        }
        self.pass_archived(i64::MAX)?;
        self.finish()
    }

    /// Whether the seals `from..=until` follow the last verified one. Reports a gap or a wrong
    /// previous hash. Returns false when they overlap with what is verified.
    fn follows(&mut self, from: i64, until: i64, previous: &[u8]) -> bool {
        let expected = self.verified_end.order + 1;
        if from < expected {
            self.report(from, None, Defect::SealArchived);
            return false;
        }
        if from > expected {
            self.report(expected, None, Defect::SealRemoved);
        } else if *previous != self.verified_end.hash {
            self.report(from, None, Defect::SealAltered);
        }
        self.verified_end.order = until;
        true
    }

    /// Passes the archived runs that precede the seal `before`. None of their records may still be
    /// in the database.
    fn pass_archived(&mut self, before: i64) -> QueryResult<()> {
        while let Some(&run) = self.archived.front().filter(|run| run.first <= before) {
            self.archived.pop_front();
            if !self.follows(run.first, run.last, &run.before) {
                continue;
            }
            let until = (run.until.0.to_string(), run.until.1);
            for record in self.records(&until)?.iter().take(100) {
                self.report(run.last, Some((record.id, 1)), Defect::Inserted);
            }
            self.check_anchors(run.last, &run.hash);
            self.verified_end.hash = run.hash.to_vec();
            self.verified_end.until = until;
            self.verified_end.records += run.records;
            self.verified_end.archived += run.records;
        }
        Ok(())
    }

    fn finish(self) -> QueryResult<Option<ChainSummary>> {
        let VerifiedEnd { order, hash, until, records, archived } = self.verified_end;
        // The end of the chain may have been removed.
        for anchor in self.anchors.iter().filter(|a| a.tribunal == self.tribunal) {
            if anchor.order > order {
                self.findings.push(ChainFinding {
                    tribunal: self.tribunal,
                    seal: Some(anchor.order),
                    record: None,
                    defect: Defect::SealRemoved,
                });
            }
        }
        let (unsealed, since): (i64, Option<DateTime<Utc>>) = Sql::new(
            "SELECT count(*), min(ocorrido_em) FILTER (WHERE isfinite(ocorrido_em)) FROM auditoria a WHERE a.tribunal_codigo = ",
        )
        .bind(self.tribunal)
        .push(" AND (a.xid, a.id) > (")
        .bind(SqlValue::Xid(until.0))
        .push(", ")
        .bind(until.1)
        .push(")")
        .row(self.conn)?;
        let hash = hash.try_into().unwrap_or(CHAIN_START);
        let empty = order == 0 && unsealed == 0;
        let (tribunal, seals) = (self.tribunal, order);
        Ok((!empty).then_some(ChainSummary {
            tribunal,
            seals,
            records,
            archived,
            hash,
            unsealed,
            since,
        }))
    }

    /// Records after the last verified position, up to and including `until`.
    fn records(&mut self, until: &(String, i64)) -> QueryResult<Vec<Sealable>> {
        Sql::new(concat!(
            "SELECT ",
            sealable_columns!(),
            " FROM auditoria a WHERE a.tribunal_codigo = "
        ))
        .bind(self.tribunal)
        .push(" AND (a.xid, a.id) > (")
        .bind(SqlValue::Xid(self.verified_end.until.0.clone()))
        .push(", ")
        .bind(self.verified_end.until.1)
        .push(") AND (a.xid, a.id) <= (")
        .bind(SqlValue::Xid(until.0.clone()))
        .push(", ")
        .bind(until.1)
        .push(") ORDER BY a.xid, a.id")
        .load(self.conn)
    }

    /// Verifies one seal against the records in its range.
    fn seal(&mut self, seal: &Seal) -> QueryResult<()> {
        let records = self.records(&(seal.ate_xid.clone(), seal.ate_id))?;
        let before = self.findings.len();
        let index: HashMap<i64, usize> =
            seal.ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        let mut digests = vec![None; seal.ids.len()];
        let mut previous = None;
        for record in &records {
            let Some(&position) = index.get(&record.id) else {
                let at = previous.map_or(1, |position: usize| position + 2);
                self.report(seal.ordem, Some((record.id, at)), Defect::Inserted);
                continue;
            };
            if previous.is_some_and(|previous| position < previous) {
                self.report(seal.ordem, Some((record.id, position + 1)), Defect::OutOfOrder);
            }
            previous = Some(position);
            let digest = record.digest();
            let shown = seal.resumos.chunks(SHOWN_BYTES).nth(position);
            if shown != Some(&digest[..SHOWN_BYTES]) {
                self.report(seal.ordem, Some((record.id, position + 1)), Defect::Changed);
            }
            digests[position] = Some(digest);
        }
        for (position, _) in digests.iter().enumerate().filter(|(_, digest)| digest.is_none()) {
            let record = Some((seal.ids[position], position + 1));
            self.report(seal.ordem, record, Defect::Removed);
        }
        // When every record is correct and a hash still differs, the seal itself was changed.
        let whole: Vec<Hash> = digests.into_iter().flatten().collect();
        if self.findings.len() == before && seal.hash != seal::hash(seal, &whole) {
            self.report(seal.ordem, None, Defect::SealAltered);
        }
        self.check_anchors(seal.ordem, &seal.hash);
        Ok(())
    }

    fn check_anchors(&mut self, order: i64, hash: &[u8]) {
        if self.anchors.iter().any(|anchor| anchor.contradicts(self.tribunal, order, hash)) {
            self.report(order, None, Defect::Anchor);
        }
    }

    fn report(&mut self, order: i64, record: Option<(i64, usize)>, defect: Defect) {
        let (tribunal, seal) = (self.tribunal, Some(order));
        self.findings.push(ChainFinding { tribunal, seal, record, defect });
    }
}
