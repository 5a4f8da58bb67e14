//! SQL that reads vínculos: one by its id, and the list of all.

use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::db::{BatchKey, Session, Sql};
use crate::error::Error;
use crate::filters::{Filter, FilterScope, VinculoFilter};
use crate::processo::{LinkedVinculo, linked_vinculo_columns};
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

from_columns!(LinkedVinculo);

/// The vínculo with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VinculoById(pub i64);

impl BatchKey for VinculoById {
    type Value = Arc<LinkedVinculo>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql = Sql::new(concat!(
            "SELECT ",
            linked_vinculo_columns!(),
            " FROM vinculo v WHERE v.id = ANY("
        ))
        .bind(ids)
        .push(")");
        let sql = match session.scope.tribunal() {
            Some(code) => sql.and(Sql::new("v.tribunal_codigo = ").bind(code)),
            None => sql,
        };
        let rows: Vec<LinkedVinculo> = sql.load(session.conn())?;
        Ok(rows.into_iter().map(|row| (Self(row.vinculo.id), Arc::new(row))).collect())
    }
}

/// The field that orders the list of vínculos.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum VinculoOrderField {
    #[default]
    IniciadoEm,
    /// Vínculos that have not ended come last in ascending order and first in descending order.
    EncerradoEm,
}

/// The list of all visible vínculos, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Vinculos {
    pub filter: VinculoFilter,
    pub field: VinculoOrderField,
    pub descending: bool,
    /// Further orders, each with whether it is descending.
    pub then: Vec<(VinculoOrderField, bool)>,
}

impl VinculoOrderField {
    const fn column(self) -> (&'static str, KeyType) {
        match self {
            Self::IniciadoEm => ("v.iniciado_em", KeyType::Instant),
            Self::EncerradoEm => (
                "coalesce(v.encerrado_em, 'infinity')",
                KeyType::OfRow(
                    "SELECT coalesce(v.encerrado_em, 'infinity') FROM vinculo v WHERE v.id = ",
                ),
            ),
        }
    }
}

impl List for Vinculos {
    const NAME: &'static str = "Vinculos";
    type Row = Arc<LinkedVinculo>;
    type Record = LinkedVinculo;

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| Sql::new("v.tribunal_codigo = ").bind(code));
        let filter = self.filter.sql(FilterScope::root(tribunal));
        ListQuery {
            columns: linked_vinculo_columns!(),
            tables: "vinculo v",
            parent_column: None,
            where_clause: Sql::all([in_tribunal, Some(filter)]),
            ordering: OrderBy {
                column: Some(self.field.column()),
                then: self.then.iter().map(|(field, down)| (field.column().0, *down)).collect(),
                id: "v.id",
                descending: self.descending,
            },
        }
    }

    fn position(&self, row: &Arc<LinkedVinculo>) -> Position {
        let key = match self.field {
            VinculoOrderField::IniciadoEm => Some(row.vinculo.iniciado_em.into()),
            VinculoOrderField::EncerradoEm => None,
        };
        Position { key, id: row.vinculo.id }
    }
}
