//! The memory for large answers: while one is made, what was read for it is there too, and it stays
//! whole until its client has taken the last byte.

use crate::error::Error;
use crate::work::shares::{Share, Shares};
use actix_web::web::Bytes;
use std::time::Duration;

const KIB: u64 = 1024;
/// What making an answer takes at most for each unit of its declared cost, measured on pages of
/// nested lists; the answer itself has 18 of these bytes.
const BYTES_A_UNIT: u64 = 240;
/// What costs less has a small answer, and does not count.
const SMALL: u64 = 25_000;
/// For all, and for one caller: two of the largest answers are made at once for it.
const ALL: u32 = 256 * 1024;
const PER_CALLER: u32 = 128 * 1024;
/// How long an operation waits until there is room for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One for the whole server.
pub struct Answers(Shares);

impl Default for Answers {
    fn default() -> Self {
        Self(Shares::new(ALL, PER_CALLER))
    }
}

/// What one answer takes; dropping it gives it back.
#[derive(Debug)]
pub struct Room(Share);

impl Answers {
    /// Room for what an operation of this declared cost may answer, before it runs.
    pub async fn reserve(&self, cost: u64, caller: &str) -> Result<Option<Room>, Error> {
        if cost < SMALL {
            return Ok(None);
        }
        let units =
            u32::try_from(cost.saturating_mul(BYTES_A_UNIT).div_ceil(KIB)).unwrap_or(u32::MAX);
        let share = self.0.take(units.min(PER_CALLER), Some(caller), PATIENCE).await;
        let share = share.ok_or(Error::Sobrecarga { segundos: 1 })?;
        Ok(Some(Room(share)))
    }
}

impl Room {
    /// The text in no more room than it takes, until its last byte has left.
    pub fn hold(mut self, text: Box<[u8]>) -> Bytes {
        self.0.shrink(u32::try_from((text.len() as u64).div_ceil(KIB)).unwrap_or(u32::MAX));
        Bytes::from_owner(Held { text, _room: self })
    }
}

struct Held {
    text: Box<[u8]>,
    _room: Room,
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
    async fn a_caller_waits_until_its_answers_have_left_and_others_do_not() {
        let answers = Answers::default();
        let reserve = |caller| answers.reserve(LARGEST, caller).now_or_never();
        let made = [reserve("a").unwrap(), reserve("a").unwrap()];
        assert!(reserve("a").is_none(), "a third is not made beside two");
        let text = || vec![b'x'; 4_400_000].into();
        let mut held: Vec<_> = made.map(|room| room.unwrap().unwrap().hold(text())).into();
        while let Some(room) = reserve("a") {
            held.push(room.unwrap().unwrap().hold(text()));
        }
        // What is held is what they take, not what making them took.
        assert_eq!(held.len(), 17);
        assert!(reserve("b").is_some());
        assert!(answers.reserve(SMALL - 1, "a").now_or_never().is_some());
        // With no limit on the cost, whatever it is counts as what one caller may have.
        assert!(answers.reserve(u64::MAX, "c").now_or_never().is_some());
        // A part of it keeps the whole.
        let part = held.pop().unwrap().slice(..1);
        assert!(reserve("a").is_none());
        drop(part);
        assert!(reserve("a").is_some());
    }
}
