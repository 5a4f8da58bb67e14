//! What is accepted of GraphQL documents.

use super::Confiavel;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documentos {
    /// Of one operation, by `@cost` and `@listSize` of the schema.
    pub custo_maximo: u64,
    /// Whether `__schema` and `__type` answer, and refusals say which name was meant.
    pub introspeccao: bool,
    /// Those that clients ask for by an id of their own.
    pub confiaveis: Arc<[Confiavel]>,
    /// No other document runs.
    pub so_confiaveis: bool,
}

impl Default for Documentos {
    fn default() -> Self {
        Self {
            custo_maximo: 250_000,
            introspeccao: true,
            confiaveis: Arc::default(),
            so_confiaveis: false,
        }
    }
}
