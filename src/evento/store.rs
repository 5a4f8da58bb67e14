//! SQL of eventos. Rows are only inserted, never changed.

use super::{Evento, NewEvento, evento_columns};
use crate::adolescente::{AdolescenteId, Identificador};
use crate::db::feed::{FeedCursor, FeedRange};
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::db::{BatchKey, Session, Sql, SqlValue, new_rows};
use crate::error::Error;
use crate::filters::{EventoFilter, Filter, FilterScope};
use crate::guia::{NumeroDaGuia, TipoGuia};
use crate::processo::{NumeroProcesso, ProcessoId, SituacaoProcesso, TipoProcesso};
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

/// Inserts the eventos in one statement, in the given order.
pub fn record(session: &mut Session<'_>, eventos: &[NewEvento]) -> QueryResult<()> {
    if eventos.is_empty() {
        return Ok(());
    }
    let (names, arrays) = new_rows!(eventos => {
        tribunal_codigo: |new| new.tribunal_codigo,
        tipo: |new| new.tipo.text().to_owned(),
        processo_id: |new| new.processo_id.map(|id| id.0),
        adolescente_id: |new| new.adolescente_id.map(|id| id.0),
        guia_id: |new| new.guia_id.map(|id| id.0),
        ocorrido_em: |new| new.ocorrido_em,
        ator_sub: |new| new.ator_sub.clone(),
        ator_azp: |new| new.ator_azp.clone(),
        // The names come from the GraphQL schema, and none has a comma.
        campos: |new| new.fields.join(","),
        mudancas: |new| serde_json::json!(new.changes).to_string(),
    });
    Sql::new("INSERT INTO evento (")
        .push(names)
        .push(
            ") SELECT tribunal_codigo, tipo, processo_id, adolescente_id, guia_id, ocorrido_em, ator_sub, ator_azp, \
             string_to_array(campos, ','), mudancas::jsonb FROM unnest(",
        )
        .append(arrays)
        .push(") WITH ORDINALITY AS e (")
        .push(names)
        .push(", n) ORDER BY n")
        .execute(session.conn())?;
    Ok(())
}

/// The evento with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventoById(pub i64);

impl BatchKey for EventoById {
    type Value = Arc<Evento>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql =
            Sql::new(concat!("SELECT ", evento_columns!(), " FROM evento e WHERE e.id = ANY("))
                .bind(ids)
                .push(")");
        let sql = match session.scope.tribunal() {
            Some(code) => sql.and(Sql::new("e.tribunal_codigo = ").bind(code)),
            None => sql,
        };
        let rows: Vec<Evento> = sql.load(session.conn())?;
        Ok(rows.into_iter().map(|row| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The list of the eventos of one object, in the order of the feed or in reverse.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventosOf {
    pub subject: Subject,
    pub filter: EventoFilter,
    pub descending: bool,
}

/// The object whose eventos, or whose timeline, are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Processo(ProcessoId),
    Adolescente(AdolescenteId),
}

impl Subject {
    pub const fn id(self) -> i64 {
        match self {
            Self::Processo(id) => id.0,
            Self::Adolescente(id) => id.0,
        }
    }

    /// Another object of the same kind.
    #[must_use]
    pub const fn with_id(self, id: i64) -> Self {
        match self {
            Self::Processo(_) => Self::Processo(ProcessoId(id)),
            Self::Adolescente(_) => Self::Adolescente(AdolescenteId(id)),
        }
    }
}

from_columns!(Evento);

impl List for EventosOf {
    const NAME: &'static str = "EventosDe";
    type Row = Arc<Evento>;
    type Record = Evento;

    fn parent(&self) -> Option<i64> {
        Some(self.subject.id())
    }

    fn with_parent(&self, parent: i64) -> Self {
        Self { subject: self.subject.with_id(parent), ..self.clone() }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| Sql::new("e.tribunal_codigo = ").bind(code));
        // Read only up to the oldest open transaction. Otherwise an evento that commits late would
        // appear behind the cursor of a client that pages, and the client would miss it.
        let parts = [
            Some(Sql::new("e.xid < (SELECT elos_horizonte())")),
            in_tribunal,
            Some(self.filter.sql(FilterScope::root(tribunal))),
        ];
        ListQuery {
            columns: evento_columns!(),
            tables: "evento e",
            parent_column: Some(match self.subject {
                Subject::Processo(_) => "e.processo_id",
                Subject::Adolescente(_) => "e.adolescente_id",
            }),
            where_clause: Sql::all(parts),
            ordering: OrderBy {
                column: Some(("e.xid", KeyType::Xid)),
                then: Vec::new(),
                id: "e.id",
                descending: self.descending,
            },
        }
    }

    fn position(&self, row: &Arc<Evento>) -> Position {
        Position { key: Some(SqlValue::Xid(row.xid.clone())), id: row.id }
    }
}

/// A feed of changes, with its filter. Objects are named by number rather than by id, because they
/// may not be registered yet. A filter on an object compares it as it is at the delivery, and
/// `None` admits every object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventoFeed {
    Processos {
        numero: Option<NumeroProcesso>,
        tipo: Option<Vec<TipoProcesso>>,
        situacao: Option<Vec<SituacaoProcesso>>,
        id_orgao: Option<i32>,
    },
    Adolescentes {
        identificador: Option<Identificador>,
    },
    /// A change of a guia has one evento in each processo of the guia. The feed has that of the
    /// execução or, without one, that of the apuração.
    Guias {
        numero: Option<NumeroDaGuia>,
        tipo: Option<Vec<TipoGuia>>,
    },
}

impl EventoFeed {
    /// The eventos in `range`, each with its position in the feed.
    pub fn read(
        &self,
        session: &mut Session<'_>,
        range: FeedRange,
    ) -> Result<Vec<(FeedCursor, Arc<Evento>)>, Error> {
        let sql = match session.scope.tribunal() {
            Some(code) => self.sql().and(Sql::new("e.tribunal_codigo = ").bind(code)),
            None => self.sql(),
        };
        let rows: Vec<Evento> = sql.append(range.sql("e.xid", "e.id")).load(session.conn())?;
        let cursor = |row: Evento| Ok((FeedCursor::from_row(&row.xid, row.id)?, Arc::new(row)));
        rows.into_iter().map(cursor).collect()
    }

    fn sql(&self) -> Sql {
        let eventos = Sql::new(concat!("SELECT ", evento_columns!(), " FROM evento e"));
        match self {
            Self::Processos { numero: None, tipo: None, situacao: None, id_orgao: None } => {
                eventos.push(" WHERE e.processo_id IS NOT NULL")
            }
            Self::Processos { numero, tipo, situacao, id_orgao } => {
                let all = eventos.push(" JOIN processo p ON p.id = e.processo_id WHERE true");
                let all =
                    is(all, " AND p.numero = ", numero.as_ref().map(|n| n.digits().to_owned()));
                let all = is_one_of(all, " AND p.tipo = ANY(", tipo.as_deref(), TipoProcesso::text);
                let all = is_one_of(
                    all,
                    " AND p.situacao = ANY(",
                    situacao.as_deref(),
                    SituacaoProcesso::text,
                );
                is(all, " AND p.id_orgao = ", *id_orgao)
            }
            Self::Adolescentes { identificador: None } => {
                eventos.push(" WHERE e.adolescente_id IS NOT NULL")
            }
            Self::Adolescentes { identificador: Some(identificador) } => eventos
                .push(" JOIN adolescente a ON a.id = e.adolescente_id WHERE a.identificador = ")
                .bind(identificador.to_string()),
            Self::Guias { numero, tipo } => {
                let all = eventos.push(
                    " JOIN guia g ON g.id = e.guia_id \
                     WHERE e.processo_id = coalesce(g.execucao_id, g.apuracao_id)",
                );
                let all = is(all, " AND g.numero = ", numero.as_ref().map(ToString::to_string));
                is_one_of(all, " AND g.tipo = ANY(", tipo.as_deref(), TipoGuia::text)
            }
        }
    }
}

fn is(sql: Sql, condition: &'static str, value: Option<impl Into<SqlValue>>) -> Sql {
    match value {
        Some(value) => sql.push(condition).bind(value),
        None => sql,
    }
}

fn is_one_of<T: Copy>(
    sql: Sql,
    condition: &'static str,
    values: Option<&[T]>,
    text: fn(T) -> &'static str,
) -> Sql {
    match values {
        Some(values) => {
            let texts: Vec<_> = values.iter().map(|&value| text(value).to_owned()).collect();
            sql.push(condition).bind(texts).push(")")
        }
        None => sql,
    }
}
