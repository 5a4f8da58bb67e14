//! Gets tokens for clients that send their id and secret with every call. The server checks a
//! secret at the issuer once, and keeps the token until it expires, for an hour at most.
//!
//! The server stores no secret: it finds entries by a hash of the secret with a key that only this
//! process has.

use super::basic::ClientSecret;
use super::exchange::{Exchange, Outcome};
use super::secret_attempts::SecretAttempts;
use crate::trace;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

/// Maximum number of clients whose token the server keeps. Each takes a few kilobytes.
const MAX_TOKENS: usize = 1_000;
/// Maximum number of wrong secrets that the server remembers, so that a client that repeats one
/// causes no requests to the issuer.
const MAX_WRONG: usize = 10_000;
const WRONG_SECRET_TTL: Duration = Duration::from_secs(30);
/// Maximum age of a kept token, so that a secret that the issuer withdrew stops working even if the
/// token is still valid.
const MAX_AGE: Duration = Duration::from_secs(3_600);
/// Minimum age of a token that this server refuses before another one is requested.
const RENEWED_AFTER: Duration = Duration::from_secs(10);
/// Maximum number of concurrent requests to the issuer, over all clients.
const MAX_CONCURRENT: usize = 4;
/// Maximum time that a call waits for its permit.
const WAIT: Duration = Duration::from_secs(10);
/// Time for which the server sends no request to an issuer that it could not reach.
const ISSUER_RETRY_DELAY: Duration = Duration::from_secs(2);

/// The reason why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    Wrong,
    /// The client or address has to wait this many seconds.
    TooManyGuesses(u32),
    Down,
}

/// A keyed hash of a client's id and secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

#[derive(Clone)]
struct CachedToken {
    token: Arc<str>,
    since: Instant,
    until: Instant,
}

/// The tokens of all clients. The clones share them.
#[derive(Clone)]
pub struct ClientTokens(Arc<Inner>);

struct Inner {
    exchange: Exchange,
    key: [u8; 32],
    held: Cache<SecretHash, CachedToken>,
    /// Wrong secrets, each with the instant until which the server refuses it without asking the
    /// issuer.
    wrong: Cache<SecretHash, Instant>,
    guesses: SecretAttempts,
    /// One lock for each client whose secret is being checked. Unused locks are removed.
    client_locks: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    exchanges: Arc<Semaphore>,
    down_until: Mutex<Option<Instant>>,
}

/// The right to send a request to the issuer: one for each client, and [`MAX_CONCURRENT`] in all.
/// The requesting thread holds it until the issuer has answered, even if the caller disconnects.
struct Permit {
    _of_client: OwnedMutexGuard<()>,
    _of_all: OwnedSemaphorePermit,
}

/// A guess that was counted against this address. `None` if the address is unknown.
struct Guess {
    address: Option<IpAddr>,
}

impl ClientTokens {
    pub fn new(exchange: Exchange) -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        Self(Arc::new(Inner {
            exchange,
            key,
            held: Cache::new(MAX_TOKENS),
            wrong: Cache::new(MAX_WRONG),
            guesses: SecretAttempts::default(),
            client_locks: Mutex::default(),
            exchanges: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            down_until: Mutex::default(),
        }))
    }

    /// A token of the client, if its secret is right.
    pub async fn token(
        &self,
        client: &ClientSecret,
        address: Option<IpAddr>,
    ) -> Result<Arc<str>, NoToken> {
        let inner = &self.0;
        let hash = self.hash(client);
        if let Some(known) = inner.known(hash) {
            return known;
        }
        // A client with the right secret must not be locked out by others who guess at it.
        let was_right = inner.held.get(&hash).is_some();
        let guesses = (!was_right).then_some(&inner.guesses);
        let may_guess =
            || match guesses.and_then(|guesses| guesses.retry_after(&client.id, address)) {
                Some(seconds) => Err(NoToken::TooManyGuesses(seconds)),
                None => Ok(()),
            };
        may_guess()?;
        let permit = timeout(WAIT, self.permit(&client.id)).await.map_err(|_| NoToken::Down)?;
        let Some(permit) = permit else { return Err(NoToken::Down) };
        // The previous holder of the permit may have checked the same secret, found the issuer
        // down, or used up the guesses.
        if let Some(known) = inner.known(hash) {
            return known;
        }
        if inner.is_down() {
            return Err(NoToken::Down);
        }
        may_guess()?;
        if let Some(guesses) = guesses {
            guesses.take(&client.id, address);
        }
        let guess = guesses.map(|_| Guess { address });
        self.ask(client.clone(), hash, guess, permit).await
    }

    /// Forgets a token that this server refused, so that another one is requested. Returns false
    /// when the token is so new that another one would be no better, or when there is none.
    pub fn renew(&self, client: &ClientSecret) -> bool {
        let hash = self.hash(client);
        let old = |held: &CachedToken| held.since.elapsed() >= RENEWED_AFTER;
        let is_old = self.0.held.get(&hash).is_some_and(|held| old(&held));
        is_old && self.0.held.remove(&hash).is_some()
    }

    fn hash(&self, ClientSecret { id, secret }: &ClientSecret) -> SecretHash {
        let mut hasher = Sha256::new_with_prefix(self.0.key);
        hasher.update((id.len() as u64).to_be_bytes());
        hasher.update(id);
        hasher.update(secret);
        SecretHash(hasher.finalize().into())
    }

    async fn permit(&self, client: &str) -> Option<Permit> {
        let of_client = self.0.client_lock(client).lock_owned().await;
        let of_all = Arc::clone(&self.0.exchanges).acquire_owned().await.ok()?;
        Some(Permit { _of_client: of_client, _of_all: of_all })
    }

    /// Asks the issuer on a new thread, so that a slow issuer occupies no blocking thread that the
    /// database needs. The answer is stored even if the caller disconnects meanwhile.
    async fn ask(
        &self,
        client: ClientSecret,
        hash: SecretHash,
        guess: Option<Guess>,
        permit: Permit,
    ) -> Result<Arc<str>, NoToken> {
        let inner = Arc::clone(&self.0);
        let (sender, receiver) = oneshot::channel();
        let asking =
            std::thread::Builder::new().name("issuer".into()).spawn(trace::carried(move || {
                let outcome = inner.exchange.ask(&client);
                let answer = inner.remember(hash, outcome);
                if let Some(Guess { address }) = guess.filter(|_| answer != Err(NoToken::Wrong)) {
                    inner.guesses.give_back(&client.id, address);
                }
                drop(permit);
                let _ = sender.send(answer);
            }));
        match asking {
            Ok(_) => receiver.await.unwrap_or(Err(NoToken::Down)),
            Err(_) => Err(NoToken::Down),
        }
    }
}

impl Inner {
    /// The answer that is known without asking the issuer. `None` if the issuer must be asked.
    fn known(&self, hash: SecretHash) -> Option<Result<Arc<str>, NoToken>> {
        let now = Instant::now();
        if let Some(held) = self.held.get(&hash).filter(|held| held.until > now) {
            return Some(Ok(held.token));
        }
        self.wrong.get(&hash).filter(|until| *until > now).map(|_| Err(NoToken::Wrong))
    }

    fn remember(
        &self,
        hash: SecretHash,
        outcome: anyhow::Result<Outcome>,
    ) -> Result<Arc<str>, NoToken> {
        let now = Instant::now();
        match outcome {
            Ok(Outcome::Token { token, lifetime }) => {
                let token: Arc<str> = token.into();
                let until = now + lifetime.min(MAX_AGE);
                self.held
                    .insert(hash, CachedToken { token: Arc::clone(&token), since: now, until });
                Ok(token)
            }
            Ok(Outcome::Wrong) => {
                self.held.remove(&hash);
                self.wrong.insert(hash, now + WRONG_SECRET_TTL);
                Err(NoToken::Wrong)
            }
            Err(cause) => {
                tracing::warn!(%cause, "the issuer could not be asked for a client's token");
                let mut down = self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
                *down = Some(now + ISSUER_RETRY_DELAY);
                Err(NoToken::Down)
            }
        }
    }

    fn is_down(&self) -> bool {
        let down = self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
        down.is_some_and(|until| until > Instant::now())
    }

    fn client_lock(&self, client: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut client_locks = self.client_locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = client_locks.get(client).and_then(Weak::upgrade) {
            return lock;
        }
        client_locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        client_locks.insert(client.to_owned(), Arc::downgrade(&lock));
        lock
    }
}
