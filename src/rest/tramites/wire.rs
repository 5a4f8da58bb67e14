//! What the Tramita's routes bear on the wire that others do not: paths with more slashes than
//! they need, and bodies that nobody looked at. The platform's client takes a connection that
//! is closed before it has sent its body for the end of the world.

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use futures_util::{Stream, StreamExt, stream};
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// More than the longest part of a file, in its form.
const DISCARDED: usize = 201 * 1024 * 1024;
const PAUSE: Duration = Duration::from_secs(60);
const AT_MOST: Duration = Duration::from_secs(300);
/// What comes after it may have slashes of its own.
const PROTOCOLO: &str = "/tramites/protocolo/";

/// Wraps the scopes of the Tramita.
pub async fn tolerate<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if let Some(uri) = without_empty_segments(req.uri()) {
        req.match_info_mut().get_mut().update(&uri);
        req.head_mut().uri = uri;
    }
    let body = Rc::new(RefCell::new(req.take_payload()));
    req.set_payload(Payload::Stream { payload: read_by(Rc::clone(&body)).boxed_local() });
    let response = next.call(req).await?;
    discard(&body).await;
    Ok(response)
}

fn read_by(
    body: Rc<RefCell<Payload>>,
) -> impl Stream<Item = Result<actix_web::web::Bytes, actix_web::error::PayloadError>> {
    stream::poll_fn(move |cx| Pin::new(&mut *body.borrow_mut()).poll_next(cx))
}

/// Reads what the client still sends, so that it is there to read the answer.
async fn discard(body: &Rc<RefCell<Payload>>) {
    let mut rest = Box::pin(read_by(Rc::clone(body)));
    let (begun, mut read) = (Instant::now(), 0);
    while read <= DISCARDED && begun.elapsed() < AT_MOST {
        match timeout(PAUSE, rest.next()).await {
            Ok(Some(Ok(bytes))) => read += bytes.len(),
            _ => return,
        }
    }
}

/// The address without the empty segments of its path; none when it has none.
fn without_empty_segments(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
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
            ("/tramites/protocolo/A//B/", None),
            ("/v3//tramites/protocolo/A//B/", Some("/v3/tramites/protocolo/A//B/")),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
