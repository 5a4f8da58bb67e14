//! An instant in PostgreSQL's representation, written as RFC 3339.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The time from 1970 to 2000, in microseconds.
const EPOCH: i64 = 946_684_800_000_000;
/// Prefix of an instant whose year does not have four digits. Microseconds follow.
const RAW: &str = "us2000:";

/// Microseconds since 2000. The two ends of the range are PostgreSQL's infinities.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// `None` for a year that does not have four digits.
    pub fn datetime(self) -> Option<DateTime<Utc>> {
        let instant = DateTime::from_timestamp_micros(self.0.checked_add(EPOCH)?)?;
        (0..=9999).contains(&instant.year()).then_some(instant)
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix(RAW) {
            let raw = Self(digits.parse().ok()?);
            return raw.datetime().is_none().then_some(raw);
        }
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(instant.timestamp_micros().checked_sub(EPOCH)?))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros() - EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.datetime() {
            Some(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{RAW}{}", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not an instant"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_is_read_back() {
        for (raw, text) in [
            (0, "2000-01-01T00:00:00.000000Z"),
            (-1, "1999-12-31T23:59:59.999999Z"),
            (849_225_600_000_001, "2026-11-29T00:00:00.000001Z"),
            (i64::MAX, "us2000:9223372036854775807"),
            (i64::MIN, "us2000:-9223372036854775808"),
            (252_455_616_000_000_000, "us2000:252455616000000000"),
        ] {
            assert_eq!(Timestamp(raw).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(raw)));
        }
        assert_eq!(Timestamp::parse("us2000:0"), None);
        assert_eq!(Timestamp::parse("ontem"), None);
    }
}
