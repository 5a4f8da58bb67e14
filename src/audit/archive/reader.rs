//! Reads an archive from its beginning to its end and holds every byte of it against the hashes
//! and the signature, without a database.

use super::block::{BlockReader, Piece};
use super::finding::{Defect, Finding, Findings, Place};
use super::line::{BlockLine, Header, Line};
use super::run::{Run, Walk};
use super::signature::PublicKey;
use super::trailer::Trailer;
use crate::audit::seal::{Hash, INICIO};
use crate::audit::verify::Ancora;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

/// What an archive is held against besides itself.
#[derive(Clone, Copy, Default)]
pub struct Checks<'a> {
    pub anchors: &'a [Ancora],
    /// One of which it has to be signed with; none believes the key that the archive says.
    pub keys: &'a [PublicKey],
}

/// What an archive holds, and what is wrong with it.
#[derive(Debug)]
pub struct Report {
    pub path: PathBuf,
    pub header: Option<Header>,
    pub runs: Vec<Run>,
    pub seals: u64,
    pub records: u64,
    /// Of the whole file.
    pub sha256: Hash,
    pub bytes: u64,
    /// Thumbprint of the key that it says it was signed with.
    pub key: Option<String>,
    pub findings: Vec<Finding>,
}

/// `advanced` is told how many bytes more were read.
pub fn verify(path: &Path, checks: Checks<'_>, advanced: impl FnMut(u64)) -> io::Result<Report> {
    verify_input(path, BufReader::new(File::open(path)?), checks, advanced)
}

/// The same of what is not, or not yet, a file.
pub fn verify_input(
    path: &Path,
    input: impl Read + Seek,
    checks: Checks<'_>,
    mut advanced: impl FnMut(u64),
) -> io::Result<Report> {
    let mut blocks = BlockReader::new(input)?;
    let mut reading = Reading::new(path, checks);
    loop {
        let (offset, before) = (blocks.offset(), blocks.digest());
        let Some(piece) = blocks.next_piece()? else { break };
        reading.piece(offset, &before, piece);
        advanced(blocks.offset() - offset);
    }
    Ok(reading.finish(path, blocks.offset(), blocks.digest()))
}

struct Reading<'a> {
    checks: Checks<'a>,
    findings: Findings,
    header: Option<Header>,
    walk: Walk<'a>,
    trailer: Trailer,
    /// The number of the block that comes next; none after one that could not be read.
    next: Option<u64>,
    /// Where the block before it stands, and its digest.
    previous: Option<(Place, Hash)>,
}

impl<'a> Reading<'a> {
    fn new(path: &Path, checks: Checks<'a>) -> Self {
        let place = Place::default();
        Self {
            checks,
            findings: Findings::of(path),
            header: None,
            walk: Walk::new(checks.anchors),
            trailer: Trailer::default(),
            next: Some(0),
            previous: Some((place, INICIO)),
        }
    }

    /// `before` is the digest of everything up to `offset`.
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
                // Of the last block alone no other says the digest: it has one form only.
                if self.trailer.begun() && !stored && !self.findings.in_block(place) {
                    self.findings.at(place, Defect::Block, None);
                }
                self.previous = Some((self.findings.place, digest));
                return;
            }
            Piece::BadFrame => Defect::Frame,
            Piece::BadContent => Defect::Content,
        };
        self.findings.add(defect, self.walk.last_seal(), None);
        self.walk.lose();
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
                (0, Line::Bloco(said)) => self.begin(&said),
                (0, _) => self.misplaced(Defect::LinePlace),
                (_, line) => self.line(before, text, line),
            }
        }
        self.findings.place.line = None;
    }

    fn misplaced(&mut self, defect: Defect) {
        self.findings.add(defect, self.walk.last_seal(), None);
        self.walk.lose();
    }

    /// The first line of a block: is it the one that was written after the block before it?
    fn begin(&mut self, said: &BlockLine) {
        let BlockLine { numero, byte, anterior } = said;
        self.findings.place.block = Some(*numero);
        let in_turn = self.next.is_none_or(|next| next == *numero);
        match self.previous {
            Some((place, digest)) if in_turn && digest != anterior.0 => {
                // What changed in it may have been found already, and more exactly.
                if !self.findings.in_block(place) {
                    self.findings.at(place, Defect::Block, self.walk.last_seal());
                }
            }
            _ if in_turn && *byte == self.findings.place.byte => {}
            // All that comes after a block that has grown is moved.
            _ if in_turn && !self.findings.found.is_empty() => {}
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
            Line::Selo(seal) => self.walk.seal(&mut self.findings, &seal),
            Line::Registro(record) => self.walk.record(&mut self.findings, *record),
            Line::Fim(end) if !self.trailer.begun() => {
                self.walk.close(&mut self.findings);
                let whole = self.findings.found.is_empty();
                let counted = (self.walk.seals(), self.walk.records());
                let byte = self.findings.place.byte;
                // What is damaged is not counted either.
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
        self.walk.close(&mut self.findings);
        if !self.trailer.ended() {
            self.findings.add(Defect::Truncated, self.walk.last_seal(), None);
        } else if self.header.is_none() && self.findings.found.is_empty() {
            self.findings.at(Place::default(), Defect::Format, None);
        }
        Report {
            path: path.to_owned(),
            header: self.header,
            seals: self.walk.seals(),
            records: self.walk.records(),
            runs: self.walk.into_runs(),
            sha256,
            bytes: length,
            key: self.trailer.key(),
            findings: self.findings.found,
        }
    }
}
