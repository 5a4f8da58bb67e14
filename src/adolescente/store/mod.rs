//! SQL of adolescentes: the columns, and the reads of single records. The list is in `lists.rs`,
//! the locks and the writes in `write.rs`.

mod write;
mod lists;

pub use lists::*;
pub use write::*;

use super::{Adolescente, AdolescenteId, Identificador, Search, Semelhante, adolescente_columns};
use crate::auth::Scope;
use crate::db::{BatchKey, Session, Sql};
use crate::error::Error;
use crate::value::cpf::Cpf;
use crate::value::tribunal::TRIBUNAIS;
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

/// A statement that begins with `select` and reads the records that match `condition`: those of the
/// caller's tribunal, or those of all tribunals when `scope` has none. The smallest tribunal code
/// comes first.
fn visible(select: &'static str, scope: Scope, condition: Sql) -> Sql {
    let in_tribunal = scope.tribunal().map(|code| Sql::new("a.tribunal_codigo = ").bind(code));
    let where_clause = Sql::all([in_tribunal, Some(condition)]);
    let order = " ORDER BY a.tribunal_codigo";
    Sql::new(select).push(" FROM adolescente a WHERE ").append(where_clause).push(order)
}

fn read(session: &mut Session<'_>, condition: Sql) -> QueryResult<Vec<Adolescente>> {
    visible(concat!("SELECT ", adolescente_columns!()), session.scope, condition)
        .rows(session.conn())
}

fn with_identificadores<'i>(identificadores: impl Iterator<Item = &'i Identificador>) -> Sql {
    let texts: Vec<_> = identificadores.map(ToString::to_string).collect();
    Sql::new("a.identificador = ANY(").bind(texts).push(")")
}

/// The record with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdolescenteById(pub AdolescenteId);

impl BatchKey for AdolescenteById {
    type Value = Arc<Adolescente>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let rows = read(session, Sql::new("a.id = ANY(").bind(ids).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The record with this identificador in `tribunal`. Without `tribunal`, the visible one with the
/// smallest tribunal code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescenteByIdentificador {
    pub identificador: Identificador,
    pub tribunal: Option<i16>,
}

impl BatchKey for AdolescenteByIdentificador {
    type Value = Arc<Adolescente>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let rows = read(session, with_identificadores(keys.iter().map(|key| &key.identificador)))?;
        let rows: Vec<_> = rows.into_iter().map(Arc::new).collect();
        let find = |key: &Self| {
            let fits = |row: &&Arc<Adolescente>| {
                row.identificador == key.identificador
                    && key.tribunal.is_none_or(|code| row.tribunal_codigo == code)
            };
            Some((key.clone(), Arc::clone(rows.iter().find(fits)?)))
        };
        Ok(keys.iter().filter_map(find).collect())
    }
}

/// The record with this CPF in `tribunal`. Without `tribunal`, the visible one with the smallest
/// tribunal code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescenteByCpf {
    pub cpf: Cpf,
    pub tribunal: Option<i16>,
}

impl BatchKey for AdolescenteByCpf {
    type Value = Arc<Adolescente>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let cpfs: Vec<_> = keys.iter().map(|key| key.cpf.unmasked().to_owned()).collect();
        let mut these = Sql::new("a.cpf = ANY(").bind(cpfs).push(")");
        if session.scope.tribunal().is_none() {
            // The index on the CPF begins with the tribunal, so a search in all of them names each
            // one to use the index.
            let all = TRIBUNAIS.iter().map(|tribunal| tribunal.code).collect::<Vec<_>>();
            these = these.push(" AND a.tribunal_codigo = ANY(").bind(all).push(")");
        }
        let rows: Vec<_> = read(session, these)?.into_iter().map(Arc::new).collect();
        let find = |key: &Self| {
            let fits = |row: &&Arc<Adolescente>| {
                row.dados.cpf.as_ref() == Some(&key.cpf)
                    && key.tribunal.is_none_or(|code| row.tribunal_codigo == code)
            };
            Some((key.clone(), Arc::clone(rows.iter().find(fits)?)))
        };
        Ok(keys.iter().filter_map(find).collect())
    }
}

/// The record that an earlier outcome names. It exists, because nothing is deleted.
pub fn by_id(session: &mut Session<'_>, id: AdolescenteId) -> QueryResult<Adolescente> {
    let found = read(session, Sql::new("a.id = ").bind(id.0))?.pop();
    found.ok_or(diesel::NotFound)
}

/// The identificadores that the caller's tribunal has registered among these, each with the id of
/// its record.
pub fn known(
    session: &mut Session<'_>,
    identificadores: &[&Identificador],
) -> QueryResult<Vec<(Identificador, AdolescenteId)>> {
    let these = with_identificadores(identificadores.iter().copied());
    let known = visible("SELECT a.identificador, a.id", session.scope, these);
    known.rows(session.conn())
}

/// The records that the tribunal has among these.
pub fn by_identificadores(
    session: &mut Session<'_>,
    identificadores: &[&Identificador],
) -> QueryResult<Vec<Adolescente>> {
    read(session, with_identificadores(identificadores.iter().copied()))
}

/// The identificador of the record in the tribunal with this CPF. `None` if there is no such
/// record, or if `cpf` is `None`.
pub fn by_cpf(session: &mut Session<'_>, cpf: Option<&Cpf>) -> QueryResult<Option<Identificador>> {
    let Some(cpf) = cpf else { return Ok(None) };
    let this = Sql::new("a.cpf = ").bind(cpf.unmasked().to_owned());
    let found = visible("SELECT a.identificador", session.scope, this);
    Ok(found.rows(session.conn())?.into_iter().next())
}

/// R25: the records that may belong to the person searched for, the most similar first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Semelhantes {
    pub search: Search,
    /// Whether sensitive data count for the similarity. False for a caller that may not see them.
    pub sensitive: bool,
}

impl BatchKey for Semelhantes {
    type Value = Arc<Vec<Semelhante>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let find = |key: &Self| Ok((key.clone(), Arc::new(key.sql().load(session.conn())?)));
        keys.iter().map(find).collect()
    }
}

impl Semelhantes {
    fn sql(&self) -> Sql {
        const DEFAULT_LIMIT: i32 = 10;
        let &Self { ref search, sensitive } = self;
        let nome = [&search.nome, &search.sobrenome].into_iter().flatten();
        let nome = nome.map(String::as_str).collect::<Vec<_>>().join(" ");
        let mae = search.nome_mae.clone().filter(|_| sensitive);
        Sql::new(concat!(
            "SELECT ",
            adolescente_columns!(),
            ", s.score FROM elos_adolescentes_semelhantes("
        ))
        .bind(nome)
        .push(", ")
        .bind_nullable(mae)
        .push(", ")
        .bind_nullable(search.nascimento)
        .push(", ")
        .bind(sensitive)
        .push(", ")
        .bind(search.limit.unwrap_or(DEFAULT_LIMIT))
        .push(") AS s JOIN adolescente a ON a.id = s.id ORDER BY s.score DESC, a.id")
    }
}
