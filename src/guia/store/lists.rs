//! The lists of guias.

use crate::adolescente::AdolescenteId;
use crate::db::Sql;
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::filters::{Filter, FilterScope, GuiaFilter};
use crate::guia::{Guia, SituacaoGuia, guia_columns};
use crate::processo::ProcessoId;
use std::sync::Arc;

fn of_tribunal(tribunal: Option<i16>) -> Option<Sql> {
    tribunal.map(|code| Sql::new("g.tribunal_codigo = ").bind(code))
}

fn in_situacao(situacao: Option<SituacaoGuia>) -> Option<Sql> {
    situacao.map(|situacao| Sql::new("g.situacao = ").bind(situacao.text().to_owned()))
}

/// Lists of guias, in the order of emission unless another order is requested. A situação that is
/// `None` selects all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GuiasOf {
    /// The list at the root of the schema.
    All(Box<Guias>),
    Processo(ProcessoId, Option<SituacaoGuia>),
    /// The guias of the measure that an execução enforces: its own, and those that its apuração
    /// issued for its adolescente.
    Medida(ProcessoId, Option<SituacaoGuia>),
    Adolescente(AdolescenteId, Option<SituacaoGuia>),
}

/// The filter and the order of the list at the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Guias {
    pub filter: GuiaFilter,
    pub field: OrderField,
    pub descending: bool,
    /// Further orders, each with whether it is descending.
    pub then: Vec<(OrderField, bool)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OrderField {
    /// The id of the row, which follows the order of emission.
    #[default]
    RowNumber,
    EmitidaEm,
    AtualizadoEm,
    Numero,
    /// The end of the measure (R26). Guias without an end come last in ascending order and first in
    /// descending order.
    VenceEm,
}

/// R26: the first day on which the measure may no longer be in force, or `infinity` if none is
/// known. A person born on 29 February turns 21 on 1 March (R24).
macro_rules! vence_em {
    () => {
        "coalesce(least((a.data_nascimento + interval '21 years')::date \
          + (extract(month FROM a.data_nascimento) = 2 AND extract(day FROM a.data_nascimento) = 29)::int, \
          g.data_decisao + g.prazo), 'infinity')"
    };
}

impl OrderField {
    const fn column(self) -> Option<(&'static str, KeyType)> {
        match self {
            Self::RowNumber => None,
            Self::EmitidaEm => Some(("g.criado_em", KeyType::Instant)),
            Self::AtualizadoEm => Some(("g.atualizado_em", KeyType::Instant)),
            Self::Numero => Some(("g.numero", KeyType::Text)),
            Self::VenceEm => Some((
                vence_em!(),
                KeyType::OfRow(concat!(
                    "SELECT ",
                    vence_em!(),
                    " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.id = "
                )),
            )),
        }
    }
}

const WITH_ADOLESCENTE: &str = "guia g JOIN adolescente a ON a.id = g.adolescente_id";

from_columns!(Guia);

impl List for GuiasOf {
    const NAME: &'static str = "GuiasDe";
    type Row = Arc<Guia>;
    type Record = Guia;

    fn parent(&self) -> Option<i64> {
        match self {
            Self::All(_) => None,
            Self::Processo(id, _) | Self::Medida(id, _) => Some(id.0),
            Self::Adolescente(id, _) => Some(id.0),
        }
    }

    fn with_parent(&self, parent: i64) -> Self {
        match self {
            Self::All(guias) => Self::All(guias.clone()),
            Self::Processo(_, situacao) => Self::Processo(ProcessoId(parent), *situacao),
            Self::Medida(_, situacao) => Self::Medida(ProcessoId(parent), *situacao),
            Self::Adolescente(_, situacao) => Self::Adolescente(AdolescenteId(parent), *situacao),
        }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let (tables, parent_column, condition) = match self {
            Self::All(guias) => {
                (WITH_ADOLESCENTE, None, Some(guias.filter.sql(FilterScope::root(tribunal))))
            }
            // A guia belongs to its apuração and to its execução. UNION ALL lets each branch use
            // its own index.
            Self::Processo(_, situacao) => (
                "(SELECT id, apuracao_id AS processo_id FROM guia WHERE apuracao_id IS NOT NULL \
                  UNION ALL SELECT id, execucao_id FROM guia WHERE execucao_id IS NOT NULL) AS de \
                 JOIN guia g ON g.id = de.id JOIN adolescente a ON a.id = g.adolescente_id",
                Some("de.processo_id"),
                in_situacao(*situacao),
            ),
            Self::Medida(_, situacao) => (
                "(SELECT id, execucao_id AS processo_id FROM guia WHERE execucao_id IS NOT NULL \
                  UNION ALL SELECT g.id, v.processo_id FROM vinculo v JOIN processo p ON p.id = v.processo_id \
                  JOIN processo o ON o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia \
                  JOIN guia g ON g.apuracao_id = o.id AND g.adolescente_id = v.adolescente_id \
                  WHERE g.execucao_id IS NULL AND NOT EXISTS (SELECT FROM vinculo outro \
                  WHERE outro.processo_id = v.processo_id AND outro.adolescente_id = v.adolescente_id \
                  AND outro.id < v.id)) AS de \
                 JOIN guia g ON g.id = de.id JOIN adolescente a ON a.id = g.adolescente_id",
                Some("de.processo_id"),
                in_situacao(*situacao),
            ),
            Self::Adolescente(_, situacao) => {
                (WITH_ADOLESCENTE, Some("g.adolescente_id"), in_situacao(*situacao))
            }
        };
        let parts = [of_tribunal(tribunal), condition];
        ListQuery {
            columns: guia_columns!(),
            tables,
            parent_column,
            where_clause: Sql::all(parts),
            ordering: self.ordering(),
        }
    }

    fn position(&self, row: &Arc<Guia>) -> Position {
        let key = match self.field_and_direction().0 {
            OrderField::EmitidaEm => Some(row.criado_em.into()),
            OrderField::AtualizadoEm => Some(row.atualizado_em.into()),
            OrderField::Numero => Some(row.numero.to_string().into()),
            OrderField::VenceEm | OrderField::RowNumber => None,
        };
        Position { key, id: row.id.0 }
    }
}

impl GuiasOf {
    fn field_and_direction(&self) -> (OrderField, bool) {
        match self {
            Self::All(guias) => (guias.field, guias.descending),
            _ => (OrderField::RowNumber, false),
        }
    }

    fn ordering(&self) -> OrderBy {
        let (field, descending) = self.field_and_direction();
        let then = match self {
            Self::All(guias) => guias.then.as_slice(),
            _ => &[],
        };
        let then = then.iter().filter_map(|(field, down)| Some((field.column()?.0, *down)));
        OrderBy { column: field.column(), then: then.collect(), id: "g.id", descending }
    }
}
