//! Tokens for clients that send their id and secret with every call: checked at the issuer once,
//! kept until the token expires.
//!
//! Nothing of a secret is kept: entries are found by a hash of it with a key of this process.

use super::basic::ClientSecret;
use super::exchange::{Exchange, Outcome};
use super::guesses::Guesses;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

/// Clients whose token is kept; a few kilobytes each.
const TOKENS: usize = 1_000;
/// Wrong secrets that are remembered, so that a client that repeats one costs the issuer nothing.
const WRONG: usize = 10_000;
const WRONG_FOR: Duration = Duration::from_secs(30);
/// A secret that the issuer withdrew is good for no longer, whatever the token says.
const KEPT_AT_MOST: Duration = Duration::from_secs(3_600);
/// A token that is refused here is asked for anew, but not at every call.
const RENEWED_AFTER: Duration = Duration::from_secs(10);
/// Exchanges that the issuer is sent at once, of all clients.
const AT_ONCE: usize = 4;
/// How long a call waits for its turn.
const WAIT: Duration = Duration::from_secs(10);
/// An issuer that does not answer is left alone for so long.
const DOWN_FOR: Duration = Duration::from_secs(2);

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    Wrong,
    /// For so many seconds nothing is checked.
    TooManyGuesses(u32),
    Down,
}

/// A secret, as it is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Print([u8; 32]);

#[derive(Clone)]
struct Held {
    token: Arc<str>,
    since: Instant,
    until: Instant,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ClientTokens(Arc<Inner>);

struct Inner {
    exchange: Exchange,
    key: [u8; 32],
    held: Cache<Print, Held>,
    /// Until when each is known to be wrong.
    wrong: Cache<Print, Instant>,
    guesses: Guesses,
    /// By client: whose secret is being checked. One that nobody waits for is forgotten.
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    exchanges: Arc<Semaphore>,
    down_until: Mutex<Option<Instant>>,
}

/// The right to ask the issuer: one for each client, and few in all. Held until it has answered,
/// whether or not the caller still waits.
struct Turn {
    _of_client: OwnedMutexGuard<()>,
    _of_all: OwnedSemaphorePermit,
}

/// One that is counted, with where it comes from.
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
            held: Cache::new(TOKENS),
            wrong: Cache::new(WRONG),
            guesses: Guesses::default(),
            turns: Mutex::default(),
            exchanges: Arc::new(Semaphore::new(AT_ONCE)),
            down_until: Mutex::default(),
        }))
    }

    /// A token of the client, if this is its secret.
    pub async fn token(
        &self,
        client: &ClientSecret,
        address: Option<IpAddr>,
    ) -> Result<Arc<str>, NoToken> {
        let inner = &self.0;
        let print = self.print(client);
        if let Some(known) = inner.known(print) {
            return known;
        }
        // The right secret is never shut out by those who guess at it.
        let was_right = inner.held.get(&print).is_some();
        let guesses = (!was_right).then_some(&inner.guesses);
        let may_guess = || match guesses.and_then(|guesses| guesses.wait(&client.id, address)) {
            Some(seconds) => Err(NoToken::TooManyGuesses(seconds)),
            None => Ok(()),
        };
        may_guess()?;
        let turn = timeout(WAIT, self.turn(&client.id)).await.map_err(|_| NoToken::Down)?;
        let Some(turn) = turn else { return Err(NoToken::Down) };
        // Whoever was before may have asked the same, or found the issuer down, or guessed.
        if let Some(known) = inner.known(print) {
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
        self.ask(client.clone(), print, guess, turn).await
    }

    /// Forgets a token that this server refused, unless it is too new for another to be better.
    pub fn renew(&self, client: &ClientSecret) -> bool {
        let print = self.print(client);
        let old = |held: &Held| held.since.elapsed() >= RENEWED_AFTER;
        let is_old = self.0.held.get(&print).is_some_and(|held| old(&held));
        is_old && self.0.held.remove(&print).is_some()
    }

    fn print(&self, ClientSecret { id, secret }: &ClientSecret) -> Print {
        let mut hash = Sha256::new_with_prefix(self.0.key);
        hash.update((id.len() as u64).to_be_bytes());
        hash.update(id);
        hash.update(secret);
        Print(hash.finalize().into())
    }

    async fn turn(&self, client: &str) -> Option<Turn> {
        let of_client = self.0.turn_of(client).lock_owned().await;
        let of_all = Arc::clone(&self.0.exchanges).acquire_owned().await.ok()?;
        Some(Turn { _of_client: of_client, _of_all: of_all })
    }

    /// Asks the issuer on a thread of its own: those of the server are for the database. What it
    /// answers is noted even if the caller has left meanwhile.
    async fn ask(
        &self,
        client: ClientSecret,
        print: Print,
        guess: Option<Guess>,
        turn: Turn,
    ) -> Result<Arc<str>, NoToken> {
        let inner = Arc::clone(&self.0);
        let (tell, told) = oneshot::channel();
        let asking = std::thread::Builder::new().name("issuer".into()).spawn(move || {
            let outcome = inner.exchange.ask(&client);
            let answer = inner.note(print, outcome);
            if let Some(Guess { address }) = guess.filter(|_| answer != Err(NoToken::Wrong)) {
                inner.guesses.give_back(&client.id, address);
            }
            drop(turn);
            let _ = tell.send(answer);
        });
        match asking {
            Ok(_) => told.await.unwrap_or(Err(NoToken::Down)),
            Err(_) => Err(NoToken::Down),
        }
    }
}

impl Inner {
    /// What is known without asking.
    fn known(&self, print: Print) -> Option<Result<Arc<str>, NoToken>> {
        let now = Instant::now();
        if let Some(held) = self.held.get(&print).filter(|held| held.until > now) {
            return Some(Ok(held.token));
        }
        self.wrong.get(&print).filter(|until| *until > now).map(|_| Err(NoToken::Wrong))
    }

    fn note(&self, print: Print, outcome: anyhow::Result<Outcome>) -> Result<Arc<str>, NoToken> {
        let now = Instant::now();
        match outcome {
            Ok(Outcome::Token { token, lifetime }) => {
                let token: Arc<str> = token.into();
                let until = now + lifetime.min(KEPT_AT_MOST);
                self.held.insert(print, Held { token: Arc::clone(&token), since: now, until });
                Ok(token)
            }
            Ok(Outcome::Wrong) => {
                self.held.remove(&print);
                self.wrong.insert(print, now + WRONG_FOR);
                Err(NoToken::Wrong)
            }
            Err(cause) => {
                tracing::warn!(%cause, "the issuer could not be asked for a client's token");
                let mut down = self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
                *down = Some(now + DOWN_FOR);
                Err(NoToken::Down)
            }
        }
    }

    fn is_down(&self) -> bool {
        let down = self.down_until.lock().unwrap_or_else(PoisonError::into_inner);
        down.is_some_and(|until| until > Instant::now())
    }

    fn turn_of(&self, client: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(client).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(client.to_owned(), Arc::downgrade(&turn));
        turn
    }
}
