//! The parts of files that are uploaded in parts, and the ranges of a file that the destinatário
//! has.

use crate::blob_store::ContentId;
use crate::db::schema::parte_enviada;
use crate::db::{Session, Sql};
use crate::tramite::{ByteRange, Componente, HashSha256, Idt, SentPart};
use diesel::prelude::*;

/// Number of ranges stored for one file from which on the store adds no range.
const MAX_RANGES: i64 = 10_000;

/// The parts of a file that have arrived.
pub fn sent_parts(
    session: &mut Session<'_>,
    idt: Idt,
    protocolo_chave: &str,
    hash: &HashSha256,
) -> QueryResult<Vec<SentPart>> {
    parte_enviada::table
        .filter(parte_enviada::idt.eq(idt))
        .filter(parte_enviada::protocolo_chave.eq(protocolo_chave))
        .filter(parte_enviada::hash.eq(hash))
        .order(parte_enviada::inicio)
        .select(SentPart::as_select())
        .load(session.conn())
}

/// Records that a content holds these bytes of the file.
pub fn store_part(
    session: &mut Session<'_>,
    componente: &Componente,
    range: ByteRange,
    content: ContentId,
) -> QueryResult<()> {
    diesel::insert_into(parte_enviada::table)
        .values((
            parte_enviada::conteudo_id.eq(content),
            parte_enviada::idt.eq(componente.idt),
            parte_enviada::protocolo_chave.eq(&componente.protocolo_chave),
            parte_enviada::hash.eq(&componente.hash),
            parte_enviada::inicio.eq(range.inicio),
            parte_enviada::fim.eq(range.fim),
        ))
        .execute(session.conn())?;
    Ok(())
}

/// Removes the parts that these contents hold.
pub fn remove_parts(session: &mut Session<'_>, contents: &[ContentId]) -> QueryResult<()> {
    let matching = parte_enviada::conteudo_id.eq_any(contents);
    diesel::delete(parte_enviada::table.filter(matching)).execute(session.conn())?;
    Ok(())
}

/// Records, in each of the positions `placements` of one file, that the destinatário has these
/// bytes, unless `MAX_RANGES` ranges are stored there. Returns whether the destinatário now has the
/// whole file.
pub fn deliver_range(
    session: &mut Session<'_>,
    placements: &[Componente],
    range: ByteRange,
) -> QueryResult<bool> {
    let ids: Vec<i64> = placements.iter().map(|placement| placement.id).collect();
    let whole: Vec<bool> = Sql::new(
        "UPDATE componente SET entregue = CASE WHEN (SELECT count(*) FROM unnest(entregue)) < ",
    )
    .bind(MAX_RANGES)
    .push(" THEN entregue + int8multirange(int8range(")
    .bind(range.inicio)
    .push(", ")
    .bind(range.fim)
    .push(")) ELSE entregue END WHERE id = ANY(")
    .bind(ids)
    .push(") RETURNING entregue @> int8range(0, tamanho)")
    .rows(session.conn())?;
    Ok(whole.into_iter().all(|whole| whole))
}
