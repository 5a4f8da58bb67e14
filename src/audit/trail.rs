//! SQL of the trail. It is only ever added to.

use super::entry::{NovoRegistro, Registro, ResultadoAuditoria};
use super::seal;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::value::resource::{Recurso, sem_recursos};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use diesel::sql_types as tipo;
use std::sync::Arc;

/// Records that one statement writes at most.
pub const LOTE: usize = 1000;
/// By how much the sequence grows.
pub const LOTE_DE_NUMEROS: i64 = 1000;

/// Columns of [`Registro`], from a table named `a`.
macro_rules! colunas {
    () => {
        "a.id, a.xid::text, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal, a.operacao, a.especie, a.resultado, \
         a.status, a.recursos, a.campos_sensiveis, a.correlacao, a.correlacoes::text[]"
    };
}

/// After `unnest(` and an array of tribunais: each with the place of its last seal, in `u`.
macro_rules! ultimo_selo {
    () => {
        ") AS t (codigo) LEFT JOIN LATERAL (SELECT s.ate_xid, s.ate_id FROM selo s WHERE s.tribunal_codigo = t.codigo \
             ORDER BY s.ordem DESC LIMIT 1) AS u ON true"
    };
}

/// After that: the records beyond it, of a table named `a`.
macro_rules! depois_dele {
    () => {
        " CROSS JOIN LATERAL (SELECT a.* FROM auditoria a WHERE a.tribunal_codigo = t.codigo \
             AND (a.xid, a.id) > (coalesce(u.ate_xid, '0'::xid8), coalesce(u.ate_id, 0))"
    };
}

sem_recursos!(Registro);

#[derive(QueryableByName)]
struct Numero {
    #[diesel(sql_type = tipo::BigInt)]
    n: i64,
}

/// The first of [`LOTE_DE_NUMEROS`] numbers that are nobody else's.
pub fn numeros(conn: &mut PgConnection) -> QueryResult<i64> {
    let numero: Numero = Sql::new("SELECT nextval('auditoria_sequencia') AS n").get_result(conn)?;
    Ok(numero.n)
}

/// Seals what is committed and not sealed yet, up to a bound; answers how many records it was.
pub fn selar(conn: &mut PgConnection) -> QueryResult<usize> {
    let selados: Numero = Sql::new("SELECT elos_trilha_selar() AS n").get_result(conn)?;
    Ok(selados.n.try_into().unwrap_or_default())
}

/// Writes a batch under the numbers that begin with `primeiro`; whether it did. It did not when one of
/// them is taken: by the same batch, sent before, or by another.
pub fn acrescentar(
    conn: &mut PgConnection,
    primeiro: i64,
    lote: &[NovoRegistro],
) -> QueryResult<bool> {
    let sql = Sql::new("SELECT elos_trilha_de_leitura(").bind(primeiro).push(", ");
    let sql = reads(sql, &lote.iter().collect::<Vec<_>>()).push(")");
    match sql.execute(conn) {
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        outro => outro.map(|_| true),
    }
}

/// Whether a batch that was sent under these numbers stands in the trail.
pub fn stands(conn: &mut PgConnection, primeiro: i64, lote: &[NovoRegistro]) -> QueryResult<bool> {
    let written: Numero = Sql::new("SELECT elos_trilha_escritos(")
        .bind(primeiro)
        .push(", ")
        .bind_cada(lote, |novo| novo.correlacao.clone())
        .push(") AS n")
        .get_result(conn)?;
    Ok(usize::try_from(written.n).is_ok_and(|n| n == lote.len()))
}

/// Writes one record that was refused, if it is not the record's own fault; if it is, sets it
/// aside and answers with the SQLSTATE.
pub fn prove(conn: &mut PgConnection, registro: &NovoRegistro) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Proved {
        #[diesel(sql_type = tipo::Nullable<tipo::Text>)]
        sqlstate: Option<String>,
    }
    let sql = Sql::new("SELECT elos_trilha_provar(").bind(registro.as_bytes()).push(", ");
    let proved: Proved = reads(sql, &[registro]).push(") AS sqlstate").get_result(conn)?;
    Ok(proved.sqlstate)
}

/// Makes the months that the trail will need.
pub fn prepare_months(conn: &mut PgConnection) -> QueryResult<()> {
    Sql::new("SELECT elos_trilha_preparar()").execute(conn).map(|_| ())
}

/// Writes the records of writes, in their transaction.
pub fn registrar(sessao: &mut Sessao<'_>, novos: &[&NovoRegistro]) -> QueryResult<()> {
    if novos.is_empty() {
        return Ok(());
    }
    let shared = comuns(novos);
    let sql = each_record(Sql::new("SELECT elos_trilha_de_escrita("), novos, &shared).push(", ");
    in_common(sql, &shared.0).push(")").execute(sessao.conn()).map(|_| ())
}

/// The arguments of the functions that take records of reads.
fn reads(sql: Sql, lote: &[&NovoRegistro]) -> Sql {
    let shared = comuns(lote);
    let (outras, de, ate) = fatias(lote, |novo, todas| todas.extend_from_slice(&novo.correlacoes));
    let sql = each_record(sql, lote, &shared).push(", ").bind(de).push(", ").bind(ate);
    let sql = sql.push(", ").bind(outras).push("::text[]::uuid[], ");
    let sql = sql.bind_cada(&shared.0, |novo| novo.tribunal()).push(", ");
    in_common(sql, &shared.0)
}

/// What each record has of its own.
fn each_record(sql: Sql, lote: &[&NovoRegistro], shared: &(Vec<&NovoRegistro>, Vec<i64>)) -> Sql {
    let (recursos, de, ate) = fatias(lote, |novo, todos| {
        todos.extend(novo.recursos.iter().map(|recurso| recurso.numero()));
    });
    let sql = sql.bind_cada(lote, |novo| novo.correlacao.clone()).push(", ");
    let sql = sql.bind(de).push(", ").bind(ate).push(", ").bind(shared.1.clone()).push(", ");
    sql.bind(recursos)
}

/// What records have in common, but their tribunal.
fn in_common(sql: Sql, comuns: &[&NovoRegistro]) -> Sql {
    sql.bind_cada(comuns, |novo| novo.ator.sub().to_owned())
        .push(", ")
        .bind_cada(comuns, |novo| novo.ator.azp().unwrap_or_default().to_owned())
        .push(", ")
        .bind_cada(comuns, |novo| novo.canal.texto().to_owned())
        .push(", ")
        .bind_cada(comuns, |novo| novo.operacao.clone())
        .push(", ")
        .bind_cada(comuns, |novo| novo.especie.texto().to_owned())
        .push(", ")
        .bind_cada(comuns, |novo| ResultadoAuditoria::de_status(novo.status).texto().to_owned())
        .push(", ")
        .bind_cada(comuns, |novo| novo.status.cast_signed())
        .push(", ")
        .bind_cada(comuns, |novo| novo.campos.nomes().collect::<Vec<_>>().join(","))
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

/// A list of each record, all one after the other, and where those of each begin and end:
/// PostgreSQL has arrays of arrays only if all are of one length.
fn fatias<T>(
    lote: &[&NovoRegistro],
    acrescentar: impl Fn(&NovoRegistro, &mut Vec<T>),
) -> (Vec<T>, Vec<i64>, Vec<i64>) {
    let (mut todos, mut de, mut ate) = (Vec::new(), Vec::new(), Vec::new());
    let fim = |todos: &Vec<T>| i64::try_from(todos.len()).unwrap_or(i64::MAX);
    for novo in lote {
        de.push(fim(&todos) + 1);
        acrescentar(novo, &mut todos);
        ate.push(fim(&todos));
    }
    (todos, de, ate)
}

/// Records that tell of one, found by the seals or, where none stands yet, one by one.
fn de_recurso(numero: i64, tribunal: Option<i16>) -> Sql {
    let tribunais = tribunal.map_or_else(seal::tribunais, |codigo| vec![codigo]);
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
            onde: Sql::new("a.xid < (SELECT elos_horizonte())").and(Sql::juntar(
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
