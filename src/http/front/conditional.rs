//! What the client has already is not sent again.

use super::{listed, without_body};
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};

/// 304 in the place of an answer whose `ETag` stands in `If-None-Match`.
pub fn not_modified(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let same = response.status() == StatusCode::OK && {
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        etag.is_some_and(|etag| has(response.request().headers(), etag))
    };
    if same { without_body(response, StatusCode::NOT_MODIFIED) } else { response }
}

/// Compared weakly, as RFC 9110 says of this header.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    listed(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || opaque(tag) == opaque(etag))
}

/// What a tag says, in whatever form a proxy gives it back: weakened (`W/"3"`), or marked with the
/// coding that the proxy applied (`"3-gzip"`).
pub fn opaque(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    let tag = tag.trim_matches('"');
    let marks = ["-gzip", ";gzip", "-br", ";br", "-zstd", ";zstd", "-deflate"];
    marks.iter().find_map(|mark| tag.strip_suffix(mark)).unwrap_or(tag).trim_end_matches('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_in_every_form_that_a_proxy_gives_it() {
        for tag in [
            "\"3\"",
            "W/\"3\"",
            "w/\"3\"",
            "\"3-gzip\"",
            "\"3;gzip\"",
            "W/\"3-br\"",
            "\"3--gzip\"",
            "3",
        ] {
            assert_eq!(opaque(tag), "3", "{tag}");
        }
        assert_eq!(opaque("\"13\""), "13");
    }
}
