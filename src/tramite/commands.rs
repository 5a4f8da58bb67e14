//! What doors ask of trâmites, before any rule has looked at it.

use super::{
    ComponenteDigital, EnderecoDeEstrutura, HashSha256, Idt, MotivoDaUrgencia, MotivoRecusa,
    NivelDeSigilo, Nre, Trecho,
};
use crate::blob_store::ConteudoId;
use crate::error::Recusa;
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A send, or the rehearsal of one.
#[derive(Clone, Default, Serialize)]
pub struct EnviarTramite {
    pub remetente: Option<EnderecoDeEstrutura>,
    pub destinatario: Option<EnderecoDeEstrutura>,
    pub protocolo: Option<String>,
    pub nre: Option<Nre>,
    pub descricao: Option<String>,
    pub nivel_de_sigilo: Option<NivelDeSigilo>,
    /// Below the processo, the first place of nível 3.
    #[serde(skip)]
    pub sealed_below: Option<String>,
    pub hipotese_legal: Option<String>,
    /// A hipótese legal is among the metadados, be it by its number alone.
    #[serde(skip)]
    pub hipotese_informada: bool,
    pub processo_de_negocio: Option<String>,
    pub urgente: bool,
    pub motivo_da_urgencia: Option<MotivoDaUrgencia>,
    pub data_de_retorno: Option<DateTime<Utc>>,
    /// The other documented fields, as the text of JSON; kept, not looked into.
    #[serde(serialize_with = "em_qualquer_ordem")]
    pub metadados: Option<String>,
    /// Ask for all files, also for those that the destinatário is known to have had.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub todos_os_componentes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub componentes: Vec<ComponenteDigital>,
    /// What the door has to say of the request, beside what it refuses.
    #[serde(skip)]
    pub avisos: Vec<String>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// Two bodies that differ in the order of their fields alone are one request.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn em_qualquer_ordem<S: Serializer>(
    texto: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let lido = texto.as_deref().map(serde_json::from_str::<Value>);
    let mut valor = lido.transpose().map_err(serde::ser::Error::custom)?;
    if let Some(valor) = &mut valor {
        valor.sort_all_objects();
    }
    valor.serialize(serializer)
}

/// The destinatário takes the metadata.
#[derive(Debug, Clone, Serialize)]
pub struct ReceberTramite {
    pub idt: Idt,
}

/// The destinatário says that it has everything.
#[derive(Debug, Clone, Serialize)]
pub struct EnviarRecibo {
    pub idt: Idt,
    pub data_de_recebimento: Option<DateTime<Utc>>,
    pub hash_da_assinatura: Option<String>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// The remetente takes the recibo.
#[derive(Debug, Clone, Serialize)]
pub struct ReceberRecibo {
    pub idt: Idt,
}

/// The destinatário declines.
#[derive(Clone, Serialize)]
pub struct RecusarTramite {
    pub idt: Idt,
    pub motivo: Option<MotivoRecusa>,
    pub justificativa: Option<String>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// The remetente knows of the refusal.
#[derive(Debug, Clone, Serialize)]
pub struct DarCiencia {
    pub idt: Idt,
}

/// The remetente calls it back.
#[derive(Debug, Clone, Serialize)]
pub struct CancelarTramite {
    pub idt: Idt,
}

/// A party, or the heir, asks that the heir become a party of the NRE.
#[derive(Clone, Serialize)]
pub struct VincularNre {
    pub nre: Nre,
    pub protocolo: String,
    pub parte: EnderecoDeEstrutura,
    pub herdeira: EnderecoDeEstrutura,
    pub justificativa: Option<String>,
}

/// The remetente sends a file: what it is called, and what came.
#[derive(Debug, Clone, Serialize)]
pub struct EnviarComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// Of the bytes that came.
    pub calculado: HashSha256,
    pub tamanho: i64,
    /// Where they are; none when the trâmite was not waiting for any.
    pub conteudo: Option<ConteudoId>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// The remetente sends a part of a file: which bytes of it, and how many came.
#[derive(Debug, Clone, Serialize)]
pub struct EnviarParte {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    pub trecho: Trecho,
    pub tamanho: i64,
    /// Where they are; none when the trâmite was not waiting for any.
    pub conteudo: Option<ConteudoId>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// The remetente has sent all parts of a file.
#[derive(Debug, Clone, Serialize)]
pub struct ConcluirComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// The parts that it is made of, and what they come to; none when it was here already.
    pub montado: Option<Montado>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// A file put together from its parts.
#[derive(Debug, Clone, Serialize)]
pub struct Montado {
    pub partes: Vec<ConteudoId>,
    pub calculado: HashSha256,
}

/// The destinatário fetches a file.
#[derive(Debug, Clone, Serialize)]
pub struct BaixarComponente {
    pub idt: Idt,
    pub protocolo: Option<String>,
    pub hash: Option<HashSha256>,
    /// Which bytes of it; none is the whole file.
    pub trecho: Option<Trecho>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}
