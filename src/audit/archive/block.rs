//! The framing of an archive: lines in blocks of about a thousand records or 1 MiB. Each block is a
//! gzip member, and `zcat` reads them as one file.
//!
//! Each block stores its own size in a header field, so that a reader can skip a damaged block. Its
//! first line holds the SHA-256 of the block before it, so that a change of any byte is detected
//! with its position, even a change that unpacks to the same content.

use super::line::{BlockLine, Hex, Line};
use crate::audit::seal::{CHAIN_START, Hash};
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The gzip header: deflate, with an extra field, without time and name, unknown operating system.
/// The extra field holds one subfield, `EL`, of four bytes: the size of the whole member.
const MAGIC: [u8; 16] = *b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x08\0EL\x04\0";
const HEADER: usize = MAGIC.len() + 4;
/// CRC-32 and length of the unpacked content.
const TRAILER: usize = 8;
/// Unpacked bytes after which a block is closed.
const FULL: usize = 1 << 20;
/// Maximum length of a line, in bytes. The records that a server writes are far shorter.
const MAX_LINE: usize = 32 << 20;
/// Maximum sizes of one block that a reader accepts, unpacked and packed: a little more than a full
/// block plus one line.
const MAX_CONTENT: usize = MAX_LINE + 2 * FULL;
const MAX_MEMBER: usize = MAX_CONTENT + FULL;

pub struct BlockWriter<W> {
    out: W,
    total: Sha256,
    offset: u64,
    number: u64,
    previous: Hash,
    open: Option<Open>,
}

struct Open {
    encoder: DeflateEncoder<Vec<u8>>,
    crc: Crc,
}

impl<W: Write> BlockWriter<W> {
    pub fn new(out: W) -> Self {
        Self { out, total: Sha256::new(), offset: 0, number: 0, previous: CHAIN_START, open: None }
    }

    /// Writes one line. Opens a block when none is open, and closes the block when it is full.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        if self.open.is_none() {
            let first = self.first();
            let encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            self.open = Some(Open { encoder, crc: Crc::new() });
            self.put(&Line::Bloco(first))?;
        }
        if self.put(line)? >= FULL {
            self.close()?;
        }
        Ok(())
    }

    /// Writes a line to the open block. Returns how many unpacked bytes the block then holds.
    fn put(&mut self, line: &Line) -> io::Result<usize> {
        let Some(open) = &mut self.open else { return Ok(0) };
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        if text.len() > MAX_LINE {
            return Err(io::Error::other("um registro passa de 32 MiB; não cabe num arquivo"));
        }
        open.crc.update(&text);
        open.encoder.write_all(&text)?;
        Ok(usize::try_from(open.crc.amount()).unwrap_or(usize::MAX))
    }

    /// Writes the open block, if there is one.
    pub fn close(&mut self) -> io::Result<()> {
        let Some(Open { encoder, crc }) = self.open.take() else { return Ok(()) };
        self.member(&encoder.finish()?, &crc)
    }

    /// Writes the last block uncompressed. No later block holds its digest, so it must have exactly
    /// one valid encoding, in which every bit matters.
    pub fn last(&mut self, lines: &[Line]) -> io::Result<()> {
        self.close()?;
        let mut content = Vec::new();
        serde_json::to_writer(&mut content, &Line::Bloco(self.first()))?;
        for line in lines {
            content.push(b'\n');
            serde_json::to_writer(&mut content, line)?;
        }
        content.push(b'\n');
        let packed = stored(&content).ok_or_else(|| io::Error::other("a chave é longa demais"))?;
        let mut crc = Crc::new();
        crc.update(&content);
        self.member(&packed, &crc)
    }

    /// The first line of the next block.
    const fn first(&self) -> BlockLine {
        BlockLine { numero: self.number, byte: self.offset, anterior: Hex(self.previous) }
    }

    fn member(&mut self, packed: &[u8], crc: &Crc) -> io::Result<()> {
        let size = HEADER + packed.len() + TRAILER;
        let declared = u32::try_from(size).map_err(io::Error::other)?;
        let mut member = Vec::with_capacity(size);
        member.extend(MAGIC);
        member.extend(declared.to_le_bytes());
        member.extend(packed);
        member.extend(crc.sum().to_le_bytes());
        member.extend(crc.amount().to_le_bytes());
        self.out.write_all(&member)?;
        self.previous = Sha256::digest(&member).into();
        self.total.update(&member);
        self.offset += size as u64;
        self.number += 1;
        Ok(())
    }

    /// Number of closed blocks.
    pub const fn blocks(&self) -> u64 {
        self.number
    }

    /// Size in bytes and SHA-256 of the closed blocks.
    pub fn written(&self) -> (u64, Hash) {
        (self.offset, self.total.clone().finalize().into())
    }

    pub fn into_inner(self) -> W {
        self.out
    }
}

/// The result of reading at a position of the file.
pub enum Piece {
    /// A block that unpacks correctly. `digest` covers the block as it is in the file, and `stored`
    /// tells whether the content is uncompressed.
    Block { content: Vec<u8>, digest: Hash, stored: bool },
    /// No block begins here, or its size field is wrong.
    BadFrame,
    /// The content cannot be unpacked, or does not match its checksum.
    BadContent,
}

pub struct BlockReader<R> {
    input: R,
    length: u64,
    offset: u64,
    /// SHA-256 of everything read so far.
    total: Sha256,
}

impl<R: Read + Seek> BlockReader<R> {
    pub fn new(mut input: R) -> io::Result<Self> {
        let length = input.seek(SeekFrom::End(0))?;
        Ok(Self { input, length, offset: 0, total: Sha256::new() })
    }

    /// The position of the next piece, in bytes.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// SHA-256 of the bytes before that position.
    pub fn digest(&self) -> Hash {
        self.total.clone().finalize().into()
    }

    /// Reads the next piece. `None` at the end of the file.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        if self.offset == self.length {
            return Ok(None);
        }
        let Some(size) = self.size_at(self.offset)? else { return self.skip().map(Some) };
        let member = self.read_at(self.offset, size)?;
        let piece = match unpack(&member[HEADER..]) {
            Some(content) => {
                let packed = &member[HEADER..size - TRAILER];
                let stored = stored(&content).as_deref() == Some(packed);
                Piece::Block { content, digest: Sha256::digest(&member).into(), stored }
            }
            None if self.begins_at(self.offset + size as u64)? => Piece::BadContent,
            None => return self.skip().map(Some),
        };
        self.total.update(&member);
        self.offset += size as u64;
        Ok(Some(piece))
    }

    /// The size that the header of the block at `offset` declares. `None` when no block begins
    /// there or the file is too short for it.
    fn size_at(&mut self, offset: u64) -> io::Result<Option<usize>> {
        let left = usize::try_from(self.length - offset).unwrap_or(usize::MAX);
        if left < HEADER + TRAILER {
            return Ok(None);
        }
        let header = self.read_at(offset, HEADER)?;
        let (magic, size) = header.split_at(MAGIC.len());
        let size = size.try_into().map(u32::from_le_bytes).map(usize::try_from);
        let Ok(Ok(size)) = size else { return Ok(None) };
        let fits = (HEADER + TRAILER..=MAX_MEMBER.min(left)).contains(&size);
        Ok((magic == MAGIC && fits).then_some(size))
    }

    /// Whether a block begins at `offset` or the file ends there.
    fn begins_at(&mut self, offset: u64) -> io::Result<bool> {
        if offset == self.length {
            return Ok(true);
        }
        let left = usize::try_from(self.length - offset).unwrap_or(usize::MAX);
        Ok(left >= MAGIC.len() && self.read_at(offset, MAGIC.len())? == MAGIC)
    }

    /// Skips to the position where the next block begins, or to the end of the file.
    fn skip(&mut self) -> io::Result<Piece> {
        const STEP: usize = 1 << 16;
        let mut at = self.offset + 1;
        loop {
            let left = usize::try_from(self.length - at).unwrap_or(usize::MAX);
            let chunk = self.read_at(at, STEP.min(left))?;
            if let Some(found) = chunk.windows(MAGIC.len()).position(|bytes| bytes == MAGIC) {
                at += found as u64;
                break;
            }
            if left <= STEP {
                at = self.length;
                break;
            }
            // The next header may begin in the last bytes of this chunk.
            at += (STEP - MAGIC.len() + 1) as u64;
        }
        let mut passed = self.offset;
        while passed < at {
            let step = usize::try_from(at - passed).unwrap_or(STEP).min(STEP);
            let bytes = self.read_at(passed, step)?;
            self.total.update(&bytes);
            passed += step as u64;
        }
        self.offset = at;
        Ok(Piece::BadFrame)
    }

    fn read_at(&mut self, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.input.seek(SeekFrom::Start(offset))?;
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// A deflate stream with one uncompressed block. `None` when the content is too long for one.
fn stored(content: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(content.len()).ok()?;
    let mut packed = vec![1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(content);
    Some(packed)
}

/// The unpacked content, if it is complete and matches its checksum and length.
fn unpack(body: &[u8]) -> Option<Vec<u8>> {
    let (packed, trailer) = body.split_at_checked(body.len().checked_sub(TRAILER)?)?;
    let (sum, amount) = trailer.split_at(4);
    let mut content = Vec::new();
    let mut decoder = DeflateDecoder::new(packed);
    decoder.by_ref().take(MAX_CONTENT as u64 + 1).read_to_end(&mut content).ok()?;
    let mut crc = Crc::new();
    crc.update(&content);
    let whole = decoder.total_in() == packed.len() as u64
        && content.len() <= MAX_CONTENT
        && crc.sum().to_le_bytes() == *sum
        && crc.amount().to_le_bytes() == *amount;
    whole.then_some(content)
}
