//! A request whose parameters have the right types, and the step that prepares its document.

use crate::graphql::document::messages::Language;
use crate::graphql::document::persisted::DocumentRef;
use crate::graphql::document::raw_variables::RawVariables;
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::documents::Documents;
use crate::graphql::execution::outcome::Outcome;
use crate::graphql::execution::request::BoundOperation;
use crate::work::MAX_INLINE_BYTES;
use crate::work::quota::QuotaPermit;
use std::sync::Arc;
use std::time::Instant;

/// A request of the right shape, whose document nothing has parsed yet.
pub struct ParsedRequest {
    reference: DocumentRef,
    operation: Option<String>,
    variables: RawVariables,
    /// The language of the messages about the document.
    language: Language,
    /// The charged memory of the request body, if the body is large enough to be charged. The
    /// request and then its prepared operation hold it.
    pub share: Option<Arc<QuotaPermit>>,
}

impl ParsedRequest {
    pub const fn new(
        reference: DocumentRef,
        operation: Option<String>,
        variables: RawVariables,
    ) -> Self {
        Self { reference, operation, variables, language: Language::Portuguese, share: None }
    }

    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Prepares the operation for `caller`, on another thread if that would block the async worker
    /// for too long.
    pub async fn prepare(
        self,
        service: &GraphqlService,
        caller: &str,
    ) -> Result<BoundOperation, Outcome> {
        let start = Instant::now();
        let prepared = self.prepare_anywhere(service, caller).await;
        if let Err(refused) = &prepared {
            // The name and the type of the operation are not known.
            service.app.metrics.executed("", "(recusada)", refused.code(), start.elapsed());
        }
        prepared
    }

    async fn prepare_anywhere(
        self,
        service: &GraphqlService,
        caller: &str,
    ) -> Result<BoundOperation, Outcome> {
        let documents = Arc::clone(&service.documents);
        let takes_long = self.variables.bytes() > MAX_INLINE_BYTES
            || documents.takes_long(&self.reference, self.operation.as_deref());
        if !takes_long {
            return self.prepare_inline(&documents);
        }
        let prepared =
            service.app.cpu_pool.run(caller, move || self.prepare_inline(&documents)).await;
        prepared.unwrap_or_else(|error| Err(Outcome::from_error(&error)))
    }

    fn prepare_inline(self, documents: &Documents) -> Result<BoundOperation, Outcome> {
        let Self { reference, operation, variables, language, share } = self;
        let (prepared, variables, cost) =
            documents.prepare(reference, operation.as_deref(), &variables, language)?;
        Ok(BoundOperation::new(prepared, variables, cost, share).in_language(language))
    }
}
