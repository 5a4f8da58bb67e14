use crate::db::{row, text_enum};
use crate::tramite::EstruturaAddress;
use crate::value::resource::no_resources;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;

text_enum! {
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

row! {
    columns item_columns of "i";

    /// A row of a catalogue that all órgãos share.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct ItemDoCatalogo {
        #[diesel(sql_type = BigInt)]
        pub id: i64,
        #[diesel(sql_type = Text)]
        pub tipo: TipoDeCatalogo,
        /// The number by which órgãos refer to the item.
        #[diesel(sql_type = Integer)]
        pub codigo: i32,
        #[diesel(sql_type = Text)]
        pub nome: String,
        /// Only for a hipótese legal.
        #[diesel(sql_type = Nullable<Text>)]
        pub base_legal: Option<String>,
        #[diesel(sql_type = Bool)]
        pub ativo: bool,
        #[diesel(sql_type = Integer)]
        pub versao: i32,
        #[diesel(sql_type = Timestamptz)]
        pub atualizado_em: DateTime<Utc>,
    }
}

/// An estrutura with everything that the catalogue says of it.
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
    /// The tribunal whose systems act for this estrutura.
    #[diesel(sql_type = SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = Bool)]
    pub ativa: bool,
    #[diesel(sql_type = Bool)]
    pub pode_enviar: bool,
    #[diesel(sql_type = Bool)]
    pub pode_receber: bool,
    /// Whether the estrutura has a key, with which this server checks the signatures on its
    /// recibos.
    #[diesel(sql_type = Bool)]
    pub tem_chave: bool,
    #[diesel(sql_type = Integer)]
    pub versao: i32,
    #[diesel(sql_type = Timestamptz)]
    pub atualizado_em: DateTime<Utc>,
}

impl EstruturaDoCatalogo {
    pub const fn can_receive(&self) -> bool {
        self.ativa && self.pode_receber
    }

    /// The abbreviated name, or the number if there is none.
    pub fn sigla(&self) -> &str {
        self.sigla.as_deref().unwrap_or(&self.numero)
    }
}

// Names of órgãos and of espécies are public, so the audit trail need not name the rows.
no_resources!(ItemDoCatalogo, EstruturaDoCatalogo);

/// A write of a shared catalogue: a new item, or the new state of an existing one.
#[derive(Debug, Clone, Serialize)]
pub struct GravarItem {
    pub tipo: TipoDeCatalogo,
    pub codigo: i32,
    pub nome: Option<String>,
    pub base_legal: Option<String>,
    pub ativo: bool,
    pub versao_esperada: Option<i32>,
}

/// A write of an estrutura: a new one, or the new state of an existing one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GravarEstrutura {
    pub endereco: EstruturaAddress,
    pub nome: Option<String>,
    pub sigla: Option<String>,
    /// The number of the parent, in the same repositório.
    pub pai: Option<String>,
    pub codigo_no_orgao: Option<String>,
    pub ativa: bool,
    pub pode_enviar: bool,
    pub pode_receber: bool,
    pub versao_esperada: Option<i32>,
}

impl GravarEstrutura {
    /// Whether `current` equals this state, below the parent `pai_id`.
    pub fn is_already(&self, current: &EstruturaDoCatalogo, pai_id: Option<i64>) -> bool {
        Some(&current.nome) == self.nome.as_ref()
            && current.sigla == self.sigla
            && current.pai_id == pai_id
            && current.codigo_no_orgao == self.codigo_no_orgao
            && (current.ativa, current.pode_enviar, current.pode_receber)
                == (self.ativa, self.pode_enviar, self.pode_receber)
    }
}

impl GravarItem {
    /// Whether `current` equals this state.
    pub fn is_already(&self, current: &ItemDoCatalogo) -> bool {
        Some(&current.nome) == self.nome.as_ref()
            && current.base_legal == self.base_legal
            && current.ativo == self.ativo
    }
}
