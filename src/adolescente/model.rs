//! The adolescente, its identificador and its record.

use crate::db::schema::adolescente;
use crate::db::{columns_hold, row, text_enum};
use crate::value::characters::UnexpectedCharacter;
use crate::value::cpf::Cpf;
use crate::value::field::digits;
use crate::value::resource::{Resource, resources};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Text};
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Key of the record of an adolescente in one tribunal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct AdolescenteId(pub i64);

/// National key of a person: the year of registration and a sequence of 8 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize)]
pub struct Identificador(String);

columns_hold!(AdolescenteId as BigInt, Identificador as Text);

/// The text is not an identificador. Holds a foreign character of the text, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o identificador do adolescente tem 12 dígitos{0}")]
pub struct MalformedIdentificador(UnexpectedCharacter);

impl FromStr for Identificador {
    type Err = MalformedIdentificador;

    fn from_str(text: &str) -> Result<Self, MalformedIdentificador> {
        digits(text, "NNNNNNNNNNNN").map(Self).map_err(MalformedIdentificador)
    }
}

impl fmt::Display for Identificador {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_enum! {
    /// Sexo biológico.
    pub enum SexoBiologico {
        /// Masculino.
        Masculino = "MASCULINO",
        /// Feminino.
        Feminino = "FEMININO",
        /// Intersexo.
        Intersexo = "INTERSEXO",
    }
}

text_enum! {
    /// Identidade de gênero.
    pub enum IdentidadeGenero {
        /// Mulher cis.
        MulherCis = "MULHER_CIS",
        /// Homem cis.
        HomemCis = "HOMEM_CIS",
        /// Mulher trans.
        MulherTrans = "MULHER_TRANS",
        /// Homem trans.
        HomemTrans = "HOMEM_TRANS",
        /// Travesti.
        Travesti = "TRAVESTI",
        /// Intersexo.
        Intersexo = "INTERSEXO",
        /// Pessoa não binária.
        PessoaNaoBinaria = "PESSOA_NAO_BINARIA",
        /// Não informado.
        NaoInformado = "NAO_INFORMADO",
    }
}

text_enum! {
    /// Orientação sexual.
    pub enum OrientacaoSexual {
        /// Assexual.
        Assexual = "ASSEXUAL",
        /// Bissexual ou pansexual.
        BissexualPansexual = "BISSEXUAL_PANSEXUAL",
        /// Heterossexual.
        Heterossexual = "HETEROSSEXUAL",
        /// Homossexual.
        Homossexual = "HOMOSSEXUAL",
        /// Não informado.
        NaoInformado = "NAO_INFORMADO",
    }
}

text_enum! {
    /// Raça ou cor.
    pub enum RacaCor {
        /// Branca.
        Branca = "BRANCA",
        /// Preta.
        Preta = "PRETA",
        /// Amarela.
        Amarela = "AMARELA",
        /// Parda.
        Parda = "PARDA",
        /// Indígena.
        Indigena = "INDIGENA",
    }
}

row! {
    columns adolescente_columns of "a";

    /// A registered adolescente. Its `Debug` shows only the id, so that logs do not identify the
    /// person.
    #[derive(Clone, HasQuery, QueryableByName)]
    #[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg))]
    pub struct Adolescente {
        pub id: AdolescenteId,
        pub tribunal_codigo: i16,
        pub identificador: Identificador,
        pub cadastro_pendente: bool,
        #[diesel(embed)]
        pub dados: AdolescenteDados as crate::adolescente::dados_columns,
        pub data_obito: Option<NaiveDate>,
        pub criado_em: DateTime<Utc>,
        pub atualizado_em: DateTime<Utc>,
        pub versao: i32,
    }
}

impl fmt::Debug for Adolescente {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adolescente").field("id", &self.id).finish_non_exhaustive()
    }
}

row! {
    columns summary_columns of "a";

    /// A record without the fields that always require `pse-dados-sensiveis`, which few queries
    /// select. `nome` requires it beside a social name.
    #[derive(HasQuery)]
    #[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg))]
    pub struct Summary {
        pub id: AdolescenteId,
        pub tribunal_codigo: i16,
        pub identificador: Identificador,
        pub cadastro_pendente: bool,
        pub nome: Option<String>,
        pub sobrenome: Option<String>,
        pub nome_social: Option<String>,
        pub data_nascimento: Option<NaiveDate>,
        pub data_nascimento_presumida: bool,
        pub naturalidade: Option<String>,
        pub data_obito: Option<NaiveDate>,
        pub criado_em: DateTime<Utc>,
        pub atualizado_em: DateTime<Utc>,
        pub versao: i32,
    }
}

row! {
    columns dados_columns of "a";

    /// The data of a record, both as a client asks to register them and as the table stores them.
    #[derive(Clone, Default, PartialEq, Eq, Queryable, Selectable, QueryableByName, Insertable, AsChangeset, Serialize)]
    #[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
    pub struct AdolescenteDados {
        pub nome: Option<String>,
        pub sobrenome: Option<String>,
        pub nome_social: Option<String>,
        pub data_nascimento: Option<NaiveDate>,
        pub data_nascimento_presumida: bool,
        pub sexo_biologico: Option<SexoBiologico>,
        pub identidade_genero: Option<IdentidadeGenero>,
        pub orientacao_sexual: Option<OrientacaoSexual>,
        pub raca_cor: Option<RacaCor>,
        pub nome_mae: Option<String>,
        pub nome_pai: Option<String>,
        pub naturalidade: Option<String>,
        pub cpf: Option<Cpf>,
        #[diesel(embed)]
        pub rg: Rg as crate::adolescente::rg_columns,
        #[diesel(embed)]
        pub certidao: Certidao as crate::adolescente::certidao_columns,
    }
}

row! {
    columns rg_columns of "a";

    /// The identity card (registro geral) in a record.
    #[derive(Clone, Default, PartialEq, Eq, Queryable, Selectable, QueryableByName, Insertable, AsChangeset, Serialize)]
    #[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
    pub struct Rg {
        pub numero: Option<String> => rg_numero,
        pub orgao_expedidor: Option<String> => rg_orgao_expedidor,
        pub data_expedicao: Option<NaiveDate> => rg_data_expedicao,
        pub estado: Option<String> => rg_estado,
    }
}

row! {
    columns certidao_columns of "a";

    /// The birth certificate in a record.
    #[derive(Clone, Default, PartialEq, Eq, Queryable, Selectable, QueryableByName, Insertable, AsChangeset, Serialize)]
    #[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
    pub struct Certidao {
        pub cartorio: Option<String> => certidao_cartorio,
        pub livro: Option<String> => certidao_livro,
        pub folha: Option<String> => certidao_folha,
        pub numero: Option<String> => certidao_numero,
    }
}

impl Rg {
    pub fn is_empty(&self) -> bool {
        self.numero.is_none()
            && self.orgao_expedidor.is_none()
            && self.data_expedicao.is_none()
            && self.estado.is_none()
    }
}

impl Certidao {
    pub fn is_empty(&self) -> bool {
        [&self.cartorio, &self.livro, &self.folha, &self.numero].iter().all(|field| field.is_none())
    }
}

/// A record that is loaded in full or only as its summary.
pub struct PartialAdolescente {
    pub summary: Summary,
    /// The whole record, if a query has loaded it.
    pub full: Option<Arc<Adolescente>>,
}

impl From<Summary> for PartialAdolescente {
    fn from(summary: Summary) -> Self {
        Self { summary, full: None }
    }
}

impl From<Arc<Adolescente>> for PartialAdolescente {
    fn from(adolescente: Arc<Adolescente>) -> Self {
        Self { summary: adolescente.summary(), full: Some(adolescente) }
    }
}

impl Adolescente {
    /// A copy of the fields of the summary.
    pub fn summary(&self) -> Summary {
        Summary {
            id: self.id,
            tribunal_codigo: self.tribunal_codigo,
            identificador: self.identificador.clone(),
            cadastro_pendente: self.cadastro_pendente,
            nome: self.dados.nome.clone(),
            sobrenome: self.dados.sobrenome.clone(),
            nome_social: self.dados.nome_social.clone(),
            data_nascimento: self.dados.data_nascimento,
            data_nascimento_presumida: self.dados.data_nascimento_presumida,
            naturalidade: self.dados.naturalidade.clone(),
            data_obito: self.data_obito,
            criado_em: self.criado_em,
            atualizado_em: self.atualizado_em,
            versao: self.versao,
        }
    }
}

impl Summary {
    /// The name to show: the social name, or without one the civil name, followed by the surname.
    pub fn nome_exibicao(&self) -> Option<String> {
        let nome = self.nome_social.as_ref().or(self.nome.as_ref())?;
        Some(match &self.sobrenome {
            Some(sobrenome) => format!("{nome} {sobrenome}"),
            None => nome.clone(),
        })
    }
}

/// The day on which a person turns 21 (R24). For a birth on 29 February, this is 1 March; the legal
/// reckoning is disputed.
pub fn turns_21_on(nascimento: NaiveDate) -> NaiveDate {
    let year = nascimento.year() + 21;
    nascimento
        .with_year(year)
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
        .unwrap_or(NaiveDate::MAX)
}

/// R25: the data of a person to search for before a new record is made.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Search {
    pub nome: Option<String>,
    pub sobrenome: Option<String>,
    pub nome_mae: Option<String>,
    pub nascimento: Option<NaiveDate>,
    /// Maximum number of results, 1 to 50; 10 by default.
    pub limit: Option<i32>,
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Procura(***)")
    }
}

/// A record that may belong to the person searched for.
#[derive(QueryableByName)]
pub struct Semelhante {
    #[diesel(embed)]
    pub adolescente: Adolescente,
    /// Similarity, 0 to 1.
    #[diesel(sql_type = Double)]
    pub score: f64,
}

resources!(
    Adolescente => |adolescente| Resource::Adolescente(adolescente.id.0),
    PartialAdolescente => |record| Resource::Adolescente(record.summary.id.0),
    Semelhante => |semelhante| Resource::Adolescente(semelhante.adolescente.id.0),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_nascido_em_29_de_fevereiro_completa_em_1_de_marco() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(turns_21_on(day(2008, 2, 29)), day(2029, 3, 1));
        assert_eq!(turns_21_on(day(2008, 3, 1)), day(2029, 3, 1));
        assert_eq!(turns_21_on(day(2010, 12, 31)), day(2031, 12, 31));
    }

    #[test]
    fn identificador_sao_doze_digitos() {
        assert!("202600000001".parse::<Identificador>().is_ok());
        for text in ["", "20260000001", "2026000000011", "+20260000001", "2026 0000001", "２０２６"]
        {
            assert!(text.parse::<Identificador>().is_err(), "{text}");
        }
    }
}
