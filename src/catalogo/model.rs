use crate::db::texto_enum;
use crate::tramite::EnderecoDeEstrutura;
use crate::value::resource::sem_recursos;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;

texto_enum! {
    /// Um dos catálogos que todos os órgãos do Tramita partilham.
    pub enum TipoDeCatalogo {
        /// Repositórios de estruturas.
        Repositorio = "REPOSITORIO",
        /// Espécies documentais.
        Especie = "ESPECIE",
        /// Hipóteses legais de sigilo.
        HipoteseLegal = "HIPOTESE_LEGAL",
        /// Motivos de urgência, de 1 a 5.
        MotivoDeUrgencia = "MOTIVO_DE_URGENCIA",
    }
}

/// One line of a catalogue that all share.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ItemDoCatalogo {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub tipo: TipoDeCatalogo,
    /// The number by which it is referred to.
    #[diesel(sql_type = Integer)]
    pub codigo: i32,
    #[diesel(sql_type = Text)]
    pub nome: String,
    /// Only of a hipótese legal.
    #[diesel(sql_type = Nullable<Text>)]
    pub base_legal: Option<String>,
    #[diesel(sql_type = Bool)]
    pub ativo: bool,
    #[diesel(sql_type = Integer)]
    pub versao: i32,
    #[diesel(sql_type = Timestamptz)]
    pub atualizado_em: DateTime<Utc>,
}

/// A unit, with all that the catalogue says of it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct EstruturaDoCatalogo {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Integer)]
    pub repositorio: i32,
    #[diesel(sql_type = Text)]
    pub numero: String,
    #[diesel(sql_type = Text)]
    pub nome: String,
    #[diesel(sql_type = Text)]
    pub nome_busca: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub sigla: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub pai_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub codigo_no_orgao: Option<String>,
    /// Whose systems act for it.
    #[diesel(sql_type = SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = Bool)]
    pub ativa: bool,
    #[diesel(sql_type = Bool)]
    pub pode_enviar: bool,
    #[diesel(sql_type = Bool)]
    pub pode_receber: bool,
    /// What it signs is held against a key.
    #[diesel(sql_type = Bool)]
    pub tem_chave: bool,
    #[diesel(sql_type = Integer)]
    pub versao: i32,
    #[diesel(sql_type = Timestamptz)]
    pub atualizado_em: DateTime<Utc>,
}

impl EstruturaDoCatalogo {
    pub const fn apta_a_receber(&self) -> bool {
        self.ativa && self.pode_receber
    }

    /// How it is called in few letters; its number, if nobody said.
    pub fn sigla(&self) -> &str {
        self.sigla.as_deref().unwrap_or(&self.numero)
    }
}

// Names of órgãos and of kinds of document are public.
sem_recursos!(ItemDoCatalogo, EstruturaDoCatalogo);

/// What a door asks to be written of a shared catalogue: a new item, or one as it is to be.
#[derive(Debug, Clone, Serialize)]
pub struct GravarItem {
    pub tipo: TipoDeCatalogo,
    pub codigo: i32,
    pub nome: Option<String>,
    pub base_legal: Option<String>,
    pub ativo: bool,
    pub versao_esperada: Option<i32>,
}

/// What a door asks to be written of a unit: a new one, or one as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GravarEstrutura {
    pub endereco: EnderecoDeEstrutura,
    pub nome: Option<String>,
    pub sigla: Option<String>,
    /// In the same repositório.
    pub pai: Option<String>,
    pub codigo_no_orgao: Option<String>,
    pub ativa: bool,
    pub pode_enviar: bool,
    pub pode_receber: bool,
    pub versao_esperada: Option<i32>,
}

impl GravarEstrutura {
    /// Whether `atual` is already so, below this parent.
    pub fn is_already(&self, atual: &EstruturaDoCatalogo, pai_id: Option<i64>) -> bool {
        Some(&atual.nome) == self.nome.as_ref()
            && atual.sigla == self.sigla
            && atual.pai_id == pai_id
            && atual.codigo_no_orgao == self.codigo_no_orgao
            && (atual.ativa, atual.pode_enviar, atual.pode_receber)
                == (self.ativa, self.pode_enviar, self.pode_receber)
    }
}

impl GravarItem {
    /// Whether `atual` is already so.
    pub fn is_already(&self, atual: &ItemDoCatalogo) -> bool {
        Some(&atual.nome) == self.nome.as_ref()
            && atual.base_legal == self.base_legal
            && atual.ativo == self.ativo
    }
}
