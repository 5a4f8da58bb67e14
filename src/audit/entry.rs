//! The records of the audit trail: as a call produces them ([`NewRecord`]) and as the database
//! stores them ([`Entry`]).

use crate::auth::{Actor, Scope};
use crate::db::{row, text_enum};
use crate::value::resource::Resource;
use crate::value::tribunal::TRIBUNAIS;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

text_enum! {
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

text_enum! {
    /// Espécie de operação auditada.
    pub enum EspecieAuditoria {
        /// Leitura.
        Leitura = "LEITURA",
        /// Escrita.
        Escrita = "ESCRITA",
    }
}

text_enum! {
    /// Desfecho de uma operação auditada.
    pub enum ResultadoAuditoria {
        /// Feita.
        Ok = "OK",
        /// Sem permissão.
        Negado = "NEGADO",
        /// Objeto ausente ou invisível.
        NaoEncontrado = "NAO_ENCONTRADO",
        /// Recusada por uma regra, ou por o pedido ser inválido.
        Conflito = "CONFLITO",
        /// Falhou no servidor.
        Erro = "ERRO",
    }
}

impl ResultadoAuditoria {
    pub const fn from_status(status: u16) -> Self {
        match status {
            0..=399 => Self::Ok,
            401 | 403 => Self::Negado,
            404 => Self::NaoEncontrado,
            400..=499 => Self::Conflito,
            _ => Self::Erro,
        }
    }
}

/// The code of the chain that holds the records of national credentials. No tribunal has this code.
pub const NACIONAL: i16 = 0;

/// Fields that require `pse-dados-sensiveis`, named as in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensitiveField {
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

/// A set of [`SensitiveField`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SensitiveFields(u32);

impl SensitiveField {
    pub const ALL: [Self; 12] = [
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

    pub const fn name(self) -> &'static str {
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

impl SensitiveFields {
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let present = SensitiveField::ALL.into_iter().filter(move |c| self.0 & c.bit() != 0);
        present.map(SensitiveField::name)
    }
}

/// The facts that the trail stores about one operation: the actor, the operation, its outcome and
/// the resources. It stores no bodies and no values.
#[derive(Debug, Clone)]
pub struct NewRecord {
    pub actor: Actor,
    pub canal: CanalAuditoria,
    pub operation: String,
    pub especie: EspecieAuditoria,
    pub status: u16,
    /// The resources that the operation read or wrote, without duplicates.
    pub resources: Vec<Resource>,
    pub fields: SensitiveFields,
    pub correlation: String,
    /// Ids (UUIDs) of all subscriptions whose deliveries this record merges. Empty unless it merges
    /// several.
    pub correlations: Vec<String>,
    /// Whether the record is about an event that was delivered to a subscription.
    pub delivery: bool,
}

impl NewRecord {
    /// Encodes the record as JSON, with the names of the columns as keys. The database stores these
    /// bytes when it cannot store the record as a row.
    pub(super) fn as_bytes(&self) -> Vec<u8> {
        let resources: Vec<i64> =
            self.resources.iter().map(|resource| resource.to_number()).collect();
        let fields: Vec<&str> = self.fields.names().collect();
        let record = json!({
            "tribunal_codigo": self.tribunal(), "sub": self.actor.sub(), "azp": self.actor.azp(),
            "canal": self.canal.text(), "operacao": self.operation, "especie": self.especie.text(),
            "status": self.status, "recursos": resources, "campos_sensiveis": fields,
            "correlacao": self.correlation, "correlacoes": self.correlations,
        });
        record.to_string().into_bytes()
    }

    /// The code of the chain: [`NACIONAL`] for a credential without a tribunal of its own.
    pub fn tribunal(&self) -> i16 {
        match self.actor.scope() {
            Scope::Tribunal(code) => code,
            Scope::Nacional | Scope::Estatistica => NACIONAL,
        }
    }
}

row! {
    columns entry_columns of "a";

    /// One operation, as the trail stores it.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct Entry {
        pub id: i64,
        /// The transaction that wrote the record, in digits. With `id`, its position in the trail.
        pub xid: String = "a.xid::text",
        pub tribunal_codigo: i16,
        pub ocorrido_em: DateTime<Utc>,
        pub sub: String,
        pub azp: Option<String>,
        pub canal: CanalAuditoria,
        pub operacao: String,
        pub especie: EspecieAuditoria,
        pub resultado: ResultadoAuditoria,
        pub status: i16,
        /// The numbers of [`Resource`].
        pub recursos: Vec<i64>,
        pub campos_sensiveis: Vec<String>,
        pub correlacao: String,
        /// Ids of all subscriptions whose deliveries this record merges.
        pub correlacoes: Option<Vec<String>> = "a.correlacoes::text[]",
    }
}

/// The codes of all chains: every tribunal and [`NACIONAL`].
pub fn tribunais() -> Vec<i16> {
    TRIBUNAIS.iter().map(|tribunal| tribunal.code).chain([NACIONAL]).collect()
}
