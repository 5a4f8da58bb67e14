//! Turns the text of a document into an operation that the executor can run, and caches the result.
//!
//! ```text
//! text ─► limits ─► parse ─► expansion ─► validate ─► normalize ─► convert, cost
//! ```
//!
//! Validation comes before normalization, which would make some invalid documents valid.

mod key;

use crate::graphql::document::convert;
use crate::graphql::document::cost::CostPlan;
use crate::graphql::document::extra_rules::introspection_too_deep;
use crate::graphql::document::normalize::{self, ConditionValues, condition_variables, normalize};
use crate::graphql::document::position::Positions;
use crate::graphql::document::scalars::{self, CheckScalar, InvalidValue};
use crate::graphql::document::schema::{DocumentSchema, InvalidSchema};
use crate::graphql::document::validate::{
    self, Invalid, UndefinedOperation, select_operation, validate,
};
use crate::graphql::document::variables::{self, InvalidVariable};
use apollo_compiler::executable::Operation;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument as ValidDocument, Name, Node};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Positioned, Request, Variables};
use key::{Key, KeyRef};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, Copy)]
pub struct PrepareOptions {
    pub validate: validate::ValidateOptions,
    /// Whether a value of a custom scalar is valid.
    pub is_valid: CheckScalar,
    /// Maximum size of the cache, in estimated bytes.
    pub cache: u64,
}

impl Default for PrepareOptions {
    fn default() -> Self {
        Self {
            validate: validate::ValidateOptions::default(),
            is_valid: |_, _| true,
            cache: 64 << 20,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Document(#[from] Invalid),
    #[error(transparent)]
    Operation(#[from] UndefinedOperation),
    #[error(transparent)]
    Variable(#[from] InvalidVariable),
    #[error(transparent)]
    Value(#[from] InvalidValue),
    #[error(transparent)]
    Normalize(#[from] normalize::NormalizeError),
    #[error("a introspecção se aninha demais")]
    DeepIntrospection,
}

/// A validated and normalized operation, without variables. All requests with the same text and
/// conditions share it.
#[derive(Debug)]
pub struct PreparedOperation {
    /// The normalized operation, which contains only fields and inline fragments `... on Type`.
    pub operation: Positioned<OperationDefinition>,
    pub operation_type: OperationType,
    pub name: Option<String>,
    /// The names of its root fields in the schema, without duplicates.
    pub root_fields: Vec<String>,
    /// Whether a root field is `__schema` or `__type`.
    pub introspection: bool,
    /// Whether every field was skipped, so that the response is `{}`.
    pub is_empty: bool,
    pub cost: CostPlan,
    slow: AtomicBool,
}

impl PreparedOperation {
    /// Builds the request for async-graphql's own executor. The document contains only this
    /// operation, so the request needs no `operationName`.
    pub fn request(&self, variables: Variables) -> Request {
        let operations = DocumentOperations::Single(self.operation.clone());
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(ExecutableDocument { operations, fragments: HashMap::new() });
        request
    }

    /// Whether the last run of this operation took too long to share a run with other queries.
    pub fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }

    pub fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::Relaxed);
    }
}

/// Prepares documents and caches the result. The server has one instance.
pub struct Preparer {
    schema: DocumentSchema,
    options: validate::ValidateOptions,
    is_valid: CheckScalar,
    cache: Cache<Key, Arc<ValidatedOperation>, ByteWeighter>,
}

/// A validated operation, before the values of its conditions are known.
pub struct ValidatedOperation {
    document: Valid<ValidDocument>,
    operation: Node<Operation>,
    condition_variables: Vec<Name>,
    /// The names of the variables that it declares.
    declared: HashSet<Name>,
    /// The prepared operations, by the values of `condition_variables`.
    variants: Mutex<Vec<(ConditionValues, Arc<PreparedOperation>)>>,
}

/// Maximum number of cached combinations of conditions per operation.
const MAX_VARIANTS: usize = 16;

impl Preparer {
    pub fn new(sdl: &str, options: PrepareOptions) -> Result<Self, InvalidSchema> {
        let schema = DocumentSchema::from_sdl(sdl)?;
        let cache = Cache::with_weighter(1_000, options.cache, ByteWeighter);
        Ok(Self { schema, options: options.validate, is_valid: options.is_valid, cache })
    }

    pub fn prepare(
        &self,
        text: &str,
        operation: Option<&str>,
        variables: &Variables,
    ) -> Result<Arc<PreparedOperation>, PrepareError> {
        self.with_variables(text, &*self.validate(text, operation)?, variables)
    }

    /// Whether the cache holds the operation, and no condition in it depends on a variable.
    pub fn is_cached(&self, text: &str, operation: Option<&str>) -> bool {
        let parsed = self.cache.get(&KeyRef { text, operation });
        parsed.is_some_and(|parsed| parsed.condition_variables.is_empty())
    }

    /// Returns the validated operation from the cache, or validates it and adds it to the cache.
    pub fn validate(
        &self,
        text: &str,
        operation: Option<&str>,
    ) -> Result<Arc<ValidatedOperation>, PrepareError> {
        let key = KeyRef { text, operation };
        if let Some(parsed) = self.cache.get(&key) {
            return Ok(parsed);
        }
        let parsed = Arc::new(self.read(text, operation)?);
        self.cache.insert(key.to_key(), Arc::clone(&parsed));
        Ok(parsed)
    }

    /// Checks the variables and returns the operation prepared for them.
    pub fn with_variables(
        &self,
        text: &str,
        parsed: &ValidatedOperation,
        variables: &Variables,
    ) -> Result<Arc<PreparedOperation>, PrepareError> {
        variables::check(&self.schema, self.is_valid, &parsed.operation.variables, variables)?;
        let mut condition_values = ConditionValues::new();
        for name in &parsed.condition_variables {
            let value = variables::boolean(&parsed.operation.variables, variables, name)?;
            condition_values.insert(name.clone(), value);
        }
        if let Some(variant) = parsed.variant(&condition_values) {
            return Ok(variant);
        }
        let prepared =
            Arc::new(self.build(text, &parsed.document, &parsed.operation, &condition_values)?);
        parsed.store(condition_values, &prepared);
        Ok(prepared)
    }

    /// Prepares each operation of a document, with no field skipped, and returns the first error.
    pub fn check(&self, text: &str) -> Result<(), PrepareError> {
        let document = validate(&self.schema, text, self.options)?;
        if document.operations.is_empty() {
            return Err(UndefinedOperation::NoOperation.into());
        }
        for operation in document.operations.iter() {
            self.build(text, &document, operation, &ConditionValues::new())?;
        }
        Ok(())
    }

    fn read(
        &self,
        text: &str,
        operation: Option<&str>,
    ) -> Result<ValidatedOperation, PrepareError> {
        let document = validate(&self.schema, text, self.options)?;
        let operation = select_operation(&document, operation)?.clone();
        let condition_variables = condition_variables(&document, &operation);
        let declared = operation.variables.iter().map(|variable| variable.name.clone()).collect();
        Ok(ValidatedOperation {
            document,
            operation,
            condition_variables,
            declared,
            variants: Mutex::default(),
        })
    }

    fn build(
        &self,
        text: &str,
        document: &Valid<ValidDocument>,
        operation: &Node<Operation>,
        condition_values: &ConditionValues,
    ) -> Result<PreparedOperation, PrepareError> {
        let selections = normalize(&self.schema, document, operation, condition_values)?;
        if introspection_too_deep(&selections) {
            return Err(PrepareError::DeepIntrospection);
        }
        scalars::check(&self.schema, self.is_valid, &selections)?;
        let mut root_fields = Vec::<String>::new();
        for selection in &selections {
            if let normalize::CollectedSelection::Field(field) = selection
                && !root_fields.iter().any(|root| *root == field.origin.name.as_str())
            {
                root_fields.push(field.origin.name.to_string());
            }
        }
        Ok(PreparedOperation {
            operation: convert::convert(operation, &selections, &Positions::new(text)),
            operation_type: convert::operation_type(operation.operation_type),
            name: operation.name.as_ref().map(ToString::to_string),
            introspection: root_fields.iter().any(|root| root == "__schema" || root == "__type"),
            root_fields,
            is_empty: selections.is_empty(),
            cost: CostPlan::new(&self.schema, operation, &selections),
            slow: AtomicBool::new(false),
        })
    }
}

impl ValidatedOperation {
    pub fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    fn variant(&self, condition_values: &ConditionValues) -> Option<Arc<PreparedOperation>> {
        let variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        let found = variants.iter().find(|(values, _)| values == condition_values);
        found.map(|(_, prepared)| Arc::clone(prepared))
    }

    fn store(&self, condition_values: ConditionValues, prepared: &Arc<PreparedOperation>) {
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        if variants.len() < MAX_VARIANTS {
            variants.push((condition_values, Arc::clone(prepared)));
        }
    }
}

#[derive(Clone)]
struct ByteWeighter;

impl Weighter<Key, Arc<ValidatedOperation>> for ByteWeighter {
    /// Estimates an upper bound. A measurement gave 4 KB per entry, and 80 bytes of tree per byte
    /// of text, half of them once per combination of conditions.
    fn weight(&self, key: &Key, parsed: &Arc<ValidatedOperation>) -> u64 {
        let combinations = 1 << parsed.condition_variables.len().min(4);
        let text = key.text.len() as u64;
        4_000 + text * 50 * (1 + combinations)
    }
}

#[cfg(test)]
mod tests;
