//! The cache key of a prepared operation.

use quick_cache::Equivalent;
use std::hash::{Hash, Hasher};

/// Contains the whole text, because a client could construct texts with the same hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub text: Box<str>,
    pub operation: Option<Box<str>>,
}

pub struct KeyRef<'a> {
    pub text: &'a str,
    pub operation: Option<&'a str>,
}

impl KeyRef<'_> {
    pub fn to_key(&self) -> Key {
        Key { text: self.text.into(), operation: self.operation.map(Into::into) }
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.operation.hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef { text: &self.text, operation: self.operation.as_deref() }.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self.text == *key.text && self.operation == key.operation.as_deref()
    }
}
