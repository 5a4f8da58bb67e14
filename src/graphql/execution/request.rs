//! A prepared operation with its variables ([`BoundOperation`]), and the call that runs it.

use crate::audit::{CanalAuditoria, EspecieAuditoria};
use crate::auth::Actor;
use crate::call::record::CallStart;
use crate::call::{App, Call};
use crate::graphql::document::messages::Language;
use crate::graphql::document::prepare::PreparedOperation;
use crate::graphql_types::context::RequestContext;
use crate::work::quota::QuotaPermit;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use std::sync::Arc;

/// The longest name of an operation in the audit trail, in characters.
const MAX_NAME: usize = 100;

/// A prepared operation with its variables. It can run once (a query, a mutation) or many times (a
/// subscription).
#[derive(Clone)]
pub struct BoundOperation {
    prepared: Arc<PreparedOperation>,
    variables: Variables,
    pub cost: u64,
    /// The language of the messages about its document and its variables.
    pub language: Language,
    _body_reservation: Option<Arc<QuotaPermit>>,
}

impl BoundOperation {
    /// `share` is the charged memory of the request's body. The operation keeps it as long as it
    /// lives.
    pub const fn new(
        prepared: Arc<PreparedOperation>,
        variables: Variables,
        cost: u64,
        share: Option<Arc<QuotaPermit>>,
    ) -> Self {
        Self { prepared, variables, cost, language: Language::Portuguese, _body_reservation: share }
    }

    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    pub fn request(&self) -> Request {
        self.prepared.request(self.variables.clone())
    }

    pub const fn variables(&self) -> &Variables {
        &self.variables
    }

    pub const fn prepared(&self) -> &Arc<PreparedOperation> {
        &self.prepared
    }

    pub fn operation_type(&self) -> OperationType {
        self.prepared.operation_type
    }

    pub fn especie(&self) -> EspecieAuditoria {
        // An operation whose fields are all skipped, or are all `__typename`, writes nothing.
        let writes = self.prepared.root_fields.iter().any(|root| root != "__typename");
        match self.prepared.operation_type {
            OperationType::Mutation if writes => EspecieAuditoria::Escrita,
            _ => EspecieAuditoria::Leitura,
        }
    }

    /// A name out of a bounded set, for metrics and logs: the one that the client gave, if it
    /// `is_known`, or else the only root field, or else a fixed text. Clients choose names and
    /// combine fields as they like.
    pub fn bounded_name(&self, is_known: impl Fn(&str) -> bool) -> &str {
        if let Some(name) = self.prepared.name.as_deref().filter(|name| is_known(name)) {
            return name;
        }
        match self.prepared.root_fields.split_first() {
            None => "(nenhum campo)",
            Some((first, rest)) if rest.iter().all(|root| root == first) => first,
            Some(_) => "(vários campos)",
        }
    }

    /// The name of the operation for the audit trail: the one that the client gave, shortened to
    /// `MAX_NAME`, or else the names of the root fields.
    pub fn operation(&self) -> String {
        match &self.prepared.name {
            Some(name) => name.chars().take(MAX_NAME).collect(),
            None => by_fields(&self.prepared.root_fields),
        }
    }
}

/// Names an unnamed operation after its root fields, each once and in alphabetical order, so that
/// operations with the same fields have the same name. Appends the number of fields that do not
/// fit.
fn by_fields(root_fields: &[String]) -> String {
    let mut root_fields: Vec<&str> = root_fields.iter().map(String::as_str).collect();
    root_fields.sort_unstable();
    let Some((first, rest)) = root_fields.split_first() else { return "(nenhum campo)".into() };
    let mut name = (*first).to_owned();
    for (named, root) in rest.iter().enumerate() {
        // Leave room for the number of omitted fields.
        if name.len() + 1 + root.len() > MAX_NAME - "+00".len() {
            return format!("{name}+{}", rest.len() - named);
        }
        name = format!("{name},{root}");
    }
    name
}

/// Begins the call of a request before the server knows its operation.
pub fn begin(app: &Arc<App>, actor: Actor, correlation: String) -> Call {
    let start = CallStart {
        channel: CanalAuditoria::Graphql,
        operation: "(ilegível)".into(),
        access: EspecieAuditoria::Leitura,
        correlation,
    };
    Call::new(Arc::clone(app), actor, start)
}

/// The request that async-graphql executes, with the context that its resolvers use.
pub fn build_request(context: RequestContext, ready: &BoundOperation) -> Request {
    name_operation(context.call(), ready);
    ready.request().data(context)
}

/// Tells the audit trail which operation the call runs.
pub fn name_operation(call: &Call, ready: &BoundOperation) {
    call.record.set_operation(ready.operation(), ready.especie());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_without_a_name_has_the_one_of_its_fields() {
        let of = |root_fields: &[&str]| {
            by_fields(&root_fields.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), "(nenhum campo)");
        assert_eq!(of(&["eu"]), "eu");
        assert_eq!(of(&["tribunais", "eu"]), of(&["eu", "tribunais"]));
        let many: Vec<String> = (0..50).map(|n| format!("{}{n:02}", "campo".repeat(3))).collect();
        let name = by_fields(&many);
        assert!(name.len() <= MAX_NAME && name.ends_with("+45"), "{name}");
    }
}
