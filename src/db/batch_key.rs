//! Keys whose values are loaded for many callers at once: an object by its id, or an edge of the
//! GraphQL graph. The slice that owns a key declares it.

use super::Session;
use crate::error::Error;
use crate::value::resource::HasResources;
use ahash::{HashMap, HashMapExt};
use std::fmt::Debug;
use std::hash::Hash;

/// Groups rows by the key of their parent and keeps their order.
pub fn group_by_key<K: Eq + Hash, T>(rows: impl IntoIterator<Item = (K, T)>) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for (parent, row) in rows {
        groups.entry(parent).or_default().push(row);
    }
    groups
}

/// A key that is loaded together with many others in one statement.
///
/// The value of the implementing type is the key: the parent and the arguments. The slice that
/// declares the relation does not know which executor loads it.
pub trait BatchKey: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    type Value: Clone + Send + Sync + HasResources + 'static;

    /// Loads the values of `keys`, with one statement for all keys that have the same arguments. A
    /// key that is missing from the result has no value.
    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error>;

    /// Loads the value of a single key.
    fn load_one(session: &mut Session<'_>, key: &Self) -> Result<Option<Self::Value>, Error> {
        Ok(Self::load(session, std::slice::from_ref(key))?.remove(key))
    }
}
