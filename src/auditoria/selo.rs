//! The chain of hashes over the trail: what is sealed cannot change without being found.
//!
//! Nobody who writes waits for a hash: one step in the background, of one instance at
//! a time, seals what is committed, in the order of the trail.

use super::model::NACIONAL;
use super::store::{depois_dele, ultimo_selo};
use crate::db::{Db, Sql};
use crate::error::Error;
use crate::tribunal::TRIBUNAIS;
use chrono::{DateTime, SubsecRound, Utc};
use diesel::prelude::*;
use diesel::sql_types as tipo;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Of several instances one seals.
const TRAVA: i64 = 0x73_65_6c_6f;
/// Records of one tribunal that a seal holds at most.
const NO_MAXIMO: i64 = 1000;
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
    #[diesel(sql_type = tipo::Text)]
    pub xid: String,
    #[diesel(sql_type = tipo::SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = tipo::Binary)]
    resumo: Vec<u8>,
}

/// Columns of [`Selavel`], from a table named `a`. PostgreSQL takes the digest, of its own
/// binary form of the row: whatever stands in a row, it has one, and no two rows share it.
macro_rules! colunas_do_selavel {
    () => {
        "a.id, a.xid::text, a.tribunal_codigo, sha256('elos registro 1'::bytea || record_send(ROW(a.id, a.xid, \
         a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, a.resultado, a.status, a.recursos, \
         a.campos_sensiveis, a.correlacao))) AS resumo"
    };
}
pub(super) use colunas_do_selavel;

impl Selavel {
    pub fn resumo(&self) -> Hash {
        self.resumo.as_slice().try_into().unwrap_or(INICIO)
    }
}

/// One that is being sealed, and what it tells of: a list, whatever stands in its row.
#[derive(QueryableByName)]
struct Selando {
    #[diesel(embed)]
    selavel: Selavel,
    #[diesel(sql_type = tipo::Array<tipo::BigInt>)]
    recursos: Vec<i64>,
}

impl Selando {
    fn tribunal(&self) -> i16 {
        self.selavel.tribunal_codigo
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
        let desta_vez = db.como_auditor(|conn| conn.transaction(selar_uma_vez))?;
        selados += desta_vez;
        // A round that came to less than one full seal left nothing behind.
        if i64::try_from(desta_vez).is_ok_and(|n| n < NO_MAXIMO) {
            return Ok(selados);
        }
    }
}

fn selar_uma_vez(conn: &mut PgConnection) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Vez {
        #[diesel(sql_type = tipo::Bool)]
        minha: bool,
    }
    // The trail grows faster than PostgreSQL counts it: by what it knew, it would look through
    // and sort all of it for every seal.
    let vez: Vez = Sql::new("SELECT pg_try_advisory_xact_lock(")
        .bind(TRAVA)
        .push(
            ") AS minha, set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)",
        )
        .get_result(conn)?;
    if !vez.minha {
        return Ok(0);
    }
    let registros: Vec<Selando> =
        Sql::new(concat!("SELECT ", colunas_do_selavel!(), ", "))
            .push("ARRAY(SELECT r FROM unnest(a.recursos) AS r WHERE r IS NOT NULL) AS recursos FROM unnest(")
            .bind(tribunais())
            .push(concat!(
                ultimo_selo!(),
                depois_dele!(),
                " AND a.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY a.xid, a.id LIMIT "
            ))
            .bind(NO_MAXIMO)
            .push(") AS a ORDER BY a.tribunal_codigo, a.xid, a.id")
            .load(conn)?;
    for do_tribunal in registros.chunk_by(|a, b| a.tribunal() == b.tribunal()) {
        acrescentar(conn, do_tribunal)?;
    }
    Ok(registros.len())
}

/// Every chain there is.
pub fn tribunais() -> Vec<i16> {
    TRIBUNAIS.iter().map(|tribunal| tribunal.codigo).chain([NACIONAL]).collect()
}

/// One more seal, over records of one tribunal in the order of the trail.
fn acrescentar(conn: &mut PgConnection, registros: &[Selando]) -> QueryResult<()> {
    let Some(Selando { selavel: ultimo, .. }) = registros.last() else { return Ok(()) };
    let anterior: Option<Selo> =
        Sql::new(concat!("SELECT ", colunas_do_selo!(), " FROM selo s WHERE s.tribunal_codigo = "))
            .bind(ultimo.tribunal_codigo)
            .push(" ORDER BY s.ordem DESC LIMIT 1")
            .get_result(conn)
            .optional()?;
    let resumos: Vec<Hash> = registros.iter().map(|registro| registro.selavel.resumo()).collect();
    let recursos: BTreeSet<i64> =
        registros.iter().flat_map(|registro| &registro.recursos).copied().collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "a step of the server itself, which no rule sees"
    )]
    let agora = Utc::now().trunc_subsecs(6);
    let mut selo = Selo {
        tribunal_codigo: ultimo.tribunal_codigo,
        ordem: anterior.as_ref().map_or(1, |selo| selo.ordem + 1),
        ate_xid: ultimo.xid.clone(),
        ate_id: ultimo.id,
        ids: registros.iter().map(|registro| registro.selavel.id).collect(),
        resumos: resumos.iter().flat_map(|resumo| &resumo[..MOSTRADOS]).copied().collect(),
        anterior: anterior.map_or_else(|| INICIO.to_vec(), |selo| selo.hash),
        hash: Vec::new(),
        selado_em: agora,
    };
    selo.hash = hash(&selo, &resumos).to_vec();
    Sql::new(
        "INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, anterior, hash, selado_em, recursos) \
         VALUES (",
    )
    .bind(selo.tribunal_codigo)
    .push(", ")
    .bind(selo.ordem)
    .push(", ")
    .bind(crate::db::Valor::Xid(selo.ate_xid))
    .push(", ")
    .bind(selo.ate_id)
    .push(", ")
    .bind(selo.ids)
    .push(", ")
    .bind(selo.resumos)
    .push(", ")
    .bind(selo.anterior)
    .push(", ")
    .bind(selo.hash)
    .push(", ")
    .bind(selo.selado_em)
    .push(", ")
    .bind(recursos.into_iter().collect::<Vec<_>>())
    .push(")")
    .execute(conn)?;
    Ok(())
}
