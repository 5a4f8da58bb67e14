//! Finds and prepares the document of a request, and gives each refusal its error code.

use super::outcome::Outcome;
use crate::config::{self, TrustedDocument};
use crate::error::{CodigoErro, Failure};
use crate::graphql::document::messages::{Language, Message};
use crate::graphql::document::persisted::{DocumentRef, DuplicateId, NotFound, PersistedDocuments};
use crate::graphql::document::prepare::{self, PrepareError, PreparedOperation, Preparer};
use crate::graphql::document::raw_variables::RawVariables;
use crate::graphql::document::{
    self, DocumentError, ErrorKind, ExpansionExceeded, Invalid, InvalidSchema, NormalizeError,
};
use crate::graphql::schema::scalars::defect;
use async_graphql::{ErrorExtensionValues, ServerError, Variables};
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
    /// Returns an error if the schema or a trusted document is invalid, or if two trusted documents
    /// have the same id: otherwise only a client's request would show it.
    pub fn new(sdl: &str, settings: &config::DocumentSettings) -> Result<Self, DocumentsError> {
        let config::DocumentSettings { max_cost, introspection, ref trusted, trusted_only } =
            *settings;
        let validate =
            document::ValidateOptions { suggestions: introspection, check_scalar: defect };
        let options = prepare::PrepareOptions { validate, ..prepare::PrepareOptions::default() };
        let preparer = Preparer::new(sdl, options)?;
        let mut known_names = HashSet::new();
        for TrustedDocument { id, text } in trusted.iter() {
            let names = preparer.check(text).map_err(|error| {
                DocumentsError::TrustedDocument(
                    id.clone(),
                    refusal(&error, Language::default()).messages(),
                )
            })?;
            known_names.extend(names);
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

    /// Whether preparing the document would block an async worker for too long: it is long, and the
    /// cache does not have it, or has it with conditions that depend on variables.
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
        language: Language,
    ) -> Result<(Arc<PreparedOperation>, Variables, u64), Outcome> {
        let refuse = |error: PrepareError| refusal(&error, language);
        let found = self.persisted.find(reference).map_err(not_found)?;
        let valid = self.preparer.validate(found.text(), operation).map_err(refuse)?;
        let variables = variables.read(|name| valid.declares(name));
        let variables = variables.map_err(|error| Outcome::from_error(&error))?;
        let prepared = self.preparer.with_variables(found.text(), &valid, variables);
        let (prepared, variables) = prepared.map_err(refuse)?;
        self.persisted.remember(found);
        if prepared.introspection.is_some() && !self.introspection {
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

fn not_found(reason: NotFound) -> Outcome {
    let failure = match reason {
        NotFound::Unknown => Failure::DocumentoDesconhecido,
        NotFound::Mismatch => Failure::EntradaInvalida,
        NotFound::NotTrusted => Failure::DocumentoNaoConfiavel,
    };
    Outcome::from_failure(failure, &reason.to_string())
}

/// The outcome that refuses a request whose operation cannot be prepared.
fn refusal(error: &PrepareError, language: Language) -> Outcome {
    let failed = |failure: Failure, message: Message| {
        Outcome::from_failure(failure, &message.text(language))
    };
    match error {
        PrepareError::Document(Invalid::Malformed(errors)) => {
            let malformed = Failure::DocumentoMalformado;
            located(errors, language, |_| (malformed.name(), malformed.status()))
        }
        PrepareError::Document(Invalid::Invalid(errors)) | PrepareError::Values(errors) => {
            located(errors, language, code_of)
        }
        PrepareError::Document(Invalid::Expansion(cycle @ ExpansionExceeded::Cycle)) => {
            failed(Failure::DocumentoInvalido, cycle.message())
        }
        PrepareError::Document(Invalid::Expansion(exceeded)) => {
            failed(Failure::DocumentoExcedeLimite, exceeded.message())
        }
        PrepareError::Document(Invalid::Limit(exceeded)) => {
            failed(Failure::DocumentoExcedeLimite, exceeded.message())
        }
        PrepareError::Normalize(error @ NormalizeError::TooLarge) => {
            failed(Failure::DocumentoExcedeLimite, error.message())
        }
        PrepareError::Normalize(error) => failed(Failure::DocumentoInvalido, error.message()),
        PrepareError::Operation(undefined) => {
            failed(Failure::DocumentoInvalido, undefined.message())
        }
    }
}

fn located(
    errors: &[DocumentError],
    language: Language,
    code_of: impl Fn(ErrorKind) -> (&'static str, u16),
) -> Outcome {
    let to_json = |error: &DocumentError| {
        let (code, status) = code_of(error.kind);
        let mut extensions = json!({ "code": code, "status": status });
        if let Some(field) = &error.field {
            extensions["campo"] = field.as_str().into();
        }
        if let Some(coordinate) = &error.coordinate {
            extensions["coordinate"] = coordinate.as_str().into();
        }
        let mut json = json!({ "message": error.message.text(language) });
        if !error.locations.is_empty() {
            json["locations"] = json!(error.locations);
        }
        json["extensions"] = extensions;
        json
    };
    Outcome { errors: errors.iter().map(to_json).collect(), ..Outcome::default() }
}

/// The code and the status of an error of this kind.
fn code_of(kind: ErrorKind) -> (&'static str, u16) {
    let failure = match kind {
        ErrorKind::Rule => Failure::DocumentoInvalido,
        ErrorKind::Limit => Failure::DocumentoExcedeLimite,
        ErrorKind::Variable => Failure::EntradaInvalida,
        ErrorKind::Scalar => {
            let code = CodigoErro::CampoInvalido;
            return (code.name(), code.status());
        }
    };
    (failure.name(), failure.status())
}

/// The error of a refused field, for an answer that contains the other fields.
pub fn server_error(error: &DocumentError, language: Language) -> ServerError {
    let (code, status) = code_of(error.kind);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    extensions.set("status", status);
    if let Some(field) = &error.field {
        extensions.set("campo", field.as_str());
    }
    if let Some(coordinate) = &error.coordinate {
        extensions.set("coordinate", coordinate.as_str());
    }
    ServerError {
        message: error.message.text(language),
        source: None,
        locations: error.locations.clone(),
        path: Vec::new(),
        extensions: Some(extensions),
    }
}
