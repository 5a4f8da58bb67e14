//! Measures the mean time for which callers hold permits. The server derives from it when a request
//! that got no permit may retry.

use std::time::Duration;

/// The newest time has a weight of 1/16 in the moving average.
const WEIGHT: u64 = 16;
/// Bounds of the estimate, in seconds.
const MIN_RETRY_SECONDS: u64 = 1;
const MAX_RETRY_SECONDS: u64 = 30;

/// Moving average of the times for which permits were held, in microseconds; zero if none is known.
#[derive(Debug, Default)]
pub(super) struct ServiceTime(u64);

impl ServiceTime {
    pub(super) fn record(&mut self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.0 = match self.0 {
            0 => time,
            mean => (mean * (WEIGHT - 1)).saturating_add(time) / WEIGHT,
        };
    }

    /// Whether any time was recorded.
    pub(super) const fn is_known(&self) -> bool {
        self.0 > 0
    }

    /// Estimated seconds until `waiting` requests are served with `permits` permits.
    pub(super) fn until_free(&self, waiting: usize, permits: usize) -> u32 {
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        let permits = u64::try_from(permits.max(1)).unwrap_or(u64::MAX);
        let micros = self.0.saturating_mul(waiting) / permits;
        let seconds = micros.div_ceil(1_000_000).clamp(MIN_RETRY_SECONDS, MAX_RETRY_SECONDS);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_follows_the_length_of_the_queue() {
        let mut service = ServiceTime::default();
        assert_eq!(service.until_free(2_000, 8), 1);
        service.record(Duration::from_millis(100));
        assert_eq!(service.until_free(0, 8), 1);
        assert_eq!(service.until_free(800, 8), 10);
        assert_eq!(service.until_free(2_000, 8), 25);
        assert_eq!(service.until_free(1_000_000, 8), 30);
        for _ in 0..200 {
            service.record(Duration::from_millis(10));
        }
        assert!((1..=2).contains(&service.until_free(800, 8)));
    }
}
