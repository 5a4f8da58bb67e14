use crate::auth::Ator;
use crate::db::texto_enum;
use crate::value::resource::Recurso;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types as tipo;
use serde_json::json;

texto_enum! {
    /// Canal de uma operação auditada.
    pub enum CanalAuditoria {
        /// GraphQL.
        Graphql = "GRAPHQL",
        /// Fachada REST.
        Rest = "REST",
        /// Fachada do Tramita.
        Tramita = "TRAMITA",
    }
}

texto_enum! {
    /// Espécie de operação auditada.
    pub enum EspecieAuditoria {
        /// Leitura.
        Leitura = "LEITURA",
        /// Escrita.
        Escrita = "ESCRITA",
    }
}

texto_enum! {
    /// Desfecho de uma operação auditada.
    pub enum ResultadoAuditoria {
        /// Feita.
        Ok = "OK",
        /// Sem permissão.
        Negado = "NEGADO",
        /// Objeto ausente ou invisível.
        NaoEncontrado = "NAO_ENCONTRADO",
        /// Recusada por uma regra.
        Conflito = "CONFLITO",
        /// Falhou no servidor.
        Erro = "ERRO",
    }
}

impl ResultadoAuditoria {
    pub const fn de_status(status: u16) -> Self {
        match status {
            0..=399 => Self::Ok,
            401 | 403 => Self::Negado,
            404 => Self::NaoEncontrado,
            400..=499 => Self::Conflito,
            _ => Self::Erro,
        }
    }
}

/// Of whom the chain of a national credential is: no tribunal has this code.
pub const NACIONAL: i16 = 0;

/// Fields that need `pse-dados-sensiveis`, as the schema names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampoSensivel {
    Nome,
    SexoBiologico,
    IdentidadeGenero,
    OrientacaoSexual,
    RacaCor,
    NomeMae,
    NomePai,
    Cpf,
    Rg,
    CertidaoNascimento,
    CpfDeResponsavel,
    DadosDeRascunho,
}

/// A set of [`CampoSensivel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CamposSensiveis(u32);

impl CampoSensivel {
    pub const TODOS: [Self; 12] = [
        Self::Nome,
        Self::SexoBiologico,
        Self::IdentidadeGenero,
        Self::OrientacaoSexual,
        Self::RacaCor,
        Self::NomeMae,
        Self::NomePai,
        Self::Cpf,
        Self::Rg,
        Self::CertidaoNascimento,
        Self::CpfDeResponsavel,
        Self::DadosDeRascunho,
    ];

    pub const fn nome(self) -> &'static str {
        match self {
            Self::Nome => "Adolescente.nome",
            Self::SexoBiologico => "Adolescente.sexoBiologico",
            Self::IdentidadeGenero => "Adolescente.identidadeGenero",
            Self::OrientacaoSexual => "Adolescente.orientacaoSexual",
            Self::RacaCor => "Adolescente.racaCor",
            Self::NomeMae => "Adolescente.nomeMae",
            Self::NomePai => "Adolescente.nomePai",
            Self::Cpf => "Adolescente.cpf",
            Self::Rg => "Adolescente.rg",
            Self::CertidaoNascimento => "Adolescente.certidaoNascimento",
            Self::CpfDeResponsavel => "Responsavel.cpf",
            Self::DadosDeRascunho => "Rascunho.dados",
        }
    }

    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl CamposSensiveis {
    pub(crate) const fn de_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub fn nomes(self) -> impl Iterator<Item = &'static str> {
        let presentes = CampoSensivel::TODOS.into_iter().filter(move |c| self.0 & c.bit() != 0);
        presentes.map(CampoSensivel::nome)
    }
}

/// What is to be remembered of one operation: who, when, what, of which records. No
/// bodies, no values.
#[derive(Debug, Clone)]
pub struct NovoRegistro {
    pub ator: Ator,
    pub canal: CanalAuditoria,
    pub operacao: String,
    pub especie: EspecieAuditoria,
    pub status: u16,
    /// Each record once.
    pub recursos: Vec<Recurso>,
    pub campos: CamposSensiveis,
    pub correlacao: String,
    /// Every subscription that got the deliveries which this record tells together, as UUIDs; else empty.
    pub correlacoes: Vec<String>,
    /// It tells of an event that a subscription was sent.
    pub entrega: bool,
}

impl NovoRegistro {
    /// As it is kept when the database cannot hold it: JSON, with the names of its columns.
    pub(super) fn as_bytes(&self) -> Vec<u8> {
        let recursos: Vec<i64> = self.recursos.iter().map(|recurso| recurso.numero()).collect();
        let campos: Vec<&str> = self.campos.nomes().collect();
        let registro = json!({
            "tribunal_codigo": self.tribunal(), "sub": self.ator.sub(), "azp": self.ator.azp(),
            "canal": self.canal.texto(), "operacao": self.operacao, "especie": self.especie.texto(),
            "status": self.status, "recursos": recursos, "campos_sensiveis": campos,
            "correlacao": self.correlacao, "correlacoes": self.correlacoes,
        });
        registro.to_string().into_bytes()
    }

    /// [`NACIONAL`] for a national credential.
    pub fn tribunal(&self) -> i16 {
        self.ator.escopo().tribunal().unwrap_or(NACIONAL)
    }
}

/// One operation, as the trail remembers it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Registro {
    #[diesel(sql_type = tipo::BigInt)]
    pub id: i64,
    /// The transaction that wrote it, in digits; with `id`, its place in the trail.
    #[diesel(sql_type = tipo::Text)]
    pub xid: String,
    #[diesel(sql_type = tipo::SmallInt)]
    pub tribunal_codigo: i16,
    #[diesel(sql_type = tipo::Timestamptz)]
    pub ocorrido_em: DateTime<Utc>,
    #[diesel(sql_type = tipo::Text)]
    pub sub: String,
    #[diesel(sql_type = tipo::Nullable<tipo::Text>)]
    pub azp: Option<String>,
    #[diesel(sql_type = tipo::Text)]
    pub canal: CanalAuditoria,
    #[diesel(sql_type = tipo::Text)]
    pub operacao: String,
    #[diesel(sql_type = tipo::Text)]
    pub especie: EspecieAuditoria,
    #[diesel(sql_type = tipo::Text)]
    pub resultado: ResultadoAuditoria,
    #[diesel(sql_type = tipo::SmallInt)]
    pub status: i16,
    /// Numbers of [`Recurso`].
    #[diesel(sql_type = tipo::Array<tipo::BigInt>)]
    pub recursos: Vec<i64>,
    #[diesel(sql_type = tipo::Array<tipo::Text>)]
    pub campos_sensiveis: Vec<String>,
    #[diesel(sql_type = tipo::Text)]
    pub correlacao: String,
    /// Every subscription that got the deliveries which this record tells together.
    #[diesel(sql_type = tipo::Nullable<tipo::Array<tipo::Text>>)]
    pub correlacoes: Option<Vec<String>>,
}
