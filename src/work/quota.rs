//! Shares a resource among callers and limits the share of each one.
//!
//! A request first waits for units of its caller's share, in a queue of that caller, and only then
//! for the common resource. A caller that wants more than its share therefore delays only itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// When there are more callers than this, [`Quota`] forgets those that hold no share.
const MAX_IDLE_CALLERS: usize = 256;

pub struct Quota {
    all: Arc<Semaphore>,
    per_caller: u32,
    callers: Mutex<HashMap<Box<str>, Weak<Semaphore>>>,
}

/// A number of units. Dropping it releases them.
#[derive(Debug)]
pub struct QuotaPermit {
    all: OwnedSemaphorePermit,
    of_caller: Option<OwnedSemaphorePermit>,
}

impl Quota {
    pub fn new(all: u32, per_caller: u32) -> Self {
        let all = Arc::new(Semaphore::new(all as usize));
        Self { all, per_caller, callers: Mutex::default() }
    }

    /// Takes `units` for `caller`. `None` when they do not become free within `max_wait`. Without a
    /// caller, only the common limit applies.
    pub async fn take(
        &self,
        units: u32,
        caller: Option<&str>,
        max_wait: Duration,
    ) -> Option<QuotaPermit> {
        if caller.is_none()
            && let Ok(all) = Arc::clone(&self.all).try_acquire_many_owned(units)
        {
            return Some(QuotaPermit { all, of_caller: None });
        }
        let both = async {
            let of_caller = match caller {
                Some(caller) => {
                    Some(self.semaphore_of(caller).acquire_many_owned(units).await.ok()?)
                }
                None => None,
            };
            let all = Arc::clone(&self.all).acquire_many_owned(units).await.ok()?;
            Some(QuotaPermit { all, of_caller })
        };
        timeout(max_wait, both).await.ok()?
    }

    fn semaphore_of(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = callers.get(caller).and_then(Weak::upgrade) {
            return semaphore;
        }
        if callers.len() >= MAX_IDLE_CALLERS {
            callers.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_caller as usize));
        callers.insert(caller.into(), Arc::downgrade(&semaphore));
        semaphore
    }
}

impl QuotaPermit {
    /// Whether the units also count against a caller's share.
    pub const fn is_charged(&self) -> bool {
        self.of_caller.is_some()
    }

    /// Keeps `units` and releases the others.
    pub fn shrink(&mut self, units: u32) {
        let shrink = |permit: &mut OwnedSemaphorePermit| {
            drop(permit.split(permit.num_permits().saturating_sub(units as usize)));
        };
        shrink(&mut self.all);
        self.of_caller.as_mut().map(shrink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[actix_web::test]
    async fn no_caller_exceeds_its_share_and_all_together_never_exceed_the_total() {
        let shares = Quota::new(10, 6);
        let mut first = shares.take(6, Some("a"), NOW).await.unwrap();
        assert!(shares.take(1, Some("a"), NOW).await.is_none(), "more than its part");
        let second = shares.take(4, Some("b"), NOW).await.unwrap();
        assert!(shares.take(1, Some("b"), NOW).await.is_none(), "more than there is");
        assert!(shares.take(1, None, NOW).await.is_none(), "more than there is");
        first.shrink(5);
        let _third = shares.take(1, Some("a"), NOW).await.unwrap();
        drop(second);
        assert!(shares.take(4, None, NOW).await.is_some());
    }

    #[actix_web::test]
    async fn released_units_go_to_a_waiting_caller_and_idle_callers_are_removed() {
        let shares = Arc::new(Quota::new(4, 2));
        let held = shares.take(2, Some("a"), NOW).await.unwrap();
        let waiting = Arc::clone(&shares);
        let waiting = actix_web::rt::spawn(async move {
            waiting.take(2, Some("a"), Duration::from_secs(60)).await.is_some()
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap());
        for n in 0..3 * MAX_IDLE_CALLERS {
            assert!(shares.take(1, Some(&n.to_string()), NOW).await.is_some());
        }
        assert!(shares.callers.lock().unwrap().len() <= MAX_IDLE_CALLERS + 1);
    }
}
