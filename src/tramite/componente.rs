//! Componentes digitais: the files of the documents of a processo.

use super::Idt;
use crate::value::resource::no_resources;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a file in base64, 44 characters, as the APIs write it.
///
/// ```
/// use elos::tramite::HashSha256;
/// assert_eq!(HashSha256::of(&[0; 32]).to_string(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
/// assert!("deadbeef".parse::<HashSha256>().is_err());
/// ```
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize, Deserialize,
)]
pub struct HashSha256(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o hash é o SHA-256 do arquivo em base64, 44 caracteres")]
pub struct MalformedHash;

impl HashSha256 {
    pub fn of(bytes: &[u8; 32]) -> Self {
        Self(BASE64_STANDARD.encode(bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HashSha256 {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let bytes = BASE64_STANDARD.decode(text).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(|bytes| Self::of(&bytes)).ok_or(MalformedHash)
    }
}

impl fmt::Display for HashSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file, as the sender describes it.
#[derive(Debug, Clone, Serialize)]
pub struct ComponenteDigital {
    /// The protocolo of the processo, or of the processo apensado, that holds the document.
    pub protocolo: String,
    /// The position of the document in its processo, from 1. It never changes.
    pub documento: i32,
    /// The position of the file in its document, from 1.
    pub ordem: i32,
    pub hash: HashSha256,
    /// The size in bytes.
    pub tamanho: i64,
}

// A componente adds no resource to the audit entry, because the entry names the trâmite.
no_resources!(Componente);

/// A file of a trâmite, and the state of its transfer.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = crate::db::schema::componente)]
pub struct Componente {
    pub id: i64,
    pub idt: Idt,
    pub protocolo: String,
    pub protocolo_chave: String,
    pub documento: i32,
    pub ordem: i32,
    pub hash: HashSha256,
    pub tamanho: i64,
    /// Whether the remetente must upload the file, because the destinatário does not have it.
    pub solicitado: bool,
    /// The content that holds the bytes, or the first part of them; `None` while this server has
    /// none.
    pub conteudo_id: Option<i64>,
    /// The time at which this server had the whole file.
    pub recebido_em: Option<DateTime<Utc>>,
    /// The time at which the destinatário had downloaded the whole file.
    pub baixado_em: Option<DateTime<Utc>>,
}

impl Componente {
    /// Whether the remetente still has to upload the file.
    pub fn is_pending_upload(&self) -> bool {
        self.solicitado && self.recebido_em.is_none()
    }

    /// Whether the destinatário still has to download the file.
    pub fn is_pending_download(&self) -> bool {
        self.solicitado && self.baixado_em.is_none()
    }
}

/// The hashes of the files that this trâmite transfers, each once, sorted as text. The recibos are
/// signed over them.
pub fn hashes_tramitados(componentes: &[Componente]) -> Vec<&str> {
    let tramitados = componentes.iter().filter(|componente| componente.solicitado);
    let mut hashes: Vec<_> = tramitados.map(|componente| componente.hash.as_str()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}
