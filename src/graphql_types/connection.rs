//! Relay connections over the lists of `db::list`: converts the arguments to a slice, and the rows
//! to pages with cursors.

use super::json::{JsonArray, JsonObject, ToJson};
use crate::db::SqlValue;
use crate::db::list::{KeyType, List, Page, PageArgs, PageOf, Position, TotalOf};
use crate::error::Error;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, WRITE_OR_COUNT};
use crate::graphql_types::field_error::{Fallible, FieldError};
use async_graphql::{Context, Enum, Object, SimpleObject, TypeName};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Datelike};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const DEFAULT_SIZE: usize = 20;
const MAX_SIZE: usize = 100;

/// Sentido da ordem.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SentidoOrdem {
    /// Crescente.
    Asc,
    /// Decrescente.
    Desc,
}

/// Maximum number of orders of one list.
const MAX_ORDERS: usize = 4;

/// The orders of a list: the first one, whether it is descending, and the others.
pub type Orders<F> = (F, bool, Vec<(F, bool)>);

/// Reads `ordem` and `ordens`, of which a caller gives at most one. Without either, the order is
/// that of the default field, ascending.
pub fn orders<O, F: Copy + PartialEq + Default>(
    one: Option<O>,
    several: Option<Vec<O>>,
    convert: fn(O) -> (F, bool),
) -> Result<Orders<F>, Error> {
    let invalid = |message| Err(Error::invalid(message));
    let several = match (one, several) {
        (Some(_), Some(_)) => return invalid("use `ordem` ou `ordens`, nunca as duas"),
        (Some(one), None) => vec![one],
        (None, Some(several)) if several.is_empty() || several.len() > MAX_ORDERS => {
            return invalid("`ordens` pede de 1 a 4 ordens");
        }
        (None, several) => several.unwrap_or_default(),
    };
    let all: Vec<_> = several.into_iter().map(convert).collect();
    if all.iter().enumerate().any(|(n, one)| all[..n].iter().any(|other| other.0 == one.0)) {
        return invalid("`ordens` diz cada campo uma só vez");
    }
    let mut all = all.into_iter();
    let (field, descending) = all.next().unwrap_or_default();
    Ok((field, descending, all.collect()))
}

/// The names and types of a list in the GraphQL schema.
pub trait GraphqlList: List {
    type Node: ToJson;
    /// The edge is built from the list and one of its rows.
    type Edge: ToJson + From<(Arc<Self>, Self::Row)>;
    const CONNECTION: &'static str;
    const EDGE: &'static str;

    fn node(row: &Self::Row) -> Self::Node;
}

/// Declares how lists look in the schema: the name of the connection, the type and the name of its edges,
/// and the node that a row becomes.
///
/// ```text
/// connections! {
///     Processos as "ProcessoConnection" of Edge "ProcessoEdge": |row| ProcessoNode = Arc::clone(row).into();
/// }
/// ```
macro_rules! connections {
    ($($list:ty as $connection:literal of $edge:ident $edge_name:literal: |$row:ident| $node:ty = $show:expr;)+) => { $(
        impl $crate::graphql_types::connection::GraphqlList for $list {
            type Node = $node;
            type Edge = $edge<Self>;
            const CONNECTION: &'static str = $connection;
            const EDGE: &'static str = $edge_name;

            fn node($row: &Self::Row) -> $node {
                $show
            }
        }
    )+ };
}
pub(crate) use connections;

/// Declares the order of a list: the input, and the enum of its fields, each with the field of the store.
///
/// ```text
/// ordering! {
///     /// Ordem de guias; o desempate é por `id`.
///     pub struct GuiaOrdem;
///     /// Campo de ordem de guias.
///     pub enum GuiaOrdemCampo of OrderField {
///         /// Emissão.
///         EmitidaEm => EmitidaEm,
///     }
/// }
/// ```
macro_rules! ordering {
    (
        $(#[$meta:meta])*
        pub struct $order:ident;
        $(#[$enum_meta:meta])*
        pub enum $campo:ident of $field:ident {
            $($(#[$variant_meta:meta])* $variant:ident => $column:ident,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::InputObject)]
        pub struct $order {
            /// Campo.
            campo: $campo,
            /// Sentido.
            #[graphql(default_with = "crate::graphql_types::connection::SentidoOrdem::Asc")]
            sentido: $crate::graphql_types::connection::SentidoOrdem,
        }

        $(#[$enum_meta])*
        #[derive(Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub enum $campo { $($(#[$variant_meta])* $variant,)+ }

        impl $order {
            /// The field, and whether the order is descending.
            pub fn field_and_direction(self) -> ($field, bool) {
                let field = match self.campo {
                    $($campo::$variant => $field::$column,)+
                };
                (field, self.sentido == $crate::graphql_types::connection::SentidoOrdem::Desc)
            }
        }
    };
}
pub(crate) use ordering;

/// How many objects of a page: the argument `first` or `last`.
pub type Count = Option<i32>;

/// The four pagination arguments of a connection.
#[derive(Debug, Default)]
pub struct Paging {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Paging {
    /// Converts the arguments to a slice of the list.
    ///
    /// # Errors
    /// `ENTRADA_INVALIDA` for a size out of range, for `first` together with `last`, and for a
    /// cursor of another filter, order or parent.
    fn slice<L: List>(&self, list: &L) -> Result<PageArgs, Error> {
        let (requested, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("use `first` ou `last`, nunca os dois"));
            }
            (first, None) => (first, false),
            (None, last) => (last, true),
        };
        let size = match requested.map(usize::try_from) {
            None => DEFAULT_SIZE,
            Some(Ok(n @ 1..=MAX_SIZE)) => n,
            Some(_) => return Err(Error::invalid("`first` e `last` vão de 1 a 100")),
        };
        let read = |cursor: &Option<String>| {
            match cursor {
            None => Ok(None),
            Some(text) => read_cursor(list, text).map(Some).ok_or_else(|| {
                Error::invalid("o cursor não é desta consulta; use um que ela deu, com o mesmo filtro e a mesma ordem")
            }),
        }
        };
        Ok(PageArgs { size, from_end, after: read(&self.after)?, before: read(&self.before)? })
    }
}

/// Loads a page of `list`, batched with the other pages of the same kind. Boxing the future keeps
/// the futures of the object's other fields small, which matters because each object moves them.
pub fn connect<'a, L: GraphqlList>(
    ctx: &'a Context<'_>,
    list: L,
    paging: Paging,
) -> BoxFuture<'a, Result<Connection<L>, Error>> {
    let page = async move {
        let slice = paging.slice(&list)?;
        let page = ctx.loaders().load(PageOf(list.clone(), slice)).await?;
        let empty = || Arc::new(Page { rows: Vec::new(), has_next: false, has_previous: false });
        let page = page.unwrap_or_else(empty);
        ctx.request().count_objects(page.rows.len())?;
        Ok(JsonObject(LoadedPage { list: Arc::new(list), page }))
    };
    page.boxed()
}

/// As [`connect`], for a field that is never null: an error keeps the path of the field.
pub fn connect_field<L: GraphqlList>(
    ctx: &Context<'_>,
    list: L,
    paging: Paging,
) -> impl Future<Output = Fallible<Connection<L>>> {
    connect(ctx, list, paging).map_err(move |error| FieldError::at(ctx, error))
}

/// A connection, as a resolver returns it.
pub type Connection<L> = JsonObject<LoadedPage<L>>;

pub struct LoadedPage<L: List> {
    list: Arc<L>,
    page: Arc<Page<L::Row>>,
}

impl<L: List> LoadedPage<L> {
    /// Returns the number of the `named` objects of a filter that this page shows to be absent. The
    /// page can tell only if it holds the whole list, so the result is zero when there are further
    /// pages.
    pub(super) fn missing_of(&self, named: usize) -> usize {
        let found = self.page.rows.len();
        let has_more = self.page.has_next || self.page.has_previous;
        if has_more { 0 } else { named.saturating_sub(found) }
    }
}

impl<L: GraphqlList> ToJson for LoadedPage<L> {}

impl<L: GraphqlList> TypeName for LoadedPage<L> {
    fn type_name() -> Cow<'static, str> {
        L::CONNECTION.into()
    }
}

/// Página de uma lista, com cursores para as vizinhas.
#[Object(name_type)]
impl<L: GraphqlList> LoadedPage<L> {
    /// Os itens da página, cada um com o seu cursor.
    async fn edges(&self) -> JsonArray<L::Edge> {
        let rows = self.page.rows.iter();
        JsonArray(rows.map(|row| (Arc::clone(&self.list), row.clone()).into()).collect())
    }

    /// Atalho para `edges.node`.
    async fn nodes(&self) -> JsonArray<L::Node> {
        JsonArray(self.page.rows.iter().map(L::node).collect())
    }

    /// Os cursores das pontas da página, e se há outras antes e depois.
    async fn page_info(&self) -> PageInfo {
        let cursor_of = |row: &L::Row| write_cursor(&*self.list, row);
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.rows.first().map(cursor_of),
            end_cursor: self.page.rows.last().map(cursor_of),
        }
    }

    /// Total com o mesmo filtro, em todas as páginas; só se conta quando pedido.
    #[graphql(directive = Cost::apply(WRITE_OR_COUNT.into()))]
    async fn total_count(&self, ctx: &Context<'_>) -> Fallible<i32> {
        let total = ctx.loaders().load(TotalOf(L::clone(&self.list))).await;
        total
            .and_then(|total| i32::try_from(total.unwrap_or(0)).map_err(Error::internal))
            .map_err(|error| FieldError::at(ctx, error))
    }
}

/// Página de uma conexão Relay.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Há itens depois desta página.
    has_next_page: bool,
    /// Há itens antes desta página.
    has_previous_page: bool,
    /// Cursor do primeiro item; nulo na página vazia.
    start_cursor: Option<String>,
    /// Cursor do último item; nulo na página vazia.
    end_cursor: Option<String>,
}

pub struct Edge<L: GraphqlList> {
    list: Arc<L>,
    row: L::Row,
}

impl<L: GraphqlList> From<(Arc<L>, L::Row)> for Edge<L> {
    fn from((list, row): (Arc<L>, L::Row)) -> Self {
        Self { list, row }
    }
}

impl<L: GraphqlList> ToJson for Edge<L> {}

impl<L: GraphqlList> TypeName for Edge<L> {
    fn type_name() -> Cow<'static, str> {
        L::EDGE.into()
    }
}

/// Aresta de uma conexão.
#[Object(name_type)]
impl<L: GraphqlList> Edge<L> {
    /// Cursor deste item; só vale com o mesmo filtro e a mesma ordem.
    async fn cursor(&self) -> String {
        write_cursor(&*self.list, &self.row)
    }

    /// O item.
    async fn node(&self) -> JsonObject<L::Node> {
        JsonObject(L::node(&self.row))
    }
}

/// Writes the cursor `hash.id.key` in base64. The hash binds the position to its list, filter and
/// order.
pub fn write_cursor<L: List>(list: &L, row: &L::Row) -> String {
    encode_cursor(list, list.position(row))
}

fn encode_cursor<L: List>(list: &L, Position { key, id }: Position) -> String {
    let key = match key {
        None => String::new(),
        Some(SqlValue::Instant(instant)) => instant.timestamp_micros().to_string(),
        Some(SqlValue::Text(text) | SqlValue::Xid(text)) => text,
        Some(other) => unreachable!("no list is ordered by {other:?}"),
    };
    let position = format!("{id}.{key}");
    BASE64.encode(format!("{:016x}.{position}", fingerprint(list, &position)))
}

/// Reads a cursor. Returns `None` unless the text is exactly the cursor that this list would write
/// for the position.
fn read_cursor<L: List>(list: &L, text: &str) -> Option<Position> {
    let position = read_position(list, text)?;
    (encode_cursor(list, position.clone()) == text).then_some(position)
}

fn read_position<L: List>(list: &L, text: &str) -> Option<Position> {
    let text = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
    let (_, position) = text.split_once('.')?;
    let (id, key) = position.split_once('.')?;
    // A forged cursor that fits only yields a page that the caller may see anyway. But it must
    // never put a value of the wrong type into a statement.
    let key = match list.query(None).ordering.column.map(|(_, key_type)| key_type) {
        Some(KeyType::OfRow(_)) if !key.is_empty() => return None,
        None | Some(KeyType::OfRow(_)) => None,
        Some(KeyType::Text) if key.contains('\0') => return None,
        Some(KeyType::Text) => Some(key.to_owned().into()),
        Some(KeyType::Instant) => {
            let instant = DateTime::from_timestamp_micros(key.parse().ok()?)?;
            // No row has an instant outside these years, and PostgreSQL cannot represent each that
            // chrono can.
            if !(1..=9999).contains(&instant.year()) {
                return None;
            }
            Some(instant.into())
        }
        Some(KeyType::Xid) => Some(SqlValue::Xid(key.parse::<u64>().ok()?.to_string())),
    };
    Some(Position { key, id: id.parse().ok()? })
}

/// FNV-1a over the list (its name, filter and order) and a position in it. Two texts that differ in
/// one byte have different hashes. The hash is not secret and need not be: a forged cursor reads
/// only what the caller may read anyway. A deploy that changes what is hashed, such as the fields
/// of a filter, invalidates older cursors.
fn fingerprint<L: List>(list: &L, position: &str) -> u64 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    L::NAME.hash(&mut fnv);
    list.hash(&mut fnv);
    position.hash(&mut fnv);
    fnv.finish()
}
