//! SQL of statistics: one statement for each request. It counts the rows that the caller sees or,
//! for protected figures, those of every tribunal.

use super::{AlvoEstatistico as Target, DimensaoEstatistica as Dimension, Group};
use crate::db::{BatchKey, Session, Sql};
use crate::error::Error;
use crate::filters::{
    AdolescenteFilter, Filter, FilterScope, GuiaFilter, ProcessoFilter, VinculoFilter,
};
use ahash::{HashMap, HashMapExt};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::sync::Arc;

/// Maximum number of groups in an answer. A person would not read more.
pub const MAX_GROUPS: usize = 1000;

/// Maximum number of rows in a small group. A reader who knows one record of a small group can
/// infer its values from the figures.
const FEW: i64 = 10;

/// A request for statistics: the rows to count, the dimensions, and the reference time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Estatisticas {
    pub counted: Counted,
    pub by: Vec<Dimension>,
    /// Only rows with these values of these dimensions count; `None` stands for no value.
    pub values: Vec<(Dimension, Option<String>)>,
    /// Whether to count the rows of every tribunal with the protected figures of the database,
    /// instead of the visible rows exactly.
    pub protected: bool,
    /// Whether the answer has the times. They take most of the work.
    pub times: bool,
    /// The ages of open rows are as of this time, except in protected figures, where the database
    /// reads its own clock.
    pub now: DateTime<Utc>,
    /// The ages of adolescentes are in whole years as of this date, with the same exception.
    pub today: NaiveDate,
}

/// A kind of row to count, and the filter on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counted {
    Processos(Box<ProcessoFilter>),
    Guias(Box<GuiaFilter>),
    Vinculos(Box<VinculoFilter>),
    Adolescentes(Box<AdolescenteFilter>),
}

impl Counted {
    /// All visible rows of a kind.
    pub fn all(target: Target) -> Self {
        match target {
            Target::Processos => Self::Processos(Box::default()),
            Target::Guias => Self::Guias(Box::default()),
            Target::Vinculos => Self::Vinculos(Box::default()),
            Target::Adolescentes => Self::Adolescentes(Box::default()),
        }
    }

    /// Whether no condition holds back a row.
    pub fn is_all(&self) -> bool {
        *self == Self::all(self.target())
    }

    /// The kind of row.
    pub const fn target(&self) -> Target {
        match self {
            Self::Processos(_) => Target::Processos,
            Self::Guias(_) => Target::Guias,
            Self::Vinculos(_) => Target::Vinculos,
            Self::Adolescentes(_) => Target::Adolescentes,
        }
    }

    fn filter(&self, tribunal: Option<i16>) -> Sql {
        let place = FilterScope::root(tribunal);
        match self {
            Self::Processos(filter) => filter.sql(place),
            Self::Guias(filter) => filter.sql(place),
            Self::Vinculos(filter) => filter.sql(place),
            Self::Adolescentes(filter) => filter.sql(place),
        }
    }

    const fn tables(&self) -> &'static str {
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

    /// SQL of the record that a row counts and of the adolescente whom it concerns, numbered by
    /// `Resource::to_number`: the key times 8, plus the kind.
    const fn resources(&self) -> [&'static str; 2] {
        match self {
            Self::Processos(_) => ["p.id * 8", "NULL::bigint"],
            Self::Guias(_) => ["g.id * 8 + 2", "a.id * 8 + 1"],
            Self::Vinculos(_) => ["o.id * 8", "a.id * 8 + 1"],
            Self::Adolescentes(_) => ["NULL::bigint", "a.id * 8 + 1"],
        }
    }

    const fn start(&self) -> &'static str {
        match self {
            Self::Processos(_) => "p.criado_em",
            Self::Guias(_) => "g.criado_em",
            Self::Vinculos(_) => "v.iniciado_em",
            Self::Adolescentes(_) => "a.criado_em",
        }
    }

    /// SQL of the start of a row that is still open, for its age, and of the interval that a
    /// finished row took. For a processo, the interval runs from the registration of the apuração
    /// to that of its execução.
    const fn time_columns(&self) -> [&'static str; 2] {
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
    /// The dimension as SQL. `None` if the counted rows do not have it.
    fn dimension(&self, dimension: Dimension) -> Option<Sql> {
        let column = match (dimension, self.counted.target()) {
            (Dimension::Tribunal, _) => self.counted.tribunal(),
            (Dimension::Tipo, Target::Processos) => "p.tipo",
            (Dimension::Tipo, Target::Guias) => "g.tipo",
            (Dimension::Situacao, Target::Processos) => "p.situacao",
            (Dimension::Situacao, Target::Guias) => "g.situacao",
            (Dimension::Situacao, Target::Vinculos) => {
                "CASE WHEN v.encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END"
            }
            (Dimension::Orgao, Target::Processos) => "p.id_orgao",
            (Dimension::Orgao, Target::Guias | Target::Vinculos) => "o.id_orgao",
            (Dimension::Medida, Target::Guias) => "g.codigo_tpu_medida",
            (Dimension::MotivoBaixa, Target::Guias) => "g.motivo_baixa",
            (Dimension::Sexo, Target::Guias | Target::Vinculos | Target::Adolescentes) => {
                "a.sexo_biologico"
            }
            (Dimension::Ano, _) => return Some(self.calendar_period("'YYYY'")),
            (Dimension::Mes, _) => return Some(self.calendar_period("'YYYY-MM'")),
            (Dimension::FaixaEtaria, Target::Guias | Target::Vinculos | Target::Adolescentes) => {
                return Some(self.age_range());
            }
            _ => return None,
        };
        Some(Sql::new(column).push("::text"))
    }

    fn calendar_period(&self, format: &'static str) -> Sql {
        let start = Sql::new("to_char(").push(self.counted.start());
        start.push(" AT TIME ZONE 'America/Sao_Paulo', ").push(format).push(")")
    }

    fn age_range(&self) -> Sql {
        let years = Sql::new(
            "(SELECT CASE WHEN anos < 12 THEN 'ATE_11' WHEN anos < 15 THEN '12_A_14' \
             WHEN anos < 18 THEN '15_A_17' WHEN anos < 21 THEN '18_A_20' WHEN anos >= 21 THEN '21_OU_MAIS' END \
             FROM extract(year FROM age(",
        );
        years.bind(self.today).push(", a.data_nascimento)) AS anos)")
    }

    /// The dimensions that group the rows, and then those that filter them.
    pub fn requested(&self) -> impl Iterator<Item = Dimension> {
        self.by.iter().chain(self.values.iter().map(|(dimension, _)| dimension)).copied()
    }

    /// The names of the requested dimensions that the counted rows do not have.
    pub fn inapplicable(&self) -> Vec<&'static str> {
        let without = |dimension: &Dimension| self.dimension(*dimension).is_none();
        self.requested().filter(without).map(Dimension::text).collect()
    }

    /// The conditions on the values of dimensions.
    fn values(&self) -> impl Iterator<Item = Sql> {
        self.values.iter().filter_map(|(dimension, value)| {
            let is = self.dimension(*dimension)?.push(" IS NOT DISTINCT FROM ");
            Some(is.bind_nullable(value.clone()))
        })
    }

    /// The database decides what may be shown, so that no statement of the server can show more.
    fn protected_sql(&self) -> Sql {
        let name = |dimension: &Dimension| dimension.text().to_owned();
        let by: Vec<String> = self.by.iter().map(name).collect();
        let filtered: Vec<String> =
            self.values.iter().map(|(dimension, _)| name(dimension)).collect();
        let values: Vec<Option<String>> =
            self.values.iter().map(|(_, value)| value.clone()).collect();
        Sql::new(
            "SELECT chaves, total, com_idade, idade, com_duracao, duracao, \
             NULL::bigint[] AS objetos, NULL::bigint[] AS pessoas FROM elos_estatisticas(",
        )
        .bind_all([
            self.counted.target().text().to_owned().into(),
            by.into(),
            filtered.into(),
            values.into(),
            self.times.into(),
        ])
        .push(")")
    }

    fn sql(&self, tribunal: Option<i16>) -> Sql {
        let dimensions = self.by.iter().filter_map(|dimension| self.dimension(*dimension));
        let keys = dimensions.reduce(|all, one| all.push(", ").append(one));
        let [open_since, duration] = match self.times {
            true => self.counted.time_columns(),
            false => ["NULL::timestamptz", "NULL::interval"],
        };
        let [object, person] = self.counted.resources();
        let in_tribunal =
            tribunal.map(|code| Sql::new(self.counted.tribunal()).push(" = ").bind(code));
        let where_clause =
            in_tribunal.into_iter().chain([self.counted.filter(tribunal)]).chain(self.values());
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
        .push(object)
        .push(" AS objeto, ")
        .push(person)
        .push(" AS pessoa, ARRAY[")
        .append(keys.unwrap_or_default())
        .push("]::text[] AS chaves, extract(epoch FROM ")
        .bind(self.now)
        .push(" - ")
        .push(open_since)
        .push(")::double precision / 86400 AS idade, extract(epoch FROM ")
        .push(duration)
        .push(")::double precision / 86400 AS duracao FROM ")
        .push(self.counted.tables())
        .push(" WHERE ")
        .append(Sql::join(where_clause, " AND ", "true"))
        .push(") AS x GROUP BY x.chaves ORDER BY x.chaves LIMIT ")
        .bind(i64::try_from(MAX_GROUPS + 1).unwrap_or(i64::MAX))
        .unprepared()
    }
}

impl BatchKey for Estatisticas {
    type Value = Arc<Vec<Group>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for key in keys {
            let sql = match key.protected {
                true => key.protected_sql(),
                false => key.sql(session.scope.tribunal()),
            };
            let groups: Vec<Group> = sql.load(session.conn())?;
            if groups.len() > MAX_GROUPS {
                return Err(Error::invalid(
                    "as dimensões dão mais de 1.000 grupos; peça menos dimensões ou filtre",
                ));
            }
            found.insert(key.clone(), Arc::new(groups));
        }
        Ok(found)
    }
}
