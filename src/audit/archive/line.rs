//! The lines of an archive: each one is a JSON object with one key, which names the kind of line.

use super::record::{Record, SHOWN};
use super::timestamp::Timestamp;
use crate::audit::seal::{Hash, Seal};
use crate::value::hexadecimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The format that this program writes, and the only one that it reads.
pub const FORMAT: &str = "elos trilha 1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    Bloco(BlockLine),
    Cabecalho(Box<Header>),
    Selo(SealLine),
    Registro(Box<RecordLine>),
    Fim(Box<End>),
    Assinatura(String),
}

/// The first line of every block. It ties the block to its position and to the previous block.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockLine {
    /// The number of the block, counted from 0.
    pub numero: u64,
    /// Position of the block in the file, in bytes.
    pub byte: u64,
    /// SHA-256 of the previous block as it is in the file. Zeros for the first block.
    pub anterior: Hex<32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub formato: String,
    /// End of the archived range, exclusive: the beginning of the next month.
    pub ate: Timestamp,
    /// Beginning of the archived range. `None` in the first archive of a trail.
    pub desde: Option<Timestamp>,
    pub tribunais: Vec<i16>,
    pub programa: String,
    pub gravado_em: Timestamp,
    /// The meaning of the fields, for a reader without this program.
    pub legenda: BTreeMap<String, String>,
}

/// A seal: its hash, the number of its records, and all else that the hash covers. The records are
/// the lines that follow.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealLine {
    pub tribunal_codigo: i16,
    pub ordem: i64,
    pub ate_xid: u64,
    pub ate_id: i64,
    pub anterior: Hex<32>,
    pub hash: Hex<32>,
    pub selado_em: Timestamp,
    pub registros: usize,
}

impl SealLine {
    /// The seal as the chain defines it, over these records, without `resumos`. `None` when
    /// `selado_em` is not a valid instant.
    pub fn to_seal(&self, ids: Vec<i64>) -> Option<Seal> {
        Some(Seal {
            tribunal_codigo: self.tribunal_codigo,
            ordem: self.ordem,
            ate_xid: self.ate_xid.to_string(),
            ate_id: self.ate_id,
            ids,
            resumos: Vec::new(),
            anterior: self.anterior.0.to_vec(),
            hash: self.hash.0.to_vec(),
            selado_em: self.selado_em.datetime()?,
        })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLine {
    /// The first bytes of the digest. They tell whether this record was changed.
    pub resumo: Hex<SHOWN>,
    pub campos: Record,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Number of blocks before the one that holds this line.
    pub blocos: u64,
    /// Size of those blocks in the file.
    pub bytes: u64,
    /// SHA-256 of the `bytes` bytes before this block.
    pub sha256: Hex<32>,
    pub selos: u64,
    pub registros: u64,
    /// The public key that verifies the signature of this line, as a JWK.
    pub chave: Value,
    /// The RFC 7638 thumbprint of the key.
    pub impressao: String,
}

/// Bytes that are written as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl Hex<SHOWN> {
    pub fn shown(digest: &Hash) -> Self {
        let mut shown = [0; SHOWN];
        shown.copy_from_slice(&digest[..SHOWN]);
        Self(shown)
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hexadecimal::encode(&self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hexadecimal::decode(text.as_bytes());
        bytes.map(Self).ok_or_else(|| D::Error::custom("not the digits of a digest"))
    }
}
