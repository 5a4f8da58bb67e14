use crate::db::{row, text_enum};
use crate::tramite::EstruturaAddress;
use crate::value::resource::no_resources;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
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
        pub id: i64,
        pub tipo: TipoDeCatalogo,
        /// The number by which órgãos refer to the item.
        pub codigo: i32,
        pub nome: String,
        /// Only for a hipótese legal.
        pub base_legal: Option<String>,
        pub ativo: bool,
        pub versao: i32,
        pub atualizado_em: DateTime<Utc>,
    }
}

row! {
    columns estrutura_columns of "e";

    /// An estrutura with everything that the catalogue says of it.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct EstruturaDoCatalogo {
        pub id: i64,
        pub repositorio: i32,
        pub numero: String,
        pub nome: String,
        pub nome_busca: String,
        pub sigla: Option<String>,
        pub pai_id: Option<i64>,
        pub codigo_no_orgao: Option<String>,
        /// The tribunal whose systems act for this estrutura.
        pub tribunal_codigo: i16,
        pub ativa: bool,
        pub pode_enviar: bool,
        pub pode_receber: bool,
        /// Whether the estrutura has a key, with which this server checks the signatures on its
        /// recibos.
        pub tem_chave: bool = "e.chave_publica IS NOT NULL",
        pub versao: i32,
        pub atualizado_em: DateTime<Utc>,
    }
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

/// A write of a shared catalogue: a new item, or the whole new state of an existing one. `nome` is
/// `None` when the client gave a blank one, which a rule refuses.
#[derive(Debug, Clone, Serialize)]
pub struct GravarItem {
    pub tipo: TipoDeCatalogo,
    pub codigo: i32,
    pub nome: Option<String>,
    pub base_legal: Option<String>,
    pub ativo: bool,
    pub versao_esperada: Option<i32>,
}

/// A write of an estrutura: a new one, or the whole new state of an existing one, in which a text
/// that is `None` is empty. A rule refuses a `nome` that is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GravarEstrutura {
    pub endereco: EstruturaAddress,
    pub nome: Option<String>,
    pub sigla: Option<String>,
    /// The number of the parent, in the same repositório; `None` if it has no parent.
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
