//! Defects that the verification finds in an archive.

use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub file: PathBuf,
    /// Position of the block that has the defect, in bytes. For a file that ends too early, its
    /// length; for a defect of the whole file, 0.
    pub byte: u64,
    /// The number of the block, counted from 0. `None` if unknown, or if the defect is in no block.
    pub block: Option<u64>,
    /// The line in the unpacked content of the block, counted from 1. `None` if the defect is not
    /// of one line.
    pub line: Option<usize>,
    /// Tribunal and ordem of the seal. If unknown, those of the last seal before the defect. `None`
    /// if there is none, or the defect is of no seal.
    pub seal: Option<(i16, i64)>,
    /// The id of the record and its position in the seal, counted from 1; 1 for a record that no
    /// seal lists. `None` if the defect is of no record.
    pub record: Option<(i64, usize)>,
    pub defect: Defect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    Frame,
    Content,
    Block,
    BlockPlace,
    Line,
    LinePlace,
    Format,
    Record,
    Records,
    Seal,
    SealPlace,
    Anchor,
    Totals,
    Signature,
    OtherKey,
    Truncated,
    Trailing,
    /// The file is not the one that the database has on record.
    NotRecorded,
    /// The seals differ from those of the database or of another archive.
    OtherChain,
    /// The seals between this archive and the previous one are in neither.
    Gap,
    Missing,
}

impl Defect {
    const fn text(self) -> &'static str {
        match self {
            Self::Frame => "a moldura gzip do bloco foi alterada",
            Self::Content => "o bloco não se descompacta no que foi gravado",
            Self::Block => "os bytes do bloco não são os que foram gravados",
            Self::BlockPlace => "falta um bloco, ou este está fora do lugar",
            Self::Line => "a linha não se lê",
            Self::LinePlace => "a linha está fora do lugar",
            Self::Format => "o formato não é um que este programa leia",
            Self::Record => "o registro foi alterado",
            Self::Records => "os registros do selo não são tantos quantos ele diz",
            Self::Seal => "o selo não é o dos seus registros, ou foi alterado",
            Self::SealPlace => "o selo não continua o anterior",
            Self::Anchor => "o selo não é o que foi anotado na âncora",
            Self::Totals => "o fim não diz o que o arquivo contém",
            Self::Signature => "a assinatura não confere",
            Self::OtherKey => "a assinatura não é da chave dada",
            Self::Truncated => "o arquivo acaba antes do fim",
            Self::Trailing => "há bytes depois do fim",
            Self::NotRecorded => "não é o arquivo que o banco registra",
            Self::OtherChain => "os selos não são os da cadeia do banco ou dos outros arquivos",
            Self::Gap => "faltam selos entre este arquivo e o anterior",
            Self::Missing => "falta o arquivo",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}", self.file.display(), self.byte)?;
        if let Some(block) = self.block {
            write!(f, ", bloco {block}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", linha {line}")?;
        }
        if let Some((tribunal, order)) = self.seal {
            write!(f, ", tribunal {tribunal}, selo {order}")?;
        }
        if let Some((id, place)) = self.record {
            write!(f, ", posição {place}, registro {id}")?;
        }
        write!(f, ": {}", self.defect.text())
    }
}

/// A position in an archive, with the meanings that [`Finding`] gives.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub byte: u64,
    pub block: Option<u64>,
    pub line: Option<usize>,
}

/// The findings in one file.
pub struct Findings {
    file: PathBuf,
    /// The current position of the reader, which [`Findings::add`] notes.
    pub place: Place,
    pub found: Vec<Finding>,
}

impl Findings {
    pub fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), place: Place::default(), found: Vec::new() }
    }

    pub fn add(&mut self, defect: Defect, seal: Option<(i16, i64)>, record: Option<(i64, usize)>) {
        let Place { byte, block, line } = self.place;
        let file = self.file.clone();
        self.found.push(Finding { file, byte, block, line, seal, record, defect });
    }

    /// Adds a finding at another position than the current one.
    pub fn at(&mut self, place: Place, defect: Defect, seal: Option<(i16, i64)>) {
        let before = std::mem::replace(&mut self.place, place);
        self.add(defect, seal, None);
        self.place = before;
    }

    /// Whether there is a finding in the block at this position.
    pub fn in_block(&self, place: Place) -> bool {
        self.found.iter().any(|finding| finding.byte == place.byte)
    }
}
