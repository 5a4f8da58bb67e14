//! Componentes digitais: which a trâmite has, what is known of them, where they are.

use super::retirar_partes;
use crate::blob_store::ConteudoId;
use crate::db::schema::{componente, conteudo};
use crate::db::{Relation, Sessao, Sql, agrupar};
use crate::error::Error;
use crate::tramite::{Componente, ComponenteDigital, HashSha256, Idt, Nre, Protocolo};
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use std::sync::Arc;

/// Rows of one INSERT: PostgreSQL binds 65,535 values at most.
const LOTE: usize = 1_000;

/// The componentes of a trâmite, by protocolo, document and order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ComponentesDe(pub Idt);

impl Relation for ComponentesDe {
    type Value = Arc<Vec<Componente>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<Idt> = keys.iter().map(|key| key.0).collect();
        let linhas: Vec<Componente> = componente::table
            .filter(componente::idt.eq_any(idts))
            .order((componente::idt, componente::id))
            .select(Componente::as_select())
            .load(sessao.conn())?;
        let grupos = agrupar(linhas.into_iter().map(|linha| (Self(linha.idt), linha)));
        Ok(grupos.into_iter().map(|(key, linhas)| (key, Arc::new(linhas))).collect())
    }
}

/// Those of one trâmite.
pub fn componentes(sessao: &mut Sessao<'_>, idt: Idt) -> Result<Arc<Vec<Componente>>, Error> {
    Ok(ComponentesDe::load_one(sessao, &ComponentesDe(idt))?.unwrap_or_default())
}

/// The places in a trâmite of a file that is asked for in it.
pub fn solicitados(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    protocolo: &Protocolo,
    hash: &HashSha256,
) -> QueryResult<Vec<Componente>> {
    componente::table
        .filter(componente::idt.eq(idt))
        .filter(componente::protocolo_chave.eq(protocolo.chave()))
        .filter(componente::hash.eq(hash))
        .filter(componente::solicitado)
        .order(componente::id)
        .select(Componente::as_select())
        .load(sessao.conn())
}

/// What went by an NRE before, of one componente.
#[derive(Debug, Clone, Copy, Default, QueryableByName)]
pub struct Tramitado {
    /// The destination has the file.
    #[diesel(sql_type = Bool)]
    pub destino_tem: bool,
    /// Its place held another file.
    #[diesel(sql_type = Bool)]
    pub diverge: bool,
}

/// One answer per componente, in their order.
pub fn tramitados(
    sessao: &mut Sessao<'_>,
    destino: i16,
    nre: &Nre,
    componentes: &[ComponenteDigital],
) -> QueryResult<Vec<Tramitado>> {
    let chaves: Vec<String> = componentes.iter().map(|c| chave(&c.protocolo)).collect();
    let documentos: Vec<i64> = componentes.iter().map(|c| c.documento.into()).collect();
    let ordens: Vec<i64> = componentes.iter().map(|c| c.ordem.into()).collect();
    let hashes: Vec<String> = componentes.iter().map(|c| c.hash.to_string()).collect();
    Sql::new("SELECT * FROM elos_componentes_do_nre(")
        .bind(destino)
        .push(", ")
        .bind(nre.to_string())
        .push(", ")
        .bind(chaves)
        .push(", ")
        .bind(documentos)
        .push(", ")
        .bind(ordens)
        .push(", ")
        .bind(hashes)
        .push(")")
        .load(sessao.conn())
}

/// The hash with which a place was last received, if the caller was a party of that trâmite.
pub fn hash_tramitado(
    sessao: &mut Sessao<'_>,
    nre: &Nre,
    lugar: &ComponenteDigital,
) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Linha {
        #[diesel(sql_type = Text)]
        hash: String,
    }
    let linha: Option<Linha> = Sql::new(
        "SELECT c.hash FROM componente c JOIN tramite t USING (idt) WHERE t.situacao IN (5, 6) AND t.nre = ",
    )
    .bind(nre.to_string())
    .push(" AND c.protocolo_chave = ")
    .bind(chave(&lugar.protocolo))
    .push(" AND c.documento = ")
    .bind(lugar.documento)
    .push(" AND c.ordem = ")
    .bind(lugar.ordem)
    .push(" ORDER BY c.idt DESC LIMIT 1")
    .get_result(sessao.conn())
    .optional()?;
    Ok(linha.map(|linha| linha.hash))
}

/// Those of a send, each with whether the destinatário lacks it.
pub fn inserir_componentes(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    componentes: &[(ComponenteDigital, bool)],
) -> QueryResult<()> {
    for lote in componentes.chunks(LOTE) {
        let linhas: Vec<_> = lote
            .iter()
            .map(|(c, solicitado)| {
                (
                    componente::idt.eq(idt),
                    componente::protocolo.eq(&c.protocolo),
                    componente::protocolo_chave.eq(chave(&c.protocolo)),
                    componente::documento.eq(c.documento),
                    componente::ordem.eq(c.ordem),
                    componente::hash.eq(&c.hash),
                    componente::tamanho.eq(c.tamanho),
                    componente::solicitado.eq(solicitado),
                )
            })
            .collect();
        diesel::insert_into(componente::table).values(linhas).execute(sessao.conn())?;
    }
    Ok(())
}

/// Only of what a rule has read already.
fn chave(protocolo: &str) -> String {
    Protocolo::ler(protocolo).map(|lido| lido.chave().to_owned()).unwrap_or_default()
}

/// The file is here, in every place that waits for it.
pub fn receber_componente(
    sessao: &mut Sessao<'_>,
    lugares: &[Componente],
    conteudo: ConteudoId,
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    let ids: Vec<i64> = lugares.iter().map(|lugar| lugar.id).collect();
    diesel::update(componente::table.filter(componente::id.eq_any(ids)))
        .set((componente::conteudo_id.eq(conteudo), componente::recebido_em.eq(agora)))
        .execute(sessao.conn())?;
    Ok(())
}

/// The destinatário has the file.
pub fn baixar_componente(
    sessao: &mut Sessao<'_>,
    lugares: &[Componente],
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    let ids = lugares.iter().filter(|lugar| lugar.falta_baixar()).map(|lugar| lugar.id);
    diesel::update(componente::table.filter(componente::id.eq_any(ids.collect::<Vec<_>>())))
        .set(componente::baixado_em.eq(agora))
        .execute(sessao.conn())?;
    Ok(())
}

/// What a trâmite still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Faltas {
    /// The remetente owes a file.
    #[diesel(sql_type = Bool)]
    pub enviar: bool,
    /// The destinatário has a file to fetch.
    #[diesel(sql_type = Bool)]
    pub baixar: bool,
}

pub fn faltas(sessao: &mut Sessao<'_>, idt: Idt) -> QueryResult<Faltas> {
    Sql::new(
        "SELECT coalesce(bool_or(recebido_em IS NULL), false) AS enviar, \
         coalesce(bool_or(baixado_em IS NULL), false) AS baixar FROM componente WHERE solicitado AND idt = ",
    )
    .bind(idt)
    .get_result(sessao.conn())
}

/// A content of the trâmite that is about to come.
pub fn abrir_conteudo(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    agora: DateTime<Utc>,
) -> QueryResult<ConteudoId> {
    diesel::insert_into(conteudo::table)
        .values((conteudo::idt.eq(idt), conteudo::criado_em.eq(agora)))
        .returning(conteudo::id)
        .get_result(sessao.conn())
}

/// Once its bytes are gone. Where a file was, nothing is any more.
pub fn fechar_conteudo(sessao: &mut Sessao<'_>, id: ConteudoId) -> QueryResult<()> {
    diesel::update(componente::table.filter(componente::conteudo_id.eq(id)))
        .set(componente::conteudo_id.eq(None::<ConteudoId>))
        .execute(sessao.conn())?;
    retirar_partes(sessao, &[id])?;
    diesel::delete(conteudo::table.find(id)).execute(sessao.conn())?;
    Ok(())
}

/// Contents of the tribunal that nobody will fetch any more: of trâmites that have
/// ended or were refused, and of uploads that broke off before `limite`. A part that came
/// whole waits for the others.
pub fn conteudos_sem_uso(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    limite: DateTime<Utc>,
) -> QueryResult<Vec<ConteudoId>> {
    #[derive(QueryableByName)]
    struct Linha {
        #[diesel(sql_type = BigInt)]
        id: ConteudoId,
    }
    let linhas: Vec<Linha> = Sql::new(
        "SELECT k.id FROM conteudo k JOIN tramite t USING (idt) WHERE t.remetente_tribunal = ",
    )
    .bind(tribunal)
    .push(" AND (t.situacao NOT IN (1, 2, 3, 4, 5) OR k.criado_em < ")
    .bind(limite)
    .push(
        " AND NOT EXISTS (SELECT FROM componente c WHERE c.conteudo_id = k.id) \
           AND NOT EXISTS (SELECT FROM parte_enviada p WHERE p.conteudo_id = k.id)) ORDER BY k.id LIMIT 100",
    )
    .load(sessao.conn())?;
    Ok(linhas.into_iter().map(|linha| linha.id).collect())
}
