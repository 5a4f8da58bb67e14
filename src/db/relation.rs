//! An edge of the graph, declared once in its slice.

use super::Sessao;
use crate::error::Error;
use crate::value::resource::Rastreavel;
use ahash::{HashMap, HashMapExt};
use std::fmt::Debug;
use std::hash::Hash;

/// The rows of each parent, in the order in which they come.
pub fn agrupar<K: Eq + Hash, T>(linhas: impl IntoIterator<Item = (K, T)>) -> HashMap<K, Vec<T>> {
    let mut grupos: HashMap<K, Vec<T>> = HashMap::new();
    for (pai, linha) in linhas {
        grupos.entry(pai).or_default().push(linha);
    }
    grupos
}

/// A question about many parents, answered for all of them together.
///
/// The value of the type is the key: parent and arguments. Who serves it, a
/// loader or a plan, is not the slice's business.
pub trait Relation: Clone + Eq + Hash + Debug + Send + Sync + 'static {
    type Value: Clone + Send + Sync + Rastreavel + 'static;

    /// One statement for all keys that share their arguments. A key that is
    /// absent from the answer has no value.
    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error>;

    /// The answer about one parent.
    fn load_one(sessao: &mut Sessao<'_>, key: &Self) -> Result<Option<Self::Value>, Error> {
        Ok(Self::load(sessao, std::slice::from_ref(key))?.remove(key))
    }
}
