//! The lists of trâmites.

use super::{EM_ANDAMENTO, of_parties, tables};
use crate::db::Sql;
use crate::db::list::{List, ListQuery, OrderBy, Position, from_columns};
use crate::processo::ProcessoId;
use crate::tramite::rules::{ParteDoTramite, SituacaoTramite};
use crate::tramite::{EstruturaAddress, Nre, Tramite, tramite_columns};
use chrono::{DateTime, Utc};
use std::sync::Arc;

const BY_IDT: OrderBy = OrderBy { column: None, then: Vec::new(), id: "t.idt", descending: false };

/// Trâmites that the caller sees: those of which it is a party, but not, as the destinatário, those
/// that were refused. A caller without a tribunal sees all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tramites {
    /// The list at the root of the schema.
    All(Box<TramiteFilter>),
    /// The trâmites whose protocolo is the number of the processo.
    OfProcesso(ProcessoId),
    /// The trâmites of one NRE, by the id of its registro eletrônico.
    OfRegistro(i64),
}

/// Conditions on trâmites, joined by AND. A field that is `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TramiteFilter {
    pub idt: Option<i64>,
    pub nre: Option<Nre>,
    pub protocolo_chave: Option<String>,
    pub situacao: Option<Vec<SituacaoTramite>>,
    pub em_andamento: Option<bool>,
    pub remetente: Option<EstruturaAddress>,
    pub destinatario: Option<EstruturaAddress>,
    pub criado_de: Option<DateTime<Utc>>,
    pub criado_ate: Option<DateTime<Utc>>,
    /// Selects the trâmites that wait for a step of the caller, with this value as the argument
    /// `all` of [`SituacaoTramite::pendencia`].
    pub pendencia: Option<bool>,
    /// Selects the trâmites with a greater IDT.
    pub after_idt: Option<i64>,
    /// Order from the newest to the oldest.
    pub newest_first: bool,
}

impl TramiteFilter {
    pub fn conditions(&self, tribunal: Option<i16>) -> Vec<Sql> {
        let mut parts = Vec::new();
        if let Some(all) = self.pendencia {
            parts.push(pendencia(tribunal, all));
        }
        if let Some(idt) = self.idt {
            parts.push(Sql::new("t.idt = ").bind(idt));
        }
        if let Some(idt) = self.after_idt {
            parts.push(Sql::new("t.idt > ").bind(idt));
        }
        if let Some(nre) = &self.nre {
            parts.push(Sql::new("t.nre = ").bind(nre.to_string()));
        }
        if let Some(key) = &self.protocolo_chave {
            parts.push(Sql::new("g.protocolo_chave = ").bind(key.clone()));
        }
        if let Some(situacoes) = &self.situacao {
            let codes: Vec<i64> = situacoes.iter().map(|s| i64::from(s.code())).collect();
            parts.push(Sql::new("t.situacao = ANY(").bind(codes).push(")"));
        }
        match self.em_andamento {
            Some(true) => parts.push(Sql::new(EM_ANDAMENTO)),
            Some(false) => parts.push(Sql::new("NOT ").push(EM_ANDAMENTO)),
            None => {}
        }
        if let Some(EstruturaAddress { repositorio, numero }) = &self.remetente {
            let sql = Sql::new("r.repositorio = ").bind(*repositorio);
            parts.push(sql.push(" AND r.numero = ").bind(numero.clone()));
        }
        if let Some(EstruturaAddress { repositorio, numero }) = &self.destinatario {
            let sql = Sql::new("d.repositorio = ").bind(*repositorio);
            parts.push(sql.push(" AND d.numero = ").bind(numero.clone()));
        }
        if let Some(from) = self.criado_de {
            parts.push(Sql::new("t.criado_em >= ").bind(from));
        }
        if let Some(until) = self.criado_ate {
            parts.push(Sql::new("t.criado_em < ").bind(until));
        }
        parts
    }
}

/// The FROM clause and the conditions of the trâmites of a processo `p` that the tribunal sees;
/// `None` sees all.
pub fn of_processo(tribunal: Option<i16>) -> Sql {
    let rows = Sql::new(concat!(
        tables!(),
        " WHERE g.protocolo_chave = p.numero AND g.tipo_protocolo = 'CNJ20'"
    ));
    of_parties(tribunal).into_iter().fold(rows, Sql::and)
}

impl Tramites {
    fn newest_first(&self) -> bool {
        matches!(self, Self::All(filter) if filter.newest_first)
    }
}

/// The condition that a step of the tribunal is next, as one party or as the other.
fn pendencia(tribunal: Option<i16>, all: bool) -> Sql {
    let Some(tribunal) = tribunal else { return Sql::new("false") };
    let situacoes = |party| -> Vec<i64> {
        let awaiting =
            SituacaoTramite::ALL.into_iter().filter(|s| s.pendencia(party, all).is_some());
        awaiting.map(|situacao| situacao.code().into()).collect()
    };
    Sql::new("(t.remetente_tribunal = ")
        .bind(tribunal)
        .push(" AND t.situacao = ANY(")
        .bind(situacoes(ParteDoTramite::Remetente))
        .push(") OR t.destinatario_tribunal = ")
        .bind(tribunal)
        .push(" AND t.situacao = ANY(")
        .bind(situacoes(ParteDoTramite::Destinatario))
        .push("))")
}

from_columns!(Tramite);

impl List for Tramites {
    const NAME: &'static str = "Tramites";
    type Row = Arc<Tramite>;
    type Record = Tramite;

    fn parent(&self) -> Option<i64> {
        match self {
            Self::All(_) => None,
            Self::OfProcesso(id) => Some(id.0),
            Self::OfRegistro(id) => Some(*id),
        }
    }

    fn with_parent(&self, parent: i64) -> Self {
        match self {
            Self::All(filter) => Self::All(filter.clone()),
            Self::OfProcesso(_) => Self::OfProcesso(ProcessoId(parent)),
            Self::OfRegistro(_) => Self::OfRegistro(parent),
        }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let (tables, parent_column, conditions) = match self {
            Self::All(filter) => (tables!(), None, filter.conditions(tribunal)),
            Self::OfProcesso(_) => (
                concat!(
                    tables!(),
                    " JOIN processo p ON p.numero = g.protocolo_chave AND g.tipo_protocolo = 'CNJ20'"
                ),
                Some("p.id"),
                Vec::new(),
            ),
            Self::OfRegistro(_) => (tables!(), Some("g.id"), Vec::new()),
        };
        let many = conditions.len() > 2;
        let where_clause =
            Sql::join(of_parties(tribunal).into_iter().chain(conditions), " AND ", "true");
        ListQuery {
            columns: tramite_columns!(),
            tables,
            parent_column,
            where_clause: if many { where_clause.unprepared() } else { where_clause },
            ordering: OrderBy { descending: self.newest_first(), ..BY_IDT },
        }
    }

    fn position(&self, row: &Arc<Tramite>) -> Position {
        Position { key: None, id: row.idt }
    }
}
