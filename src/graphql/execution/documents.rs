//! Finds and prepares the document of a request, and gives each refusal its error code.

use super::outcome::Outcome;
use crate::config::{self, TrustedDocument};
use crate::error::{CodigoErro, Failure};
use crate::graphql::document::persisted::{DocumentRef, DuplicateId, NotFound, PersistedDocuments};
use crate::graphql::document::prepare::{self, PrepareError, PreparedOperation, Preparer};
use crate::graphql::document::raw_variables::RawVariables;
use crate::graphql::document::{
    self, DocumentError, ExpansionExceeded, Invalid, InvalidSchema, InvalidVariable, NormalizeError,
};
use crate::graphql::schema::scalars::is_valid;
use async_graphql::Variables;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;

/// Maximum size, in bytes, of a document that the async worker validates itself, because that takes
/// less than a millisecond.
const DOCUMENT_INLINE: usize = 2 * 1024;

/// Prepares the documents of all requests, and caches them. The server has one instance.
pub struct Documents {
    preparer: Preparer,
    persisted: PersistedDocuments,
    max_cost: u64,
    introspection: bool,
    /// The names of the operations in the trusted documents.
    known_names: HashSet<String>,
}

/// An error that keeps the server from starting.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    #[error(transparent)]
    DocumentSchema(#[from] InvalidSchema),
    #[error("documento confiável {0}: {1}")]
    TrustedDocument(String, String),
}

impl From<DuplicateId> for DocumentsError {
    fn from(DuplicateId(id): DuplicateId) -> Self {
        Self::TrustedDocument(id, "o id é de dois documentos".into())
    }
}

impl Documents {
    /// # Errors
    /// Returns an error if the schema or a trusted document is invalid, because a client would
    /// notice an invalid document too late.
    pub fn new(sdl: &str, settings: &config::DocumentSettings) -> Result<Self, DocumentsError> {
        let config::DocumentSettings { max_cost, introspection, ref trusted, trusted_only } =
            *settings;
        let validate = document::ValidateOptions { suggestions: introspection };
        let options =
            prepare::PrepareOptions { validate, is_valid, ..prepare::PrepareOptions::default() };
        let preparer = Preparer::new(sdl, options)?;
        let mut known_names = HashSet::new();
        for TrustedDocument { id, text } in trusted.iter() {
            preparer.check(text).map_err(|error| {
                DocumentsError::TrustedDocument(id.clone(), outcome_of(error).messages())
            })?;
            known_names.extend(operation_names(text));
        }
        let persisted = PersistedDocuments::new(trusted, trusted_only)?;
        Ok(Self { preparer, persisted, max_cost, introspection, known_names })
    }

    pub const fn max_cost(&self) -> u64 {
        self.max_cost
    }

    /// Whether a trusted document has an operation with this name.
    pub fn is_known_name(&self, name: &str) -> bool {
        self.known_names.contains(name)
    }

    /// Whether preparing the document would block an async worker for too long: it is long, and not
    /// in the cache.
    pub fn takes_long(&self, reference: &DocumentRef, operation: Option<&str>) -> bool {
        let long =
            |text: &str| text.len() > DOCUMENT_INLINE && !self.preparer.is_cached(text, operation);
        self.persisted.inspect(reference, long).unwrap_or(false)
    }

    /// Finds and prepares the document, and returns the operation to run, its variables and its
    /// cost.
    ///
    /// # Errors
    /// Returns the outcome that refuses the request, before any part of it has run.
    pub fn prepare(
        &self,
        reference: DocumentRef,
        operation: Option<&str>,
        variables: &RawVariables,
    ) -> Result<(Arc<PreparedOperation>, Variables, u64), Outcome> {
        let found = self.persisted.find(reference).map_err(not_found)?;
        let valid = self.preparer.validate(found.text(), operation).map_err(outcome_of)?;
        let variables = variables.read(|name| valid.declares(name));
        let variables = variables.map_err(|error| Outcome::from_error(&error))?;
        let prepared = self.preparer.with_variables(found.text(), &valid, &variables);
        let prepared = prepared.map_err(outcome_of)?;
        self.persisted.remember(found);
        if prepared.introspection && !self.introspection {
            let message = "este servidor não responde a `__schema` nem a `__type`; o esquema está em /schema.graphql";
            return Err(Outcome::from_failure(Failure::DocumentoInvalido, message));
        }
        match prepared.cost.check(self.max_cost, &variables) {
            Ok(cost) => Ok((prepared, variables, cost)),
            Err(exceeded) => {
                Err(Outcome::from_failure(Failure::CustoExcedeLimite, &exceeded.to_string()))
            }
        }
    }
}

fn operation_names(text: &str) -> Vec<String> {
    let document = async_graphql::parser::parse_query(text);
    let operations = document.iter().flat_map(|document| document.operations.iter());
    operations.filter_map(|(name, _)| Some(name?.to_string())).collect()
}

fn not_found(reason: NotFound) -> Outcome {
    let failure = match reason {
        NotFound::Unknown => Failure::DocumentoDesconhecido,
        NotFound::Mismatch => Failure::EntradaInvalida,
        NotFound::NotTrusted => Failure::DocumentoNaoConfiavel,
    };
    Outcome::from_failure(failure, &reason.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it goes into `map_err`")]
fn outcome_of(error: PrepareError) -> Outcome {
    let failure = match &error {
        PrepareError::Document(Invalid::Malformed(errors)) => {
            return with_locations(Failure::DocumentoMalformado, errors);
        }
        PrepareError::Document(Invalid::Invalid(errors)) => {
            return with_locations(Failure::DocumentoInvalido, errors);
        }
        PrepareError::Variable(InvalidVariable::Scalar { .. }) | PrepareError::Value(_) => {
            let code = CodigoErro::CampoInvalido;
            return Outcome::from_code(code.name(), code.status(), &error.to_string());
        }
        PrepareError::Document(Invalid::Expansion(ExpansionExceeded::Cycle))
        | PrepareError::Operation(_)
        | PrepareError::Normalize(NormalizeError::Conflict(_)) => Failure::DocumentoInvalido,
        PrepareError::Document(Invalid::Limit(_) | Invalid::Expansion(_))
        | PrepareError::Normalize(NormalizeError::TooLarge)
        | PrepareError::DeepIntrospection => Failure::DocumentoExcedeLimite,
        PrepareError::Variable(_) => Failure::EntradaInvalida,
    };
    Outcome::from_failure(failure, &error.to_string())
}

fn with_locations(failure: Failure, errors: &[DocumentError]) -> Outcome {
    let extensions = json!({ "code": failure.name(), "status": failure.status() });
    let to_json = |error: &DocumentError| json!({ "message": error.message, "locations": error.locations, "extensions": extensions });
    let errors = errors.iter().map(to_json).collect();
    Outcome { errors, ..Outcome::default() }
}
