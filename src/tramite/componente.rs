//! Componentes digitais: the files of the documents that a processo carries.

use super::Idt;
use crate::value::resource::sem_recursos;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a file, in base64: 44 characters, as it is written on the wire.
///
/// ```
/// use elos::tramite::HashSha256;
/// assert_eq!(HashSha256::de(&[0; 32]).to_string(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
/// assert!("deadbeef".parse::<HashSha256>().is_err());
/// ```
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize, Deserialize,
)]
pub struct HashSha256(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o hash é o SHA-256 do arquivo em base64, 44 caracteres")]
pub struct HashMalformado;

impl HashSha256 {
    pub fn de(bytes: &[u8; 32]) -> Self {
        Self(BASE64_STANDARD.encode(bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HashSha256 {
    type Err = HashMalformado;

    fn from_str(texto: &str) -> Result<Self, HashMalformado> {
        let bytes = BASE64_STANDARD.decode(texto).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(|bytes| Self::de(&bytes)).ok_or(HashMalformado)
    }
}

impl fmt::Display for HashSha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file, as a send tells of it.
#[derive(Debug, Clone, Serialize)]
pub struct ComponenteDigital {
    /// Of the processo, or of the processo apensado, that has the document.
    pub protocolo: String,
    /// Place of the document in its processo, from 1; it never changes.
    pub documento: i32,
    /// Place of the file in its document, from 1.
    pub ordem: i32,
    pub hash: HashSha256,
    /// Bytes.
    pub tamanho: i64,
}

// A part of a trâmite.
sem_recursos!(Componente);

/// A file of a trâmite, and how far it has come.
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
    /// The destinatário lacks it: the remetente is asked for it.
    pub solicitado: bool,
    pub conteudo_id: Option<i64>,
    /// It is here.
    pub recebido_em: Option<DateTime<Utc>>,
    /// The destinatário has it.
    pub baixado_em: Option<DateTime<Utc>>,
}

impl Componente {
    /// The remetente still owes it.
    pub fn falta_enviar(&self) -> bool {
        self.solicitado && self.recebido_em.is_none()
    }

    /// The destinatário has still to fetch it.
    pub fn falta_baixar(&self) -> bool {
        self.solicitado && self.baixado_em.is_none()
    }
}

/// The hashes of those that a trâmite carries, each once, in the order of their
/// text: what recibos are signed over.
pub fn hashes_tramitados(componentes: &[Componente]) -> Vec<&str> {
    let tramitados = componentes.iter().filter(|componente| componente.solicitado);
    let mut hashes: Vec<_> = tramitados.map(|componente| componente.hash.as_str()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}
