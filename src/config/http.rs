//! How requests are read and answered over HTTP.

use clap::ValueEnum;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http {
    pub perfil: PerfilHttp,
    /// Operations that one request may have, as an array; zero is none.
    pub lote_maximo: u16,
    /// MiB of bodies that are in memory at once; three sixteenths are one caller's.
    pub corpos_maximo: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self { perfil: PerfilHttp::default(), lote_maximo: 0, corpos_maximo: 64 }
    }
}

/// By which statuses, for two readings of GraphQL over HTTP do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
pub enum PerfilHttp {
    /// As the audits of npm graphql-http have it.
    #[default]
    #[serde(rename = "audits")]
    Audits,
    /// As the draft of August 2026 has it.
    #[value(name = "2026")]
    #[serde(rename = "2026")]
    Rascunho2026,
}
