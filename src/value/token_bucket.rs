//! Token buckets: limit how often each key may do something in a minute.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// When there are more buckets than this, full ones are removed.
const KEPT: usize = 10_000;

/// One bucket. A full one holds the tokens of a minute. A negative value is a debt, when more was
/// taken.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    pub tokens: f64,
    since: Instant,
}

impl Bucket {
    /// The bucket at the instant `now`, refilled for the time that has passed.
    fn at(self, per_minute: u32, now: Instant) -> Self {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        let tokens =
            (self.tokens + passed * f64::from(per_minute) / 60.0).min(f64::from(per_minute));
        Self { tokens, since: now }
    }

    /// Whole seconds until one more token may be taken. `None` when one may be taken now.
    pub fn retry_after(self, per_minute: u32) -> Option<u32> {
        if self.tokens >= 1.0 {
            return None;
        }
        let seconds = (1.0 - self.tokens) * 60.0 / f64::from(per_minute);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and at most two minutes"
        )]
        Some(seconds.clamp(1.0, 120.0).ceil() as u32)
    }
}

/// One bucket for each key.
pub struct Buckets<K> {
    per_minute: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Eq + Hash> Buckets<K> {
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    pub const fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Seconds until `key` may take one more token. `None` when it may take one now. Does not
    /// create a bucket.
    pub fn retry_after<Q>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let bucket = *self.buckets().get(key)?;
        bucket.at(self.per_minute, Instant::now()).retry_after(self.per_minute)
    }

    /// Calls `work` with the refilled bucket of `key` and the number of tokens per minute.
    pub fn with<Q, T>(&self, key: &Q, work: impl FnOnce(&mut Bucket, u32) -> T) -> T
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let (now, full) = (Instant::now(), f64::from(self.per_minute));
        let mut buckets = self.buckets();
        let bucket = match buckets.get_mut(key) {
            Some(bucket) => bucket,
            None => buckets.entry(key.to_owned()).or_insert(Bucket { tokens: full, since: now }),
        };
        *bucket = bucket.at(self.per_minute, now);
        let result = work(bucket, self.per_minute);
        // A full bucket is the same as a new one, so it can be removed.
        if buckets.len() > KEPT {
            buckets.retain(|_, bucket| bucket.at(self.per_minute, now).tokens < full);
        }
        result
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<K, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_fills_with_time_and_does_not_overflow() {
        let since = Instant::now();
        let bucket = Bucket { tokens: -60.0, since };
        assert_eq!(bucket.retry_after(60), Some(61));
        assert_eq!(bucket.at(60, since + Duration::from_secs(59)).retry_after(60), Some(2));
        assert_eq!(bucket.at(60, since + Duration::from_secs(62)).retry_after(60), None);
        let full = bucket.at(60, since + Duration::from_secs(3600));
        assert!((full.tokens - 60.0).abs() < f64::EPSILON);
    }
}
