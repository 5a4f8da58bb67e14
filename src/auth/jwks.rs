//! The public keys of the issuer, fetched over HTTP or read from a file, and cached.

use super::discovery::{Configuration, fetch};
use super::rsa_key::{MIN_BITS, bits};
use crate::trace;
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Minimum time between two fetches, so that callers with unknown `kid`s cannot flood the issuer
/// with requests.
const FETCH_INTERVAL: Duration = Duration::from_secs(10);
/// The same time before the first successful fetch. It is shorter, because the server accepts no
/// token without keys.
const FIRST_FETCH_INTERVAL: Duration = Duration::from_secs(1);
/// Age at which the background task refreshes the set. No request waits for this.
const REFRESH_AFTER: Duration = Duration::from_secs(300);

/// The source of the issuer's keys.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The keys are at the `jwks_uri` of `<issuer>/.well-known/openid-configuration`.
    Discovery {
        issuer: String,
        /// Whether the keys may come over plain HTTP from another machine. Everybody on the network
        /// path can then replace them.
        allow_http: bool,
    },
    Url(String),
    File(PathBuf),
    /// The key set itself, as JSON.
    Given(String),
}

impl KeySource {
    /// Reads the source once and returns the number of keys that this server can use. Blocks.
    pub fn count(&self) -> anyhow::Result<usize> {
        Ok(read(self)?.len())
    }
}

/// A key that verifies signatures.
pub struct Key {
    pub key: DecodingKey,
    /// The only algorithm that the key may be used with. `None` when the key names none.
    algorithm: Option<KeyAlgorithm>,
}

impl Key {
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own.to_string() == format!("{algorithm:?}"))
    }
}

type KeysByKid = HashMap<String, Arc<Key>>;

#[derive(Default)]
struct CachedKeys {
    by_kid: KeysByKid,
    /// The time of the last successful read.
    read_at: Option<Instant>,
    /// The time at which the last fetch ended. `None` before the first fetch and right after the
    /// first successful one.
    tried: Option<Instant>,
}

/// A key set, which is read again for an unknown `kid` and, after [`KeySet::spawn_refresh`],
/// regularly. The old keys stay when a fetch fails. Cheap to clone.
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    source: KeySource,
    cached: RwLock<CachedKeys>,
    /// The lock admits one fetch at a time. A caller that waits for the lock uses the result of the
    /// fetch that held it.
    fetching: tokio::sync::Mutex<()>,
}

impl KeySet {
    pub fn new(source: KeySource) -> Self {
        Self(Arc::new(Inner {
            source,
            cached: RwLock::default(),
            fetching: tokio::sync::Mutex::new(()),
        }))
    }

    /// The key with this `kid`. `Ok(None)` when the issuer does not have it, `Err` while no key set
    /// could be read yet.
    pub async fn key(&self, kid: &str) -> Result<Option<Arc<Key>>, NoKeys> {
        if let Some(key) = self.cached_key(kid) {
            return Ok(Some(key));
        }
        self.refresh(|cached| cached.by_kid.contains_key(kid)).await;
        match self.cached_key(kid) {
            Some(key) => Ok(Some(key)),
            None if !self.has_keys() => Err(NoKeys),
            None => Ok(None),
        }
    }

    /// The key with this `kid`, from the cached set only.
    pub fn cached_key(&self, kid: &str) -> Option<Arc<Key>> {
        let cached = self.0.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.by_kid.get(kid).map(Arc::clone)
    }

    /// Spawns a task that refreshes the set regularly, so that no request waits for it and a
    /// withdrawn key is not trusted for long. The task ends when all other clones are dropped.
    pub fn spawn_refresh(&self) {
        let weak = Arc::downgrade(&self.0);
        actix_web::rt::spawn(async move {
            loop {
                let Some(keys) = weak.upgrade().map(Self) else { return };
                let stale_in = keys.stale_in();
                if stale_in.is_zero() {
                    keys.refresh(|cached| !are_stale(cached)).await;
                }
                let pause = match keys.has_keys() {
                    true => stale_in.max(FETCH_INTERVAL),
                    false => FIRST_FETCH_INTERVAL,
                };
                drop(keys);
                tokio::time::sleep(pause).await;
            }
        });
    }

    fn stale_in(&self) -> Duration {
        let cached = self.0.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached
            .read_at
            .map_or(Duration::ZERO, |read_at| REFRESH_AFTER.saturating_sub(read_at.elapsed()))
    }

    /// The time since the key set was last read. `None` if it never was.
    pub fn age(&self) -> Option<Duration> {
        let cached = self.0.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.read_at.map(|read_at| read_at.elapsed())
    }

    /// Whether the server has ever read a key set. It cannot verify a token before that.
    pub fn has_keys(&self) -> bool {
        self.0.cached.read().unwrap_or_else(PoisonError::into_inner).read_at.is_some()
    }

    async fn refresh(&self, arrived: impl Fn(&CachedKeys) -> bool) {
        let _guard = self.0.fetching.lock().await;
        {
            let cached = self.0.cached.read().unwrap_or_else(PoisonError::into_inner);
            if arrived(&cached) || !can_try(&cached) {
                return;
            }
        }
        let source = self.0.source.clone();
        let result = tokio::task::spawn_blocking(trace::carried(move || read(&source))).await;
        let mut cached = self.0.cached.write().unwrap_or_else(PoisonError::into_inner);
        // The pause counts from the end of the fetch, so that a caller that waited for the fetch
        // uses its result. The first successful fetch does not count: a key that was added after it
        // is found at once.
        let now = Instant::now();
        cached.tried = cached.read_at.map(|_| now);
        match result.map_err(anyhow::Error::from).and_then(|keys| keys) {
            Ok(keys) => {
                tracing::info!(chaves = keys.len(), "key set read");
                cached.by_kid = keys;
                cached.read_at = Some(now);
            }
            Err(cause) => {
                cached.tried = Some(now);
                tracing::warn!(causa = %cause, "key set could not be read; the old keys stay");
            }
        }
    }
}

/// The server has never read a key set, because every attempt failed. This says nothing about the
/// token.
#[derive(Debug)]
pub struct NoKeys;

fn can_try(cached: &CachedKeys) -> bool {
    let pause = if cached.read_at.is_some() { FETCH_INTERVAL } else { FIRST_FETCH_INTERVAL };
    cached.tried.is_none_or(|when| when.elapsed() >= pause)
}

fn are_stale(cached: &CachedKeys) -> bool {
    cached.read_at.is_none_or(|read_at| read_at.elapsed() >= REFRESH_AFTER)
}

/// Reads the signature keys of the source. A set without a usable key is an error.
fn read(source: &KeySource) -> anyhow::Result<KeysByKid> {
    let body = match source {
        KeySource::File(path) => std::fs::read(path)?,
        KeySource::Given(set) => set.clone().into_bytes(),
        KeySource::Url(url) => fetch(url)?,
        KeySource::Discovery { issuer, allow_http } => {
            fetch(&Configuration::of(issuer)?.jwks_uri(*allow_http)?)?
        }
    };
    let set: JwkSet = serde_json::from_slice(&body)?;
    let keys: KeysByKid = set.keys.iter().filter_map(usable).collect();
    anyhow::ensure!(!keys.is_empty(), "the key set has no key that we can use");
    Ok(keys)
}

/// A key and its `kid`. `None` for a key that this server cannot use to verify signatures.
fn usable(jwk: &Jwk) -> Option<(String, Arc<Key>)> {
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let key = DecodingKey::from_jwk(jwk).ok()?;
    let (kid, algorithm) = (jwk.common.key_id.clone()?, jwk.common.key_algorithm);
    if let DecodingKeyKind::RsaModulusExponent { n, .. } = key.kind()
        && bits(n) < MIN_BITS
    {
        tracing::warn!(
            kid,
            bits = bits(n),
            "a key of the issuer is too short; its tokens are refused"
        );
        return None;
    }
    Some((kid, Arc::new(Key { key, algorithm })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::rsa_key::RsaPublicKey;
    use jsonwebtoken::jwk::{AlgorithmParameters, CommonParameters};

    #[test]
    fn a_key_that_is_too_short_is_not_used() {
        let is_usable = |pem: &str| {
            let key = RsaPublicKey::from_pem(pem).unwrap();
            let key_id = Some("a".into());
            usable(&Jwk {
                common: CommonParameters { key_id, ..CommonParameters::default() },
                algorithm: AlgorithmParameters::RSA(key.parameters()),
            })
            .is_some()
        };
        assert!(is_usable(include_str!("../catalogo/testdata/public.pem")));
        assert!(!is_usable(include_str!("../catalogo/testdata/short.pem")));
    }
}
