//! One statement for each question, over the rows that the caller sees.

use super::{AlvoEstatistico as Alvo, DimensaoEstatistica as Dimensao, Grupo};
use crate::db::{Relation, Sessao, Sql};
use crate::error::{Error, Falha};
use crate::filters::{AdolescenteFilter, Filter, GuiaFilter, Place, ProcessoFilter, VinculoFilter};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::sync::Arc;

/// More groups than a person would read.
pub const GRUPOS_MAXIMO: usize = 1000;

/// A group of at most so many is few: who knows one of them knows what the figures say of it.
const FEW: i64 = 10;

/// What is counted, by what, as of when.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Estatisticas {
    pub de: Contados,
    pub por: Vec<Dimensao>,
    /// Ages are as of now, in years as of today.
    pub agora: DateTime<Utc>,
    pub hoje: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Contados {
    Processos(Box<ProcessoFilter>),
    Guias(Box<GuiaFilter>),
    Vinculos(Box<VinculoFilter>),
    Adolescentes(Box<AdolescenteFilter>),
}

impl Contados {
    pub fn todos(alvo: Alvo) -> Self {
        match alvo {
            Alvo::Processos => Self::Processos(Box::default()),
            Alvo::Guias => Self::Guias(Box::default()),
            Alvo::Vinculos => Self::Vinculos(Box::default()),
            Alvo::Adolescentes => Self::Adolescentes(Box::default()),
        }
    }

    pub const fn alvo(&self) -> Alvo {
        match self {
            Self::Processos(_) => Alvo::Processos,
            Self::Guias(_) => Alvo::Guias,
            Self::Vinculos(_) => Alvo::Vinculos,
            Self::Adolescentes(_) => Alvo::Adolescentes,
        }
    }

    fn filtro(&self, tribunal: Option<i16>) -> Sql {
        let place = Place::root(tribunal);
        match self {
            Self::Processos(filtro) => filtro.sql(place),
            Self::Guias(filtro) => filtro.sql(place),
            Self::Vinculos(filtro) => filtro.sql(place),
            Self::Adolescentes(filtro) => filtro.sql(place),
        }
    }

    const fn tabelas(&self) -> &'static str {
        match self {
            Self::Processos(_) => {
                "processo p LEFT JOIN processo o ON o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia"
            }
            Self::Guias(_) => {
                "guia g JOIN adolescente a ON a.id = g.adolescente_id \
                 LEFT JOIN processo o ON o.id = coalesce(g.execucao_id, g.apuracao_id)"
            }
            Self::Vinculos(_) => {
                "vinculo v JOIN processo o ON o.id = v.processo_id JOIN adolescente a ON a.id = v.adolescente_id"
            }
            Self::Adolescentes(_) => "adolescente a",
        }
    }

    const fn tribunal(&self) -> &'static str {
        match self {
            Self::Processos(_) => "p.tribunal_codigo",
            Self::Guias(_) => "g.tribunal_codigo",
            Self::Vinculos(_) => "v.tribunal_codigo",
            Self::Adolescentes(_) => "a.tribunal_codigo",
        }
    }

    /// What is counted, and whose it is, as the trail numbers records: the key, and its kind.
    const fn recursos(&self) -> [&'static str; 2] {
        match self {
            Self::Processos(_) => ["p.id * 8", "NULL::bigint"],
            Self::Guias(_) => ["g.id * 8 + 2", "a.id * 8 + 1"],
            Self::Vinculos(_) => ["o.id * 8", "a.id * 8 + 1"],
            Self::Adolescentes(_) => ["NULL::bigint", "a.id * 8 + 1"],
        }
    }

    const fn inicio(&self) -> &'static str {
        match self {
            Self::Processos(_) => "p.criado_em",
            Self::Guias(_) => "g.criado_em",
            Self::Vinculos(_) => "v.iniciado_em",
            Self::Adolescentes(_) => "a.criado_em",
        }
    }

    /// What is still open, whose age is asked; the second, from when to when what ended took.
    const fn tempos(&self) -> [&'static str; 2] {
        match self {
            Self::Processos(_) => {
                ["CASE WHEN p.situacao = 'ATIVO' THEN p.criado_em END", "p.criado_em - o.criado_em"]
            }
            Self::Guias(_) => [
                "CASE WHEN g.situacao = 'ATIVO' THEN g.criado_em END",
                "g.baixada_em - g.criado_em",
            ],
            Self::Vinculos(_) => [
                "CASE WHEN v.encerrado_em IS NULL THEN v.iniciado_em END",
                "v.encerrado_em - v.iniciado_em",
            ],
            Self::Adolescentes(_) => ["NULL::timestamptz", "NULL::interval"],
        }
    }
}

impl Estatisticas {
    /// The dimension as SQL; none if what is counted has none such.
    fn dimensao(&self, dimensao: Dimensao) -> Option<Sql> {
        let coluna = match (dimensao, self.de.alvo()) {
            (Dimensao::Tribunal, _) => self.de.tribunal(),
            (Dimensao::Tipo, Alvo::Processos) => "p.tipo",
            (Dimensao::Tipo, Alvo::Guias) => "g.tipo",
            (Dimensao::Situacao, Alvo::Processos) => "p.situacao",
            (Dimensao::Situacao, Alvo::Guias) => "g.situacao",
            (Dimensao::Situacao, Alvo::Vinculos) => {
                "CASE WHEN v.encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END"
            }
            (Dimensao::Orgao, Alvo::Processos) => "p.id_orgao",
            (Dimensao::Orgao, Alvo::Guias | Alvo::Vinculos) => "o.id_orgao",
            (Dimensao::Medida, Alvo::Guias) => "g.codigo_tpu_medida",
            (Dimensao::MotivoBaixa, Alvo::Guias) => "g.motivo_baixa",
            (Dimensao::Sexo, Alvo::Guias | Alvo::Vinculos | Alvo::Adolescentes) => {
                "a.sexo_biologico"
            }
            (Dimensao::Ano, _) => return Some(self.no_calendario("'YYYY'")),
            (Dimensao::Mes, _) => return Some(self.no_calendario("'YYYY-MM'")),
            (Dimensao::FaixaEtaria, Alvo::Guias | Alvo::Vinculos | Alvo::Adolescentes) => {
                return Some(self.faixa_etaria());
            }
            _ => return None,
        };
        Some(Sql::new(coluna).push("::text"))
    }

    fn no_calendario(&self, forma: &'static str) -> Sql {
        let inicio = Sql::new("to_char(").push(self.de.inicio());
        inicio.push(" AT TIME ZONE 'America/Sao_Paulo', ").push(forma).push(")")
    }

    fn faixa_etaria(&self) -> Sql {
        let anos = Sql::new(
            "(SELECT CASE WHEN anos < 12 THEN 'ATE_11' WHEN anos < 15 THEN '12_A_14' \
             WHEN anos < 18 THEN '15_A_17' WHEN anos < 21 THEN '18_A_20' WHEN anos >= 21 THEN '21_OU_MAIS' END \
             FROM extract(year FROM age(",
        );
        anos.bind(self.hoje).push(", a.data_nascimento)) AS anos)")
    }

    /// The names of the dimensions that what is counted does not have.
    pub fn sem_sentido(&self) -> Vec<&'static str> {
        let sem = |dimensao: &&Dimensao| self.dimensao(**dimensao).is_none();
        self.por.iter().filter(sem).map(|dimensao| dimensao.texto()).collect()
    }

    fn sql(&self, tribunal: Option<i16>) -> Sql {
        let dimensoes = self.por.iter().filter_map(|dimensao| self.dimensao(*dimensao));
        let chaves = dimensoes.reduce(|todas, uma| todas.push(", ").append(uma));
        let [aberto_desde, duracao] = self.de.tempos();
        let [objeto, pessoa] = self.de.recursos();
        let do_tribunal =
            tribunal.map(|codigo| Sql::new(self.de.tribunal()).push(" = ").bind(codigo));
        let onde = do_tribunal.into_iter().chain([self.de.filtro(tribunal)]);
        Sql::new(
            "SELECT x.chaves, count(*) AS total, count(x.idade) AS com_idade, \
             percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY x.idade) AS idade, \
             count(x.duracao) AS com_duracao, \
             percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY x.duracao) AS duracao, \
             CASE WHEN count(*) <= ",
        )
        .bind(FEW)
        .push(
            " THEN array_agg(x.objeto) FILTER (WHERE x.objeto IS NOT NULL) END AS objetos, CASE WHEN count(*) <= ",
        )
        .bind(FEW)
        .push(
            " THEN array_agg(x.pessoa) FILTER (WHERE x.pessoa IS NOT NULL) END AS pessoas FROM (SELECT ",
        )
        .push(objeto)
        .push(" AS objeto, ")
        .push(pessoa)
        .push(" AS pessoa, ARRAY[")
        .append(chaves.unwrap_or_default())
        .push("]::text[] AS chaves, extract(epoch FROM ")
        .bind(self.agora)
        .push(" - ")
        .push(aberto_desde)
        .push(")::double precision / 86400 AS idade, extract(epoch FROM ")
        .push(duracao)
        .push(")::double precision / 86400 AS duracao FROM ")
        .push(self.de.tabelas())
        .push(" WHERE ")
        .append(Sql::juntar(onde, " AND ", "true"))
        .push(") AS x GROUP BY x.chaves ORDER BY x.chaves LIMIT ")
        .bind(i64::try_from(GRUPOS_MAXIMO + 1).unwrap_or(i64::MAX))
        .avulsa()
    }
}

impl Relation for Estatisticas {
    type Value = Arc<Vec<Grupo>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let mut achados = HashMap::with_capacity(keys.len());
        for key in keys {
            let grupos: Vec<Grupo> = key.sql(sessao.escopo.tribunal()).load(sessao.conn())?;
            if grupos.len() > GRUPOS_MAXIMO {
                let mensagem =
                    "as dimensões dão mais de 1.000 grupos; peça menos dimensões ou filtre";
                return Err(Error::falha(Falha::EntradaInvalida, mensagem));
            }
            achados.insert(key.clone(), Arc::new(grupos));
        }
        Ok(achados)
    }
}
