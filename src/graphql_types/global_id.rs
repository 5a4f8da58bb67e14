//! The opaque ids of the `Node` interface: a type and a key, in base64.

use async_graphql::ID;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

/// The type and the key of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalId {
    Processo(i64),
    Adolescente(i64),
    Guia(i64),
    Vinculo(i64),
    Rascunho(i64),
    Tramite(i64),
    RegistroEletronico(i64),
    Evento(i64),
    Tribunal(i16),
    RegistroAuditoria(i64),
}

impl From<GlobalId> for ID {
    fn from(id: GlobalId) -> Self {
        let text = match id {
            GlobalId::Processo(id) => format!("Processo:{id}"),
            GlobalId::Adolescente(id) => format!("Adolescente:{id}"),
            GlobalId::Guia(id) => format!("Guia:{id}"),
            GlobalId::Vinculo(id) => format!("Vinculo:{id}"),
            GlobalId::Rascunho(id) => format!("Rascunho:{id}"),
            GlobalId::Tramite(idt) => format!("Tramite:{idt}"),
            GlobalId::RegistroEletronico(id) => format!("RegistroEletronico:{id}"),
            GlobalId::Evento(id) => format!("Evento:{id}"),
            GlobalId::Tribunal(code) => format!("Tribunal:{code}"),
            GlobalId::RegistroAuditoria(id) => format!("RegistroAuditoria:{id}"),
        };
        BASE64.encode(text).into()
    }
}

impl GlobalId {
    /// Reads an id. Returns `None` if this server cannot have issued it. `node` then answers null,
    /// without an error.
    pub fn read(id: &ID) -> Option<Self> {
        let text = String::from_utf8(BASE64.decode(id.as_bytes()).ok()?).ok()?;
        let (kind, key) = text.split_once(':')?;
        let parsed = match kind {
            "Processo" => Self::Processo(key.parse().ok()?),
            "Adolescente" => Self::Adolescente(key.parse().ok()?),
            "Guia" => Self::Guia(key.parse().ok()?),
            "Vinculo" => Self::Vinculo(key.parse().ok()?),
            "Rascunho" => Self::Rascunho(key.parse().ok()?),
            "Tramite" => Self::Tramite(key.parse().ok()?),
            "RegistroEletronico" => Self::RegistroEletronico(key.parse().ok()?),
            "Evento" => Self::Evento(key.parse().ok()?),
            "Tribunal" => Self::Tribunal(key.parse().ok()?),
            "RegistroAuditoria" => Self::RegistroAuditoria(key.parse().ok()?),
            _ => return None,
        };
        // Each object has one spelling: `+1` and `01` are not keys.
        (ID::from(parsed) == *id).then_some(parsed)
    }
}
