//! SQL of eventos. They are only ever added.

use super::{Evento, NovoEvento};
use crate::adolescente::AdolescenteId;
use crate::db::fluxo::{Lugar, Trecho};
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::schema::evento;
use crate::db::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::processo::{NumeroProcesso, ProcessoId};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

macro_rules! colunas {
    () => {
        "e.id, e.xid::text, e.tipo, e.processo_id, e.adolescente_id, e.guia_id, e.ocorrido_em, e.ator_sub, e.campos"
    };
}

/// One statement each: one of several rows is never prepared, and planning it anew costs
/// more than the way there.
pub fn registrar(sessao: &mut Sessao<'_>, novos: &[NovoEvento]) -> QueryResult<()> {
    for novo in novos {
        diesel::insert_into(evento::table)
            .values((
                evento::tribunal_codigo.eq(novo.tribunal_codigo),
                evento::tipo.eq(novo.tipo),
                evento::processo_id.eq(novo.processo_id),
                evento::adolescente_id.eq(novo.adolescente_id),
                evento::guia_id.eq(novo.guia_id),
                evento::ocorrido_em.eq(novo.ocorrido_em),
                evento::ator_sub.eq(&novo.ator_sub),
                evento::ator_azp.eq(&novo.ator_azp),
                evento::campos.eq(&novo.campos),
            ))
            .execute(sessao.conn())?;
    }
    Ok(())
}

/// The evento with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventoPorId(pub i64);

impl Relation for EventoPorId {
    type Value = Arc<Evento>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let sql = Sql::new(concat!("SELECT ", colunas!(), " FROM evento e WHERE e.id = ANY("))
            .bind(ids)
            .push(")");
        let sql = match sessao.escopo.tribunal() {
            Some(codigo) => sql.and(Sql::new("e.tribunal_codigo = ").bind(codigo)),
            None => sql,
        };
        let linhas: Vec<Evento> = sql.load(sessao.conn())?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// What happened to one object, in the order of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventosDe {
    Processo(ProcessoId),
    Adolescente(AdolescenteId),
}

registro!(Evento);

impl Lista for EventosDe {
    const NOME: &'static str = "EventosDe";
    type Linha = Arc<Evento>;
    type Registro = Evento;

    fn pai(&self) -> Option<i64> {
        Some(match self {
            Self::Processo(id) => id.0,
            Self::Adolescente(id) => id.0,
        })
    }

    fn com_pai(&self, pai: i64) -> Self {
        match self {
            Self::Processo(_) => Self::Processo(ProcessoId(pai)),
            Self::Adolescente(_) => Self::Adolescente(AdolescenteId(pai)),
        }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("e.tribunal_codigo = ").bind(codigo));
        Consulta {
            colunas: colunas!(),
            tabelas: "evento e",
            coluna_pai: Some(match self {
                Self::Processo(_) => "e.processo_id",
                Self::Adolescente(_) => "e.adolescente_id",
            }),
            // Up to the oldest transaction still open: what commits late is not skipped by who pages.
            onde: Sql::new("e.xid < pg_snapshot_xmin(pg_current_snapshot())").and(Sql::juntar(
                do_tribunal,
                " AND ",
                "true",
            )),
            ordenacao: Ordenacao {
                coluna: Some(("e.xid", TipoDaChave::Xid)),
                id: "e.id",
                decrescente: false,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Evento>) -> Posicao {
        Posicao { chave: Some(Valor::Xid(linha.xid.clone())), id: linha.id }
    }
}

/// The feed of what changes in processos: in all that are visible, or in one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alteracoes {
    /// By number, not by id: it may not be registered yet.
    pub numero: Option<NumeroProcesso>,
}

impl Alteracoes {
    pub fn ler(
        &self,
        sessao: &mut Sessao<'_>,
        trecho: Trecho,
    ) -> Result<Vec<(Lugar, Arc<Evento>)>, Error> {
        let sql = match &self.numero {
            None => Sql::new(concat!(
                "SELECT ",
                colunas!(),
                " FROM evento e WHERE e.processo_id IS NOT NULL"
            )),
            Some(numero) => Sql::new(concat!(
                "SELECT ",
                colunas!(),
                " FROM processo p JOIN evento e ON e.processo_id = p.id WHERE p.numero = "
            ))
            .bind(numero.digitos().to_owned()),
        };
        let sql = match sessao.escopo.tribunal() {
            Some(codigo) => sql.and(Sql::new("e.tribunal_codigo = ").bind(codigo)),
            None => sql,
        };
        let linhas: Vec<Evento> = sql.append(trecho.sql("e.xid", "e.id")).load(sessao.conn())?;
        let lugar = |linha: Evento| Ok((Lugar::da_linha(&linha.xid, linha.id)?, Arc::new(linha)));
        linhas.into_iter().map(lugar).collect()
    }
}
