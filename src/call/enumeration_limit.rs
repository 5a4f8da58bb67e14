//! The enumeration limit, against guessing. It counts how often each person, or else each
//! credential, asks for absent objects.
//!
//! Many objects are named by consecutive numbers, which a client could try one by one. A client
//! that exceeds the limit must wait. An object of another tribunal counts as absent, like one that
//! never existed, so the limit reveals only that the client guesses.
//!
//! Before it reads, a call takes one token out of its bucket for each name that it will look up. At
//! its end it returns the tokens of the names that it found. In this way concurrent calls are counted
//! before any of them is answered.

use crate::auth::Actor;
use crate::error::Error;
use crate::value::token_bucket::{Bucket, Buckets};

/// Default number of absent objects that a person, or else a credential, may ask for in a minute. It
/// suffices for a system that looks up each object before it registers it.
pub const PER_MINUTE: u32 = 300;

/// One bucket for each person, or else for each credential. A full bucket holds the absent objects
/// that a minute allows. A call that meets more owes the difference, and the next lookup waits
/// until the bucket has refilled.
pub struct EnumerationLimit(Buckets<String>);

impl Default for EnumerationLimit {
    fn default() -> Self {
        Self::new(PER_MINUTE)
    }
}

impl EnumerationLimit {
    /// Creates the limit. Zero means no limit.
    pub fn new(per_minute: u32) -> Self {
        Self(Buckets::new(per_minute))
    }

    /// Returns how many absent objects one call may meet, and may owe, at most. Returns `None` if
    /// there is no limit.
    pub const fn per_call(&self) -> Option<u32> {
        match self.0.per_minute() {
            0 => None,
            per_minute => Some(per_minute),
        }
    }

    /// Takes the first tokens of a call.
    ///
    /// # Errors
    /// `RateLimited` when the bucket is empty.
    pub fn begin(&self, actor: &Actor, count: u32) -> Result<(), Error> {
        if self.per_call().is_none() {
            return Ok(());
        }
        self.with_bucket(actor, |bucket, per_minute| match bucket.retry_after(per_minute) {
            Some(seconds) => Err(Error::RateLimited { seconds }),
            None => {
                bucket.tokens -= f64::from(count);
                Ok(())
            }
        })
    }

    /// Takes further tokens for a call that has already begun.
    pub fn take(&self, actor: &Actor, count: u32) {
        if self.per_call().is_some() && count > 0 {
            self.with_bucket(actor, |bucket, _| bucket.tokens -= f64::from(count));
        }
    }

    /// Ends a call: returns the tokens that it took, except one for each absent object.
    pub fn settle(&self, actor: &Actor, taken: u32, missed: u32) {
        if self.per_call().is_some() && taken != missed {
            self.with_bucket(actor, |bucket, per_minute| {
                let full = f64::from(per_minute);
                let level = bucket.tokens + f64::from(taken) - f64::from(missed);
                // A debt lasts at most one minute.
                bucket.tokens = level.clamp(-full, full);
            });
        }
    }

    /// Returns the number of seconds until one more name may be looked up, at least 1.
    pub fn retry_after(&self, actor: &Actor) -> u32 {
        self.0.retry_after(actor.rate_limit_key()).unwrap_or(1)
    }

    fn with_bucket<T>(&self, actor: &Actor, work: impl FnOnce(&mut Bucket, u32) -> T) -> T {
        self.0.with(actor.rate_limit_key(), work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Papel;

    fn actor(sub: &str, azp: &str) -> Actor {
        Actor::new(sub.into(), Some(azp.into()), Some(820), vec![Papel::Consulta]).unwrap()
    }

    #[test]
    fn a_credential_in_debt_waits_and_others_do_not() {
        let enumeration_limit = EnumerationLimit::new(60);
        let (a, b) = (actor("s", "a"), actor("s", "b"));
        enumeration_limit.begin(&a, 59).unwrap();
        assert!(enumeration_limit.begin(&a, 12).is_ok());
        assert!(matches!(
            enumeration_limit.begin(&a, 1),
            Err(Error::RateLimited { seconds: 11..=13 })
        ));
        assert!(enumeration_limit.begin(&b, 1).is_ok());
        let unlimited = EnumerationLimit::new(0);
        unlimited.begin(&a, 1_000_000).unwrap();
        unlimited.settle(&a, 0, 1_000_000);
        assert!(unlimited.begin(&a, 1).is_ok());
    }

    #[test]
    fn found_names_are_returned_and_a_call_owes_at_most_a_minute() {
        let enumeration_limit = EnumerationLimit::new(60);
        let a = actor("s", "a");
        // The calls run concurrently: the second is counted before the first is answered.
        enumeration_limit.begin(&a, 60).unwrap();
        assert!(enumeration_limit.begin(&a, 1).is_err());
        enumeration_limit.settle(&a, 60, 0);
        enumeration_limit.begin(&a, 1).unwrap();
        enumeration_limit.take(&a, 59);
        enumeration_limit.settle(&a, 60, 1_000);
        assert!(
            (60..=62).contains(&enumeration_limit.retry_after(&a)),
            "{}",
            enumeration_limit.retry_after(&a)
        );
    }

    #[test]
    fn people_are_counted_separately_whichever_client_they_use() {
        let enumeration_limit = EnumerationLimit::new(60);
        let (maria, joao) =
            (actor("maria", "painel").of_person(), actor("joao", "painel").of_person());
        enumeration_limit.begin(&maria, 60).unwrap();
        assert!(enumeration_limit.begin(&maria, 1).is_err());
        assert!(enumeration_limit.begin(&actor("maria", "outro").of_person(), 1).is_err());
        assert!(enumeration_limit.begin(&joao, 1).is_ok());
        assert!(enumeration_limit.begin(&actor("maria", "painel"), 1).is_ok());
    }
}
