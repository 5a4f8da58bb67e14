//! SQL of the trail. It is only ever added to.

use super::model::{NovoRegistro, Registro, ResultadoAuditoria};
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave};
use crate::db::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::rastro::{Recurso, sem_recursos};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
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
pub(super) use colunas;

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

/// Writes a batch under the numbers that begin with `primeiro`; one that is there already stays.
pub fn acrescentar(
    conn: &mut PgConnection,
    primeiro: i64,
    lote: &[NovoRegistro],
) -> QueryResult<i64> {
    let textos = |de: &dyn Fn(&NovoRegistro) -> String| lote.iter().map(de).collect::<Vec<_>>();
    let curtos = |de: &dyn Fn(&NovoRegistro) -> i16| lote.iter().map(de).collect::<Vec<_>>();
    let instantes: Vec<DateTime<Utc>> = lote.iter().map(|novo| novo.ocorrido_em).collect();
    let feitos = Sql::new(
        "INSERT INTO auditoria (id, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, \
         recursos, campos_sensiveis, correlacao) \
         SELECT n - 1 + ",
    )
    .bind(primeiro)
    .push(
        ", tribunal, ocorrido_em, sub, nullif(azp, ''), canal, operacao, especie, resultado, status, \
         string_to_array(recursos, ',')::bigint[], string_to_array(campos, ','), correlacao FROM unnest(",
    )
    .bind(curtos(&|novo| novo.tribunal))
    .push(", ")
    .bind(instantes)
    .push(", ")
    .bind(textos(&|novo| novo.sub.clone()))
    .push(", ")
    .bind(textos(&|novo| novo.azp.clone().unwrap_or_default()))
    .push(", ")
    .bind(textos(&|novo| novo.canal.texto().to_owned()))
    .push(", ")
    .bind(textos(&|novo| novo.operacao.clone()))
    .push(", ")
    .bind(textos(&|novo| novo.especie.texto().to_owned()))
    .push(", ")
    .bind(textos(&|novo| ResultadoAuditoria::de_status(novo.status).texto().to_owned()))
    .push(", ")
    .bind(curtos(&|novo| novo.status.cast_signed()))
    .push(", ")
    .bind(textos(&|novo| numeros_de(novo).map(|n| n.to_string()).collect::<Vec<_>>().join(",")))
    .push(", ")
    .bind(textos(&|novo| novo.campos.nomes().collect::<Vec<_>>().join(",")))
    .push(", ")
    .bind(textos(&|novo| novo.correlacao.clone()))
    .push(
        ") WITH ORDINALITY AS r (tribunal, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, \
         recursos, campos, correlacao, n) ON CONFLICT (id) DO NOTHING",
    )
    .execute(conn)?;
    Ok(i64::try_from(feitos).unwrap_or(i64::MAX))
}

/// Writes the record of a write, in its transaction.
pub fn registrar(sessao: &mut Sessao<'_>, novo: &NovoRegistro) -> QueryResult<()> {
    Sql::new(
        "INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, \
         recursos, campos_sensiveis, correlacao) VALUES (",
    )
    .bind(novo.tribunal)
    .push(", ")
    .bind(novo.ocorrido_em)
    .push(", ")
    .bind(novo.sub.clone())
    .push(", nullif(")
    .bind(novo.azp.clone().unwrap_or_default())
    .push(", ''), ")
    .bind(novo.canal.texto().to_owned())
    .push(", ")
    .bind(novo.operacao.clone())
    .push(", ")
    .bind(novo.especie.texto().to_owned())
    .push(", ")
    .bind(ResultadoAuditoria::de_status(novo.status).texto().to_owned())
    .push(", ")
    .bind(novo.status.cast_signed())
    .push(", ")
    .bind(numeros_de(novo).collect::<Vec<_>>())
    .push(", ")
    .bind(novo.campos.nomes().map(str::to_owned).collect::<Vec<_>>())
    .push(", ")
    .bind(novo.correlacao.clone())
    .push(")")
    .execute(sessao.conn())?;
    Ok(())
}

fn numeros_de(novo: &NovoRegistro) -> impl Iterator<Item = i64> {
    novo.recursos.iter().map(|recurso| recurso.numero())
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

impl Lista for Trilha {
    const NOME: &'static str = "Trilha";
    type Linha = Arc<Registro>;
    type Registro = Registro;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let Self { de, ate, ator, recurso } = self;
        let condicoes = [
            tribunal.map(|codigo| Sql::new("a.tribunal_codigo = ").bind(codigo)),
            de.map(|de| Sql::new("a.ocorrido_em >= ").bind(de)),
            ate.map(|ate| Sql::new("a.ocorrido_em < ").bind(ate)),
            ator.clone().map(|ator| {
                let sub = Sql::new("(a.sub = ").bind(ator.clone());
                sub.push(" OR a.azp = ").bind(ator).push(")")
            }),
            recurso.map(|recurso| match recurso {
                Some(recurso) => {
                    Sql::new("a.recursos @> ARRAY[").bind(recurso.numero()).push("]::bigint[]")
                }
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
