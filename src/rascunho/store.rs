//! SQL of rascunhos.

use super::{Rascunho, RascunhoId};
use crate::db::schema::rascunho;
use crate::db::{Relation, Sessao};
use crate::error::Error;
use crate::processo::ProcessoId;
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;

type RascunhoSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Rascunho, diesel::pg::Pg>>;

fn visiveis(sessao: &Sessao<'_>) -> rascunho::BoxedQuery<'static, diesel::pg::Pg, RascunhoSql> {
    let todos = Rascunho::query().into_boxed();
    match sessao.escopo.tribunal() {
        Some(codigo) => todos.filter(rascunho::tribunal_codigo.eq(codigo)),
        None => todos,
    }
}

/// The rascunho with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RascunhoPorId(pub RascunhoId);

impl Relation for RascunhoPorId {
    type Value = Arc<Rascunho>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let linhas = visiveis(sessao).filter(rascunho::id.eq_any(ids)).load(sessao.conn())?;
        Ok(linhas.into_iter().map(|linha: Rascunho| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The rascunho of an earlier outcome: it is there, because nothing is deleted.
pub fn por_id(sessao: &mut Sessao<'_>, id: RascunhoId) -> QueryResult<Rascunho> {
    visiveis(sessao).filter(rascunho::id.eq(id)).first(sessao.conn())
}

/// The rascunho of the tribunal with this code, held until the transaction ends:
/// of two registrations that name it, the second finds it consumed.
pub fn travado(sessao: &mut Sessao<'_>, codigo: &str) -> QueryResult<Option<Rascunho>> {
    let tribunal = sessao.escopo.tribunal();
    Rascunho::query()
        .filter(rascunho::codigo.eq(codigo).and(rascunho::tribunal_codigo.nullable().eq(tribunal)))
        .for_no_key_update()
        .first(sessao.conn())
        .optional()
}

pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    app_name: String,
    dados: String,
    agora: DateTime<Utc>,
) -> QueryResult<Rascunho> {
    diesel::insert_into(rascunho::table)
        .values((
            rascunho::tribunal_codigo.eq(tribunal),
            rascunho::app_name_sistema_tribunal.eq(app_name),
            rascunho::dados.eq(dados),
            rascunho::criado_em.eq(agora),
        ))
        .returning(Rascunho::as_returning())
        .get_result(sessao.conn())
}

/// The rascunho has turned into this processo.
pub fn consumir(
    sessao: &mut Sessao<'_>,
    id: RascunhoId,
    processo: ProcessoId,
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(rascunho::table.find(id))
        .set((rascunho::consumido_em.eq(agora), rascunho::processo_id.eq(processo)))
        .execute(sessao.conn())?;
    Ok(())
}
