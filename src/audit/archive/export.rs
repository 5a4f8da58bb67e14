//! Exports a month of the trail from the database into an archive, and verifies it against its
//! chain while it writes.

use super::line::{FORMAT, Header, Hex, SealLine};
use super::record::{self, Record};
use super::store::{self, Month};
use super::timestamp::Timestamp;
use super::writer::{ArchiveWriter, BLOCK, Written};
use crate::audit::finding::{ChainFinding, Defect};
use crate::audit::seal::{self, Hash, SHOWN_BYTES, Seal, seal_columns, sent_record};
use crate::auth::signer::Signer;
use crate::db::{Sql, SqlValue};
use anyhow::{Context, bail};
use diesel::prelude::*;
use std::collections::VecDeque;
use std::io::Write;

/// Number of records, and of seals, in one read.
const RECORDS: i64 = 1000;
const SEALS: i64 = 50;

/// Writes the month, signed. `on_progress` receives the number of records of each seal. The caller
/// must have begun a transaction in which all queries see the same state of the data.
pub fn export<W: Write>(
    conn: &mut PgConnection,
    month: &Month,
    signer: &Signer,
    out: W,
    mut on_progress: impl FnMut(u64),
) -> anyhow::Result<(W, Written)> {
    let tribunais = tribunais(conn, month)?;
    let mut writer = ArchiveWriter::new(out, header(month, &tribunais), BLOCK)?;
    for tribunal in tribunais {
        let mut chain =
            Chain { conn, month, tribunal, records: VecDeque::new(), after: (0, i64::MIN) };
        chain.export(&mut writer, &mut on_progress)?;
    }
    writer.finish(signer)
}

fn header(month: &Month, tribunais: &[i16]) -> Header {
    let legend = [
        (
            "registro",
            "o que foi lido ou mudado, por quem; resumo: começo do SHA-256 de 'elos registro 1' (2 com correlacoes) e do record_send do PostgreSQL",
        ),
        ("xid", "transação que gravou; com id, a ordem da trilha"),
        ("tribunal_codigo", "tribunal de quem agiu; 0 para credencial nacional"),
        (
            "recursos",
            "chave interna × 8 + tipo: 0 processo, 1 adolescente, 2 guia, 3 rascunho, 4 trâmite, 5 registro eletrônico",
        ),
        (
            "selo",
            "elo da cadeia do tribunal: SHA-256 do hash anterior e do SHA-256 de cada registro; os seus registros vêm a seguir",
        ),
    ];
    Header {
        formato: FORMAT.to_owned(),
        ate: month.ate.into(),
        desde: month.desde.map(Timestamp::from),
        tribunais: tribunais.to_vec(),
        programa: concat!("elos ", env!("CARGO_PKG_VERSION")).to_owned(),
        gravado_em: month.now.into(),
        legenda: legend.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())).into(),
    }
}

/// The tribunais that have seals in the month.
fn tribunais(conn: &mut PgConnection, month: &Month) -> QueryResult<Vec<i16>> {
    Sql::new("SELECT DISTINCT s.tribunal_codigo FROM selo s WHERE ")
        .append(month.seals())
        .push(" ORDER BY 1")
        .rows(conn)
}

struct Chain<'a> {
    conn: &'a mut PgConnection,
    month: &'a Month,
    tribunal: i16,
    /// Records that the export has read and not yet written.
    records: VecDeque<(Record, Hash)>,
    /// The position of the last record that was read.
    after: (u64, i64),
}

impl Chain<'_> {
    fn export<W: Write>(
        &mut self,
        writer: &mut ArchiveWriter<W>,
        on_progress: &mut impl FnMut(u64),
    ) -> anyhow::Result<()> {
        let mut last: Option<(i64, Vec<u8>)> = None;
        loop {
            let seals = self.seals(last.as_ref().map_or(0, |(order, _)| *order))?;
            if seals.is_empty() {
                break;
            }
            for seal in seals {
                let before = match &last {
                    Some((order, hash)) if order + 1 == seal.ordem => Some(hash.clone()),
                    _ => store::hash_of(self.conn, self.tribunal, seal.ordem - 1)?
                        .map(|hash| hash.to_vec()),
                };
                match before {
                    None => return self.refuse(seal.ordem - 1, None, Defect::SealRemoved),
                    Some(hash) if hash != seal.anterior => {
                        return self.refuse(seal.ordem, None, Defect::SealAltered);
                    }
                    Some(_) => self.seal(&seal, writer)?,
                }
                on_progress(seal.ids.len() as u64);
                last = Some((seal.ordem, seal.hash));
            }
        }
        Ok(())
    }

    /// Writes one seal and its records, and checks the position and the digest of each record and
    /// the hash of the seal.
    fn seal<W: Write>(&mut self, seal: &Seal, writer: &mut ArchiveWriter<W>) -> anyhow::Result<()> {
        writer.seal(line(seal).context("um selo não tem a forma de um selo")?)?;
        let mut digests = Vec::with_capacity(seal.ids.len());
        for (at, id) in seal.ids.iter().enumerate() {
            let place = Some((*id, at + 1));
            let Some((record, digest)) = self.next()? else {
                return self.refuse(seal.ordem, place, Defect::Removed);
            };
            if record.id != *id {
                let known = seal.ids.contains(&record.id);
                let unexpected = Some((record.id, at + 1));
                return match known {
                    true => self.refuse(seal.ordem, place, Defect::Removed),
                    false => self.refuse(seal.ordem, unexpected, Defect::Inserted),
                };
            }
            let shown = seal.resumos.chunks(SHOWN_BYTES).nth(at);
            if shown != Some(&digest[..SHOWN_BYTES]) {
                return self.refuse(seal.ordem, place, Defect::Changed);
            }
            writer.record(record, &digest)?;
            digests.push(digest);
        }
        match seal::hash(seal, &digests)[..] == seal.hash {
            true => Ok(()),
            false => self.refuse(seal.ordem, None, Defect::SealAltered),
        }
    }

    fn refuse<T>(
        &self,
        order: i64,
        record: Option<(i64, usize)>,
        defect: Defect,
    ) -> anyhow::Result<T> {
        let found = ChainFinding { tribunal: self.tribunal, seal: Some(order), record, defect };
        bail!("o mês {} não confere com a cadeia, e não se arquiva: {found}", self.month.name())
    }

    fn seals(&mut self, after: i64) -> QueryResult<Vec<Seal>> {
        Sql::new(concat!("SELECT ", seal_columns!(), " FROM selo s WHERE s.tribunal_codigo = "))
            .bind(self.tribunal)
            .push(" AND s.ordem > ")
            .bind(after)
            .and(self.month.seals())
            .push(" ORDER BY s.ordem LIMIT ")
            .bind(SEALS)
            .load(self.conn)
    }

    /// The next record of the month, in the order of the trail.
    fn next(&mut self) -> anyhow::Result<Option<(Record, Hash)>> {
        if self.records.is_empty() {
            let (xid, id) = self.after;
            let sent: Vec<Vec<u8>> = Sql::new(concat!(
                "SELECT ",
                sent_record!(),
                " FROM auditoria a WHERE a.tribunal_codigo = "
            ))
            .bind(self.tribunal)
            .push(" AND (a.xid, a.id) > (")
            .bind(SqlValue::Xid(xid.to_string()))
            .push(", ")
            .bind(id)
            .push(")")
            .and(self.month.records())
            .push(" ORDER BY a.xid, a.id LIMIT ")
            .bind(RECORDS)
            .rows(self.conn)?;
            for sent in sent {
                let digest = record::digest(&sent);
                let record = Record::decode(&sent)
                    .context("um registro não tem a forma que este programa conhece")?;
                self.after = record.position();
                self.records.push_back((record, digest));
            }
        }
        Ok(self.records.pop_front())
    }
}

/// The line of a seal. `None` when a hash does not have 32 bytes or the transaction id is not a
/// number.
fn line(seal: &Seal) -> Option<SealLine> {
    Some(SealLine {
        tribunal_codigo: seal.tribunal_codigo,
        ordem: seal.ordem,
        ate_xid: seal.ate_xid.parse().ok()?,
        ate_id: seal.ate_id,
        anterior: Hex(seal.anterior.as_slice().try_into().ok()?),
        hash: Hex(seal.hash.as_slice().try_into().ok()?),
        selado_em: seal.selado_em.into(),
        registros: seal.ids.len(),
    })
}
