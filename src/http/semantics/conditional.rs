//! Answers conditional requests with 304 if the client already has the content.

use super::{list_items, without_body};
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};

/// Replaces an answer by 304 if its `ETag` is listed in `If-None-Match`.
pub fn not_modified(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let same = response.status() == StatusCode::OK && {
        let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        etag.is_some_and(|etag| is_listed(response.request().headers(), etag))
    };
    if same { without_body(response, StatusCode::NOT_MODIFIED) } else { response }
}

/// Returns whether `If-None-Match` lists the tag. The comparison is weak, as RFC 9110 prescribes
/// for this header.
fn is_listed(headers: &HeaderMap, etag: &str) -> bool {
    list_items(headers, header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || opaque_tag(tag) == opaque_tag(etag))
}

/// Returns the opaque part of an entity tag, without what a proxy may have added: the weak prefix
/// (`W/"3"`) or the coding that it applied (`"3-gzip"`).
pub fn opaque_tag(tag: &str) -> &str {
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
            assert_eq!(opaque_tag(tag), "3", "{tag}");
        }
        assert_eq!(opaque_tag("\"13\""), "13");
    }
}
