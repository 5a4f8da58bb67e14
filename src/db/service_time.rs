//! For how long a place is had, so that who finds none free is told when one will be.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The last one weighs a sixteenth of the mean.
const WEIGHT: u64 = 16;
/// What somebody is told to wait, in seconds.
const AT_LEAST: u64 = 1;
const AT_MOST: u64 = 30;

/// The mean of the times that places were had for, in microseconds.
#[derive(Debug, Default)]
pub(super) struct ServiceTime(AtomicU64);

impl ServiceTime {
    pub(super) fn note(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mean = self.0.load(Ordering::Relaxed);
        // Two that are noted at once may lose one: it is a mean.
        let mean =
            if mean == 0 { time } else { (mean * (WEIGHT - 1)).saturating_add(time) / WEIGHT };
        self.0.store(mean, Ordering::Relaxed);
    }

    /// Whether there is anything to go by.
    pub(super) fn is_known(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Seconds until those who wait have been served, by so many places.
    pub(super) fn until_free(&self, waiting: usize, places: usize) -> u32 {
        let mean = self.0.load(Ordering::Relaxed);
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        let places = u64::try_from(places.max(1)).unwrap_or(u64::MAX);
        let micros = mean.saturating_mul(waiting) / places;
        let seconds = micros.div_ceil(1_000_000).clamp(AT_LEAST, AT_MOST);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_how_long_the_queue_is() {
        let service = ServiceTime::default();
        assert_eq!(service.until_free(2_000, 8), 1);
        service.note(Duration::from_millis(100));
        assert_eq!(service.until_free(0, 8), 1);
        assert_eq!(service.until_free(800, 8), 10);
        assert_eq!(service.until_free(2_000, 8), 25);
        assert_eq!(service.until_free(1_000_000, 8), 30);
        for _ in 0..200 {
            service.note(Duration::from_millis(10));
        }
        assert!((1..=2).contains(&service.until_free(800, 8)));
    }
}
