//! Documents that are asked for by an id: those of a file, which are trusted, and those
//! that some client sent before (Apollo's automatic persisted queries).

use crate::config::Confiavel;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Of all texts that clients sent, together.
const BYTES_MAXIMO: u64 = 8 << 20;
/// What one takes besides its text.
const BYTES_A_MAIS: u64 = 200;
/// How many there may be about; few, so that each part of the cache holds the largest one.
const QUANTOS: usize = 100;

type Resumo = [u8; 32];

/// The id of a document, without `sha256:` before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    pub fn novo(texto: &str) -> Self {
        Self(texto.strip_prefix("sha256:").unwrap_or(texto).to_owned())
    }

    /// The SHA-256 that it is, unless a tool made up another.
    fn resumo(&self) -> Option<Resumo> {
        let mut resumo = Resumo::default();
        if self.0.len() != 2 * resumo.len() || !self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return None;
        }
        for (i, byte) in resumo.iter_mut().enumerate() {
            *byte = u8::from_str_radix(self.0.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(resumo)
    }
}

/// How a request tells which document it wants.
#[derive(Debug)]
pub enum Referencia {
    Texto(String),
    Id(Id),
    Ambos(String, Id),
}

/// The document that a request wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Achado {
    Dado(String),
    /// To be remembered, if it serves.
    Novo(String, Resumo),
    Guardado(Arc<str>),
}

impl Achado {
    pub fn texto(&self) -> &str {
        match self {
            Self::Dado(texto) | Self::Novo(texto, _) => texto,
            Self::Guardado(texto) => texto,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NaoAchado {
    // The words that clients look for, to send the text.
    #[error("PersistedQueryNotFound")]
    Desconhecido,
    #[error("o id não é o SHA-256 do documento que veio com ele")]
    Divergente,
    #[error("este servidor só executa os documentos que conhece de antemão")]
    NaoConfiavel,
}

/// Two documents of the file have this id.
#[derive(Debug)]
pub struct Repetido(pub String);

pub struct Persistidos {
    confiaveis: HashMap<String, Arc<str>>,
    textos: HashSet<Arc<str>>,
    so_confiaveis: bool,
    enviados: Cache<Resumo, Arc<str>, Peso>,
}

impl Persistidos {
    pub fn novos(confiaveis: &[Confiavel], so_confiaveis: bool) -> Result<Self, Repetido> {
        let enviados = Cache::with_weighter(QUANTOS, BYTES_MAXIMO, Peso);
        let (mut por_id, mut textos) = (HashMap::new(), HashSet::new());
        for Confiavel { id, texto } in confiaveis {
            let texto: Arc<str> = texto.as_str().into();
            textos.insert(Arc::clone(&texto));
            if por_id.insert(Id::novo(id).0, Arc::clone(&texto)).is_some_and(|outro| outro != texto)
            {
                return Err(Repetido(id.clone()));
            }
        }
        Ok(Self { confiaveis: por_id, textos, so_confiaveis, enviados })
    }

    pub fn achar(&self, referencia: Referencia) -> Result<Achado, NaoAchado> {
        match referencia {
            Referencia::Texto(texto) => self.confiar(&texto).map(|()| Achado::Dado(texto)),
            Referencia::Id(id) => match self.guardado(&id) {
                Some(texto) => Ok(Achado::Guardado(texto)),
                // Whoever is told that it is unknown sends the text, to be refused again.
                None if self.so_confiaveis => Err(NaoAchado::NaoConfiavel),
                None => Err(NaoAchado::Desconhecido),
            },
            Referencia::Ambos(texto, id) => match (self.confiaveis.get(&id.0), id.resumo()) {
                (Some(confiavel), _) if **confiavel == *texto => Ok(Achado::Dado(texto)),
                (None, Some(resumo)) if resumo == sha256(&texto) => {
                    self.confiar(&texto).map(|()| Achado::Novo(texto, resumo))
                }
                _ => Err(NaoAchado::Divergente),
            },
        }
    }

    /// Looks at the text that a request gives or that is known by its id, if there is one.
    pub fn olhar<T>(&self, referencia: &Referencia, olhar: impl FnOnce(&str) -> T) -> Option<T> {
        match referencia {
            Referencia::Texto(texto) | Referencia::Ambos(texto, _) => Some(olhar(texto)),
            Referencia::Id(id) => self.guardado(id).map(|texto| olhar(&texto)),
        }
    }

    /// A document that was prepared; only such ones take room.
    pub fn lembrar(&self, achado: Achado) {
        if let Achado::Novo(texto, resumo) = achado {
            self.enviados.insert(resumo, texto.into());
        }
    }

    fn guardado(&self, id: &Id) -> Option<Arc<str>> {
        let confiavel = self.confiaveis.get(&id.0).cloned();
        confiavel.or_else(|| self.enviados.get(&id.resumo()?))
    }

    /// A trusted text is trusted by whatever id, or none.
    fn confiar(&self, texto: &str) -> Result<(), NaoAchado> {
        match self.so_confiaveis && !self.textos.contains(texto) {
            true => Err(NaoAchado::NaoConfiavel),
            false => Ok(()),
        }
    }
}

fn sha256(texto: &str) -> Resumo {
    Sha256::digest(texto).into()
}

#[derive(Clone)]
struct Peso;

impl Weighter<Resumo, Arc<str>> for Peso {
    fn weight(&self, _: &Resumo, texto: &Arc<str>) -> u64 {
        BYTES_A_MAIS + texto.len() as u64
    }
}

#[cfg(test)]
mod tests;
