//! Removes empty segments from paths. Some clients end every address with a slash, and the source
//! document itself prints an address with a doubled one.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// The prefix after which a path may contain slashes of its own.
const PROTOCOLO: &str = "/tramites/protocolo/";

/// Removes the empty segments from the path of the request. Call this before routing.
pub fn remove_empty_segments(req: &mut ServiceRequest) {
    if let Some(uri) = without_empty_segments(req.uri()) {
        req.match_info_mut().get_mut().update(&uri);
        req.head_mut().uri = uri;
    }
}

/// Returns the address without the empty segments of its path, or `None` if it has none.
fn without_empty_segments(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") && (!path.ends_with('/') || path == "/") {
        return None;
    }
    let (before, after) = match path.find(PROTOCOLO) {
        Some(at) => path.split_at(at + PROTOCOLO.len()),
        None => (path, ""),
    };
    let segments: Vec<&str> = before.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut clean = format!("/{}", segments.join("/"));
    if !after.is_empty() {
        clean.push('/');
        clean.push_str(after);
    }
    if clean == path {
        return None;
    }
    if let Some(query) = uri.query() {
        clean.push('?');
        clean.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(clean).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_segments_go_and_nothing_else() {
        let clean =
            |path: &str| without_empty_segments(&path.parse().unwrap()).map(|uri| uri.to_string());
        for (path, expected) in [
            ("/v3//healthcheck", Some("/v3/healthcheck")),
            ("/tramites/", Some("/tramites")),
            ("//tramites///1//?IDT=1&a=//", Some("/tramites/1?IDT=1&a=//")),
            ("/tramites/1?a=b/", None),
            ("/", None),
            ("//", Some("/")),
            ("/tramites/protocolo/A//B/", None),
            ("/v3//tramites/protocolo/A//B/", Some("/v3/tramites/protocolo/A//B/")),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
