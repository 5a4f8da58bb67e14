//! Executes prepared queries.
//!
//! For every request, async-graphql copies the document, checks its rules and, at each root field,
//! searches all types for the entities of a federation. That takes a fifth of the instructions of a
//! lookup by number. A prepared document is valid, has one operation and contains no named
//! fragments or conditions, and this schema belongs to no federation. So this executor resolves the
//! root like any other object (`json.rs`), from the document that all its requests share.
//!
//! async-graphql itself executes mutations and subscriptions.

use super::documents;
use crate::graphql::document::messages::Language;
use crate::graphql::document::prepare::PreparedOperation;
use crate::graphql::schema::{Query, Schema};
use crate::graphql_types::context::RequestContext;
use crate::graphql_types::json::{MetaFields, resolve_object};
use crate::graphql_types::schema_env::SchemaEnvironment;
use async_graphql::parser::types::{OperationDefinition, SelectionSet};
use async_graphql::{
    Data, IntrospectionMode, PathSegment, Positioned, QueryEnv, QueryEnvInner, Response,
    ServerError, Value, Variables,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One request for a prepared query.
pub struct QueryRequest {
    pub prepared: Arc<PreparedOperation>,
    pub variables: Variables,
    pub context: RequestContext,
    /// The language of the messages about its arguments.
    pub language: Language,
}

pub struct Executor {
    schema: Schema,
    query: Query,
    environment: SchemaEnvironment,
}

impl Executor {
    /// # Panics
    /// Panics if the schema has no field `__schemaEnvironment`.
    pub fn new(schema: Schema) -> Self {
        let environment = SchemaEnvironment::of(&schema).expect("the schema has the probe");
        Self { schema, query: Query::default(), environment }
    }

    /// The schema, for operations that are not queries.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    pub async fn query(&self, query: QueryRequest) -> Response {
        let QueryRequest { prepared, variables, context, language } = query;
        let root = &prepared.operation.node.selection_set;
        let mut query_data = Data::default();
        query_data.insert(context);
        if prepared.introspection.is_some() || !prepared.refused.is_empty() {
            query_data.insert(meta_fields(&prepared, &variables, language));
        }
        let env = self.query_env(&prepared.operation, variables, query_data);
        let ctx = env.create_context(&self.environment.schema, None, root, None);
        let mut response = match resolve_object(&ctx, &self.query).await {
            Ok(json) => Response::new(Value::Binary(json.into())),
            Err(error) => Response::from_errors(vec![error]),
        };
        response.errors.append(&mut env.errors.lock().unwrap_or_else(PoisonError::into_inner));
        response
    }

    /// The environment of one request. Besides the fields, which come from `operation` itself,
    /// resolvers use only the variable definitions of the operation, so this function copies
    /// nothing else.
    fn query_env(
        &self,
        operation: &Positioned<OperationDefinition>,
        variables: Variables,
        query_data: Data,
    ) -> QueryEnv {
        let OperationDefinition { ty, variable_definitions, selection_set, .. } = &operation.node;
        let definition = OperationDefinition {
            ty: *ty,
            variable_definitions: variable_definitions.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet::default(), selection_set.pos),
        };
        QueryEnv::new(QueryEnvInner {
            extensions: self.environment.extensions.clone(),
            variables,
            operation_name: None,
            operation: Positioned::new(definition, operation.pos),
            fragments: HashMap::new(),
            uploads: Vec::new(),
            session_data: Arc::default(),
            query_data: Arc::new(query_data),
            http_headers: Mutex::default(),
            introspection_mode: IntrospectionMode::Enabled,
            errors: Mutex::default(),
        })
    }
}

/// The values of the fields that no resolver answers.
fn meta_fields(
    prepared: &PreparedOperation,
    variables: &Variables,
    language: Language,
) -> MetaFields {
    let refused = prepared
        .refused
        .iter()
        .map(|field| (field.pos, field.nullable, documents::server_error(&field.error, language)));
    let introspection = prepared.introspection.as_ref();
    MetaFields {
        introspection: introspection.map(|plan| plan.answers(variables)),
        refused: refused.collect(),
    }
}

/// The errors of the refused root fields of a mutation: the variables leave an argument of theirs
/// without its value. async-graphql answers null there, without an error.
pub fn refused_roots(
    prepared: &PreparedOperation,
    language: Language,
) -> impl Iterator<Item = ServerError> {
    prepared.refused.iter().map(move |field| {
        let path = vec![PathSegment::Field(field.key.clone())];
        ServerError { path, ..documents::server_error(&field.error, language) }
    })
}
