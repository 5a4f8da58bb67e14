//! Componentes digitais: the files of each trâmite, the earlier sends under the NRE, and the
//! contents that hold the bytes.

use super::remove_parts;
use crate::blob_store::ContentId;
use crate::db::schema::{componente, conteudo};
use crate::db::{BatchKey, Session, Sql, group_by_key};
use crate::error::Error;
use crate::tramite::{Componente, ComponenteDigital, HashSha256, Idt, Nre, Protocolo};
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use std::sync::Arc;

/// Largest number of rows of one INSERT: PostgreSQL binds at most 65,535 values.
const BATCH_SIZE: usize = 1_000;

/// The componentes of a trâmite, in the order of the send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ComponentesOf(pub Idt);

impl BatchKey for ComponentesOf {
    type Value = Arc<Vec<Componente>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<Idt> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<Componente> = componente::table
            .filter(componente::idt.eq_any(idts))
            .order((componente::idt, componente::id))
            .select(Componente::as_select())
            .load(session.conn())?;
        let groups = group_by_key(rows.into_iter().map(|row| (Self(row.idt), row)));
        Ok(groups.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

/// The componentes of one trâmite.
pub fn componentes(session: &mut Session<'_>, idt: Idt) -> Result<Arc<Vec<Componente>>, Error> {
    Ok(ComponentesOf::load_one(session, &ComponentesOf(idt))?.unwrap_or_default())
}

/// The positions in which the trâmite requests this file; none if it does not.
pub fn solicitados(
    session: &mut Session<'_>,
    idt: Idt,
    protocolo: &Protocolo,
    hash: &HashSha256,
) -> QueryResult<Vec<Componente>> {
    componente::table
        .filter(componente::idt.eq(idt))
        .filter(componente::protocolo_chave.eq(protocolo.key()))
        .filter(componente::hash.eq(hash))
        .filter(componente::solicitado)
        .order(componente::id)
        .select(Componente::as_select())
        .load(session.conn())
}

/// The earlier transfers of one componente under an NRE.
#[derive(Debug, Clone, Copy, Default, QueryableByName)]
pub struct Tramitado {
    /// Whether the destination has the file by this NRE.
    #[diesel(sql_type = Bool)]
    pub destino_tem: bool,
    /// Whether trâmites of the NRE that were received, of any destination, have other files in the
    /// same position, and not this one.
    #[diesel(sql_type = Bool)]
    pub diverge: bool,
}

/// One row per componente, in the same order.
pub fn tramitados(
    session: &mut Session<'_>,
    destination: i16,
    nre: &Nre,
    componentes: &[ComponenteDigital],
) -> QueryResult<Vec<Tramitado>> {
    let protocolo_keys: Vec<String> = componentes.iter().map(|c| key(&c.protocolo)).collect();
    let documentos: Vec<i64> = componentes.iter().map(|c| c.documento.into()).collect();
    let orders: Vec<i64> = componentes.iter().map(|c| c.ordem.into()).collect();
    let hashes: Vec<String> = componentes.iter().map(|c| c.hash.to_string()).collect();
    Sql::new("SELECT * FROM elos_componentes_do_nre(")
        .bind_all([
            destination.into(),
            nre.to_string().into(),
            protocolo_keys.into(),
            documentos.into(),
            orders.into(),
            hashes.into(),
        ])
        .push(")")
        .load(session.conn())
}

/// The hash of the file that was last received in this position, in a trâmite of which the caller
/// is a party. `None` if there is none.
pub fn hash_tramitado(
    session: &mut Session<'_>,
    nre: &Nre,
    placement: &ComponenteDigital,
) -> QueryResult<Option<String>> {
    Sql::new(
        "SELECT c.hash FROM componente c JOIN tramite t USING (idt) WHERE t.situacao IN (5, 6) AND t.nre = ",
    )
    .bind(nre.to_string())
    .push(" AND c.protocolo_chave = ")
    .bind(key(&placement.protocolo))
    .push(" AND c.documento = ")
    .bind(placement.documento)
    .push(" AND c.ordem = ")
    .bind(placement.ordem)
    .push(" ORDER BY c.idt DESC LIMIT 1")
    .row(session.conn())
    .optional()
}

/// Inserts the componentes of a send, each with whether the remetente must upload it.
pub fn insert_componentes(
    session: &mut Session<'_>,
    idt: Idt,
    componentes: &[(ComponenteDigital, bool)],
) -> QueryResult<()> {
    for batch in componentes.chunks(BATCH_SIZE) {
        let rows: Vec<_> = batch
            .iter()
            .map(|(c, solicitado)| {
                (
                    componente::idt.eq(idt),
                    componente::protocolo.eq(&c.protocolo),
                    componente::protocolo_chave.eq(key(&c.protocolo)),
                    componente::documento.eq(c.documento),
                    componente::ordem.eq(c.ordem),
                    componente::hash.eq(&c.hash),
                    componente::tamanho.eq(c.tamanho),
                    componente::solicitado.eq(solicitado),
                )
            })
            .collect();
        diesel::insert_into(componente::table).values(rows).execute(session.conn())?;
    }
    Ok(())
}

/// The key of a protocolo that a rule has already checked.
fn key(protocolo: &str) -> String {
    Protocolo::read(protocolo).map(|parsed| parsed.key().to_owned()).unwrap_or_default()
}

/// Records that the file has arrived, in all these positions.
pub fn receive_componente(
    session: &mut Session<'_>,
    placements: &[Componente],
    content: ContentId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: Vec<i64> = placements.iter().map(|placement| placement.id).collect();
    diesel::update(componente::table.filter(componente::id.eq_any(ids)))
        .set((componente::conteudo_id.eq(content), componente::recebido_em.eq(now)))
        .execute(session.conn())?;
    Ok(())
}

/// Records that the destinatário has the whole file, in those of the positions in which it did not
/// have it.
pub fn baixar_componente(
    session: &mut Session<'_>,
    placements: &[Componente],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ids = placements
        .iter()
        .filter(|placement| placement.is_pending_download())
        .map(|placement| placement.id);
    diesel::update(componente::table.filter(componente::id.eq_any(ids.collect::<Vec<_>>())))
        .set(componente::baixado_em.eq(now))
        .execute(session.conn())?;
    Ok(())
}

/// The transfers that a trâmite still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Missing {
    /// Whether the remetente has to upload a file.
    #[diesel(sql_type = Bool)]
    pub enviar: bool,
    /// Whether the destinatário has to download a file.
    #[diesel(sql_type = Bool)]
    pub baixar: bool,
}

pub fn missing(session: &mut Session<'_>, idt: Idt) -> QueryResult<Missing> {
    Sql::new(
        "SELECT coalesce(bool_or(recebido_em IS NULL), false) AS enviar, \
         coalesce(bool_or(baixado_em IS NULL), false) AS baixar FROM componente WHERE solicitado AND idt = ",
    )
    .bind(idt)
    .get_result(session.conn())
}

/// Creates a content for a file of the trâmite, before its bytes arrive.
pub fn open_content(
    session: &mut Session<'_>,
    idt: Idt,
    now: DateTime<Utc>,
) -> QueryResult<ContentId> {
    diesel::insert_into(conteudo::table)
        .values((conteudo::idt.eq(idt), conteudo::criado_em.eq(now)))
        .returning(conteudo::id)
        .get_result(session.conn())
}

/// Deletes the row of a content whose bytes are deleted, and every reference to it.
pub fn close_content(session: &mut Session<'_>, id: ContentId) -> QueryResult<()> {
    diesel::update(componente::table.filter(componente::conteudo_id.eq(id)))
        .set(componente::conteudo_id.eq(None::<ContentId>))
        .execute(session.conn())?;
    remove_parts(session, &[id])?;
    diesel::delete(conteudo::table.find(id)).execute(session.conn())?;
    Ok(())
}

/// Contents, uploaded by the tribunal, that no destinatário will download: those of trâmites that
/// ended or were refused, and those of uploads that broke off before `cutoff`. A part that arrived
/// completely is kept for the others of its file. At most 100.
pub fn unused_contents(
    session: &mut Session<'_>,
    tribunal: i16,
    cutoff: DateTime<Utc>,
) -> QueryResult<Vec<ContentId>> {
    Sql::new(
        "SELECT k.id FROM conteudo k JOIN tramite t USING (idt) WHERE t.remetente_tribunal = ",
    )
    .bind(tribunal)
    .push(" AND (t.situacao NOT IN (1, 2, 3, 4, 5) OR k.criado_em < ")
    .bind(cutoff)
    .push(
        " AND NOT EXISTS (SELECT FROM componente c WHERE c.conteudo_id = k.id) \
           AND NOT EXISTS (SELECT FROM parte_enviada p WHERE p.conteudo_id = k.id)) ORDER BY k.id LIMIT 100",
    )
    .rows(session.conn())
}
