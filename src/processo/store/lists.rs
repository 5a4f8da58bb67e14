//! The lists of processos (all, those of an adolescente, the execuções of an apuração), and that of
//! the adolescentes of a processo.

use crate::adolescente::{AdolescenteId, PartialAdolescente, Summary, summary_columns};
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::db::{ColumnType, Sql, columns_hold};
use crate::filters::{Filter, FilterScope, ProcessoFilter};
use crate::processo::{
    Processo, ProcessoId, SituacaoProcesso, SituacaoVinculo, TipoProcesso, Vinculo,
    processo_columns, vinculo_columns,
};
use crate::value::resource::{HasResources, Resource};
use diesel::prelude::*;
use std::sync::Arc;

/// The field that orders the list of processos.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OrderField {
    Numero,
    #[default]
    CriadoEm,
    AtualizadoEm,
    Orgao,
    /// The name of the magistrado; processos without one come first in ascending order.
    Magistrado,
    /// The code of the processo; only the REST API orders by it.
    Code,
}

impl OrderField {
    const fn column(self) -> Option<(&'static str, KeyType)> {
        match self {
            Self::Numero => Some(("p.numero", KeyType::Text)),
            Self::CriadoEm => Some(("p.criado_em", KeyType::Instant)),
            Self::AtualizadoEm => Some(("p.atualizado_em", KeyType::Instant)),
            Self::Orgao => Some((
                "p.id_orgao",
                KeyType::OfRow("SELECT p.id_orgao FROM processo p WHERE p.id = "),
            )),
            Self::Magistrado => Some((
                "coalesce(p.magistrado_nome, '')",
                KeyType::OfRow(
                    "SELECT coalesce(p.magistrado_nome, '') FROM processo p WHERE p.id = ",
                ),
            )),
            Self::Code => None,
        }
    }
}

/// The list of all visible processos, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Processos {
    pub filter: ProcessoFilter,
    pub field: OrderField,
    pub descending: bool,
    /// Further orders, each with whether it is descending.
    pub then: Vec<(OrderField, bool)>,
}

impl List for Processos {
    const NAME: &'static str = "Processos";
    type Row = Arc<Processo>;
    type Record = Processo;

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| Sql::new("p.tribunal_codigo = ").bind(code));
        ListQuery {
            columns: processo_columns!(),
            tables: "processo p",
            parent_column: None,
            where_clause: Sql::all([
                in_tribunal,
                Some(self.filter.sql(FilterScope::root(tribunal))),
            ]),
            ordering: OrderBy {
                column: self.field.column(),
                then: self
                    .then
                    .iter()
                    .filter_map(|(field, down)| Some((field.column()?.0, *down)))
                    .collect(),
                id: "p.id",
                descending: self.descending,
            },
        }
    }

    fn position(&self, row: &Arc<Processo>) -> Position {
        let key = match self.field {
            OrderField::Numero => Some(row.numero.digits().to_owned().into()),
            OrderField::CriadoEm => Some(row.criado_em.into()),
            OrderField::AtualizadoEm => Some(row.atualizado_em.into()),
            OrderField::Orgao | OrderField::Magistrado | OrderField::Code => None,
        };
        Position { key, id: row.id.0 }
    }
}

/// The adolescentes of a processo, each with its vínculo.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescentesOfProcesso {
    pub processo: ProcessoId,
    pub situacao: Option<SituacaoVinculo>,
}

/// A row at the other end of a vínculo, and the vínculo.
#[derive(Debug)]
pub struct Vinculado<T> {
    pub vinculo: Vinculo,
    pub object: Arc<T>,
}

impl<T: HasResources> HasResources for Vinculado<T> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.object.collect_resources(resources);
    }
}

impl<T> Clone for Vinculado<T> {
    fn clone(&self) -> Self {
        Self { vinculo: self.vinculo.clone(), object: Arc::clone(&self.object) }
    }
}

/// A row of [`AdolescentesOfProcesso`], as the statement returns it.
#[derive(Queryable)]
pub struct AdolescenteRow {
    vinculo: Vinculo,
    adolescente: Summary,
}

columns_hold!(AdolescenteRow as (ColumnType<Vinculo>, ColumnType<Summary>));
from_columns!(AdolescenteRow, by_position);

impl From<AdolescenteRow> for Vinculado<PartialAdolescente> {
    fn from(row: AdolescenteRow) -> Self {
        Self { vinculo: row.vinculo, object: Arc::new(row.adolescente.into()) }
    }
}

impl List for AdolescentesOfProcesso {
    const NAME: &'static str = "AdolescentesDoProcesso";
    type Row = Vinculado<PartialAdolescente>;
    type Record = AdolescenteRow;

    fn parent(&self) -> Option<i64> {
        Some(self.processo.0)
    }

    fn with_parent(&self, parent: i64) -> Self {
        Self { processo: ProcessoId(parent), ..self.clone() }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        ListQuery {
            columns: concat!(vinculo_columns!(), ", ", summary_columns!()),
            tables: "vinculo v JOIN adolescente a ON a.id = v.adolescente_id",
            parent_column: Some("v.processo_id"),
            where_clause: vinculo_condition(tribunal, self.situacao),
            ordering: BY_VINCULO,
        }
    }

    fn position(&self, row: &Self::Row) -> Position {
        Position { key: None, id: row.vinculo.id }
    }
}

/// The processos of an adolescente, each with its vínculo.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessosOfAdolescente {
    pub adolescente: AdolescenteId,
    pub tipo: Option<TipoProcesso>,
    pub situacao: Option<SituacaoProcesso>,
    pub vinculo: Option<SituacaoVinculo>,
}

/// A row of [`ProcessosOfAdolescente`], as the statement returns it.
#[derive(Queryable)]
pub struct ProcessoRow {
    vinculo: Vinculo,
    processo: Processo,
}

columns_hold!(ProcessoRow as (ColumnType<Vinculo>, ColumnType<Processo>));
from_columns!(ProcessoRow, by_position);
from_columns!(Processo, by_position);

impl From<ProcessoRow> for Vinculado<Processo> {
    fn from(row: ProcessoRow) -> Self {
        Self { vinculo: row.vinculo, object: Arc::new(row.processo) }
    }
}

impl List for ProcessosOfAdolescente {
    const NAME: &'static str = "ProcessosDoAdolescente";
    type Row = Vinculado<Processo>;
    type Record = ProcessoRow;

    fn parent(&self) -> Option<i64> {
        Some(self.adolescente.0)
    }

    fn with_parent(&self, parent: i64) -> Self {
        Self { adolescente: AdolescenteId(parent), ..self.clone() }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let tipo = self.tipo.map(|t| Sql::new("p.tipo = ").bind(t.text().to_owned()));
        let situacao = self.situacao.map(|s| Sql::new("p.situacao = ").bind(s.text().to_owned()));
        let parts = [Some(vinculo_condition(tribunal, self.vinculo)), tipo, situacao];
        ListQuery {
            columns: concat!(vinculo_columns!(), ", ", processo_columns!()),
            tables: "vinculo v JOIN processo p ON p.id = v.processo_id",
            parent_column: Some("v.adolescente_id"),
            where_clause: Sql::all(parts),
            ordering: BY_VINCULO,
        }
    }

    fn position(&self, row: &Self::Row) -> Position {
        Position { key: None, id: row.vinculo.id }
    }
}

const BY_VINCULO: OrderBy =
    OrderBy { column: None, then: Vec::new(), id: "v.id", descending: false };

fn vinculo_condition(tribunal: Option<i16>, situacao: Option<SituacaoVinculo>) -> Sql {
    let in_tribunal = tribunal.map(|code| Sql::new("v.tribunal_codigo = ").bind(code));
    let in_situacao = situacao.map(|situacao| {
        Sql::new(match situacao {
            SituacaoVinculo::Ativo => "v.encerrado_em IS NULL",
            SituacaoVinculo::Encerrado => "v.encerrado_em IS NOT NULL",
        })
    });
    Sql::all([in_tribunal, in_situacao])
}

/// The execuções that name an apuração as their reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExecucoesOfApuracao {
    pub apuracao: ProcessoId,
    pub situacao: Option<SituacaoProcesso>,
}

impl List for ExecucoesOfApuracao {
    const NAME: &'static str = "ExecucoesDaApuracao";
    type Row = Arc<Processo>;
    type Record = Processo;

    fn parent(&self) -> Option<i64> {
        Some(self.apuracao.0)
    }

    fn with_parent(&self, parent: i64) -> Self {
        Self { apuracao: ProcessoId(parent), ..self.clone() }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| Sql::new("p.tribunal_codigo = ").bind(code));
        let situacao = self.situacao.map(|s| Sql::new("p.situacao = ").bind(s.text().to_owned()));
        ListQuery {
            columns: processo_columns!(),
            tables: "processo apuracao JOIN processo p \
                      ON p.numero_referencia = apuracao.numero AND p.tipo_referencia = apuracao.tipo",
            parent_column: Some("apuracao.id"),
            where_clause: Sql::all([in_tribunal, situacao]),
            ordering: OrderBy { column: None, then: Vec::new(), id: "p.id", descending: false },
        }
    }

    fn position(&self, row: &Arc<Processo>) -> Position {
        Position { key: None, id: row.id.0 }
    }
}
