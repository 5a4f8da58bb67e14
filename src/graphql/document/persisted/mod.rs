//! Finds documents that clients request by an id: trusted documents from a file, and documents that
//! a client has sent before (Apollo's automatic persisted queries).

use crate::config::TrustedDocument;
use crate::value::hexadecimal;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Maximum size of the cache of documents that clients have sent, in bytes.
const MAX_BYTES: u64 = 8 << 20;
/// Estimated size of an entry without its text, in bytes.
const ENTRY_OVERHEAD: u64 = 200;
/// Estimated number of documents. The estimate is low, so that the cache has few shards and each
/// can hold the largest document.
const ESTIMATED_ITEMS: usize = 100;

type DocumentHash = [u8; 32];

/// The id of a document, without the prefix `sha256:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    pub fn new(text: &str) -> Self {
        Self(text.strip_prefix("sha256:").unwrap_or(text).to_owned())
    }

    /// Returns the SHA-256 that the id encodes, or `None` if the id has another form, which some
    /// tools use.
    fn hash(&self) -> Option<DocumentHash> {
        hexadecimal::decode(self.0.as_bytes())
    }
}

/// The reference of a request to its document: the text, an id, or both.
#[derive(Debug)]
pub enum DocumentRef {
    Text(String),
    Id(Id),
    Both(String, Id),
}

/// The document of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum FoundDocument {
    Given(String),
    /// A text that the client sent with its hash. [`PersistedDocuments::remember`] stores it after
    /// its preparation has succeeded.
    New(String, DocumentHash),
    Stored(Arc<str>),
}

impl FoundDocument {
    pub fn text(&self) -> &str {
        match self {
            Self::Given(text) | Self::New(text, _) => text,
            Self::Stored(text) => text,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    // Apollo clients look for this text, and then send the document.
    #[error("PersistedQueryNotFound")]
    Unknown,
    #[error("o id não é o SHA-256 do documento que veio com ele")]
    Mismatch,
    #[error("este servidor só executa os documentos que conhece de antemão")]
    NotTrusted,
}

/// Two documents of the file have this id.
#[derive(Debug)]
pub struct DuplicateId(pub String);

pub struct PersistedDocuments {
    trusted: HashMap<String, Arc<str>>,
    texts: HashSet<Arc<str>>,
    trusted_only: bool,
    sent: Cache<DocumentHash, Arc<str>, ByteWeighter>,
}

impl PersistedDocuments {
    pub fn new(trusted: &[TrustedDocument], trusted_only: bool) -> Result<Self, DuplicateId> {
        let sent = Cache::with_weighter(ESTIMATED_ITEMS, MAX_BYTES, ByteWeighter);
        let (mut by_id, mut texts) = (HashMap::new(), HashSet::new());
        for TrustedDocument { id, text } in trusted {
            let text: Arc<str> = text.as_str().into();
            texts.insert(Arc::clone(&text));
            if by_id.insert(Id::new(id).0, Arc::clone(&text)).is_some_and(|other| other != text) {
                return Err(DuplicateId(id.clone()));
            }
        }
        Ok(Self { trusted: by_id, texts, trusted_only, sent })
    }

    /// Finds the document that a request names.
    pub fn find(&self, reference: DocumentRef) -> Result<FoundDocument, NotFound> {
        match reference {
            DocumentRef::Text(text) => {
                self.check_trusted(&text).map(|()| FoundDocument::Given(text))
            }
            DocumentRef::Id(id) => match self.stored(&id) {
                Some(text) => Ok(FoundDocument::Stored(text)),
                // Do not answer `Unknown`: the client would send the text, only to be refused
                // again.
                None if self.trusted_only => Err(NotFound::NotTrusted),
                None => Err(NotFound::Unknown),
            },
            DocumentRef::Both(text, id) => match (self.trusted.get(&id.0), id.hash()) {
                (Some(trusted), _) if **trusted == *text => Ok(FoundDocument::Given(text)),
                (None, Some(hash)) if hash == sha256(&text) => {
                    self.check_trusted(&text).map(|()| FoundDocument::New(text, hash))
                }
                _ => Err(NotFound::Mismatch),
            },
        }
    }

    /// Calls `inspect` with the text that the request contains or that its id stands for, if there
    /// is one.
    pub fn inspect<T>(
        &self,
        reference: &DocumentRef,
        inspect: impl FnOnce(&str) -> T,
    ) -> Option<T> {
        match reference {
            DocumentRef::Text(text) | DocumentRef::Both(text, _) => Some(inspect(text)),
            DocumentRef::Id(id) => self.stored(id).map(|text| inspect(&text)),
        }
    }

    /// Remembers a new document. Call this only after its preparation has succeeded, so that
    /// invalid documents take no space.
    pub fn remember(&self, found: FoundDocument) {
        if let FoundDocument::New(text, hash) = found {
            self.sent.insert(hash, text.into());
        }
    }

    fn stored(&self, id: &Id) -> Option<Arc<str>> {
        let trusted = self.trusted.get(&id.0).cloned();
        trusted.or_else(|| self.sent.get(&id.hash()?))
    }

    /// If only trusted documents may run, checks that the text is one of them. Its id does not
    /// matter.
    fn check_trusted(&self, text: &str) -> Result<(), NotFound> {
        match self.trusted_only && !self.texts.contains(text) {
            true => Err(NotFound::NotTrusted),
            false => Ok(()),
        }
    }
}

fn sha256(text: &str) -> DocumentHash {
    Sha256::digest(text).into()
}

#[derive(Clone)]
struct ByteWeighter;

impl Weighter<DocumentHash, Arc<str>> for ByteWeighter {
    fn weight(&self, _: &DocumentHash, text: &Arc<str>) -> u64 {
        ENTRY_OVERHEAD + text.len() as u64
    }
}

#[cfg(test)]
mod tests;
