//! Builds the chain of hashes over the trail. `elos auditoria verify` detects a change to a sealed
//! record.
//!
//! No call waits for a hash: a background thread, of one instance at a time, seals the committed
//! records in the order of the trail.

use super::store;
use crate::db::{Db, row};
use crate::error::Error;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// Maximum number of records of one tribunal that one round seals.
const MAX_BATCH: usize = 1000;
/// Leading bytes of each record's digest that a seal stores in `resumos`. They suffice to identify
/// the record that changed.
pub const SHOWN_BYTES: usize = 16;

pub type Hash = [u8; 32];

/// The previous hash of the first seal of every chain.
pub const CHAIN_START: Hash = [0; 32];

row! {
    columns seal_columns of "s";

    /// One link of the chain: a range of consecutive records of one tribunal.
    #[derive(Debug, Clone, QueryableByName)]
    pub struct Seal {
        pub tribunal_codigo: i16,
        pub ordem: i64,
        pub ate_xid: String = "s.ate_xid::text",
        pub ate_id: i64,
        pub ids: Vec<i64>,
        pub resumos: Vec<u8>,
        pub anterior: Vec<u8>,
        pub hash: Vec<u8>,
        pub selado_em: DateTime<Utc>,
    }
}

row! {
    /// A record as the chain needs it: its id, its tribunal, and the digest of all its columns.
    #[derive(Debug, QueryableByName)]
    pub struct Sealable {
        pub id: i64,
        pub tribunal_codigo: i16,
        resumo: Vec<u8>,
    }
}

/// A record of a table named `a`, in PostgreSQL's binary row format. Every row has exactly one such
/// form, and no two different rows share it. A column that was added later is included only where
/// it is not null, so that older digests stay valid. `archive::Record` must produce the same bytes.
macro_rules! sent_record {
    () => {
        "CASE WHEN a.correlacoes IS NULL THEN \
         record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, \
         a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao)) \
         ELSE record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, \
         a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao, a.correlacoes)) END"
    };
}
pub(super) use sent_record;

/// Columns of [`Sealable`], from a table named `a`. PostgreSQL computes the digest. The expression
/// repeats the function `elos_resumo` instead of calling it, because an attacker who can change a
/// record can also change that function.
macro_rules! sealable_columns {
    () => {
        concat!(
            "a.id, a.tribunal_codigo, sha256(CASE WHEN a.correlacoes IS NULL THEN 'elos registro 1'::bytea \
             ELSE 'elos registro 2'::bytea END || ",
            $crate::audit::seal::sent_record!(),
            ") AS resumo"
        )
    };
}
pub(super) use sealable_columns;

impl Sealable {
    pub fn digest(&self) -> Hash {
        self.resumo.as_slice().try_into().unwrap_or(CHAIN_START)
    }
}

/// Hashes fields one after the other, each with its length before it, so that no two different
/// seals have the same input.
struct FieldHasher(Sha256);

impl FieldHasher {
    fn field(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

/// The hash of a seal. It covers the hash of the previous seal and the digest of each record.
pub fn hash(seal: &Seal, digests: &[Hash]) -> Hash {
    let mut hasher = FieldHasher(Sha256::new_with_prefix(b"elos selo 1"));
    hasher.field(&seal.anterior);
    hasher.field(&seal.tribunal_codigo.to_be_bytes());
    hasher.field(&seal.ordem.to_be_bytes());
    hasher.field(seal.ate_xid.as_bytes());
    hasher.field(&seal.ate_id.to_be_bytes());
    hasher.field(&seal.selado_em.timestamp_micros().to_be_bytes());
    for (id, digest) in seal.ids.iter().zip(digests) {
        hasher.field(&id.to_be_bytes());
        hasher.field(digest);
    }
    hasher.0.finalize().into()
}

/// Seals all committed records that have no seal yet and returns how many. Blocks. Does nothing
/// while another instance is sealing.
pub fn seal_pending(db: &Db) -> Result<usize, Error> {
    let mut sealed = 0;
    loop {
        let this_round = db.with_auditor_conn(store::seal_pending)?;
        sealed += this_round;
        // A tribunal with more records to seal would have filled this round.
        if this_round < MAX_BATCH {
            return Ok(sealed);
        }
    }
}
