//! The inputs of the writes on trâmites, as an API passes them, before any rule has checked them.

use super::{
    ByteRange, ComponenteDigital, EstruturaAddress, HashSha256, Idt, MotivoDaUrgencia,
    MotivoRecusa, NivelDeSigilo, Nre,
};
use crate::blob_store::ContentId;
use crate::error::Refusal;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A send, or a dry run of one.
#[derive(Clone, Default, Serialize)]
pub struct EnviarTramite {
    pub remetente: Option<EstruturaAddress>,
    pub destinatario: Option<EstruturaAddress>,
    pub protocolo: Option<String>,
    pub nre: Option<Nre>,
    pub descricao: Option<String>,
    pub nivel_de_sigilo: Option<NivelDeSigilo>,
    /// The path of the first field `nivelDeSigilo` with value 3 inside the processo, for example in
    /// a documento or a processo apensado.
    #[serde(skip)]
    pub sealed_below: Option<String>,
    pub hipotese_legal: Option<String>,
    /// Whether the metadados name a hipótese legal, even if only by its number.
    #[serde(skip)]
    pub hipotese_informada: bool,
    pub processo_de_negocio: Option<String>,
    pub urgente: bool,
    pub motivo_da_urgencia: Option<MotivoDaUrgencia>,
    pub data_de_retorno: Option<DateTime<Utc>>,
    /// The other documented fields, as JSON text. This server stores them and never interprets
    /// them.
    #[serde(serialize_with = "in_any_order")]
    pub metadados: Option<String>,
    /// Whether to request all files, also those that the destinatário is known to have.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub todos_os_componentes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub componentes: Vec<ComponenteDigital>,
    /// Warnings of the API about the request, which do not refuse it.
    #[serde(skip)]
    pub avisos: Vec<String>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// Sorts the fields of the JSON text, so that two bodies that differ only in field order count as
/// one request for idempotency.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn in_any_order<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let parsed = text.as_deref().map(serde_json::from_str::<Value>);
    let mut value = parsed.transpose().map_err(serde::ser::Error::custom)?;
    if let Some(value) = &mut value {
        value.sort_all_objects();
    }
    value.serialize(serializer)
}

/// The destinatário fetches the metadata.
#[derive(Debug, Clone, Serialize)]
pub struct ReceberTramite {
    pub idt: Idt,
}

/// The destinatário confirms that it has everything.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EnviarRecibo {
    pub idt: Idt,
    pub data_de_recebimento: Option<DateTime<Utc>>,
    pub hash_da_assinatura: Option<String>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// The remetente fetches the recibo.
#[derive(Debug, Clone, Serialize)]
pub struct ReceberRecibo {
    pub idt: Idt,
}

/// The destinatário refuses the trâmite.
#[derive(Clone, Default, Serialize)]
pub struct RecusarTramite {
    pub idt: Idt,
    pub motivo: Option<MotivoRecusa>,
    pub justificativa: Option<String>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// The remetente acknowledges the refusal.
#[derive(Debug, Clone, Serialize)]
pub struct DarCiencia {
    pub idt: Idt,
}

/// The remetente cancels the trâmite.
#[derive(Debug, Clone, Serialize)]
pub struct CancelarTramite {
    pub idt: Idt,
}

/// A party of the NRE, or its heir, asks that the heir become a party of the NRE.
#[derive(Clone, Serialize)]
pub struct VincularNre {
    pub nre: Nre,
    pub protocolo: String,
    pub parte: EstruturaAddress,
    pub herdeira: EstruturaAddress,
    pub justificativa: Option<String>,
}

/// The remetente uploads a whole file: its declared protocolo and hash, and what arrived.
#[derive(Debug, Clone, Serialize)]
pub struct EnviarComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// The hash of the bytes that arrived.
    pub calculado: HashSha256,
    /// The number of bytes that arrived.
    pub tamanho: i64,
    /// The stored bytes; `None` when the trâmite was waiting for no file when the upload began.
    pub conteudo: Option<ContentId>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// The remetente uploads a part of a file: the declared range, and how many bytes arrived.
#[derive(Debug, Clone, Serialize)]
pub struct EnviarParte {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    pub trecho: ByteRange,
    /// The number of bytes that arrived.
    pub tamanho: i64,
    /// The stored bytes; `None` when the trâmite was waiting for no file when the upload began.
    pub conteudo: Option<ContentId>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// The remetente declares that it has uploaded all parts of a file.
#[derive(Debug, Clone, Serialize)]
pub struct ConcluirComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// The file that the parts make; `None` when the file had already arrived.
    pub montado: Option<Assembled>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// A file assembled from its parts: the contents in order, and the hash of the whole.
#[derive(Debug, Clone, Serialize)]
pub struct Assembled {
    pub partes: Vec<ContentId>,
    pub calculado: HashSha256,
}

/// The destinatário downloads a file.
#[derive(Debug, Clone, Serialize)]
pub struct BaixarComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// The bytes to send; `None` means the whole file.
    pub trecho: Option<ByteRange>,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}
