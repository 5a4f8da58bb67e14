//! The chain of hashes over the trail: what is sealed cannot change without being found.
//!
//! Nobody who writes waits for a hash: one step in the background, of one instance at
//! a time, seals what is committed, in the order of the trail.

use super::entry::NACIONAL;
use super::trail;
use crate::db::Db;
use crate::error::Error;
use crate::value::tribunal::TRIBUNAIS;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types as tipo;
use sha2::{Digest, Sha256};

/// Records of one tribunal that a round seals at most.
const NO_MAXIMO: usize = 1000;
/// Bytes of a digest that a seal shows: enough to say which record it is not.
pub const MOSTRADOS: usize = 16;

pub type Hash = [u8; 32];

/// What a chain begins with.
pub const INICIO: Hash = [0; 32];

/// One seal.
#[derive(Debug, Clone, QueryableByName)]
pub struct Selo {
    #[diesel(sql_type = tipo::SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = tipo::BigInt)]
    pub ordem: i64,
    #[diesel(sql_type = tipo::Text)]
    pub ate_xid: String,
    #[diesel(sql_type = tipo::BigInt)]
    pub ate_id: i64,
    #[diesel(sql_type = tipo::Array<tipo::BigInt>)]
    pub ids: Vec<i64>,
    #[diesel(sql_type = tipo::Binary)]
    pub resumos: Vec<u8>,
    #[diesel(sql_type = tipo::Binary)]
    pub anterior: Vec<u8>,
    #[diesel(sql_type = tipo::Binary)]
    pub hash: Vec<u8>,
    #[diesel(sql_type = tipo::Timestamptz)]
    pub selado_em: DateTime<Utc>,
}

/// Columns of [`Selo`], from a table named `s`.
macro_rules! colunas_do_selo {
    () => {
        "s.tribunal_codigo, s.ordem, s.ate_xid::text, s.ate_id, s.ids, s.resumos, s.anterior, s.hash, s.selado_em"
    };
}
pub(super) use colunas_do_selo;

/// A record as the chain sees it: its place, and the digest of all that it says.
#[derive(Debug, QueryableByName)]
pub struct Selavel {
    #[diesel(sql_type = tipo::BigInt)]
    pub id: i64,
    #[diesel(sql_type = tipo::SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = tipo::Binary)]
    resumo: Vec<u8>,
}

/// A record of a table named `a`, in PostgreSQL's own binary form: whatever stands in a row, it
/// has one, and no two rows share it. A column that came later is there only where it says
/// something. Its twin is `archive::Record`.
macro_rules! registro_enviado {
    () => {
        "CASE WHEN a.correlacoes IS NULL THEN \
         record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, \
         a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao)) \
         ELSE record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, \
         a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao, a.correlacoes)) END"
    };
}
pub(super) use registro_enviado;

/// Columns of [`Selavel`], from a table named `a`. PostgreSQL takes the digest. The text is that of
/// `elos_resumo`, said again: who can change a record can change that function too.
macro_rules! colunas_do_selavel {
    () => {
        concat!(
            "a.id, a.tribunal_codigo, sha256(CASE WHEN a.correlacoes IS NULL THEN 'elos registro 1'::bytea \
             ELSE 'elos registro 2'::bytea END || ",
            $crate::audit::seal::registro_enviado!(),
            ") AS resumo"
        )
    };
}
pub(super) use colunas_do_selavel;

impl Selavel {
    pub fn resumo(&self) -> Hash {
        self.resumo.as_slice().try_into().unwrap_or(INICIO)
    }
}

/// Fields one after the other, each with its length: no two seals read the same.
struct Leitor(Sha256);

impl Leitor {
    fn campo(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

/// The hash of a seal: of the one before it, and of the digest of each record.
pub fn hash(selo: &Selo, resumos: &[Hash]) -> Hash {
    let mut leitor = Leitor(Sha256::new_with_prefix(b"elos selo 1"));
    leitor.campo(&selo.anterior);
    leitor.campo(&selo.tribunal_codigo.to_be_bytes());
    leitor.campo(&selo.ordem.to_be_bytes());
    leitor.campo(selo.ate_xid.as_bytes());
    leitor.campo(&selo.ate_id.to_be_bytes());
    leitor.campo(&selo.selado_em.timestamp_micros().to_be_bytes());
    for (id, resumo) in selo.ids.iter().zip(resumos) {
        leitor.campo(&id.to_be_bytes());
        leitor.campo(resumo);
    }
    leitor.0.finalize().into()
}

/// Seals all that is committed and not sealed yet; answers how many records it was.
/// Blocks. Does nothing when another instance is at it.
pub fn selar(db: &Db) -> Result<usize, Error> {
    let mut selados = 0;
    loop {
        let desta_vez = db.como_auditor(trail::selar)?;
        selados += desta_vez;
        // A round that came to less than one full seal left nothing behind.
        if desta_vez < NO_MAXIMO {
            return Ok(selados);
        }
    }
}

/// Every chain there is.
pub fn tribunais() -> Vec<i16> {
    TRIBUNAIS.iter().map(|tribunal| tribunal.codigo).chain([NACIONAL]).collect()
}
