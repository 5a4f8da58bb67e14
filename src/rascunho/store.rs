//! SQL of rascunhos.

use super::{Rascunho, RascunhoId};
use crate::db::schema::rascunho;
use crate::db::{BatchKey, Session};
use crate::error::Error;
use crate::processo::ProcessoId;
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;

type RascunhoSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Rascunho, diesel::pg::Pg>>;

fn visible(session: &Session<'_>) -> rascunho::BoxedQuery<'static, diesel::pg::Pg, RascunhoSql> {
    let all = Rascunho::query().into_boxed();
    match session.scope.tribunal() {
        Some(code) => all.filter(rascunho::tribunal_codigo.eq(code)),
        None => all,
    }
}

/// The rascunho with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RascunhoById(pub RascunhoId);

impl BatchKey for RascunhoById {
    type Value = Arc<Rascunho>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = visible(session).filter(rascunho::id.eq_any(ids)).load(session.conn())?;
        Ok(rows.into_iter().map(|row: Rascunho| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The rascunho that an earlier outcome names. It exists, because nothing is deleted.
pub fn by_id(session: &mut Session<'_>, id: RascunhoId) -> QueryResult<Rascunho> {
    visible(session).filter(rascunho::id.eq(id)).first(session.conn())
}

/// The rascunho with this code in the caller's tribunal, locked until the transaction ends. Of two
/// registrations that name it, the second finds it consumed.
pub fn locked(session: &mut Session<'_>, codigo: &str) -> QueryResult<Option<Rascunho>> {
    let tribunal = session.scope.tribunal();
    Rascunho::query()
        .filter(rascunho::codigo.eq(codigo).and(rascunho::tribunal_codigo.nullable().eq(tribunal)))
        .for_no_key_update()
        .first(session.conn())
        .optional()
}

/// Inserts a rascunho. The database generates its code.
pub fn insert(
    session: &mut Session<'_>,
    tribunal: i16,
    app_name: String,
    dados: String,
    now: DateTime<Utc>,
) -> QueryResult<Rascunho> {
    diesel::insert_into(rascunho::table)
        .values((
            rascunho::tribunal_codigo.eq(tribunal),
            rascunho::app_name_sistema_tribunal.eq(app_name),
            rascunho::dados.eq(dados),
            rascunho::criado_em.eq(now),
        ))
        .returning(Rascunho::as_returning())
        .get_result(session.conn())
}

/// Records that the rascunho turned into this processo.
pub fn consume(
    session: &mut Session<'_>,
    id: RascunhoId,
    processo: ProcessoId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(rascunho::table.find(id))
        .set((rascunho::consumido_em.eq(now), rascunho::processo_id.eq(processo)))
        .execute(session.conn())?;
    Ok(())
}
