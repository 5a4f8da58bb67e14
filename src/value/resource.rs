//! Which records an answer holds: every value that is read says it of itself, so
//! that no read goes by unnoticed.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// A record of a person or of a processo, by its internal key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recurso {
    Processo(i64),
    Adolescente(i64),
    Guia(i64),
    Rascunho(i64),
    Tramite(i64),
    RegistroEletronico(i64),
}

/// How many low bits of a number say what kind of record it is.
const BITS: u32 = 3;

impl Recurso {
    /// As the audit trail keeps it: the key, and in its low bits the kind.
    ///
    /// ```
    /// use elos::rastro::Recurso;
    /// assert_eq!(Recurso::Adolescente(5).numero(), 5 * 8 + 1);
    /// assert_eq!(Recurso::de_numero(41), Some(Recurso::Adolescente(5)));
    /// ```
    pub const fn numero(self) -> i64 {
        let (chave, tipo) = match self {
            Self::Processo(chave) => (chave, 0),
            Self::Adolescente(chave) => (chave, 1),
            Self::Guia(chave) => (chave, 2),
            Self::Rascunho(chave) => (chave, 3),
            Self::Tramite(chave) => (chave, 4),
            Self::RegistroEletronico(chave) => (chave, 5),
        };
        chave << BITS | tipo
    }

    pub const fn de_numero(numero: i64) -> Option<Self> {
        let chave = numero >> BITS;
        Some(match numero & ((1 << BITS) - 1) {
            0 => Self::Processo(chave),
            1 => Self::Adolescente(chave),
            2 => Self::Guia(chave),
            3 => Self::Rascunho(chave),
            4 => Self::Tramite(chave),
            5 => Self::RegistroEletronico(chave),
            _ => return None,
        })
    }
}

/// What was read, and says of which records it tells.
pub trait Rastreavel {
    fn rastrear(&self, recursos: &mut Vec<Recurso>);
}

/// Says of types that they tell of no record by themselves.
macro_rules! sem_recursos {
    ($($tipo:ty),+ $(,)?) => {
        $(impl $crate::value::resource::Rastreavel for $tipo {
            fn rastrear(&self, _: &mut Vec<$crate::value::resource::Recurso>) {}
        })+
    };
}
pub(crate) use sem_recursos;

/// Says of rows which record each one is.
macro_rules! recursos {
    ($($tipo:ty => |$linha:ident| $recurso:expr),+ $(,)?) => {
        $(impl $crate::value::resource::Rastreavel for $tipo {
            fn rastrear(&self, recursos: &mut Vec<$crate::value::resource::Recurso>) {
                let $linha = self;
                recursos.push($recurso);
            }
        })+
    };
}
pub(crate) use recursos;

sem_recursos!((), bool, i32, i64);

impl<T: Rastreavel> Rastreavel for Option<T> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        if let Some(valor) = self {
            valor.rastrear(recursos);
        }
    }
}

impl<T: Rastreavel> Rastreavel for Vec<T> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        for valor in self {
            valor.rastrear(recursos);
        }
    }
}

impl<T: Rastreavel + ?Sized> Rastreavel for &T {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        (**self).rastrear(recursos);
    }
}

impl<T: Rastreavel + ?Sized> Rastreavel for Arc<T> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        (**self).rastrear(recursos);
    }
}

/// The keys are what was asked; the values, what was found.
impl<K, T: Rastreavel, S: BuildHasher> Rastreavel for HashMap<K, T, S> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        for valor in self.values() {
            valor.rastrear(recursos);
        }
    }
}

impl<A: Rastreavel, B: Rastreavel> Rastreavel for (A, B) {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.0.rastrear(recursos);
        self.1.rastrear(recursos);
    }
}

impl<A: Rastreavel, B: Rastreavel, C: Rastreavel> Rastreavel for (A, B, C) {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.0.rastrear(recursos);
        self.1.rastrear(recursos);
        self.2.rastrear(recursos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_numero_volta_a_ser_o_recurso() {
        let chave = (1 << 40) + 7;
        for recurso in [
            Recurso::Processo(chave),
            Recurso::Adolescente(chave),
            Recurso::Guia(chave),
            Recurso::Rascunho(chave),
            Recurso::Tramite(chave),
            Recurso::RegistroEletronico(chave),
        ] {
            assert_eq!(Recurso::de_numero(recurso.numero()), Some(recurso));
        }
        assert_eq!(Recurso::de_numero(7), None);
    }
}
