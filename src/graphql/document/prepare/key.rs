//! What a prepared operation is remembered by.

use quick_cache::Equivalent;
use std::hash::{Hash, Hasher};

/// The whole text: a hash alone could be made to collide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chave {
    pub texto: Box<str>,
    pub operacao: Option<Box<str>>,
}

pub struct ChaveRef<'a> {
    pub texto: &'a str,
    pub operacao: Option<&'a str>,
}

impl ChaveRef<'_> {
    pub fn guardar(&self) -> Chave {
        Chave { texto: self.texto.into(), operacao: self.operacao.map(Into::into) }
    }
}

impl Hash for ChaveRef<'_> {
    fn hash<H: Hasher>(&self, estado: &mut H) {
        self.texto.hash(estado);
        self.operacao.hash(estado);
    }
}

impl Hash for Chave {
    fn hash<H: Hasher>(&self, estado: &mut H) {
        ChaveRef { texto: &self.texto, operacao: self.operacao.as_deref() }.hash(estado);
    }
}

impl Equivalent<Chave> for ChaveRef<'_> {
    fn equivalent(&self, chave: &Chave) -> bool {
        *self.texto == *chave.texto && self.operacao == chave.operacao.as_deref()
    }
}
