//! Executes prepared queries.
//!
//! For every request, async-graphql copies the document, checks its rules and, at each root field,
//! searches all types for the entities of a federation. That takes a fifth of the instructions of a
//! lookup by number. A prepared document is valid, has one operation and contains no named
//! fragments or conditions, and this schema belongs to no federation. So this executor resolves the
//! root like any other object (`json.rs`), from the document that all its requests share.
//!
//! async-graphql itself executes introspection, mutations and subscriptions.

use crate::graphql::document::prepare::PreparedOperation;
use crate::graphql::schema::{Query, Schema};
use crate::graphql_types::context::RequestContext;
use crate::graphql_types::json::resolve_object;
use crate::graphql_types::schema_env::SchemaEnvironment;
use async_graphql::parser::types::{OperationDefinition, SelectionSet};
use async_graphql::{
    Data, IntrospectionMode, Positioned, QueryEnv, QueryEnvInner, Response, Value, Variables,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One request for a prepared query.
pub struct QueryRequest {
    pub prepared: Arc<PreparedOperation>,
    pub variables: Variables,
    pub context: RequestContext,
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
        let QueryRequest { prepared, variables, context } = query;
        if prepared.introspection {
            return self.schema.execute(prepared.request(variables).data(context)).await;
        }
        let root = &prepared.operation.node.selection_set;
        let env = self.query_env(&prepared.operation, variables, context);
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
        context: RequestContext,
    ) -> QueryEnv {
        let OperationDefinition { ty, variable_definitions, selection_set, .. } = &operation.node;
        let definition = OperationDefinition {
            ty: *ty,
            variable_definitions: variable_definitions.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet::default(), selection_set.pos),
        };
        let mut query_data = Data::default();
        query_data.insert(context);
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
