//! `Accept-Language` (RFC 9110, section 12.5.4), for the two languages of the messages.

use super::coding::quality;
use super::list_items;
use actix_web::http::header::{self, HeaderMap};

/// Whether the client prefers English to Portuguese. Without the header, it does not.
pub fn prefers_english(headers: &HeaderMap) -> bool {
    let mut best: Option<(f32, bool)> = None;
    for item in list_items(headers, header::ACCEPT_LANGUAGE) {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let primary = range.split('-').next().unwrap_or_default();
        let english = primary.eq_ignore_ascii_case("en");
        if !english && !primary.eq_ignore_ascii_case("pt") && primary != "*" {
            continue;
        }
        let quality = quality(parts);
        if quality > 0.0 && best.is_none_or(|(other, _)| quality > other) {
            best = Some((quality, english));
        }
    }
    best.is_some_and(|(_, english)| english)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn the_preferred_of_the_two_languages_counts() {
        for (value, english) in [
            ("en", true),
            ("en-US,en;q=0.9", true),
            ("pt-BR,pt;q=0.9,en;q=0.8", false),
            ("en;q=0.8, pt-BR", false),
            ("fr, EN;q=0.5", true),
            ("fr", false),
            ("*", false),
            ("en;q=0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            assert_eq!(prefers_english(&headers), english, "{value}");
        }
        assert!(!prefers_english(&HeaderMap::new()));
    }
}
