//! The rascunho, and the command that registers one.

use crate::db::schema::rascunho;
use crate::error::Refusal;
use crate::processo::ProcessoId;
use crate::value::resource::{Resource, resources};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;

/// Key of a rascunho.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct RascunhoId(pub i64);

/// A draft that a client registered.
#[derive(Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = rascunho, check_for_backend(diesel::pg::Pg))]
pub struct Rascunho {
    pub id: RascunhoId,
    /// The code by which the registration of a processo names the rascunho, in
    /// `idProcessoSistemaExterno`.
    pub codigo: String,
    pub app_name_sistema_tribunal: String,
    /// A JSON object, as received.
    pub dados: String,
    pub criado_em: DateTime<Utc>,
    pub consumido_em: Option<DateTime<Utc>>,
    pub processo_id: Option<ProcessoId>,
}

/// Hides the data: they are those of a processo and must not reach a log.
impl std::fmt::Debug for Rascunho {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rascunho").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The registration of a rascunho, as a client asks for it.
#[derive(Clone, Default, Serialize)]
pub struct RegistrarRascunho {
    pub app_name_sistema_tribunal: Option<String>,
    /// A JSON object, as text.
    pub dados: Option<String>,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

resources!(Rascunho => |rascunho| Resource::Rascunho(rascunho.id.0));
