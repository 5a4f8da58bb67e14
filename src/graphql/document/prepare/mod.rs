//! Turns the text of a document into an operation that the executor can run, and caches the result.
//!
//! ```text
//! text ─► limits ─► syntax ─► parse ─► expansion ─► rules
//!      ─► input (variables) ─► normalize ─► input (arguments) ─► convert, cost
//! ```
//!
//! The cache keeps the result of the first line for each text and `operationName`, and that of the
//! second for each `Variant` of the variables. Validation comes before normalization, which would
//! make some invalid documents valid.

mod error;
mod key;
mod refused;

use crate::graphql::document::convert;
use crate::graphql::document::cost::CostPlan;
use crate::graphql::document::error::DocumentError;
use crate::graphql::document::input::{
    self, Hole, Holes, InvalidVariable, fill_holes, nullable_variables,
};
use crate::graphql::document::introspection::IntrospectionPlan;
use crate::graphql::document::normalize::{
    CollectedSelection, ConditionValues, condition_variables, normalize,
};
use crate::graphql::document::position::Positions;
use crate::graphql::document::schema::{DocumentSchema, InvalidSchema};
use crate::graphql::document::syntax::Syntax;
use crate::graphql::document::validate::{self, UndefinedOperation, select_operation, validate};
use apollo_compiler::executable::Operation;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument as ValidDocument, Name, Node, ast};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Positioned, Request, Value, Variables};
pub use error::PrepareError;
use key::{Key, KeyRef};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
pub use refused::RefusedField;
use refused::collect_refused;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, Copy)]
pub struct PrepareOptions {
    pub validate: validate::ValidateOptions,
    /// Maximum size of the cache, in estimated bytes.
    pub cache: u64,
}

impl Default for PrepareOptions {
    fn default() -> Self {
        Self { validate: validate::ValidateOptions::default(), cache: 64 << 20 }
    }
}

/// A validated and normalized operation, without variables. Requests with the same text, the same
/// `operationName` and the same `Variant` of the variables share it while the cache holds it.
#[derive(Debug)]
pub struct PreparedOperation {
    /// The normalized operation, which contains only fields and inline fragments `... on Type`.
    pub operation: Positioned<OperationDefinition>,
    pub operation_type: OperationType,
    pub name: Option<String>,
    /// The names of its root fields in the schema, without duplicates.
    pub root_fields: Vec<String>,
    /// The root fields that ask for the schema. `None` if there are none.
    pub introspection: Option<IntrospectionPlan>,
    /// The fields that cannot be answered, because the variables leave an argument without a value.
    pub refused: Vec<RefusedField>,
    /// Whether every field was skipped, so that `data` is `{}`.
    pub is_empty: bool,
    pub cost: CostPlan,
    slow: AtomicBool,
}

impl PreparedOperation {
    /// Whether the answer needs nothing but the schema.
    pub fn reads_nothing(&self) -> bool {
        self.operation_type == OperationType::Query
            && self.root_fields.iter().all(|root| root.starts_with("__"))
    }

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
    schema: Arc<DocumentSchema>,
    options: validate::ValidateOptions,
    cache: Cache<Key, Arc<ValidatedOperation>, ByteWeighter>,
}

/// A validated operation, before the values of its conditions are known.
pub struct ValidatedOperation {
    document: Valid<ValidDocument>,
    syntax: Syntax,
    operation: Node<Operation>,
    condition_variables: Vec<Name>,
    /// The variables whose absence changes what the operation is.
    nullable_variables: Vec<Name>,
    /// The names of the variables that it declares.
    declared: HashSet<Name>,
    variants: Mutex<Vec<(Variant, Arc<PreparedOperation>)>>,
}

/// The part of the variables on which a prepared operation depends: the values of its conditions,
/// and which variables have no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Variant {
    condition_values: ConditionValues,
    holes: Holes,
}

/// Maximum number of cached variants per operation.
const MAX_VARIANTS: usize = 16;

impl Preparer {
    pub fn new(sdl: &str, options: PrepareOptions) -> Result<Self, InvalidSchema> {
        let schema = Arc::new(DocumentSchema::from_sdl(sdl)?);
        let cache = Cache::with_weighter(1_000, options.cache, ByteWeighter);
        Ok(Self { schema, options: options.validate, cache })
    }

    /// Validates and prepares the operation. Returns it with the coerced variables.
    pub fn prepare(
        &self,
        text: &str,
        operation: Option<&str>,
        variables: Variables,
    ) -> Result<(Arc<PreparedOperation>, Variables), PrepareError> {
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

    /// Coerces the variables and returns the operation prepared for them.
    pub fn with_variables(
        &self,
        text: &str,
        parsed: &ValidatedOperation,
        variables: Variables,
    ) -> Result<(Arc<PreparedOperation>, Variables), PrepareError> {
        let definitions = &parsed.operation.variables;
        let invalid = |errors| parsed.invalid_variables(text, errors);
        let variables =
            input::coerce(&self.schema, self.options.check_scalar, definitions, variables)
                .map_err(invalid)?;
        let mut variant = Variant::default();
        for name in &parsed.condition_variables {
            let value = input::boolean(definitions, &variables, name);
            let value = value.map_err(|error| invalid(vec![*error]))?;
            variant.condition_values.insert(name.clone(), value);
        }
        for name in &parsed.nullable_variables {
            let hole = match variables.get(name.as_str()) {
                None => Hole::Absent,
                Some(Value::Null) => Hole::Null,
                Some(_) => continue,
            };
            variant.holes.insert(name.clone(), hole);
        }
        if let Some(prepared) = parsed.variant(&variant) {
            return Ok((prepared, variables));
        }
        let prepared = self.build(text, &parsed.document, &parsed.operation, &variant)?;
        let prepared = Arc::new(prepared);
        parsed.store(variant, &prepared);
        Ok((prepared, variables))
    }

    /// Prepares each operation of a document, as if no variable skipped a field. Returns the names
    /// of the operations that have one, or the first error.
    pub fn check(&self, text: &str) -> Result<Vec<String>, PrepareError> {
        let document = validate(&self.schema, text, self.options)?.document;
        if document.operations.is_empty() {
            return Err(UndefinedOperation::NoOperation.into());
        }
        let mut names = Vec::new();
        for operation in document.operations.iter() {
            names.extend(self.build(text, &document, operation, &Variant::default())?.name);
        }
        Ok(names)
    }

    fn read(
        &self,
        text: &str,
        operation: Option<&str>,
    ) -> Result<ValidatedOperation, PrepareError> {
        let validate::ValidDocument { document, syntax } =
            validate(&self.schema, text, self.options)?;
        let operation = select_operation(&document, operation)?.clone();
        let condition_variables = condition_variables(&document, &operation);
        let nullable_variables = nullable_variables(&document, &operation);
        let declared = operation.variables.iter().map(|variable| variable.name.clone()).collect();
        Ok(ValidatedOperation {
            document,
            syntax,
            operation,
            condition_variables,
            nullable_variables,
            declared,
            variants: Mutex::default(),
        })
    }

    fn build(
        &self,
        text: &str,
        document: &Valid<ValidDocument>,
        operation: &Node<Operation>,
        variant: &Variant,
    ) -> Result<PreparedOperation, PrepareError> {
        let positions = Positions::new(text);
        let mut selections =
            normalize(&self.schema, document, operation, &variant.condition_values)?;
        let mut refused = Vec::new();
        if !variant.holes.is_empty() {
            fill_holes(&self.schema, &variant.holes, &positions, &mut selections);
            collect_refused(&selections, true, &positions, &mut refused);
        }
        // Refuse a mutation before it writes, unless each refused field is at the root and
        // nullable: such a field does not run and is answered with null. Any other would lie in the
        // answer to a write that is already committed, or make the whole answer null. Refuse to
        // open a subscription with any refused field, because no event could be answered in full.
        let answers_null = |field: &RefusedField| field.at_root && field.nullable;
        let refuses_all = match operation.operation_type {
            ast::OperationType::Query => false,
            ast::OperationType::Mutation => !refused.iter().all(answers_null),
            ast::OperationType::Subscription => !refused.is_empty(),
        };
        if refuses_all {
            return Err(PrepareError::Values(refused.into_iter().map(|f| f.error).collect()));
        }
        let mut root_fields = Vec::<String>::new();
        for selection in &selections {
            if let CollectedSelection::Field(field) = selection
                && !root_fields.iter().any(|root| *root == field.origin.name.as_str())
            {
                root_fields.push(field.origin.name.to_string());
            }
        }
        let converted = convert::convert(operation, &selections, &positions);
        Ok(PreparedOperation {
            introspection: IntrospectionPlan::new(&self.schema, &converted),
            operation: converted,
            operation_type: convert::operation_type(operation.operation_type),
            name: operation.name.as_ref().map(ToString::to_string),
            root_fields,
            is_empty: selections.is_empty(),
            refused,
            cost: CostPlan::new(&self.schema, operation, &selections),
            slow: AtomicBool::new(false),
        })
    }
}

impl ValidatedOperation {
    pub fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Locates errors of variables at their definitions.
    fn invalid_variables(&self, text: &str, errors: Vec<InvalidVariable>) -> PrepareError {
        let positions = Positions::new(text);
        let locate = |error: InvalidVariable| {
            let offset = error.definition.map_or(0, |span| span.offset());
            let at = positions.at(self.syntax.with_description(offset));
            let (coordinate, field) = (error.coordinate, Some(error.path));
            let located = DocumentError::new(error.message, vec![at]);
            DocumentError { kind: error.kind, coordinate, field, ..located }
        };
        PrepareError::Values(errors.into_iter().map(locate).collect())
    }

    fn variant(&self, variant: &Variant) -> Option<Arc<PreparedOperation>> {
        let variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        let found = variants.iter().find(|(other, _)| other == variant);
        found.map(|(_, prepared)| Arc::clone(prepared))
    }

    fn store(&self, variant: Variant, prepared: &Arc<PreparedOperation>) {
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        if variants.len() < MAX_VARIANTS {
            variants.push((variant, Arc::clone(prepared)));
        }
    }
}

#[derive(Clone)]
struct ByteWeighter;

impl Weighter<Key, Arc<ValidatedOperation>> for ByteWeighter {
    /// Estimates an upper bound. A measurement gave 4 KB per entry, and 80 bytes of tree per byte
    /// of text, half of them once per variant.
    fn weight(&self, key: &Key, parsed: &Arc<ValidatedOperation>) -> u64 {
        let variables = parsed.condition_variables.len() + 2 * parsed.nullable_variables.len();
        let combinations = 1 << variables.min(4);
        let text = key.text.len() as u64;
        4_000 + text * 50 * (1 + combinations)
    }
}

#[cfg(test)]
mod tests;
