//! Formats and parses dates and times in the courts' notation: America/Sao_Paulo, `dd/MM/yyyy`.
//! Also parses instants as RFC 3339.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::America::Sao_Paulo;

/// The calendar day in São Paulo.
pub fn day(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Sao_Paulo).date_naive()
}

/// Formats an instant as `dd/MM/yyyy HH:mm:ss`.
pub fn format_instant(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&Sao_Paulo).format("%d/%m/%Y %H:%M:%S").to_string()
}

/// Formats an instant as `dd/MM/yyyy HH:mm`.
pub fn format_to_minute(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&Sao_Paulo).format("%d/%m/%Y %H:%M").to_string()
}

/// Formats a date as `dd/MM/yyyy`.
pub fn format_date(date: NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

/// Parses `dd/MM/yyyy`. All ten characters are required.
pub fn read_date(text: &str) -> Option<NaiveDate> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            2 | 5 => b == b'/',
            _ => b.is_ascii_digit(),
        });
    form.then(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok())?
}

/// Parses an instant as RFC 3339, with an offset. Its year is from 1900 to 9999.
pub fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (1900..=9999).contains(&instant.year()).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_form_of_a_date_is_read() {
        assert_eq!(read_date("29/02/2024"), NaiveDate::from_ymd_opt(2024, 2, 29));
        for text in ["29/02/2023", "1/2/2024", "2024-02-29", "29/02/20244", "+9/02/2024", ""] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_has_an_offset_and_a_year_from_1900_on() {
        let read = |text| read_instant(text).map(|instant| instant.to_rfc3339());
        assert_eq!(read("2026-01-02T03:04:05-03:00").unwrap(), "2026-01-02T06:04:05+00:00");
        for text in ["2026-01-02T03:04:05", "1899-12-31T23:59:59Z", "2026-01-02", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_evening_in_sao_paulo_is_the_day_before_that_of_utc() {
        let instant = DateTime::from_timestamp(1_700_000_000, 0).unwrap(); // 2023-11-14T22:13:20Z
        assert_eq!(format_instant(instant), "14/11/2023 19:13:20");
        assert_eq!(
            day(DateTime::from_timestamp(1_700_010_000, 0).unwrap()).to_string(),
            "2023-11-14"
        );
    }
}
