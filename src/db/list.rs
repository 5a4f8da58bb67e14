//! Lists read by pages, for one parent or for many at once.
//!
//! Pages are cut by *keyset*: a page begins after a row, not after a count, so
//! rows that arrive between two pages neither repeat nor hide others.

use super::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::value::resource::{Rastreavel, Recurso};
use ahash::{HashMap, HashMapExt};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// Where a row stands in its list: the value it is ordered by, then its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Posicao {
    pub chave: Option<Valor>,
    pub id: i64,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fatia {
    pub tamanho: usize,
    /// From the end (`last`) rather than from the beginning (`first`).
    pub do_fim: bool,
    pub depois: Option<Posicao>,
    pub antes: Option<Posicao>,
}

/// What a key of order holds, so that a forged cursor is refused before it is SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TipoDaChave {
    Texto,
    Instante,
    Xid,
    /// Not in the cursor, which has the id alone: this begins the statement that reads the key of
    /// the row with an id. For keys that a cursor had better not hold, such as names.
    DaLinha(&'static str),
}

/// By what a list is ordered. The column is NOT NULL; the id breaks ties.
#[derive(Debug, Clone, Copy)]
pub struct Ordenacao {
    /// SQL of the first column and what it holds, or none when the id alone orders.
    pub coluna: Option<(&'static str, TipoDaChave)>,
    pub id: &'static str,
    pub decrescente: bool,
}

/// The pieces of the statement that reads a list.
pub struct Consulta {
    pub colunas: &'static str,
    /// Tables, and the column that says whose child a row is.
    pub tabelas: &'static str,
    pub coluna_pai: Option<&'static str>,
    pub onde: Sql,
    pub ordenacao: Ordenacao,
}

/// A page, in the order of the list.
#[derive(Debug)]
pub struct Pagina<T> {
    pub linhas: Vec<T>,
    pub tem_proxima: bool,
    pub tem_anterior: bool,
}

impl<T: Rastreavel> Rastreavel for Pagina<T> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.linhas.rastrear(recursos);
    }
}

/// A list that can be read by pages and counted. The value is the question.
pub trait Lista: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    /// Its name, which no other list has.
    const NOME: &'static str;
    type Linha: Clone + Send + Sync + Rastreavel + 'static;
    type Registro: Registro + Into<Self::Linha>;

    /// Id of the parent; none for a list that stands at the root.
    fn pai(&self) -> Option<i64> {
        None
    }

    /// The same question of another parent. Lists that agree in all but the
    /// parent share a statement; one at the root is its own.
    #[must_use]
    fn com_pai(&self, _pai: i64) -> Self {
        self.clone()
    }

    /// The same question of nobody in particular.
    #[must_use]
    fn sem_pai(&self) -> Self {
        self.com_pai(0)
    }

    /// `tribunal` is the one to filter by; none for who may see all.
    fn consulta(&self, tribunal: Option<i16>) -> Consulta;
    fn posicao(&self, linha: &Self::Linha) -> Posicao;
}

/// A page of a list, as a relation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PaginaDe<L>(pub L, pub Fatia);

/// How many rows a list has, as a relation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TotalDe<L>(pub L);

/// A row as it is read, after the id of its parent.
pub trait Registro: Sized + 'static {
    fn ler(sql: Sql, conn: &mut PgConnection) -> QueryResult<Vec<(i64, Self)>>;
}

/// A row whose columns are found by their names.
#[derive(QueryableByName)]
pub struct ComPai<R> {
    #[diesel(sql_type = BigInt)]
    pub pai: i64,
    #[diesel(embed)]
    pub registro: R,
}

/// How a type is read: by the names of its columns or, where what they hold is told in the
/// order of the statement, by their places.
macro_rules! registro {
    ($tipo:ty) => {
        impl $crate::db::list::Registro for $tipo {
            fn ler(
                sql: $crate::db::Sql,
                conn: &mut diesel::PgConnection,
            ) -> diesel::QueryResult<Vec<(i64, Self)>> {
                use diesel::RunQueryDsl;
                let linhas: Vec<$crate::db::list::ComPai<Self>> = sql.load(conn)?;
                Ok(linhas.into_iter().map(|linha| (linha.pai, linha.registro)).collect())
            }
        }
    };
    ($tipo:ty, $colunas:ty) => {
        impl $crate::db::list::Registro for $tipo {
            fn ler(
                sql: $crate::db::Sql,
                conn: &mut diesel::PgConnection,
            ) -> diesel::QueryResult<Vec<(i64, Self)>> {
                use diesel::RunQueryDsl;
                sql.por_lugar::<(diesel::sql_types::BigInt, $colunas)>().load(conn)
            }
        }
    };
}
pub(crate) use registro;

#[derive(QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    pai: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

impl<L: Lista> Relation for PaginaDe<L> {
    type Value = Arc<Pagina<L::Linha>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let mut grupos: HashMap<(L, &Fatia), Vec<&L>> = HashMap::new();
        for PaginaDe(lista, fatia) in keys {
            grupos.entry((lista.sem_pai(), fatia)).or_default().push(lista);
        }
        let mut paginas = HashMap::with_capacity(keys.len());
        for ((pergunta, fatia), listas) in grupos {
            let consulta = pergunta.consulta(sessao.escopo.tribunal());
            let sql = consulta.pagina(&pais(&listas), fatia);
            let mut por_pai: HashMap<i64, Vec<L::Linha>> = HashMap::new();
            for (pai, registro) in L::Registro::ler(sql, sessao.conn())? {
                por_pai.entry(pai).or_default().push(registro.into());
            }
            for lista in listas {
                let linhas = por_pai.remove(&lista.pai().unwrap_or(0)).unwrap_or_default();
                let pagina = Arc::new(Pagina::recortar(linhas, fatia));
                paginas.insert(Self(lista.clone(), fatia.clone()), pagina);
            }
        }
        Ok(paginas)
    }
}

impl<L: Lista> Relation for TotalDe<L> {
    type Value = i64;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, i64>, Error> {
        let mut grupos: HashMap<L, Vec<&L>> = HashMap::new();
        for TotalDe(lista) in keys {
            grupos.entry(lista.sem_pai()).or_default().push(lista);
        }
        let mut totais = HashMap::with_capacity(keys.len());
        for (pergunta, listas) in grupos {
            let consulta = pergunta.consulta(sessao.escopo.tribunal());
            let linhas = contar(sessao, consulta, &pais(&listas))?;
            totais.extend(listas.into_iter().map(|lista| (Self(lista.clone()), 0)));
            totais.extend(
                linhas.into_iter().map(|linha| (Self(pergunta.com_pai(linha.pai)), linha.total)),
            );
        }
        Ok(totais)
    }
}

/// A page by offset, with the total, of one state of the data: what the
/// façade's callers know. It skips and repeats when rows arrive between pages.
pub fn deslocada<L: Lista>(
    sessao: &mut Sessao<'_>,
    lista: &L,
    pular: i64,
    tamanho: i64,
) -> Result<(Vec<L::Linha>, i64), Error> {
    sessao.instantaneo(|sessao| {
        let tribunal = sessao.escopo.tribunal();
        let totais = contar(sessao, lista.consulta(tribunal), &[])?;
        let sql = lista.consulta(tribunal).deslocada(pular, tamanho);
        let linhas = L::Registro::ler(sql, sessao.conn())?;
        let total = totais.first().map_or(0, |total| total.total);
        Ok((linhas.into_iter().map(|(_, registro)| registro.into()).collect(), total))
    })
}

fn contar(sessao: &mut Sessao<'_>, consulta: Consulta, pais: &[i64]) -> QueryResult<Vec<Total>> {
    consulta.total(pais).load(sessao.conn())
}

fn pais<L: Lista>(listas: &[&L]) -> Vec<i64> {
    listas.iter().filter_map(|lista| lista.pai()).collect()
}

impl Consulta {
    /// One row more than asked for, to know whether another page follows.
    fn pagina(self, pais: &[i64], fatia: &Fatia) -> Sql {
        let Self { colunas, tabelas, coluna_pai, onde, ordenacao } = self;
        let desce = ordenacao.decrescente != fatia.do_fim;
        let mut filtro = onde;
        if let Some(depois) = &fatia.depois {
            filtro = filtro.and(ordenacao.alem(depois, ordenacao.decrescente));
        }
        if let Some(antes) = &fatia.antes {
            filtro = filtro.and(ordenacao.alem(antes, !ordenacao.decrescente));
        }
        let limite = i64::try_from(fatia.tamanho + 1).unwrap_or(i64::MAX);
        let corpo = |filtro: Sql| {
            Sql::new(colunas)
                .push(" FROM ")
                .push(tabelas)
                .push(" WHERE ")
                .append(filtro)
                .append(ordenacao.por(desce))
                .push(" LIMIT ")
                .bind(limite)
        };
        match coluna_pai {
            None => Sql::new("SELECT 0::bigint AS pai, ").append(corpo(filtro)),
            Some(coluna) => Sql::new("SELECT pais.pai, filhos.* FROM unnest(")
                .bind(pais.to_vec())
                .push(") AS pais (pai) CROSS JOIN LATERAL (SELECT ")
                .append(corpo(Sql::new(coluna).push(" = pais.pai").and(filtro)))
                .push(") AS filhos"),
        }
    }

    fn deslocada(self, pular: i64, tamanho: i64) -> Sql {
        let Self { colunas, tabelas, onde, ordenacao, .. } = self;
        Sql::new("SELECT 0::bigint AS pai, ")
            .push(colunas)
            .push(" FROM ")
            .push(tabelas)
            .push(" WHERE ")
            .append(onde)
            .append(ordenacao.por(ordenacao.decrescente))
            .push(" LIMIT ")
            .bind(tamanho)
            .push(" OFFSET ")
            .bind(pular)
    }

    fn total(self, pais: &[i64]) -> Sql {
        let Self { tabelas, coluna_pai, onde, .. } = self;
        match coluna_pai {
            None => Sql::new("SELECT 0::bigint AS pai, count(*) AS total FROM ")
                .push(tabelas)
                .push(" WHERE ")
                .append(onde),
            Some(coluna) => Sql::new("SELECT ")
                .push(coluna)
                .push(" AS pai, count(*) AS total FROM ")
                .push(tabelas)
                .push(" WHERE ")
                .push(coluna)
                .push(" = ANY(")
                .bind(pais.to_vec())
                .push(")")
                .and(onde)
                .push(" GROUP BY ")
                .push(coluna),
        }
    }
}

impl Ordenacao {
    /// Rows that come after `posicao` when the list goes down (or up).
    fn alem(&self, posicao: &Posicao, desce: bool) -> Sql {
        let sinal = if desce { " < " } else { " > " };
        match (self.coluna, &posicao.chave) {
            (Some((coluna, TipoDaChave::DaLinha(chave))), _) => Sql::new("(")
                .push(coluna)
                .push(", ")
                .push(self.id)
                .push(")")
                .push(sinal)
                .push("((")
                .push(chave)
                .bind(posicao.id)
                .push("), ")
                .bind(posicao.id)
                .push(")"),
            (Some((coluna, _)), Some(chave)) => Sql::new("(")
                .push(coluna)
                .push(", ")
                .push(self.id)
                .push(")")
                .push(sinal)
                .push("(")
                .bind(chave.clone())
                .push(", ")
                .bind(posicao.id)
                .push(")"),
            _ => Sql::new(self.id).push(sinal).bind(posicao.id),
        }
    }

    fn por(&self, desce: bool) -> Sql {
        let sentido = if desce { " DESC" } else { "" };
        let id = Sql::new(self.id).push(sentido);
        match self.coluna {
            Some((coluna, _)) => {
                Sql::new(" ORDER BY ").push(coluna).push(sentido).push(", ").append(id)
            }
            None => Sql::new(" ORDER BY ").append(id),
        }
    }
}

impl<T> Pagina<T> {
    /// Cuts what was read to the page: the extra row only told that there is more.
    fn recortar(mut linhas: Vec<T>, fatia: &Fatia) -> Self {
        let ha_mais = linhas.len() > fatia.tamanho;
        linhas.truncate(fatia.tamanho);
        let (tem_proxima, tem_anterior) = if fatia.do_fim {
            linhas.reverse();
            (fatia.antes.is_some(), ha_mais || fatia.depois.is_some())
        } else {
            (ha_mais || fatia.antes.is_some(), fatia.depois.is_some())
        };
        Self { linhas, tem_proxima, tem_anterior }
    }
}
