//! SQL of eventos. They are only ever added.

use super::{Evento, NovoEvento};
use crate::adolescente::AdolescenteId;
use crate::db::feed::{Lugar, Trecho};
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Relation, Sessao, Sql, Valor};
use crate::error::Error;
use crate::filters::{EventoFilter, Filter, Place};
use crate::processo::{NumeroProcesso, ProcessoId};
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

macro_rules! colunas {
    () => {
        "e.id, e.xid::text, e.tipo, e.processo_id, e.adolescente_id, e.guia_id, e.ocorrido_em, e.ator_sub, e.campos, e.mudancas"
    };
}

/// In one statement, in their order.
pub fn registrar(sessao: &mut Sessao<'_>, novos: &[NovoEvento]) -> QueryResult<()> {
    if novos.is_empty() {
        return Ok(());
    }
    Sql::new(
        "INSERT INTO evento (tribunal_codigo, tipo, processo_id, adolescente_id, guia_id, ocorrido_em, ator_sub, ator_azp, \
         campos, mudancas) \
         SELECT tribunal, tipo, processo, adolescente, guia, ocorrido_em, sub, azp, string_to_array(campos, ','), mudancas::jsonb \
         FROM unnest(",
    )
    .bind_cada(novos, |novo| novo.tribunal_codigo)
    .push(", ")
    .bind_cada(novos, |novo| novo.tipo.texto().to_owned())
    .push(", ")
    .bind_cada(novos, |novo| novo.processo_id.map(|id| id.0))
    .push(", ")
    .bind_cada(novos, |novo| novo.adolescente_id.map(|id| id.0))
    .push(", ")
    .bind_cada(novos, |novo| novo.guia_id.map(|id| id.0))
    .push(", ")
    .bind_cada(novos, |novo| novo.ocorrido_em)
    .push(", ")
    .bind_cada(novos, |novo| novo.ator_sub.clone())
    .push(", ")
    .bind_cada(novos, |novo| novo.ator_azp.clone())
    .push(", ")
    // Names of the schema: no comma is in one.
    .bind_cada(novos, |novo| novo.campos.join(","))
    .push(", ")
    .bind_cada(novos, |novo| serde_json::json!(novo.mudancas).to_string())
    .push(
        ") WITH ORDINALITY AS e (tribunal, tipo, processo, adolescente, guia, ocorrido_em, sub, azp, campos, mudancas, n) ORDER BY n",
    )
    .execute(sessao.conn())?;
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

/// What happened to one object, in the order of the feed or the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventosDe {
    pub de: Objeto,
    pub filtro: EventoFilter,
    pub decrescente: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Objeto {
    Processo(ProcessoId),
    Adolescente(AdolescenteId),
}

registro!(Evento);

impl Lista for EventosDe {
    const NOME: &'static str = "EventosDe";
    type Linha = Arc<Evento>;
    type Registro = Evento;

    fn pai(&self) -> Option<i64> {
        Some(match self.de {
            Objeto::Processo(id) => id.0,
            Objeto::Adolescente(id) => id.0,
        })
    }

    fn com_pai(&self, pai: i64) -> Self {
        let de = match self.de {
            Objeto::Processo(_) => Objeto::Processo(ProcessoId(pai)),
            Objeto::Adolescente(_) => Objeto::Adolescente(AdolescenteId(pai)),
        };
        Self { de, ..self.clone() }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("e.tribunal_codigo = ").bind(codigo));
        // Up to the oldest transaction still open: what commits late is not skipped by who pages.
        let partes = [
            Some(Sql::new("e.xid < (SELECT elos_horizonte())")),
            do_tribunal,
            Some(self.filtro.sql(Place::root(tribunal))),
        ];
        Consulta {
            colunas: colunas!(),
            tabelas: "evento e",
            coluna_pai: Some(match self.de {
                Objeto::Processo(_) => "e.processo_id",
                Objeto::Adolescente(_) => "e.adolescente_id",
            }),
            onde: Sql::juntar(partes.into_iter().flatten(), " AND ", "true"),
            ordenacao: Ordenacao {
                coluna: Some(("e.xid", TipoDaChave::Xid)),
                id: "e.id",
                decrescente: self.decrescente,
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
