//! The schema's part of a resolver context.
//!
//! async-graphql creates it while it prepares a request, and shows it only to resolvers. The
//! executor prepares requests itself and needs it too, so it obtains it once from a resolver.

use async_graphql::extensions::Extensions;
use async_graphql::{Context, ObjectType, Request, Schema, SchemaEnv, SubscriptionType};
use futures_util::FutureExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The parts that all contexts of one schema share.
pub struct SchemaEnvironment {
    pub schema: SchemaEnv,
    pub extensions: Extensions,
}

impl SchemaEnvironment {
    /// Returns `None` if the query type of the schema does not include field `__schemaEnvironment`.
    pub fn of<Q, M, S>(schema: &Schema<Q, M, S>) -> Option<Self>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let slot = Slot::default();
        let request = Request::new("{ __schemaEnvironment }").data(slot.clone());
        schema.execute(request).now_or_never()?;
        // Take it out of the slot: otherwise the context and the request keep each other alive.
        slot.lock().take()
    }
}

/// The slot in which field `__schemaEnvironment` stores the parts.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<SchemaEnvironment>>>);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<SchemaEnvironment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of the root field `__schemaEnvironment`: copies the parts of its context for
/// [`SchemaEnvironment::of`].
///
/// Clients cannot reach the field. It is not visible and its name begins with `__`, so neither the
/// SDL nor introspection lists it, and documents are validated against the SDL.
pub fn show(ctx: &Context<'_>) -> bool {
    let Some(slot) = ctx.data_opt::<Slot>() else { return false };
    let (schema, extensions) = (ctx.schema_env.clone(), ctx.query_env.extensions.clone());
    *slot.lock() = Some(SchemaEnvironment { schema, extensions });
    true
}
