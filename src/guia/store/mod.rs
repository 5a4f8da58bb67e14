//! SQL of guias.

mod write;
mod lists;

pub use lists::*;
pub use write::*;

use super::{AtoInfracional, Documento, Guia, GuiaId, NumeroDaGuia, guia_columns};
use crate::adolescente::AdolescenteId;
use crate::db::list::WithParent;
use crate::db::schema::{ato_infracional, documento_da_guia, vinculo};
use crate::db::{BatchKey, Session, Sql, group_by_key};
use crate::error::Error;
use crate::processo::ProcessoId;
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

const ALL: &str = concat!(
    "SELECT ",
    guia_columns!(),
    " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE "
);

/// The guias that meet the condition, in the order of their ids: those of the tribunal, or those of
/// every tribunal for a caller that may see them.
fn visible(session: &mut Session<'_>, condition: Sql) -> QueryResult<Vec<Guia>> {
    let of_tribunal =
        session.scope.tribunal().map(|code| Sql::new("g.tribunal_codigo = ").bind(code));
    let where_clause = Sql::all([of_tribunal, Some(condition)]);
    Sql::new(ALL).append(where_clause).push(" ORDER BY g.id").load(session.conn())
}

/// The guia with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuiaById(pub GuiaId);

impl BatchKey for GuiaById {
    type Value = Arc<Guia>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let rows = visible(session, Sql::new("g.id = ANY(").bind(ids).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The guia with this number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuiaByNumero(pub NumeroDaGuia);

impl BatchKey for GuiaByNumero {
    type Value = Arc<Guia>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let numeros: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let rows = visible(session, Sql::new("g.numero = ANY(").bind(numeros).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.numero.clone()), Arc::new(row))).collect())
    }
}

/// The definitivas that a unificadora absorbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnificadasBy(pub GuiaId);

impl BatchKey for UnificadasBy {
    type Value = Vec<Arc<Guia>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let sql = Sql::new(concat!(
            "SELECT g.unificada_por AS parent, ",
            guia_columns!(),
            " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.unificada_por = ANY("
        ));
        let rows: Vec<WithParent<Guia>> =
            sql.bind(ids).push(") ORDER BY g.id").load(session.conn())?;
        let by_unificadora =
            |row: WithParent<Guia>| (Self(GuiaId(row.parent)), Arc::new(row.record));
        Ok(group_by_key(rows.into_iter().map(by_unificadora)))
    }
}

/// The atos infracionais of a guia, in the order of its emission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AtosOf(pub GuiaId);

impl BatchKey for AtosOf {
    type Value = Arc<Vec<AtoInfracional>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<(GuiaId, AtoInfracional)> = ato_infracional::table
            .filter(ato_infracional::guia_id.eq_any(ids))
            .order(ato_infracional::id)
            .select((
                ato_infracional::guia_id,
                (
                    ato_infracional::id,
                    ato_infracional::codigo_tpu,
                    ato_infracional::descricao,
                    ato_infracional::local_fato,
                    ato_infracional::data_fato,
                ),
            ))
            .load(session.conn())?;
        Ok(group_by_key(rows).into_iter().map(|(id, atos)| (Self(id), Arc::new(atos))).collect())
    }
}

/// The documents that accompany a guia, in the order of its emission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentosOf(pub GuiaId);

impl BatchKey for DocumentosOf {
    type Value = Arc<Vec<Documento>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<(GuiaId, Documento)> = documento_da_guia::table
            .filter(documento_da_guia::guia_id.eq_any(ids))
            .order(documento_da_guia::id)
            .select((
                documento_da_guia::guia_id,
                (
                    documento_da_guia::id,
                    documento_da_guia::tipo,
                    documento_da_guia::identificador_autos,
                ),
            ))
            .load(session.conn())?;
        Ok(group_by_key(rows)
            .into_iter()
            .map(|(id, documentos)| (Self(id), Arc::new(documentos)))
            .collect())
    }
}

/// Returns those of `processos` with which the adolescente has or had a vínculo.
pub fn vinculados(
    session: &mut Session<'_>,
    adolescente: AdolescenteId,
    processos: &[ProcessoId],
) -> QueryResult<Vec<ProcessoId>> {
    vinculo::table
        .filter(vinculo::adolescente_id.eq(adolescente).and(vinculo::processo_id.eq_any(processos)))
        .select(vinculo::processo_id)
        .distinct()
        .load(session.conn())
}
