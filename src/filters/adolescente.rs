use super::related::JoinSource;
use super::{
    Conditions, Filter, FilterScope, GuiaFilter, Nested, ProcessoFilter, Related, TimeRange,
    VinculoFilter, birth_of,
};
use crate::adolescente::Identificador;
use crate::db::Sql;
use chrono::{Days, NaiveDate};

/// Conditions on adolescentes (alias `a`). All that are given must hold; `e`, `ou` and `nao`
/// contain further filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AdolescenteFilter {
    pub identificador: Option<Vec<Identificador>>,
    /// Text that the displayed name contains, ignoring case and accents.
    pub nome: Option<String>,
    pub cadastro_pendente: Option<bool>,
    pub possui_nome_social: Option<bool>,
    pub tribunal: Option<i16>,
    /// Bounds of the age on a given day.
    pub age: Option<Age>,
    /// Date of birth: from, inclusive; until, exclusive.
    pub born: (Option<NaiveDate>, Option<NaiveDate>),
    /// Day on which the adolescente turns 21: from, inclusive; until, exclusive.
    pub turns_21: (Option<NaiveDate>, Option<NaiveDate>),
    pub created: TimeRange,
    pub updated: TimeRange,
    /// Fields, each of which must be empty.
    pub vazio: Option<Vec<AdolescenteField>>,
    pub processos: Related<ProcessoFilter>,
    pub vinculos: Related<VinculoFilter>,
    pub guias: Related<GuiaFilter>,
    pub e: Option<Vec<Self>>,
    pub ou: Option<Vec<Self>>,
    pub nao: Option<Box<Self>>,
}

/// Age in years on the day `on`; both bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Age {
    pub minimum: Option<i32>,
    pub maximum: Option<i32>,
    pub on: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdolescenteField {
    CertidaoNascimento,
    Cpf,
    DataNascimento,
    DataObito,
    IdentidadeGenero,
    Naturalidade,
    NomeMae,
    NomePai,
    NomeSocial,
    OrientacaoSexual,
    RacaCor,
    Rg,
    SexoBiologico,
}

impl AdolescenteField {
    /// The SQL condition that the field is empty.
    const fn empty(self) -> &'static str {
        match self {
            Self::CertidaoNascimento => {
                "coalesce(a.certidao_cartorio, a.certidao_livro, a.certidao_folha, a.certidao_numero) IS NULL"
            }
            Self::Cpf => "a.cpf IS NULL",
            Self::DataNascimento => "a.data_nascimento IS NULL",
            Self::DataObito => "a.data_obito IS NULL",
            Self::IdentidadeGenero => "a.identidade_genero IS NULL",
            Self::Naturalidade => "a.naturalidade IS NULL",
            Self::NomeMae => "a.nome_mae IS NULL",
            Self::NomePai => "a.nome_pai IS NULL",
            Self::NomeSocial => "a.nome_social IS NULL",
            Self::OrientacaoSexual => "a.orientacao_sexual IS NULL",
            Self::RacaCor => "a.raca_cor IS NULL",
            Self::Rg => {
                "(coalesce(a.rg_numero, a.rg_orgao_expedidor, a.rg_estado) IS NULL AND a.rg_data_expedicao IS NULL)"
            }
            Self::SexoBiologico => "a.sexo_biologico IS NULL",
        }
    }
}

impl Filter for AdolescenteFilter {
    fn conditions(&self, place: FilterScope) -> Conditions {
        let mut all = Conditions::default();
        all.one_of("a.identificador", self.identificador.as_ref(), ToString::to_string);
        all.push(self.nome.as_ref().map(|nome| {
            let sought = Sql::new("position(elos_dobrar(").bind(nome.clone());
            sought.push(") in a.nome_busca) > 0")
        }));
        all.compare("a.cadastro_pendente = ", self.cadastro_pendente);
        all.push(self.possui_nome_social.map(|has| {
            Sql::new(if has { "a.nome_social IS NOT NULL" } else { "a.nome_social IS NULL" })
        }));
        all.compare("a.tribunal_codigo = ", self.tribunal);
        if let Some(Age { minimum, maximum, on }) = self.age {
            let next = on.checked_add_days(Days::new(1)).unwrap_or(on);
            all.compare("a.data_nascimento < ", minimum.map(|years| birth_of(years, next)));
            all.compare("a.data_nascimento >= ", maximum.map(|years| birth_of(years + 1, next)));
        }
        all.within("a.data_nascimento", self.born);
        let turning_21 = |day: Option<NaiveDate>| day.map(|day| birth_of(21, day));
        let (from, until) = self.turns_21;
        all.within("a.data_nascimento", (turning_21(from), turning_21(until)));
        all.within("a.criado_em", self.created);
        all.within("a.atualizado_em", self.updated);
        all.empty(self.vazio.iter().flatten().map(|field| field.empty()));
        let processos = JoinSource::new(
            "vinculo v JOIN processo p ON p.id = v.processo_id WHERE v.adolescente_id = a.id",
            "p.id",
        );
        all.related(&self.processos, &processos, place);
        let vinculos = JoinSource::new("vinculo v WHERE v.adolescente_id = a.id", "v.id");
        all.related(&self.vinculos, &vinculos, place);
        let guias = JoinSource::new("guia g WHERE g.adolescente_id = a.id", "g.id");
        all.related(&self.guias, &guias, place);
        all
    }

    fn nested(&self) -> Nested<'_, Self> {
        let (all, any, not) = (self.e.as_deref(), self.ou.as_deref(), self.nao.as_deref());
        Nested { all, any, not }
    }
}
