//! The settings of GraphQL documents.

use super::TrustedDocument;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSettings {
    /// Maximum cost of one operation, by `@cost` and `@listSize` of the schema.
    pub max_cost: u64,
    /// Whether `__schema` and `__type` answer, and whether refusals suggest similar names.
    pub introspection: bool,
    /// Documents that clients may ask for by the id that the operator's file gives them.
    pub trusted: Arc<[TrustedDocument]>,
    /// Whether only the trusted documents run.
    pub trusted_only: bool,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        Self {
            max_cost: 250_000,
            introspection: true,
            trusted: Arc::default(),
            trusted_only: false,
        }
    }
}
