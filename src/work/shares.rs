//! An amount of something that callers share, of which no caller has more than a part.
//!
//! Each caller waits in a line of its own for its part, and only the first of that line waits for
//! what is common: a caller that wants more than it may have delays itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Callers that are remembered before those that have nothing any more are forgotten.
const REMEMBERED: usize = 256;

pub struct Shares {
    all: Arc<Semaphore>,
    per_caller: u32,
    callers: Mutex<HashMap<Box<str>, Weak<Semaphore>>>,
}

/// So many units; dropping it gives them back.
#[derive(Debug)]
pub struct Share {
    all: OwnedSemaphorePermit,
    of_caller: Option<OwnedSemaphorePermit>,
}

impl Shares {
    pub fn new(all: u32, per_caller: u32) -> Self {
        let all = Arc::new(Semaphore::new(all as usize));
        Self { all, per_caller, callers: Mutex::default() }
    }

    /// So many units for `caller`, or none when they were not free within `patience`. Without a
    /// caller, only what all have together counts.
    pub async fn take(
        &self,
        units: u32,
        caller: Option<&str>,
        patience: Duration,
    ) -> Option<Share> {
        if caller.is_none()
            && let Ok(all) = Arc::clone(&self.all).try_acquire_many_owned(units)
        {
            return Some(Share { all, of_caller: None });
        }
        let both = async {
            let of_caller = match caller {
                Some(caller) => Some(self.line_of(caller).acquire_many_owned(units).await.ok()?),
                None => None,
            };
            let all = Arc::clone(&self.all).acquire_many_owned(units).await.ok()?;
            Some(Share { all, of_caller })
        };
        timeout(patience, both).await.ok()?
    }

    fn line_of(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = callers.get(caller).and_then(Weak::upgrade) {
            return line;
        }
        if callers.len() >= REMEMBERED {
            callers.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Semaphore::new(self.per_caller as usize));
        callers.insert(caller.into(), Arc::downgrade(&line));
        line
    }
}

impl Share {
    /// Whether a caller is charged for it.
    pub const fn is_charged(&self) -> bool {
        self.of_caller.is_some()
    }

    /// Gives back all but so many units.
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
    async fn no_caller_has_more_than_its_part_and_all_no_more_than_there_is() {
        let shares = Shares::new(10, 6);
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
    async fn what_is_given_back_goes_to_who_waits_and_lines_are_forgotten() {
        let shares = Arc::new(Shares::new(4, 2));
        let held = shares.take(2, Some("a"), NOW).await.unwrap();
        let waiting = Arc::clone(&shares);
        let waiting = actix_web::rt::spawn(async move {
            waiting.take(2, Some("a"), Duration::from_secs(60)).await.is_some()
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap());
        for n in 0..3 * REMEMBERED {
            assert!(shares.take(1, Some(&n.to_string()), NOW).await.is_some());
        }
        assert!(shares.callers.lock().unwrap().len() <= REMEMBERED + 1);
    }
}
