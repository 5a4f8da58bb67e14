//! The parts of files that come in parts, and what a destinatário had of a file.

use crate::blob_store::ConteudoId;
use crate::db::schema::parte_enviada;
use crate::db::{Sessao, Sql};
use crate::tramite::{Componente, HashSha256, Idt, ParteEnviada, Trecho};
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Stretches that are remembered of one file; of more, none is added.
const TRECHOS_MAXIMO: i64 = 10_000;

/// The parts of a file that are here.
pub fn partes_enviadas(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    protocolo_chave: &str,
    hash: &HashSha256,
) -> QueryResult<Vec<ParteEnviada>> {
    parte_enviada::table
        .filter(parte_enviada::idt.eq(idt))
        .filter(parte_enviada::protocolo_chave.eq(protocolo_chave))
        .filter(parte_enviada::hash.eq(hash))
        .order(parte_enviada::inicio)
        .select(ParteEnviada::as_select())
        .load(sessao.conn())
}

/// A content holds these bytes of the file.
pub fn guardar_parte(
    sessao: &mut Sessao<'_>,
    componente: &Componente,
    trecho: Trecho,
    conteudo: ConteudoId,
) -> QueryResult<()> {
    diesel::insert_into(parte_enviada::table)
        .values((
            parte_enviada::conteudo_id.eq(conteudo),
            parte_enviada::idt.eq(componente.idt),
            parte_enviada::protocolo_chave.eq(&componente.protocolo_chave),
            parte_enviada::hash.eq(&componente.hash),
            parte_enviada::inicio.eq(trecho.inicio),
            parte_enviada::fim.eq(trecho.fim),
        ))
        .execute(sessao.conn())?;
    Ok(())
}

/// These contents are parts of no file any more.
pub fn retirar_partes(sessao: &mut Sessao<'_>, conteudos: &[ConteudoId]) -> QueryResult<()> {
    let deles = parte_enviada::conteudo_id.eq_any(conteudos);
    diesel::delete(parte_enviada::table.filter(deles)).execute(sessao.conn())?;
    Ok(())
}

/// The destinatário has had these bytes of a file, wherever it stands in the trâmite; whether that
/// makes it whole.
pub fn entregar_trecho(
    sessao: &mut Sessao<'_>,
    lugares: &[Componente],
    trecho: Trecho,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Linha {
        #[diesel(sql_type = Bool)]
        inteiro: bool,
    }
    let ids: Vec<i64> = lugares.iter().map(|lugar| lugar.id).collect();
    let linhas: Vec<Linha> = Sql::new(
        "UPDATE componente SET entregue = CASE WHEN (SELECT count(*) FROM unnest(entregue)) < ",
    )
    .bind(TRECHOS_MAXIMO)
    .push(" THEN entregue + int8multirange(int8range(")
    .bind(trecho.inicio)
    .push(", ")
    .bind(trecho.fim)
    .push(")) ELSE entregue END WHERE id = ANY(")
    .bind(ids)
    .push(") RETURNING entregue @> int8range(0, tamanho) AS inteiro")
    .load(sessao.conn())?;
    Ok(linhas.iter().all(|linha| linha.inteiro))
}
