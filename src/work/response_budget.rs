//! Limits the memory of large answers. While an answer is built, the rows read for it are in memory
//! too. The answer itself stays in memory until the client has received its last byte.

use super::quota::{Quota, QuotaPermit};
use crate::error::Error;
use actix_web::web::Bytes;
use std::time::Duration;

const KIB: u64 = 1024;
/// Maximum number of bytes that building an answer takes for each unit of its declared cost,
/// measured on pages of nested lists. The answer itself takes 18 of them.
const BYTES_A_UNIT: u64 = 240;
/// An operation below this cost has a small answer, for which no memory is reserved.
const UNRESERVED_COST: u64 = 25_000;
/// KiB for all callers, and for each caller: enough to build two of the largest answers at the same
/// time.
const ALL: u32 = 256 * 1024;
const PER_CALLER: u32 = 128 * 1024;
/// Maximum time that an operation waits for the memory that its answer may take.
const ANSWER_SPACE_TIMEOUT: Duration = Duration::from_secs(5);

/// The memory for large answers of the whole server.
pub struct ResponseBudget(Quota);

impl Default for ResponseBudget {
    fn default() -> Self {
        Self(Quota::new(ALL, PER_CALLER))
    }
}

/// The memory that one answer takes. Dropping it releases the memory.
#[derive(Debug)]
pub struct Reservation(QuotaPermit);

impl ResponseBudget {
    /// Reserves the memory that the answer to an operation of this declared cost may take, before
    /// the operation runs. `None` if the answer is small.
    pub async fn reserve(&self, cost: u64, caller: &str) -> Result<Option<Reservation>, Error> {
        if cost < UNRESERVED_COST {
            return Ok(None);
        }
        let units =
            u32::try_from(cost.saturating_mul(BYTES_A_UNIT).div_ceil(KIB)).unwrap_or(u32::MAX);
        let share = self.0.take(units.min(PER_CALLER), Some(caller), ANSWER_SPACE_TIMEOUT).await;
        let share = share.ok_or(Error::Overloaded { seconds: 1 })?;
        Ok(Some(Reservation(share)))
    }
}

impl Reservation {
    /// Shrinks the reservation to the length of the finished answer, and holds it until the last
    /// byte was sent.
    pub fn hold(mut self, text: Box<[u8]>) -> Bytes {
        self.0.shrink(u32::try_from((text.len() as u64).div_ceil(KIB)).unwrap_or(u32::MAX));
        Bytes::from_owner(Held { text, _memory: self })
    }
}

struct Held {
    text: Box<[u8]>,
    _memory: Reservation,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const LARGEST: u64 = 250_000;

    #[actix_web::test]
    async fn a_caller_waits_until_its_answers_were_sent_and_others_do_not_wait() {
        let answers = ResponseBudget::default();
        let reserve = |caller| answers.reserve(LARGEST, caller).now_or_never();
        let made = [reserve("a").unwrap(), reserve("a").unwrap()];
        assert!(reserve("a").is_none(), "a third is not made beside two");
        let text = || vec![b'x'; 4_400_000].into();
        let mut held: Vec<_> = made.map(|room| room.unwrap().unwrap().hold(text())).into();
        while let Some(room) = reserve("a") {
            held.push(room.unwrap().unwrap().hold(text()));
        }
        // A finished answer counts with its own size, not with the memory that building it took.
        assert_eq!(held.len(), 17);
        assert!(reserve("b").is_some());
        assert!(answers.reserve(UNRESERVED_COST - 1, "a").now_or_never().is_some());
        // Without a limit on the cost, an operation counts as the whole share of its caller.
        assert!(answers.reserve(u64::MAX, "c").now_or_never().is_some());
        // A slice keeps the whole answer in memory.
        let part = held.pop().unwrap().slice(..1);
        assert!(reserve("a").is_none());
        drop(part);
        assert!(reserve("a").is_some());
    }
}
