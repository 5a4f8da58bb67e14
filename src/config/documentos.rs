//! What is accepted of GraphQL documents.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Documentos {
    /// Of one operation, by `@cost` and `@listSize` of the schema.
    pub custo_maximo: u64,
    /// Whether `__schema` and `__type` answer, and refusals say which name was meant.
    pub introspeccao: bool,
}

impl Default for Documentos {
    fn default() -> Self {
        Self { custo_maximo: 250_000, introspeccao: true }
    }
}
