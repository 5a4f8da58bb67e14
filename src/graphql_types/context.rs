//! The state that the resolvers of one answer share, and the extension trait through which they
//! reach it.

use super::batch::PendingKeys;
use super::loaders::Loaders;
use crate::audit::SensitiveField;
use crate::auth::{Actor, Papel};
use crate::call::{App, Call};
use crate::error::{Error, Failure};
use async_graphql::{Context, QueryPathSegment};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum number of objects in all lists of one answer together. Nested pages multiply: without
/// the limit, a document with seven levels could ask for gigabytes.
const MAX_OBJECTS: usize = 50_000;

/// The state of one answer: its call, its loaders, and the number of objects in its lists so far.
/// It must not outlive the answer: if two answers shared it, one would see the rows of the other.
pub struct RequestContext {
    call: Call,
    loaders: Loaders,
    objects: AtomicUsize,
}

impl RequestContext {
    /// Creates the context of a mutation or of an event. Its resolvers read after the write,
    /// through the loaders of the crate `dataloader`.
    pub fn for_request(call: Call) -> Self {
        let loaders = Loaders::by_dataloader(call.clone());
        Self { call, loaders, objects: AtomicUsize::new(0) }
    }

    /// Creates the context of a query. Its keys wait in `queue` until the thread of the query reads
    /// them.
    pub fn for_query(call: Call, queue: Arc<PendingKeys>) -> Self {
        let loaders = Loaders::by_queue(call.clone(), queue);
        Self { call, loaders, objects: AtomicUsize::new(0) }
    }

    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// Counts the objects of one more page against the limit of the answer.
    ///
    /// # Errors
    /// `CUSTO_EXCEDE_LIMITE` when the answer would have more than 50,000.
    pub fn count_objects(&self, objects: usize) -> Result<(), Error> {
        let before = self.objects.fetch_add(objects, Ordering::Relaxed);
        if before + objects <= MAX_OBJECTS {
            return Ok(());
        }
        let message = format!(
            "a resposta teria mais de {MAX_OBJECTS} objetos; peça páginas menores ou menos níveis"
        );
        Err(Error::failure(Failure::CustoExcedeLimite, message))
    }
}

/// Gives resolvers access to the [`RequestContext`].
pub trait ContextExt {
    fn request(&self) -> &RequestContext;
    fn app(&self) -> &App;
    fn actor(&self) -> &Actor;
    fn loaders(&self) -> &Loaders;
    fn call(&self) -> &Call;
    /// Returns `value` if the caller may see sensitive data, otherwise `None`. The audit trail
    /// records which field the response shows, and the response which it hides.
    fn sensitive<T>(&self, field: SensitiveField, value: Option<T>) -> Option<T>;
    /// Whether the caller may see sensitive data. If not, the response says that it hides the
    /// current field.
    fn may_see_sensitive(&self) -> bool;
}

impl ContextExt for Context<'_> {
    fn request(&self) -> &RequestContext {
        self.data_unchecked()
    }

    fn app(&self) -> &App {
        &self.call().app
    }

    fn actor(&self) -> &Actor {
        self.call().actor()
    }

    fn loaders(&self) -> &Loaders {
        &self.request().loaders
    }

    fn call(&self) -> &Call {
        &self.request().call
    }

    fn sensitive<T>(&self, field: SensitiveField, value: Option<T>) -> Option<T> {
        match self.may_see_sensitive() {
            true => self.call().record.sensitive(field, value),
            false => None,
        }
    }

    fn may_see_sensitive(&self) -> bool {
        let may = self.actor().has(Papel::DadosSensiveis);
        if !may {
            self.call().record.hide(path_of(self));
        }
        may
    }
}

/// The response keys that lead to the current field, without the indices of lists: what a caller may
/// not see, it may see in no item.
fn path_of(ctx: &Context<'_>) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = ctx.path_node.as_ref();
    while let Some(node) = at {
        if let QueryPathSegment::Name(name) = node.segment {
            path.push(name.to_owned());
        }
        at = node.parent;
    }
    path.reverse();
    path
}
