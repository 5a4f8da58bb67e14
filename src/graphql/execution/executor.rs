//! Runs prepared queries.
//!
//! Of every request async-graphql copies the document, checks its rules and, at each root field,
//! looks through all types for a federation's entities: a fifth of the instructions of a look-up
//! by number. A prepared document is valid, of one operation, without fragments' names and conditions; this
//! schema is of no federation. So its root is resolved like any object (`escrito.rs`), out of
//! the document that all its requests share.
//!
//! Introspection, mutations and subscriptions go the framework's own way.

use crate::graphql::document::prepare::Preparado;
use crate::graphql::schema::{Query, Schema};
use crate::graphql_types::json::objeto;
use crate::graphql_types::loaders::Loaders;
use async_graphql::extensions::Extensions;
use async_graphql::parser::types::{OperationDefinition, SelectionSet};
use async_graphql::{
    Context, Data, Guard, IntrospectionMode, Positioned, QueryEnv, QueryEnvInner, Request,
    Response, SchemaEnv, Value, Variables,
};
use futures_util::FutureExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request for what a prepared query asks.
pub struct Consulta {
    pub preparado: Arc<Preparado>,
    pub variaveis: Variables,
    pub loaders: Loaders,
}

pub struct Executor {
    schema: Schema,
    query: Query,
    ambiente: Ambiente,
}

/// What resolvers find in their context that is of the schema.
struct Ambiente {
    schema: SchemaEnv,
    extensions: Extensions,
}

impl Executor {
    /// # Panics
    /// When the framework does not let a resolver see its context.
    pub fn novo(schema: Schema) -> Self {
        let ambiente = Ambiente::de(&schema).expect("a guard is asked before its field");
        Self { schema, query: Query::default(), ambiente }
    }

    /// For what is not a query.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    pub async fn consultar(&self, consulta: Consulta) -> Response {
        let Consulta { preparado, variaveis, loaders } = consulta;
        if preparado.introspeccao {
            return self.schema.execute(preparado.request(variaveis).data(loaders)).await;
        }
        let raiz = &preparado.operacao.node.selection_set;
        let env = self.ambiente.consulta(&preparado.operacao, variaveis, loaders);
        let ctx = env.create_context(&self.ambiente.schema, None, raiz, None);
        let mut response = match objeto(&ctx, &self.query).await {
            Ok(json) => Response::new(Value::Binary(json.into())),
            Err(error) => Response::from_errors(vec![error]),
        };
        response.errors.append(&mut env.errors.lock().unwrap_or_else(PoisonError::into_inner));
        response
    }
}

impl Ambiente {
    /// Only resolvers are shown it: one is asked for it, once.
    fn de(schema: &Schema) -> Option<Self> {
        let visto = Visto::default();
        let request = Request::new("{ eu { __typename } }").data(visto.clone());
        schema.execute(request).now_or_never()?;
        // Taken out: what was shown holds the request's data, and this is of them.
        visto.lugar().take()
    }

    /// The fields are those of `operacao`; what of it resolvers look for besides is its variables.
    fn consulta(
        &self,
        operacao: &Positioned<OperationDefinition>,
        variables: Variables,
        loaders: Loaders,
    ) -> QueryEnv {
        let OperationDefinition { ty, variable_definitions, selection_set, .. } = &operacao.node;
        let definicao = OperationDefinition {
            ty: *ty,
            variable_definitions: variable_definitions.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet::default(), selection_set.pos),
        };
        let mut query_data = Data::default();
        query_data.insert(loaders);
        QueryEnv::new(QueryEnvInner {
            extensions: self.extensions.clone(),
            variables,
            operation_name: None,
            operation: Positioned::new(definicao, operacao.pos),
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

/// Where a context leaves what of it is of the schema.
#[derive(Clone, Default)]
struct Visto(Arc<Mutex<Option<Ambiente>>>);

impl Visto {
    fn lugar(&self) -> MutexGuard<'_, Option<Ambiente>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Guards a field: from who looks for the schema's part of the context, and from nobody else.
pub struct Mostrar;

impl Guard for Mostrar {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        let Some(visto) = ctx.data_opt::<Visto>() else { return Ok(()) };
        let (schema, extensions) = (ctx.schema_env.clone(), ctx.query_env.extensions.clone());
        *visto.lugar() = Some(Ambiente { schema, extensions });
        Err("só o contexto".into())
    }
}
