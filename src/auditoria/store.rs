//! SQL of the trail. It is only ever added to.

use super::model::{NovoRegistro, Registro, ResultadoAuditoria};
use super::selo;
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::rastro::{Recurso, sem_recursos};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error::DatabaseError};
use std::sync::Arc;

/// Records that one statement writes; the sequence grows by as many.
pub const LOTE: usize = 1000;

/// Columns of [`Registro`], from a table named `a`.
macro_rules! colunas {
    () => {
        "a.id, a.xid::text, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, a.resultado, \
         a.status, a.recursos, a.campos_sensiveis, a.correlacao"
    };
}

/// What a record is written with, but its number.
macro_rules! escritas {
    () => {
        "tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, \
         correlacao"
    };
}

/// After `unnest(` and an array of tribunais: each with the place of its last seal, in `u`.
macro_rules! ultimo_selo {
    () => {
        ") AS t (codigo) LEFT JOIN LATERAL (SELECT s.ate_xid, s.ate_id FROM selo s WHERE s.tribunal_codigo = t.codigo \
             ORDER BY s.ordem DESC LIMIT 1) AS u ON true"
    };
}
pub(super) use ultimo_selo;

/// After that: the records beyond it, of a table named `a`.
macro_rules! depois_dele {
    () => {
        " CROSS JOIN LATERAL (SELECT a.* FROM auditoria a WHERE a.tribunal_codigo = t.codigo \
             AND (a.xid, a.id) > (coalesce(u.ate_xid, '0'::xid8), coalesce(u.ate_id, 0))"
    };
}
pub(super) use depois_dele;

sem_recursos!(Registro);

/// The first of [`LOTE`] numbers that are nobody else's.
pub fn numeros(conn: &mut PgConnection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Numero {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let numero: Numero = Sql::new("SELECT nextval('auditoria_sequencia') AS n").get_result(conn)?;
    Ok(numero.n)
}

/// Writes a batch under the numbers that begin with `primeiro`, or nothing when one is taken.
pub fn acrescentar(
    conn: &mut PgConnection,
    primeiro: i64,
    lote: &[NovoRegistro],
) -> QueryResult<usize> {
    let inicio = Sql::new(concat!("INSERT INTO auditoria (id, ", escritas!(), ") SELECT n - 1 + "))
        .bind(primeiro)
        .push(", ");
    match linhas(inicio, &lote.iter().collect::<Vec<_>>()).execute(conn) {
        // Asked of every row beforehand (ON CONFLICT), it costs a third of the insert.
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(0),
        outro => outro,
    }
}

/// Writes the records of writes, in their transaction.
pub fn registrar(sessao: &mut Sessao<'_>, novos: &[&NovoRegistro]) -> QueryResult<()> {
    if !novos.is_empty() {
        let inicio = Sql::new(concat!("INSERT INTO auditoria (", escritas!(), ") SELECT "));
        linhas(inicio, novos).execute(sessao.conn())?;
    }
    Ok(())
}

/// After `inicio`: those columns of each of `lote`, and where they come from.
fn linhas(inicio: Sql, lote: &[&NovoRegistro]) -> Sql {
    let (comuns, qual) = comuns(lote);
    let (recursos, de, ate) = fatias(lote);
    inicio
        .push("tribunal, ocorrido_em, sub, nullif(azp, ''), canal, operacao, especie, resultado, status, (")
        .bind(recursos)
        .push(
            "::bigint[])[de:ate], CASE campos WHEN '' THEN '{}'::text[] ELSE string_to_array(campos, ',') END, correlacao \
             FROM unnest(",
        )
        .bind_cada(lote, |novo| novo.ocorrido_em)
        .push(", ")
        .bind_cada(lote, |novo| novo.correlacao.clone())
        .push(", ")
        .bind(de)
        .push(", ")
        .bind(ate)
        .push(", ")
        .bind(qual)
        .push(") WITH ORDINALITY AS r (ocorrido_em, correlacao, de, ate, qual, n) JOIN unnest(")
        .bind_cada(&comuns, |novo| novo.tribunal())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.ator.sub().to_owned())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.ator.azp().unwrap_or_default().to_owned())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.canal.texto().to_owned())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.operacao.clone())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.especie.texto().to_owned())
        .push(", ")
        .bind_cada(&comuns, |novo| ResultadoAuditoria::de_status(novo.status).texto().to_owned())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.status.cast_signed())
        .push(", ")
        .bind_cada(&comuns, |novo| novo.campos.nomes().collect::<Vec<_>>().join(","))
        .push(
            ") WITH ORDINALITY AS c (tribunal, sub, azp, canal, operacao, especie, resultado, status, campos, k) ON k = qual",
        )
}

/// One record for each that differs in more than when it was and of what, and which of
/// these each one is like: of a few clients that do a few things, that is said once.
fn comuns<'a>(lote: &[&'a NovoRegistro]) -> (Vec<&'a NovoRegistro>, Vec<i64>) {
    let (mut comuns, mut vistos) = (Vec::new(), HashMap::new());
    let qual = lote.iter().map(|&novo| {
        let NovoRegistro { ator, canal, operacao, especie, status, campos, .. } = novo;
        let comum =
            (novo.tribunal(), ator.sub(), ator.azp(), canal, operacao, especie, status, campos);
        *vistos.entry(comum).or_insert_with(|| {
            comuns.push(novo);
            i64::try_from(comuns.len()).unwrap_or(i64::MAX)
        })
    });
    let qual = qual.collect();
    (comuns, qual)
}

/// The resources of all records one after the other, and where those of each begin and
/// end: PostgreSQL has arrays of arrays only if all are of one length.
fn fatias(lote: &[&NovoRegistro]) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    let recursos: Vec<i64> = lote.iter().copied().flat_map(numeros_de).collect();
    let (de, ate) = lote
        .iter()
        .scan(0, |fim, novo| {
            let de = *fim + 1;
            *fim += i64::try_from(novo.recursos.len()).unwrap_or_default();
            Some((de, *fim))
        })
        .unzip();
    (recursos, de, ate)
}

fn numeros_de(novo: &NovoRegistro) -> impl Iterator<Item = i64> {
    novo.recursos.iter().map(|recurso| recurso.numero())
}

/// Records that tell of one, found by the seals or, where none stands yet, one by one.
fn de_recurso(numero: i64, tribunal: Option<i16>) -> Sql {
    let tribunais = tribunal.map_or_else(selo::tribunais, |codigo| vec![codigo]);
    Sql::new("a.recursos @> ARRAY[")
        .bind(numero)
        .push(
            "]::bigint[] AND a.id IN (SELECT unnest(s.ids) FROM selo s WHERE s.recursos @> ARRAY[",
        )
        .bind(numero)
        .push("]::bigint[] UNION ALL SELECT b.id FROM unnest(")
        .bind(tribunais)
        .push(concat!(ultimo_selo!(), depois_dele!(), ") AS b)"))
}

/// A transaction that a seal names and this server has not come to: the data came from
/// another one, and what is written now would stand before what is sealed.
pub fn alem_do_fim(conn: &mut PgConnection) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Xid {
        #[diesel(sql_type = diesel::sql_types::Text)]
        xid: String,
    }
    let achado: Option<Xid> = Sql::new("SELECT u.ate_xid::text AS xid FROM unnest(")
        .bind(selo::tribunais())
        .push(concat!(
            ultimo_selo!(),
            // PostgreSQL 14 has no max() of a transaction's number.
            " WHERE u.ate_xid >= pg_snapshot_xmax(pg_current_snapshot()) ORDER BY u.ate_xid DESC LIMIT 1"
        ))
        .get_result(conn)
        .optional()?;
    Ok(achado.map(|achado| achado.xid))
}

/// Whether the numbers that begin with `primeiro` are those of the batch.
pub fn sao_do_lote(
    conn: &mut PgConnection,
    primeiro: i64,
    lote: &[NovoRegistro],
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Achados {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let achados: Achados = Sql::new("SELECT count(*) AS n FROM auditoria WHERE id >= ")
        .bind(primeiro)
        .push(" AND id < ")
        .bind(primeiro + i64::try_from(LOTE).unwrap_or(i64::MAX))
        .push(" AND correlacao = ANY(")
        .bind_cada(lote, |novo| novo.correlacao.clone())
        .push(")")
        .get_result(conn)?;
    Ok(usize::try_from(achados.n).is_ok_and(|n| n == lote.len()))
}

/// The record with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RegistroPorId(pub i64);

impl Relation for RegistroPorId {
    type Value = Arc<Registro>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql = Sql::new(concat!("SELECT ", colunas!(), " FROM auditoria a WHERE a.id = ANY("))
            .bind(ids)
            .push(")");
        let sql = match sessao.escopo.tribunal() {
            Some(codigo) => sql.and(Sql::new("a.tribunal_codigo = ").bind(codigo)),
            None => sql,
        };
        let linhas: Vec<Registro> = sql.load(sessao.conn())?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The trail, from the oldest to the newest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Trilha {
    pub de: Option<DateTime<Utc>>,
    pub ate: Option<DateTime<Utc>>,
    /// The `sub` or the `azp` of who acted.
    pub ator: Option<String>,
    /// `Some(None)` is a record that does not exist.
    pub recurso: Option<Option<Recurso>>,
}

registro!(Registro);

impl Lista for Trilha {
    const NOME: &'static str = "Trilha";
    type Linha = Arc<Registro>;
    type Registro = Registro;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let Self { de, ate, ator, recurso } = self;
        let condicoes = [
            // Of all, by the index that is theirs: `auditoria_da_trilha_nacional`.
            Some(match tribunal {
                Some(codigo) => Sql::new("a.tribunal_codigo = ").bind(codigo),
                None => Sql::new("a.tribunal_codigo >= 0"),
            }),
            de.map(|de| Sql::new("a.ocorrido_em >= ").bind(de)),
            ate.map(|ate| Sql::new("a.ocorrido_em < ").bind(ate)),
            ator.clone().map(|ator| {
                let sub = Sql::new("(a.sub = ").bind(ator.clone());
                sub.push(" OR a.azp = ").bind(ator).push(")")
            }),
            recurso.map(|recurso| match recurso {
                Some(recurso) => de_recurso(recurso.numero(), tribunal),
                None => Sql::new("false"),
            }),
        ];
        Consulta {
            colunas: colunas!(),
            tabelas: "auditoria a",
            coluna_pai: None,
            // Up to the oldest transaction still open: what commits late is not skipped by who pages.
            onde: Sql::new("a.xid < pg_snapshot_xmin(pg_current_snapshot())").and(Sql::juntar(
                condicoes.into_iter().flatten(),
                " AND ",
                "true",
            )),
            ordenacao: Ordenacao {
                coluna: Some(("a.xid", TipoDaChave::Xid)),
                id: "a.id",
                decrescente: false,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Registro>) -> Posicao {
        Posicao { chave: Some(Valor::Xid(linha.xid.clone())), id: linha.id }
    }
}
