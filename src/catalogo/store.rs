//! SQL of the catalogues.

use super::{
    EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo,
    estrutura_columns, item_columns,
};
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, WithParent, from_columns};
use crate::db::{BatchKey, Session, Sql, group_by_key};
use crate::error::Error;
use crate::tramite::EstruturaAddress;
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::sync::Arc;

/// The items of one catalogue, ordered by código.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Items {
    pub tipo: TipoDeCatalogo,
    /// Only the active or only the inactive items; `None` selects both.
    pub ativos: Option<bool>,
}

from_columns!(ItemDoCatalogo);

impl List for Items {
    const NAME: &'static str = "ItensDoCatalogo";
    type Row = Arc<ItemDoCatalogo>;
    type Record = ItemDoCatalogo;

    fn query(&self, _: Option<i16>) -> ListQuery {
        let where_clause = Sql::new("i.tipo = ").bind(self.tipo.text().to_owned());
        let where_clause = match self.ativos {
            Some(ativos) => where_clause.push(" AND i.ativo = ").bind(ativos),
            None => where_clause,
        };
        // The código is unique in its catalogue, so it can stand for the id in a cursor.
        let ordering =
            OrderBy { column: None, then: Vec::new(), id: "i.codigo", descending: false };
        ListQuery {
            columns: item_columns!(),
            tables: "catalogo_item i",
            parent_column: None,
            where_clause,
            ordering,
        }
    }

    fn position(&self, row: &Arc<ItemDoCatalogo>) -> Position {
        Position { key: None, id: row.codigo.into() }
    }
}

/// Lists of estruturas, ordered by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Estruturas {
    All(Box<EstruturaFilter>),
    /// The direct children of the estrutura with this id.
    Children(i64),
}

/// Conditions on estruturas, joined by AND. A field that is `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EstruturaFilter {
    pub repositorio: Option<i32>,
    pub numero: Option<String>,
    /// A part of the name, regardless of case and accents.
    pub nome: Option<String>,
    /// The sigla, regardless of case and accents.
    pub sigla: Option<String>,
    /// Selects only descendants of this estrutura, at any depth.
    pub root: Option<EstruturaAddress>,
    pub ativas: Option<bool>,
    /// Whether the estrutura is active and may send.
    pub permite_envio: Option<bool>,
    /// Whether the estrutura is active and may receive.
    pub permite_recebimento: Option<bool>,
}

impl EstruturaFilter {
    fn conditions(&self) -> Vec<Sql> {
        let mut parts = Vec::new();
        if let Some(repositorio) = self.repositorio {
            parts.push(Sql::new("e.repositorio = ").bind(repositorio));
        }
        if let Some(numero) = &self.numero {
            parts.push(Sql::new("e.numero = ").bind(numero.clone()));
        }
        if let Some(nome) = &self.nome {
            let part = Sql::new("e.nome_busca LIKE '%' || elos_dobrar(").bind(literal(nome));
            parts.push(part.push(") || '%'"));
        }
        if let Some(sigla) = &self.sigla {
            let folded = Sql::new("elos_dobrar(e.sigla) = elos_dobrar(").bind(sigla.clone());
            parts.push(folded.push(")"));
        }
        if let Some(EstruturaAddress { repositorio, numero }) = &self.root {
            let below = Sql::new(
                "e.id IN (WITH RECURSIVE abaixo AS (\
                   SELECT f.id FROM estrutura r JOIN estrutura f ON f.pai_id = r.id WHERE r.repositorio = ",
            )
            .bind(*repositorio)
            .push(" AND r.numero = ")
            .bind(numero.clone());
            parts.push(below.push(
                " UNION SELECT f.id FROM estrutura f JOIN abaixo a ON f.pai_id = a.id) SELECT id FROM abaixo)",
            ));
        }
        if let Some(ativas) = self.ativas {
            parts.push(Sql::new("e.ativa = ").bind(ativas));
        }
        if let Some(envio) = self.permite_envio {
            parts.push(Sql::new("(e.ativa AND e.pode_enviar) = ").bind(envio));
        }
        if let Some(recebimento) = self.permite_recebimento {
            parts.push(Sql::new("(e.ativa AND e.pode_receber) = ").bind(recebimento));
        }
        parts
    }
}

/// Escapes the wildcards of LIKE.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

from_columns!(EstruturaDoCatalogo);

impl List for Estruturas {
    const NAME: &'static str = "Estruturas";
    type Row = Arc<EstruturaDoCatalogo>;
    type Record = EstruturaDoCatalogo;

    fn parent(&self) -> Option<i64> {
        match self {
            Self::All(_) => None,
            Self::Children(id) => Some(*id),
        }
    }

    fn with_parent(&self, pai: i64) -> Self {
        match self {
            Self::All(filter) => Self::All(filter.clone()),
            Self::Children(_) => Self::Children(pai),
        }
    }

    /// Names of órgãos are public: the list holds the estruturas of every tribunal.
    fn query(&self, _: Option<i16>) -> ListQuery {
        let (parent_column, conditions) = match self {
            Self::All(filter) => (None, filter.conditions()),
            Self::Children(_) => (Some("e.pai_id"), Vec::new()),
        };
        let many = conditions.len() > 2;
        let where_clause = Sql::join(conditions, " AND ", "true");
        ListQuery {
            columns: estrutura_columns!(),
            tables: "estrutura e",
            parent_column,
            where_clause: if many { where_clause.unprepared() } else { where_clause },
            ordering: OrderBy {
                then: Vec::new(),
                column: Some(("e.nome_busca", KeyType::Text)),
                id: "e.id",
                descending: false,
            },
        }
    }

    fn position(&self, row: &Arc<EstruturaDoCatalogo>) -> Position {
        Position { key: Some(row.nome_busca.clone().into()), id: row.id }
    }
}

/// The estrutura with this address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EstruturaByAddress(pub EstruturaAddress);

impl BatchKey for EstruturaByAddress {
    type Value = Arc<EstruturaDoCatalogo>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let rows: Vec<EstruturaDoCatalogo> = Sql::new(concat!(
            "SELECT ",
            estrutura_columns!(),
            " FROM estrutura e WHERE (e.repositorio, e.numero) IN (SELECT * FROM unnest("
        ))
        .bind_each(keys, |key| key.0.repositorio)
        .push(", ")
        .bind_each(keys, |key| key.0.numero.clone())
        .push("))")
        .load(session.conn())?;
        let by_address = |row: EstruturaDoCatalogo| {
            let (repositorio, numero) = (row.repositorio, row.numero.clone());
            (Self(EstruturaAddress { repositorio, numero }), Arc::new(row))
        };
        Ok(rows.into_iter().map(by_address).collect())
    }
}

/// The ancestors of an estrutura, from its parent up, at most 50. An estrutura without a parent has
/// no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HierarquiaOf(pub i64);

impl BatchKey for HierarquiaOf {
    type Value = Arc<Vec<EstruturaDoCatalogo>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let rows: Vec<WithParent<EstruturaDoCatalogo>> = Sql::new(
            "WITH RECURSIVE acima AS (\
               SELECT f.id AS de, f.pai_id, 1 AS nivel FROM estrutura f WHERE f.id = ANY(",
        )
        .bind_each(keys, |key| key.0)
        .push(concat!(
            ") UNION ALL SELECT a.de, f.pai_id, a.nivel + 1 FROM acima a JOIN estrutura f ON f.id = a.pai_id WHERE a.nivel < 50) \
             SELECT a.de AS parent, ",
            estrutura_columns!(),
            " FROM acima a JOIN estrutura e ON e.id = a.pai_id ORDER BY a.de, a.nivel"
        ))
        .load(session.conn())?;
        let groups = group_by_key(rows.into_iter().map(|row| (Self(row.parent), row.record)));
        Ok(groups.into_iter().map(|(key, rows)| (key, Arc::new(rows))).collect())
    }
}

pub fn item(
    session: &mut Session<'_>,
    tipo: TipoDeCatalogo,
    codigo: i32,
) -> QueryResult<Option<ItemDoCatalogo>> {
    Sql::new(concat!("SELECT ", item_columns!(), " FROM catalogo_item i WHERE i.tipo = "))
        .bind(tipo.text().to_owned())
        .push(" AND i.codigo = ")
        .bind(codigo)
        .get_result(session.conn())
        .optional()
}

pub fn item_by_id(session: &mut Session<'_>, id: i64) -> QueryResult<ItemDoCatalogo> {
    Sql::new(concat!("SELECT ", item_columns!(), " FROM catalogo_item i WHERE i.id = "))
        .bind(id)
        .get_result(session.conn())
}

pub fn estrutura_by_id(session: &mut Session<'_>, id: i64) -> QueryResult<EstruturaDoCatalogo> {
    Sql::new(concat!("SELECT ", estrutura_columns!(), " FROM estrutura e WHERE e.id = "))
        .bind(id)
        .get_result(session.conn())
}

/// The number of levels below an estrutura, at most `max`.
pub fn levels_below(session: &mut Session<'_>, id: i64, max: usize) -> QueryResult<usize> {
    let max = i32::try_from(max).unwrap_or(i32::MAX);
    let deepest: i32 = Sql::new(
        "WITH RECURSIVE abaixo AS (SELECT f.id, 0 AS nivel FROM estrutura f WHERE f.id = ",
    )
    .bind(id)
    .push(
        " UNION ALL SELECT f.id, a.nivel + 1 FROM abaixo a JOIN estrutura f ON f.pai_id = a.id \
                 WHERE a.nivel < ",
    )
    .bind(max)
    .push(") SELECT coalesce(max(nivel), 0) FROM abaixo")
    .row(session.conn())?;
    Ok(usize::try_from(deepest).unwrap_or_default())
}

/// Serializes the writes of one tribunal's estruturas, because the checks for a cycle and for the
/// depth read rows that a concurrent write could move.
pub fn take_advisory_lock(session: &mut Session<'_>, tribunal: i16) -> QueryResult<()> {
    Sql::new("SELECT pg_advisory_xact_lock(hashtext('catalogo'), ")
        .bind(i32::from(tribunal))
        .push(")")
        .execute(session.conn())?;
    Ok(())
}

/// Writes an item and returns its id and version. Returns `None` when the item exists in a version
/// other than `versao_esperada`, if that is given.
pub fn save_item(
    session: &mut Session<'_>,
    command: &GravarItem,
    nome: String,
    now: DateTime<Utc>,
) -> QueryResult<Option<(i64, i32)>> {
    Sql::new("SELECT id, versao FROM elos_gravar_item_do_catalogo(")
        .bind_all([
            command.tipo.text().to_owned().into(),
            command.codigo.into(),
            nome.into(),
            command.base_legal.clone().into(),
            command.ativo.into(),
        ])
        .push(", ")
        .bind_nullable(command.versao_esperada)
        .push(", ")
        .bind(now)
        .push(")")
        .row(session.conn())
        .optional()
}

/// The values of the columns of an estrutura to write. The API and the import of files share this.
pub struct NewEstrutura<'a> {
    pub command: &'a GravarEstrutura,
    pub pai_id: Option<i64>,
    pub tribunal: i16,
    pub now: DateTime<Utc>,
}

impl NewEstrutura<'_> {
    /// Returns the id of the new row.
    pub fn insert(&self, conn: &mut PgConnection) -> QueryResult<i64> {
        let Self { command, pai_id, tribunal, now } = self;
        Sql::new(
            "INSERT INTO estrutura (repositorio, numero, tribunal_codigo, nome, sigla, pai_id, codigo_no_orgao, ativa, \
             pode_enviar, pode_receber, atualizado_em) VALUES (",
        )
        .bind_all([
            command.endereco.repositorio.into(),
            command.endereco.numero.clone().into(),
            (*tribunal).into(),
        ])
        .push(", ")
        .append(self.columns(*pai_id))
        .push(", ")
        .bind(*now)
        .push(") RETURNING id")
        .row(conn)
    }

    pub fn update(&self, conn: &mut PgConnection, id: i64) -> QueryResult<()> {
        Sql::new(
            "UPDATE estrutura SET (nome, sigla, pai_id, codigo_no_orgao, ativa, pode_enviar, pode_receber) = (",
        )
        .append(self.columns(self.pai_id))
        .push("), versao = versao + 1, atualizado_em = ")
        .bind(self.now)
        .push(" WHERE id = ")
        .bind(id)
        .execute(conn)?;
        Ok(())
    }

    fn columns(&self, pai_id: Option<i64>) -> Sql {
        let command = self.command;
        Sql::default()
            .bind(command.nome.clone())
            .push(", ")
            .bind(command.sigla.clone())
            .push(", ")
            .bind_nullable(pai_id)
            .push(", ")
            .bind_all([
                command.codigo_no_orgao.clone().into(),
                command.ativa.into(),
                command.pode_enviar.into(),
                command.pode_receber.into(),
            ])
    }
}
