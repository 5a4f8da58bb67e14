//! The resources that an answer contains. Every value that is read reports its resources itself, so
//! that no read escapes the audit trail.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// A record of a person or of a processo, by its internal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    Processo(i64),
    Adolescente(i64),
    Guia(i64),
    Rascunho(i64),
    Tramite(i64),
    RegistroEletronico(i64),
}

/// Number of low bits that hold the kind of the resource.
const BITS: u32 = 3;

impl Resource {
    /// The number that the audit trail stores: the key, with the kind in the low bits.
    ///
    /// ```
    /// use elos::value::resource::Resource;
    /// assert_eq!(Resource::Adolescente(5).to_number(), 5 * 8 + 1);
    /// assert_eq!(Resource::from_number(41), Some(Resource::Adolescente(5)));
    /// ```
    pub const fn to_number(self) -> i64 {
        let (key, kind) = match self {
            Self::Processo(key) => (key, 0),
            Self::Adolescente(key) => (key, 1),
            Self::Guia(key) => (key, 2),
            Self::Rascunho(key) => (key, 3),
            Self::Tramite(key) => (key, 4),
            Self::RegistroEletronico(key) => (key, 5),
        };
        key << BITS | kind
    }

    /// The resource of such a number. `None` if its low bits are of no kind.
    pub const fn from_number(numero: i64) -> Option<Self> {
        let key = numero >> BITS;
        Some(match numero & ((1 << BITS) - 1) {
            0 => Self::Processo(key),
            1 => Self::Adolescente(key),
            2 => Self::Guia(key),
            3 => Self::Rascunho(key),
            4 => Self::Tramite(key),
            5 => Self::RegistroEletronico(key),
            _ => return None,
        })
    }
}

/// A value that was read and reports the resources that it contains.
pub trait HasResources {
    fn collect_resources(&self, resources: &mut Vec<Resource>);
}

/// Implements [`HasResources`] for types that contain no resource.
macro_rules! no_resources {
    ($($kind:ty),+ $(,)?) => {
        $(impl $crate::value::resource::HasResources for $kind {
            fn collect_resources(&self, _: &mut Vec<$crate::value::resource::Resource>) {}
        })+
    };
}
pub(crate) use no_resources;

/// Implements [`HasResources`] for rows that are one resource each.
macro_rules! resources {
    ($($kind:ty => |$row:ident| $resource:expr),+ $(,)?) => {
        $(impl $crate::value::resource::HasResources for $kind {
            fn collect_resources(&self, resources: &mut Vec<$crate::value::resource::Resource>) {
                let $row = self;
                resources.push($resource);
            }
        })+
    };
}
pub(crate) use resources;

no_resources!((), bool, i32, i64);

impl<T: HasResources> HasResources for Option<T> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        if let Some(value) = self {
            value.collect_resources(resources);
        }
    }
}

impl<T: HasResources> HasResources for Vec<T> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        for value in self {
            value.collect_resources(resources);
        }
    }
}

impl<T: HasResources + ?Sized> HasResources for &T {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        (**self).collect_resources(resources);
    }
}

impl<T: HasResources + ?Sized> HasResources for Arc<T> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        (**self).collect_resources(resources);
    }
}

/// The keys are what was requested; only the values were read.
impl<K, T: HasResources, S: BuildHasher> HasResources for HashMap<K, T, S> {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        for value in self.values() {
            value.collect_resources(resources);
        }
    }
}

impl<A: HasResources, B: HasResources> HasResources for (A, B) {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.0.collect_resources(resources);
        self.1.collect_resources(resources);
    }
}

impl<A: HasResources, B: HasResources, C: HasResources> HasResources for (A, B, C) {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.0.collect_resources(resources);
        self.1.collect_resources(resources);
        self.2.collect_resources(resources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_becomes_the_resource_again() {
        let key = (1 << 40) + 7;
        for resource in [
            Resource::Processo(key),
            Resource::Adolescente(key),
            Resource::Guia(key),
            Resource::Rascunho(key),
            Resource::Tramite(key),
            Resource::RegistroEletronico(key),
        ] {
            assert_eq!(Resource::from_number(resource.to_number()), Some(resource));
        }
        assert_eq!(Resource::from_number(7), None);
    }
}
