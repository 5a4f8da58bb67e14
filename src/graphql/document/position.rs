//! Computes the line and column of a byte. The text is scanned once and not again for each byte,
//! because a document of one long line must not cost a scan per field.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

const BLOCK_SIZE: usize = 256;

pub struct Positions<'t> {
    text: &'t str,
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// The number of characters before each block of bytes.
    chars: Vec<usize>,
}

impl<'t> Positions<'t> {
    pub fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            // \r\n counts as one line break.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                lines.push(i + 1);
            }
        }
        let mut total = 0;
        let mut chars = vec![0];
        for block in bytes.chunks(BLOCK_SIZE) {
            total += count(block);
            chars.push(total);
        }
        Self { text, lines, chars }
    }

    /// Returns the position at which `span` begins, or that of the first byte without a span.
    pub fn of(&self, span: Option<SourceSpan>) -> Pos {
        self.at(span.map_or(0, |span| span.offset()))
    }

    /// Returns the position of a byte. Lines and columns count from one. A column is a character
    /// (§2.1: a Unicode scalar value), whatever its width: a tab, or one outside the BMP.
    pub fn at(&self, byte: usize) -> Pos {
        let byte = byte.min(self.text.len());
        let line = self.lines.partition_point(|&start| start <= byte);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = (self.chars_before(byte) + 1).saturating_sub(self.chars_before(start));
        Pos { line, column }
    }

    fn chars_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK_SIZE;
        let rest = self.text.as_bytes().get(block * BLOCK_SIZE..byte).unwrap_or_default();
        self.chars.get(block).copied().unwrap_or_default() + count(rest)
    }
}

/// In UTF-8, every byte except continuation bytes begins a character.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count()
}
