//! Reads an archive from beginning to end and verifies every byte of it against the hashes and the
//! signature, without a database.

use super::block::{BlockReader, Piece};
use super::finding::{Defect, Finding, Findings, Place};
use super::line::{BlockLine, Header, Line};
use super::run::{ChainVerifier, SealRange};
use super::signature::PublicKey;
use super::trailer::Trailer;
use crate::audit::seal::{CHAIN_START, Hash};
use crate::audit::verify::Anchor;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

/// External data to verify an archive against.
#[derive(Clone, Copy, Default)]
pub struct Checks<'a> {
    pub anchors: &'a [Anchor],
    /// The signature must be from one of these keys. If there are none, the key that the archive
    /// itself names is enough, which proves nothing about the archive's origin.
    pub keys: &'a [PublicKey],
}

/// The content of an archive, and the defects found in it.
#[derive(Debug)]
pub struct Report {
    pub path: PathBuf,
    /// `None` if the reader found none.
    pub header: Option<Header>,
    /// The runs that the seals form, in the order of the file.
    pub runs: Vec<SealRange>,
    pub seals: u64,
    pub records: u64,
    /// SHA-256 of the whole file.
    pub sha256: Hash,
    pub bytes: u64,
    /// Thumbprint of the key that the archive names as its signing key. `None` if the totals could
    /// not be read.
    pub key: Option<String>,
    pub findings: Vec<Finding>,
}

/// Verifies a file. `on_progress` receives the number of bytes of each piece read.
pub fn verify(path: &Path, checks: Checks<'_>, on_progress: impl FnMut(u64)) -> io::Result<Report> {
    verify_input(path, BufReader::new(File::open(path)?), checks, on_progress)
}

/// Like [`verify`], for input that is not a file, or not a file yet.
pub fn verify_input(
    path: &Path,
    input: impl Read + Seek,
    checks: Checks<'_>,
    mut on_progress: impl FnMut(u64),
) -> io::Result<Report> {
    let mut blocks = BlockReader::new(input)?;
    let mut reading = Reading::new(path, checks);
    loop {
        let (offset, before) = (blocks.offset(), blocks.digest());
        let Some(piece) = blocks.next_piece()? else { break };
        reading.piece(offset, &before, piece);
        on_progress(blocks.offset() - offset);
    }
    Ok(reading.finish(path, blocks.offset(), blocks.digest()))
}

struct Reading<'a> {
    checks: Checks<'a>,
    findings: Findings,
    header: Option<Header>,
    chain: ChainVerifier<'a>,
    trailer: Trailer,
    /// The number of the next block. `None` after a block that could not be read.
    next: Option<u64>,
    /// The position and the digest of the previous block. `None` if it could not be read.
    previous: Option<(Place, Hash)>,
}

impl<'a> Reading<'a> {
    fn new(path: &Path, checks: Checks<'a>) -> Self {
        let place = Place::default();
        Self {
            checks,
            findings: Findings::of(path),
            header: None,
            chain: ChainVerifier::new(checks.anchors),
            trailer: Trailer::default(),
            next: Some(0),
            previous: Some((place, CHAIN_START)),
        }
    }

    /// Checks one piece. `before` is the digest of everything before `offset`.
    fn piece(&mut self, offset: u64, before: &Hash, piece: Piece) {
        let place = Place { byte: offset, block: self.next, line: None };
        self.findings.place = place;
        if self.trailer.ended() {
            self.findings.add(Defect::Trailing, None, None);
            return;
        }
        let defect = match piece {
            Piece::Block { content, digest, stored } => {
                self.block(before, &content);
                // No other block holds the digest of the last block. It must therefore be
                // uncompressed, which is its only valid encoding.
                if self.trailer.begun() && !stored && !self.findings.in_block(place) {
                    self.findings.at(place, Defect::Block, None);
                }
                self.previous = Some((self.findings.place, digest));
                return;
            }
            Piece::BadFrame => Defect::Frame,
            Piece::BadContent => Defect::Content,
        };
        self.findings.add(defect, self.chain.last_seal(), None);
        self.chain.mark_broken();
        (self.next, self.previous) = (None, None);
    }

    fn block(&mut self, before: &Hash, content: &[u8]) {
        let lines = content.strip_suffix(b"\n").unwrap_or(content).split(|byte| *byte == b'\n');
        for (number, text) in lines.enumerate() {
            self.findings.place.line = Some(number + 1);
            let Ok(line) = serde_json::from_slice(text) else {
                self.misplaced(Defect::Line);
                continue;
            };
            match (number, line) {
                (0, Line::Bloco(first_line)) => self.begin(&first_line),
                (0, _) => self.misplaced(Defect::LinePlace),
                (_, line) => self.line(before, text, line),
            }
        }
        self.findings.place.line = None;
    }

    fn misplaced(&mut self, defect: Defect) {
        self.findings.add(defect, self.chain.last_seal(), None);
        self.chain.mark_broken();
    }

    /// Checks the first line of a block: its number, its position, and the digest of the previous
    /// block.
    fn begin(&mut self, first_line: &BlockLine) {
        let BlockLine { numero, byte, anterior: previous } = first_line;
        self.findings.place.block = Some(*numero);
        let in_order = self.next.is_none_or(|next| next == *numero);
        match self.previous {
            Some((place, digest)) if in_order && digest != previous.0 => {
                // A more precise finding for the previous block may exist already.
                if !self.findings.in_block(place) {
                    self.findings.at(place, Defect::Block, self.chain.last_seal());
                }
            }
            _ if in_order && *byte == self.findings.place.byte => {}
            // After a block whose length changed, the position of every later block differs.
            _ if in_order && !self.findings.found.is_empty() => {}
            _ => self.misplaced(Defect::BlockPlace),
        }
        self.next = Some(numero + 1);
    }

    fn line(&mut self, before: &Hash, text: &[u8], line: Line) {
        let first = self.findings.place.block == Some(0);
        match line {
            Line::Cabecalho(header) if first && self.header.is_none() => {
                if header.formato != super::line::FORMAT {
                    self.findings.add(Defect::Format, None, None);
                }
                self.header = Some(*header);
            }
            Line::Selo(seal) => self.chain.seal(&mut self.findings, &seal),
            Line::Registro(record) => self.chain.record(&mut self.findings, *record),
            Line::Fim(end) if !self.trailer.begun() => {
                self.chain.close(&mut self.findings);
                let whole = self.findings.found.is_empty();
                let counted = (self.chain.seals(), self.chain.records());
                let byte = self.findings.place.byte;
                // Damaged lines were not counted, so the totals would differ too.
                if whole
                    && ((end.selos, end.registros) != counted
                        || self.findings.place.block != Some(end.blocos)
                        || (end.bytes, &end.sha256.0) != (byte, before))
                {
                    self.findings.add(Defect::Totals, None, None);
                }
                self.trailer.begin(*end, text);
            }
            Line::Assinatura(jws) if self.trailer.begun() && !self.trailer.ended() => {
                if let Some(defect) = self.trailer.check(&jws, self.checks.keys) {
                    self.findings.add(defect, None, None);
                }
            }
            _ => self.misplaced(Defect::LinePlace),
        }
    }

    fn finish(mut self, path: &Path, length: u64, sha256: Hash) -> Report {
        let place = Place { byte: length, block: None, line: None };
        self.findings.place = place;
        self.chain.close(&mut self.findings);
        if !self.trailer.ended() {
            self.findings.add(Defect::Truncated, self.chain.last_seal(), None);
        } else if self.header.is_none() && self.findings.found.is_empty() {
            self.findings.at(Place::default(), Defect::Format, None);
        }
        Report {
            path: path.to_owned(),
            header: self.header,
            seals: self.chain.seals(),
            records: self.chain.records(),
            runs: self.chain.into_runs(),
            sha256,
            bytes: length,
            key: self.trailer.key(),
            findings: self.findings.found,
        }
    }
}
