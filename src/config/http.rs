//! Settings of HTTP: the statuses of the GraphQL API, arrays of operations, and the memory for
//! request bodies of both APIs.

use clap::ValueEnum;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http {
    pub profile: HttpProfile,
    /// Maximum number of operations in one request, as an array. Zero refuses arrays.
    pub max_batch: u16,
    /// MiB of request bodies in memory at once: a quarter for uploads of files, the rest for all
    /// other bodies. One caller may use at most a quarter of each part.
    pub body_memory_mib: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self { profile: HttpProfile::default(), max_batch: 0, body_memory_mib: 64 }
    }
}

/// The set of HTTP statuses that the GraphQL API uses. The audits of graphql-http and the draft of
/// August 2026 disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
pub enum HttpProfile {
    /// Os status que as auditorias do pacote npm graphql-http esperam.
    #[default]
    #[serde(rename = "audits")]
    Audits,
    /// Os status do rascunho de agosto de 2026.
    #[value(name = "2026")]
    #[serde(rename = "2026")]
    Draft2026,
}
