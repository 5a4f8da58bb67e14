//! The queues of writes that wait to share a transaction.
//!
//! This module only stores the queues. Their element types are known to `command::group_commit`
//! alone, so the values are type-erased here.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The waiting writes, by type of write, tribunal and credential.
#[derive(Default)]
pub struct WriteQueues {
    /// Each value is a `group_commit::Queue` of the type in its key, and is never empty.
    queues: Mutex<HashMap<QueueKey, Box<dyn Any + Send>>>,
}

/// The type of the write, its tribunal, and its credential. Credentials have separate queues, so
/// that none waits for the writes of another.
pub type QueueKey = (TypeId, i16, Arc<str>);

impl WriteQueues {
    pub fn lock(&self) -> MutexGuard<'_, HashMap<QueueKey, Box<dyn Any + Send>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
