//! Writes an archive line by line.

use super::block::BlockWriter;
use super::line::{End, Header, Hex, Line, RecordLine, SealLine};
use super::record::Record;
use super::signature;
use crate::audit::seal::Hash;
use crate::auth::signer::Signer;
use anyhow::Context;
use std::io::Write;

/// Number of records after which the next seal begins a block.
pub const BLOCK: usize = 1000;

pub struct ArchiveWriter<W> {
    blocks: BlockWriter<W>,
    /// Number of records after which the next seal begins a new block.
    block: usize,
    /// Number of records since a seal last began a block.
    in_block: usize,
    seals: u64,
    records: u64,
}

/// The totals of a written archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub bytes: u64,
    pub sha256: Hash,
    pub seals: u64,
    pub records: u64,
}

impl<W: Write> ArchiveWriter<W> {
    pub fn new(out: W, header: Header, block: usize) -> anyhow::Result<Self> {
        let mut blocks = BlockWriter::new(out);
        blocks.line(&Line::Cabecalho(Box::new(header)))?;
        blocks.close()?;
        Ok(Self { blocks, block, in_block: 0, seals: 0, records: 0 })
    }

    /// Writes a seal. The records written next belong to it.
    pub fn seal(&mut self, seal: SealLine) -> anyhow::Result<()> {
        if self.in_block >= self.block {
            self.blocks.close()?;
            self.in_block = 0;
        }
        self.seals += 1;
        Ok(self.blocks.line(&Line::Selo(seal))?)
    }

    pub fn record(&mut self, record: Record, digest: &Hash) -> anyhow::Result<()> {
        self.records += 1;
        self.in_block += 1;
        let line = RecordLine { resumo: Hex::shown(digest), campos: record };
        Ok(self.blocks.line(&Line::Registro(Box::new(line)))?)
    }

    /// Signs the archive and returns the output, after every byte was written to it.
    pub fn finish(mut self, signer: &Signer) -> anyhow::Result<(W, Written)> {
        let Self { blocks, seals, records, .. } = &mut self;
        blocks.close()?;
        let (bytes, sha256) = blocks.written();
        let key = signer.public_key();
        let end = Line::Fim(Box::new(End {
            blocos: blocks.blocks(),
            bytes,
            sha256: Hex(sha256),
            selos: *seals,
            registros: *records,
            chave: serde_json::to_value(key)?,
            impressao: signature::thumbprint(key).context("a chave não tem impressão")?,
        }));
        let signed = signature::sign(signer, &serde_json::to_vec(&end)?)?;
        blocks.last(&[end, Line::Assinatura(signed)])?;
        let (bytes, sha256) = blocks.written();
        let written = Written { bytes, sha256, seals: *seals, records: *records };
        Ok((self.blocks.into_inner(), written))
    }
}
