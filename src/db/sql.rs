//! SQL text with typed holes, for what Diesel's query builder cannot say
//! (LATERAL, keysets over many lists at once).
//!
//! Text is `&'static str` and values are bound, so nothing a client sends ever
//! becomes SQL. Unlike `diesel::sql_query`, statements are prepared once.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types as tipo;
use std::marker::PhantomData;

/// A value bound into a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Valor {
    I16(i16),
    I32(i32),
    I64(i64),
    Bool(bool),
    Texto(String),
    TextoOuNulo(Option<String>),
    Data(NaiveDate),
    Instante(DateTime<Utc>),
    /// A transaction's number, which Diesel has no type for; digits only.
    Xid(String),
    I16s(Vec<i16>),
    I32s(Vec<i32>),
    I64s(Vec<i64>),
    I64sOuNulos(Vec<Option<i64>>),
    Textos(Vec<String>),
    TextosOuNulos(Vec<Option<String>>),
    Instantes(Vec<DateTime<Utc>>),
    Bytes(Vec<u8>),
}

macro_rules! de {
    ($($rust:ty => $variante:ident),* $(,)?) => {
        $(impl From<$rust> for Valor {
            fn from(valor: $rust) -> Self {
                Self::$variante(valor)
            }
        })*
    };
}
de! {
    i16 => I16, i32 => I32, i64 => I64, bool => Bool, String => Texto, Option<String> => TextoOuNulo, NaiveDate => Data,
    DateTime<Utc> => Instante, Vec<i16> => I16s, Vec<i32> => I32s, Vec<i64> => I64s, Vec<Option<i64>> => I64sOuNulos,
    Vec<String> => Textos, Vec<Option<String>> => TextosOuNulos,
    Vec<DateTime<Utc>> => Instantes, Vec<u8> => Bytes,
}

#[derive(Debug, Clone)]
enum Parte {
    Texto(&'static str),
    Valor(Valor),
}

/// As many as most statements have.
const PARTS: usize = 8;

/// A statement, or a piece of one.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    partes: Vec<Parte>,
    /// Its text is one of too many to prepare each: a client composed it.
    avulsa: bool,
}

impl Sql {
    pub fn new(texto: &'static str) -> Self {
        let mut partes = Vec::with_capacity(PARTS);
        partes.push(Parte::Texto(texto));
        Self { partes, avulsa: false }
    }

    #[must_use]
    pub fn push(mut self, texto: &'static str) -> Self {
        self.partes.push(Parte::Texto(texto));
        self
    }

    #[must_use]
    pub fn bind(mut self, valor: impl Into<Valor>) -> Self {
        self.partes.push(Parte::Valor(valor.into()));
        self
    }

    /// A value of each row, as an array for `unnest`: the text does not tell how many they are, so
    /// that it is prepared once.
    #[must_use]
    pub fn bind_cada<T, V>(self, linhas: &[T], valor: impl Fn(&T) -> V) -> Self
    where
        Vec<V>: Into<Valor>,
    {
        self.bind(linhas.iter().map(valor).collect::<Vec<V>>())
    }

    /// The value, or NULL.
    #[must_use]
    pub fn bind_ou_nulo(self, valor: Option<impl Into<Valor>>) -> Self {
        match valor {
            Some(valor) => self.bind(valor),
            None => self.push("NULL"),
        }
    }

    #[must_use]
    pub fn append(mut self, outro: Sql) -> Self {
        self.partes.extend(outro.partes);
        self.avulsa |= outro.avulsa;
        self
    }

    /// Not to be prepared: the connection would keep every text for ever.
    #[must_use]
    pub fn avulsa(mut self) -> Self {
        self.avulsa = true;
        self
    }

    /// `self AND outra`.
    #[must_use]
    pub fn and(self, outra: Sql) -> Self {
        self.push(" AND ").append(outra)
    }

    /// The pieces joined by `entre` in parentheses; `vazio` when there are none.
    pub fn juntar(
        pedacos: impl IntoIterator<Item = Sql>,
        entre: &'static str,
        vazio: &'static str,
    ) -> Self {
        let mut pedacos = pedacos.into_iter();
        let Some(primeiro) = pedacos.next() else { return Self::new(vazio) };
        let tudo = Self::new("(").append(primeiro);
        pedacos.fold(tudo, |tudo, pedaco| tudo.push(entre).append(pedaco)).push(")")
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.avulsa {
            out.unsafe_to_cache_prepared();
        }
        for parte in &self.partes {
            match parte {
                Parte::Texto(texto) => out.push_sql(texto),
                Parte::Valor(Valor::I16(v)) => out.push_bind_param::<tipo::SmallInt, _>(v)?,
                Parte::Valor(Valor::I32(v)) => out.push_bind_param::<tipo::Integer, _>(v)?,
                Parte::Valor(Valor::I64(v)) => out.push_bind_param::<tipo::BigInt, _>(v)?,
                Parte::Valor(Valor::Bool(v)) => out.push_bind_param::<tipo::Bool, _>(v)?,
                Parte::Valor(Valor::Texto(v)) => out.push_bind_param::<tipo::Text, _>(v)?,
                Parte::Valor(Valor::TextoOuNulo(v)) => {
                    out.push_bind_param::<tipo::Nullable<tipo::Text>, _>(v)?;
                }
                Parte::Valor(Valor::Data(v)) => out.push_bind_param::<tipo::Date, _>(v)?,
                Parte::Valor(Valor::Instante(v)) => {
                    out.push_bind_param::<tipo::Timestamptz, _>(v)?;
                }
                Parte::Valor(Valor::Xid(v)) => {
                    out.push_bind_param::<tipo::Text, _>(v)?;
                    out.push_sql("::xid8");
                }
                Parte::Valor(Valor::Bytes(v)) => out.push_bind_param::<tipo::Binary, _>(v)?,
                Parte::Valor(Valor::I16s(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::SmallInt>, _>(v)?;
                }
                Parte::Valor(Valor::I32s(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::Integer>, _>(v)?;
                }
                Parte::Valor(Valor::I64sOuNulos(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::Nullable<tipo::BigInt>>, _>(v)?;
                }
                Parte::Valor(Valor::TextosOuNulos(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::Nullable<tipo::Text>>, _>(v)?;
                }
                Parte::Valor(Valor::Instantes(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::Timestamptz>, _>(v)?;
                }
                Parte::Valor(Valor::I64s(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::BigInt>, _>(v)?;
                }
                Parte::Valor(Valor::Textos(v)) => {
                    out.push_bind_param::<tipo::Array<tipo::Text>, _>(v)?;
                }
            }
        }
        Ok(())
    }
}

// The text varies, so the cache of prepared statements goes by it.
impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = tipo::Untyped;
}

impl<Conn> RunQueryDsl<Conn> for Sql {}

/// A statement whose columns are read by their places: by their names, a row of many columns
/// costs twice as much. `T` is what they hold.
pub struct PorLugar<T>(Sql, PhantomData<T>);

impl Sql {
    pub const fn por_lugar<T>(self) -> PorLugar<T> {
        PorLugar(self, PhantomData)
    }
}

impl<T> QueryFragment<Pg> for PorLugar<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl<T> QueryId for PorLugar<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for PorLugar<T> {
    type SqlType = T;
}

impl<T, Conn> RunQueryDsl<Conn> for PorLugar<T> {}
