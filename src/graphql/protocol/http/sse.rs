//! Implements graphql-sse in its "distinct connections" mode: the response to an operation is a
//! stream of events, `next` for each result and `complete` at the end.
//!
//! A stream that ends without `complete` was interrupted: the server is stopping, it could not
//! check the token, or a connection broke. The client then repeats the request with `desde` set to
//! the last cursor that it received. If the token has expired, or its credential has changed, the
//! stream does end with `complete`, because a repeated request would be refused.

use super::response::{EVENT_STREAM, ResponseFormat};
use crate::call::Call;
use crate::error::{Error, Failure};
use crate::graphql::execution::outcome::Outcome;
use crate::graphql::execution::request::BoundOperation;
use crate::graphql::execution::{GraphqlService, Started};
use crate::graphql::protocol::stream_registry::{SessionLease, StreamRegistry};
use crate::graphql::protocol::token_watch::{SessionEnd, TokenWatch};
use crate::http::request;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};

const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
/// Time between two comments on a stream, shorter than the time after which proxies close an idle
/// connection.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(12);

/// Executes an operation and responds with an event stream. The stream counts as a session of its
/// credential, and is refused if the credential already has the maximum.
pub async fn respond(
    service: GraphqlService,
    sessions: &Arc<StreamRegistry>,
    (call, ready): (Call, BoundOperation),
    token_watch: TokenWatch,
    format: ResponseFormat,
) -> HttpResponse {
    let Some(lease) = sessions.lease(call.actor()) else {
        let message = "a credencial já tem todas as conexões que pode ter; feche alguma";
        return format.refuse(&Error::failure(Failure::Indisponivel, message));
    };
    match service.start(call, ready).await {
        Started::Answered(outcome) => respond_once(&outcome),
        Started::Subscribed(open_subscription) => {
            let keep_alive = interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
            let sessions = Arc::clone(sessions);
            let end = Box::pin(async move {
                tokio::select! {
                    end = token_watch.end() => end != SessionEnd::CheckUnavailable,
                    () = sessions.shutdown() => false,
                }
            });
            let outcomes = open_subscription.outcomes().boxed();
            let stream = EventStream { outcomes, end, keep_alive, _lease: lease };
            event_stream_response().streaming(stream::unfold(Some(stream), EventStream::next))
        }
    }
}

/// The response for an operation with a single outcome.
pub fn respond_once(outcome: &Outcome) -> HttpResponse {
    let mut answer =
        event_stream_response().body([next_event(outcome).as_ref(), COMPLETE].concat());
    // The status of a stream is always 200. The trail records the status of the outcome.
    answer.extensions_mut().insert(request::AuditedStatus(outcome.status()));
    answer
}

fn event_stream_response() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, EVENT_STREAM));
    // Without this header, nginx buffers events until it has enough of them.
    response.insert_header((HeaderName::from_static("x-accel-buffering"), "no"));
    response
}

/// A `next` event. Its JSON always fits one `data` line, because line breaks in strings are
/// escaped.
fn next_event(outcome: &Outcome) -> Bytes {
    let json = serde_json::to_string(outcome).unwrap_or_default();
    format!("event: next\ndata: {json}\n\n").into()
}

/// Completes when the session must end: true if the stream then ends with `complete`.
type EndFuture = std::pin::Pin<Box<dyn Future<Output = bool>>>;

struct EventStream {
    outcomes: BoxStream<'static, Outcome>,
    end: EndFuture,
    keep_alive: Interval,
    _lease: SessionLease,
}

impl EventStream {
    /// Returns the next bytes to send. actix asks for them only when the connection can take more.
    async fn next(open: Option<Self>) -> Option<(Result<Bytes, Infallible>, Option<Self>)> {
        let mut stream = open?;
        let bytes = tokio::select! {
            biased;
            complete = &mut stream.end => {
                return complete.then(|| (Ok(Bytes::from_static(COMPLETE)), None));
            }
            outcome = stream.outcomes.next() => next_event(&outcome?),
            _ = stream.keep_alive.tick() => Bytes::from_static(b":\n\n"),
        };
        Some((Ok(bytes), Some(stream)))
    }
}
