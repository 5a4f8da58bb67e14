//! SQL of the Tramita.

mod componentes;
mod write;
mod feed;
mod heranca;
mod lists;
mod parts;

pub use componentes::*;
pub use feed::*;
pub use heranca::*;
pub use lists::*;
pub use parts::*;
pub use write::*;

use super::{
    Estrutura, EstruturaAddress, Idt, MudancaDeSituacao, Nre, RegistroEletronico, Tramite,
    estrutura_columns, mudanca_columns, registro_columns, tramite_columns,
};
use crate::db::{BatchKey, Session, Sql, group_by_key};
use crate::error::Error;
use crate::tramite::rules::SituacaoTramite;
use ahash::{HashMap, HashMapExt};
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::SmallInt;
use std::sync::Arc;

/// A trâmite with its registro eletrônico and its two estruturas.
macro_rules! tables {
    () => {
        "tramite t JOIN registro_eletronico g ON g.nre = t.nre JOIN estrutura r ON r.id = t.remetente_id \
         JOIN estrutura d ON d.id = t.destinatario_id"
    };
}
pub(super) use tables;

/// Must equal the predicate of the partial index `tramite_em_andamento_unico`.
const EM_ANDAMENTO: &str = "t.situacao IN (1, 2, 3, 4, 5, 8)";

/// The condition for the trâmites of which `tribunal` is a party; `None` for a caller that sees
/// all. The destinatário no longer sees a trâmite that was refused.
fn of_parties(tribunal: Option<i16>) -> Option<Sql> {
    let tribunal = tribunal?;
    Some(
        Sql::new("(t.remetente_tribunal = ")
            .bind(tribunal)
            .push(" OR t.destinatario_tribunal = ")
            .bind(tribunal)
            .push(" AND t.situacao NOT IN (8, 9))"),
    )
}

fn visible(session: &mut Session<'_>, condition: Sql) -> QueryResult<Vec<Tramite>> {
    let of_parties = of_parties(session.scope.tribunal());
    let where_clause = Sql::all([of_parties, Some(condition)]);
    Sql::new(concat!("SELECT ", tramite_columns!(), " FROM ", tables!(), " WHERE "))
        .append(where_clause)
        .push(" ORDER BY t.idt")
        .load(session.conn())
}

/// The trâmite with this IDT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TramiteByIdt(pub Idt);

impl BatchKey for TramiteByIdt {
    type Value = Arc<Tramite>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = visible(session, Sql::new("t.idt = ANY(").bind(idts).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.idt), Arc::new(row))).collect())
    }
}

/// The trâmite in progress of an NRE, if the caller is a party of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InProgress(pub Nre);

impl BatchKey for InProgress {
    type Value = Arc<Tramite>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let nres: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let condition = Sql::new(EM_ANDAMENTO).push(" AND t.nre = ANY(");
        let rows = visible(session, condition.bind(nres).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.nre.clone()), Arc::new(row))).collect())
    }
}

/// The trâmite, if the caller may see it now.
pub fn visible_tramite(session: &mut Session<'_>, idt: Idt) -> Result<Option<Tramite>, Error> {
    Ok(visible(session, Sql::new("t.idt = ").bind(idt))?.pop())
}

/// The situações that a trâmite has been through, from the first to the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoricoOf(pub Idt);

impl BatchKey for HistoricoOf {
    type Value = Arc<Vec<MudancaDeSituacao>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<MudancaDeSituacao> = Sql::new(concat!(
            "SELECT ",
            mudanca_columns!(),
            " FROM mudanca_de_situacao m WHERE m.idt = ANY("
        ))
        .bind(idts)
        .push(") ORDER BY m.id")
        .load(session.conn())?;
        let groups = group_by_key(rows.into_iter().map(|row| (Self(row.idt), row)));
        Ok(groups.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

/// A registro eletrônico by its NRE, by the key of its protocolo, or by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistroOf {
    Nre(Nre),
    Key(String),
    Id(i64),
}

impl BatchKey for RegistroOf {
    type Value = Arc<RegistroEletronico>;

    /// Loads only registros of which the tribunal is a party, so that an unknown and a foreign
    /// registro give the same answer. A caller without a tribunal sees all.
    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let (mut nres, mut protocolo_keys, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match key {
                Self::Nre(nre) => nres.push(nre.to_string()),
                Self::Key(key) => protocolo_keys.push(key.clone()),
                Self::Id(id) => ids.push(*id),
            }
        }
        let party = session.scope.tribunal().map(|tribunal| {
            Sql::new("EXISTS (SELECT FROM registro_no_sistema s WHERE s.nre = g.nre AND s.tribunal_codigo = ")
                .bind(tribunal)
                .push(")")
        });
        let requested = Sql::new("(g.nre = ANY(")
            .bind(nres)
            .push(") OR g.protocolo_chave = ANY(")
            .bind(protocolo_keys)
            .push(") OR g.id = ANY(")
            .bind(ids)
            .push("))");
        let where_clause = Sql::all([party, Some(requested)]);
        let rows: Vec<RegistroEletronico> =
            Sql::new(concat!("SELECT ", registro_columns!(), " FROM registro_eletronico g WHERE "))
                .append(where_clause)
                .push(" ORDER BY g.nre")
                .load(session.conn())?;
        let rows: Vec<_> = rows.into_iter().map(Arc::new).collect();
        let find = |key: &Self| {
            let matches = |row: &&Arc<RegistroEletronico>| match key {
                Self::Nre(nre) => row.nre == *nre,
                Self::Key(key) => row.protocolo_chave == *key,
                Self::Id(id) => row.id == *id,
            };
            Some((key.clone(), Arc::clone(rows.iter().find(matches)?)))
        };
        Ok(keys.iter().filter_map(find).collect())
    }
}

/// Whether the caller's tribunal holds the processo of an NRE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeldByCaller(pub Nre);

impl BatchKey for HeldByCaller {
    type Value = bool;

    /// A caller that is not a tribunal holds no processo.
    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, bool>, Error> {
        if session.scope.tribunal().is_none() {
            return Ok(HashMap::new());
        }
        let nres: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let rows: Vec<(Nre, bool)> = Sql::new("SELECT n.nre, f.com_quem_pergunta FROM unnest(")
            .bind(nres)
            .push(
                ") AS n (nre) CROSS JOIN LATERAL elos_fatos_do_envio(0::smallint, '', n.nre) AS f",
            )
            .rows(session.conn())?;
        Ok(rows.into_iter().map(|(nre, held)| (Self(nre), held)).collect())
    }
}

/// The public key of the destinatário of a trâmite, as a JWK; `None` if none is registered.
pub fn destinatario_key(session: &mut Session<'_>, idt: Idt) -> QueryResult<Option<String>> {
    Sql::new(
        "SELECT e.chave_publica::text FROM tramite t JOIN estrutura e ON e.id = t.destinatario_id \
         WHERE t.idt = ",
    )
    .bind(idt)
    .row(session.conn())
}

/// Reads the estrutura with this address, even if it is inactive or belongs to another tribunal.
pub fn estrutura(
    session: &mut Session<'_>,
    address: &EstruturaAddress,
) -> QueryResult<Option<Estrutura>> {
    Sql::new(concat!("SELECT ", estrutura_columns!(), " FROM estrutura e WHERE e.repositorio = "))
        .bind(address.repositorio)
        .push(" AND e.numero = ")
        .bind(address.numero.clone())
        .get_result(session.conn())
        .optional()
}

impl ToSql<SmallInt, Pg> for SituacaoTramite {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
        ToSql::<SmallInt, Pg>::to_sql(&self.code(), &mut out.reborrow())
    }
}

impl FromSql<SmallInt, Pg> for SituacaoTramite {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let code = <i16 as FromSql<SmallInt, Pg>>::from_sql(bytes)?;
        Self::from_code(code).ok_or_else(|| "unknown SituacaoTramite".into())
    }
}
