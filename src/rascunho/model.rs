use crate::db::schema::rascunho;
use crate::error::Recusa;
use crate::processo::ProcessoId;
use crate::value::resource::{Recurso, recursos};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct RascunhoId(pub i64);

#[derive(Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = rascunho, check_for_backend(diesel::pg::Pg))]
pub struct Rascunho {
    pub id: RascunhoId,
    /// What a registration names it by, in `idProcessoSistemaExterno`.
    pub codigo: String,
    pub app_name_sistema_tribunal: String,
    /// A JSON object, as received.
    pub dados: String,
    pub criado_em: DateTime<Utc>,
    pub consumido_em: Option<DateTime<Utc>>,
    pub processo_id: Option<ProcessoId>,
}

/// Its data are a processo's: they do not go to a log.
impl std::fmt::Debug for Rascunho {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rascunho").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a door asks to be registered.
#[derive(Clone, Default, Serialize)]
pub struct RegistrarRascunho {
    pub app_name_sistema_tribunal: Option<String>,
    /// A JSON object, as text.
    pub dados: Option<String>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

recursos!(Rascunho => |rascunho| Recurso::Rascunho(rascunho.id.0));
