//! Files that a client uploads in parts: the byte range of each part, and the assembly of the parts
//! into the file.

use crate::blob_store::{ContentId, PART_SIZE};
use crate::db::schema::parte_enviada;
use crate::value::resource::no_resources;
use diesel::prelude::*;
use serde::Serialize;

/// A half-open range of bytes of a file: `inicio` is included, `fim` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ByteRange {
    pub inicio: i64,
    pub fim: i64,
}

impl ByteRange {
    pub const fn size(self) -> i64 {
        self.fim - self.inicio
    }

    pub const fn contains(self, other: Self) -> bool {
        self.inicio <= other.inicio && other.fim <= self.fim
    }
}

// A part adds no resource to the audit entry, because the entry names the trâmite.
no_resources!(SentPart);

/// A part that has arrived, and the content that holds its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = parte_enviada)]
pub struct SentPart {
    pub conteudo_id: ContentId,
    pub inicio: i64,
    pub fim: i64,
}

impl SentPart {
    pub const fn range(&self) -> ByteRange {
        ByteRange { inicio: self.inicio, fim: self.fim }
    }
}

/// The bytes of a file to take from one content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub content: ContentId,
    pub range: ByteRange,
    /// The index of the first byte of the range in the content.
    pub offset: i64,
}

impl Segment {
    /// The single segment of a file that arrived whole.
    pub const fn whole_file(content: ContentId, size: i64) -> Self {
        Self { content, range: ByteRange { inicio: 0, fim: size }, offset: 0 }
    }

    /// The number, from 0, of the stored piece of the content that holds byte `position` of the
    /// file, and the index of that byte in the piece. `None` for a byte before the content.
    pub fn chunk(&self, position: i64) -> Option<(i32, usize)> {
        let content_offset = usize::try_from(position - self.range.inicio + self.offset).ok()?;
        Some((i32::try_from(content_offset / PART_SIZE).ok()?, content_offset % PART_SIZE))
    }
}

/// Chooses segments that cover the whole file, each byte once. Parts may overlap and come in any
/// order.
///
/// # Errors
/// Returns the first byte that no part holds.
pub fn assemble(parts: &[SentPart], size: i64) -> Result<Vec<Segment>, i64> {
    let mut sorted: Vec<&SentPart> = parts.iter().collect();
    sorted.sort_by_key(|part| part.inicio);
    let mut sorted = sorted.into_iter().peekable();
    let (mut segments, mut position) = (Vec::new(), 0);
    while position < size {
        // Choose the part that ends last among those that begin at or before `position`.
        let mut best: Option<&SentPart> = None;
        while let Some(part) = sorted.next_if(|part| part.inicio <= position) {
            if best.is_none_or(|best| part.fim > best.fim) {
                best = Some(part);
            }
        }
        let Some(part) = best.filter(|part| part.fim > position) else { return Err(position) };
        let range = ByteRange { inicio: position, fim: part.fim.min(size) };
        let offset = position - part.inicio;
        segments.push(Segment { content: part.conteudo_id, range, offset });
        position = range.fim;
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(conteudo_id: i64, start: i64, end: i64) -> SentPart {
        SentPart { conteudo_id, inicio: start, fim: end }
    }

    fn assembled(parts: &[SentPart], size: i64) -> Result<Vec<(i64, i64, i64, i64)>, i64> {
        let segments = assemble(parts, size)?;
        let tuple = |s: &Segment| (s.content, s.range.inicio, s.range.fim, s.offset);
        Ok(segments.iter().map(tuple).collect())
    }

    #[test]
    fn parts_in_any_order_make_the_file() {
        let parts = [part(3, 20, 25), part(1, 0, 10), part(2, 10, 20)];
        assert_eq!(assembled(&parts, 25), Ok(vec![(1, 0, 10, 0), (2, 10, 20, 0), (3, 20, 25, 0)]));
        assert_eq!(assembled(&[part(1, 0, 1)], 1), Ok(vec![(1, 0, 1, 0)]));
    }

    #[test]
    fn overlapping_parts_give_each_byte_once() {
        let parts = [part(1, 0, 10), part(2, 3, 6), part(3, 5, 12), part(4, 8, 15)];
        assert_eq!(assembled(&parts, 15), Ok(vec![(1, 0, 10, 0), (4, 10, 15, 2)]));
    }

    #[test]
    fn the_first_missing_byte_is_reported() {
        assert_eq!(assembled(&[], 5), Err(0));
        assert_eq!(assembled(&[part(1, 1, 5)], 5), Err(0));
        assert_eq!(assembled(&[part(1, 0, 3), part(2, 4, 5)], 5), Err(3));
        assert_eq!(assembled(&[part(1, 0, 3)], 5), Err(3));
    }

    #[test]
    fn a_byte_is_in_one_piece_only() {
        let size = i64::try_from(PART_SIZE).unwrap();
        let range = ByteRange { inicio: 100, fim: 100 + 3 * size };
        let segment = Segment { content: 1, range, offset: 7 };
        assert_eq!(segment.chunk(100), Some((0, 7)));
        assert_eq!(segment.chunk(100 + size - 7), Some((1, 0)));
        assert_eq!(segment.chunk(0), None);
    }
}
