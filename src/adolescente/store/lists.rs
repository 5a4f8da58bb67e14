//! The list of adolescentes, filtered and ordered.

use crate::adolescente::{Adolescente, adolescente_columns};
use crate::db::Sql;
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::filters::{AdolescenteFilter, Filter, FilterScope};
use std::sync::Arc;

/// The field that orders the list of adolescentes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OrderField {
    #[default]
    CriadoEm,
    Identificador,
    AtualizadoEm,
    /// The name to show, in lower case and without accents.
    Nome,
    /// The date of birth. Records without one come last in ascending order and first in descending
    /// order.
    Nascimento,
}

/// The list of all visible adolescentes, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Adolescentes {
    pub filter: AdolescenteFilter,
    pub field: OrderField,
    pub descending: bool,
    /// Further orders, each with whether it is descending.
    pub then: Vec<(OrderField, bool)>,
}

impl OrderField {
    const fn column(self) -> (&'static str, KeyType) {
        match self {
            Self::CriadoEm => ("a.criado_em", KeyType::Instant),
            Self::Identificador => ("a.identificador", KeyType::Text),
            Self::AtualizadoEm => ("a.atualizado_em", KeyType::Instant),
            Self::Nome => (
                "a.nome_busca",
                KeyType::OfRow("SELECT a.nome_busca FROM adolescente a WHERE a.id = "),
            ),
            Self::Nascimento => (
                "coalesce(a.data_nascimento, 'infinity')",
                KeyType::OfRow(
                    "SELECT coalesce(a.data_nascimento, 'infinity') FROM adolescente a WHERE a.id = ",
                ),
            ),
        }
    }
}

from_columns!(Adolescente, by_position);

impl List for Adolescentes {
    const NAME: &'static str = "Adolescentes";
    type Row = Arc<Adolescente>;
    type Record = Adolescente;

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| Sql::new("a.tribunal_codigo = ").bind(code));
        ListQuery {
            columns: adolescente_columns!(),
            tables: "adolescente a",
            parent_column: None,
            where_clause: Sql::all([
                in_tribunal,
                Some(self.filter.sql(FilterScope::root(tribunal))),
            ]),
            ordering: OrderBy {
                column: Some(self.field.column()),
                then: self.then.iter().map(|(field, down)| (field.column().0, *down)).collect(),
                id: "a.id",
                descending: self.descending,
            },
        }
    }

    fn position(&self, row: &Arc<Adolescente>) -> Position {
        let key = match self.field {
            OrderField::CriadoEm => Some(row.criado_em.into()),
            OrderField::Identificador => Some(row.identificador.to_string().into()),
            OrderField::AtualizadoEm => Some(row.atualizado_em.into()),
            OrderField::Nome | OrderField::Nascimento => None,
        };
        Position { key, id: row.id.0 }
    }
}
