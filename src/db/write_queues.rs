//! The writes that wait to share a transaction.
//!
//! Their types are known to `command::group_commit` alone, so this module stores them by type.

use super::groups::{Groups, Member};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The groups of each type of write.
#[derive(Default)]
pub struct WriteQueues(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// The tribunal of a write, and its credential. Credentials have separate groups, so that none
/// waits for the writes of another.
pub type WriteKey = (i16, Arc<str>);

impl WriteQueues {
    /// The groups of the writes of type `M`.
    pub(crate) fn of<M: Member>(&self) -> Arc<Groups<WriteKey, M>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = queues
            .entry(TypeId::of::<M>())
            .or_insert_with(|| Arc::<Groups<WriteKey, M>>::default());
        Arc::clone(groups).downcast().expect("the groups under this type are of this type")
    }
}
