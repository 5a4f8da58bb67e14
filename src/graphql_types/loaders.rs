//! The loaders of one request. They batch reads, so that many resolvers that ask for a relation
//! cost one statement.
//!
//! The keys of a query wait in a [`PendingKeys`], which the query's own thread reads. A mutation or
//! an event reads its answer after the write, with the loaders of the crate `dataloader`.

use super::batch::{Loaded, PendingKeys};
use crate::call::Call;
use crate::db::BatchKey;
use crate::error::Error;
use dataloader::BatchFn;
use dataloader::cached::Loader;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// Loads relations in batches, for one answer only.
pub struct Loaders {
    call: Call,
    backend: Backend,
}

/// The two ways of reading keys.
enum Backend {
    Queue(Arc<PendingKeys>),
    /// One loader for each relation, created at its first use.
    Loaders(LoadersByType),
}

type LoadersByType = Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>;

type LoaderOf<R> = Loader<R, Loaded<R>, Batch<R>>;

/// Number of times that a loader yields to the other resolvers of its level before it reads. The
/// runtime limits how many tasks run between two polls of the loader, so a wide level needs several
/// yields.
const YIELD_COUNT: usize = 32;

struct Batch<R> {
    call: Call,
    relation: PhantomData<fn() -> R>,
}

impl<R: BatchKey> BatchFn<R, Loaded<R>> for Batch<R> {
    async fn load(&mut self, keys: &[R]) -> HashMap<R, Loaded<R>> {
        let owned_keys = keys.to_vec();
        match self.call.read(move |session| R::load(session, &owned_keys)).await {
            Ok(mut values) => {
                keys.iter().map(|key| (key.clone(), Ok(values.remove(key)))).collect()
            }
            Err(error) => keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect(),
        }
    }
}

impl Loaders {
    /// Reads each relation with a loader of the crate `dataloader`.
    pub(super) fn by_dataloader(call: Call) -> Self {
        Self { call, backend: Backend::Loaders(Mutex::default()) }
    }

    /// Reads all relations through `queue`, which the thread of the query serves.
    pub(super) const fn by_queue(call: Call, queue: Arc<PendingKeys>) -> Self {
        Self { call, backend: Backend::Queue(queue) }
    }

    /// Loads the value of `key`, together with the other keys of this request.
    pub async fn load<R: BatchKey>(&self, key: R) -> Result<Option<R::Value>, Error> {
        match &self.backend {
            Backend::Queue(batch_queue) => batch_queue.get(key).await,
            Backend::Loaders(by_type) => {
                self.loader::<R>(by_type).try_load(key).await.map_err(Error::internal)?
            }
        }
    }

    /// Loads the object that the client named by `key`. An absent object counts against the
    /// enumeration limit.
    pub async fn load_named<R: BatchKey>(&self, key: R) -> Result<Option<R::Value>, Error> {
        self.call.charge_lookups(1)?;
        self.call.count_lookup(self.load(key).await?)
    }

    /// Counts a name that cannot belong to any object as one absent object, and returns `None`.
    pub fn absent<T>(&self) -> Result<Option<T>, Error> {
        self.call.charge_lookups(1)?;
        self.call.count_lookup(None)
    }

    fn loader<R: BatchKey>(&self, by_type: &LoadersByType) -> LoaderOf<R> {
        let mut by_type = by_type.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || -> Box<dyn Any + Send + Sync> {
            let call = self.call.clone();
            let loader = Loader::new(Batch::<R> { call, relation: PhantomData });
            Box::new(loader.with_max_batch_size(usize::MAX).with_yield_count(YIELD_COUNT))
        };
        let stored = by_type.entry(TypeId::of::<R>()).or_insert_with(new);
        stored
            .downcast_ref::<LoaderOf<R>>()
            .expect("a loader is stored under the id of its type")
            .clone()
    }
}
