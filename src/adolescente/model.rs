use crate::db::schema::adolescente;
use crate::db::texto_enum;
use crate::value::characters::Foreign;
use crate::value::cpf::Cpf;
use crate::value::field::digitos;
use crate::value::resource::{Recurso, recursos};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct AdolescenteId(pub i64);

/// National key of a person: year of registration and a sequence of 8 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize)]
pub struct Identificador(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o identificador do adolescente tem 12 dígitos{0}")]
pub struct IdentificadorMalformado(Foreign);

impl FromStr for Identificador {
    type Err = IdentificadorMalformado;

    fn from_str(texto: &str) -> Result<Self, IdentificadorMalformado> {
        digitos(texto, "NNNNNNNNNNNN").map(Self).map_err(IdentificadorMalformado)
    }
}

impl fmt::Display for Identificador {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

texto_enum! {
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

texto_enum! {
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

texto_enum! {
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

texto_enum! {
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

/// A registered adolescente. Has no `Debug` that shows who it is.
#[derive(Clone, HasQuery, QueryableByName)]
#[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg))]
pub struct Adolescente {
    pub id: AdolescenteId,
    pub tribunal_codigo: i16,
    pub identificador: Identificador,
    pub cadastro_pendente: bool,
    #[diesel(embed)]
    pub dados: DadosDeAdolescente,
    pub data_obito: Option<NaiveDate>,
    pub criado_em: DateTime<Utc>,
    pub atualizado_em: DateTime<Utc>,
    pub versao: i32,
}

impl fmt::Debug for Adolescente {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adolescente").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A record without what only some may see, and few ask for.
#[derive(HasQuery)]
#[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg))]
pub struct Resumo {
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

/// What a record says of the person: as a door asks it to be registered, and as it is kept.
#[derive(
    Clone,
    Default,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    QueryableByName,
    Insertable,
    AsChangeset,
    Serialize,
)]
#[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub struct DadosDeAdolescente {
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
    pub rg: Rg,
    #[diesel(embed)]
    pub certidao: Certidao,
}

#[derive(
    Clone,
    Default,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    QueryableByName,
    Insertable,
    AsChangeset,
    Serialize,
)]
#[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub struct Rg {
    #[diesel(column_name = rg_numero)]
    pub numero: Option<String>,
    #[diesel(column_name = rg_orgao_expedidor)]
    pub orgao_expedidor: Option<String>,
    #[diesel(column_name = rg_data_expedicao)]
    pub data_expedicao: Option<NaiveDate>,
    #[diesel(column_name = rg_estado)]
    pub estado: Option<String>,
}

#[derive(
    Clone,
    Default,
    PartialEq,
    Eq,
    Queryable,
    Selectable,
    QueryableByName,
    Insertable,
    AsChangeset,
    Serialize,
)]
#[diesel(table_name = adolescente, check_for_backend(diesel::pg::Pg), treat_none_as_null = true)]
pub struct Certidao {
    #[diesel(column_name = certidao_cartorio)]
    pub cartorio: Option<String>,
    #[diesel(column_name = certidao_livro)]
    pub livro: Option<String>,
    #[diesel(column_name = certidao_folha)]
    pub folha: Option<String>,
    #[diesel(column_name = certidao_numero)]
    pub numero: Option<String>,
}

impl Rg {
    pub fn vazio(&self) -> bool {
        self.numero.is_none()
            && self.orgao_expedidor.is_none()
            && self.data_expedicao.is_none()
            && self.estado.is_none()
    }
}

impl Certidao {
    pub fn vazia(&self) -> bool {
        [&self.cartorio, &self.livro, &self.folha, &self.numero].iter().all(|campo| campo.is_none())
    }
}

/// A record as far as it was read.
pub struct Ficha {
    pub resumo: Resumo,
    /// The rest of it, if it was read already.
    pub inteiro: Option<Arc<Adolescente>>,
}

impl From<Resumo> for Ficha {
    fn from(resumo: Resumo) -> Self {
        Self { resumo, inteiro: None }
    }
}

impl From<Arc<Adolescente>> for Ficha {
    fn from(inteiro: Arc<Adolescente>) -> Self {
        Self { resumo: inteiro.resumo(), inteiro: Some(inteiro) }
    }
}

impl Adolescente {
    pub fn resumo(&self) -> Resumo {
        Resumo {
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

impl Resumo {
    /// The name to show: the social one with the surname, if there is one.
    pub fn nome_exibicao(&self) -> Option<String> {
        let nome = self.nome_social.as_ref().or(self.nome.as_ref())?;
        Some(match &self.sobrenome {
            Some(sobrenome) => format!("{nome} {sobrenome}"),
            None => nome.clone(),
        })
    }
}

/// R24: born on 29 February, one turns 21 on 1 March (legal reckoning is disputed).
pub fn completa_21_anos(nascimento: NaiveDate) -> NaiveDate {
    let ano = nascimento.year() + 21;
    nascimento
        .with_year(ano)
        .or_else(|| NaiveDate::from_ymd_opt(ano, 3, 1))
        .unwrap_or(NaiveDate::MAX)
}

/// R25: of whom a record is looked for, before another is made.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Procura {
    pub nome: Option<String>,
    pub sobrenome: Option<String>,
    pub nome_mae: Option<String>,
    pub nascimento: Option<NaiveDate>,
    /// How many, 1 to 50; by default 10.
    pub limite: Option<i32>,
}

impl fmt::Debug for Procura {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Procura(***)")
    }
}

/// A record that may be of who is looked for.
#[derive(QueryableByName)]
pub struct Semelhante {
    #[diesel(embed)]
    pub adolescente: Adolescente,
    /// 0 to 1.
    #[diesel(sql_type = diesel::sql_types::Double)]
    pub score: f64,
}

recursos!(
    Adolescente => |adolescente| Recurso::Adolescente(adolescente.id.0),
    Ficha => |ficha| Recurso::Adolescente(ficha.resumo.id.0),
    Semelhante => |semelhante| Recurso::Adolescente(semelhante.adolescente.id.0),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_nascido_em_29_de_fevereiro_completa_em_1_de_marco() {
        let dia = |a, m, d| NaiveDate::from_ymd_opt(a, m, d).unwrap();
        assert_eq!(completa_21_anos(dia(2008, 2, 29)), dia(2029, 3, 1));
        assert_eq!(completa_21_anos(dia(2008, 3, 1)), dia(2029, 3, 1));
        assert_eq!(completa_21_anos(dia(2010, 12, 31)), dia(2031, 12, 31));
    }

    #[test]
    fn identificador_sao_doze_digitos() {
        assert!("202600000001".parse::<Identificador>().is_ok());
        for texto in
            ["", "20260000001", "2026000000011", "+20260000001", "2026 0000001", "２０２６"]
        {
            assert!(texto.parse::<Identificador>().is_err(), "{texto}");
        }
    }
}
