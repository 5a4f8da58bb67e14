//! Writes responses: their media types, statuses and headers.
//!
//! Under the profile `audits`, statuses follow the graphql-http audits: a refused document has
//! status 400 for a client that accepts `application/graphql-response+json`, and 200 for one that
//! only knows `application/json`. Under `2026`, they follow the draft of that year, the same for
//! every client: 422 for a well-formed request that the server cannot execute, 294 for a partial
//! response.

use crate::config::HttpProfile;
use crate::error::{Error, Failure};
use crate::graphql::execution::outcome::{Outcome, SerializedOutcome};
use crate::http::body::pieces;
use crate::http::request;
use crate::http::semantics::coding::quality;
use crate::http::semantics::list_items;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::Value;

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
pub const EVENT_STREAM: &str = "text/event-stream";

/// The response has both `data` and `errors`.
const PARTIAL_SUCCESS: u16 = 294;

/// The media type of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    GraphqlResponse,
    Json,
    /// graphql-sse. Refusals have the media type `application/json`.
    EventStream,
}

impl MediaType {
    /// Chooses the media type by the `Accept` header. Returns `None` if the client accepts none
    /// that we have.
    pub fn accepted(req: &HttpRequest, profile: HttpProfile) -> Option<Self> {
        let preferred = match profile {
            HttpProfile::Audits => MediaType::Json,
            HttpProfile::Draft2026 => MediaType::GraphqlResponse,
        };
        let Some(ranges) = ranges(req) else { return Some(preferred) };
        let mut best: Option<(f32, MediaType)> = None;
        for (q, media_type) in ranges {
            if q > 0.0 && best.is_none_or(|(other, _)| q > other) {
                best = Some((q, media_type));
            }
        }
        best.map(|(_, media_type)| media_type)
    }

    /// Whether the client accepts an event stream, the only form of a response to a subscription.
    pub fn accepts_events(req: &HttpRequest) -> bool {
        ranges(req).is_some_and(|mut ranges| {
            ranges.any(|(q, media_type)| q > 0.0 && media_type == MediaType::EventStream)
        })
    }
}

/// The media ranges of all `Accept` lines that match a type of ours, with their quality. Returns
/// `None` without the header.
fn ranges(req: &HttpRequest) -> Option<impl Iterator<Item = (f32, MediaType)>> {
    let headers = req.headers();
    headers.contains_key(header::ACCEPT).then(|| {
        list_items(headers, header::ACCEPT).filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media_type = match parts.next()?.to_ascii_lowercase().as_str() {
                GRAPHQL_RESPONSE => MediaType::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => MediaType::Json,
                EVENT_STREAM | "text/*" => MediaType::EventStream,
                _ => return None,
            };
            Some((quality(parts), media_type))
        })
    })
}

/// The form of a response.
#[derive(Debug, Clone, Copy)]
pub struct ResponseFormat {
    pub media_type: MediaType,
    pub profile: HttpProfile,
}

impl ResponseFormat {
    /// The response for the outcome of an operation, with its status.
    pub fn respond(self, outcome: Outcome) -> HttpResponse {
        let partial = self.profile == HttpProfile::Draft2026 && !outcome.errors.is_empty();
        match outcome.data {
            None => self.refused(outcome),
            Some(_) if partial => {
                let mut response = self.write(status_code(PARTIAL_SUCCESS), outcome);
                response.head_mut().reason = Some("Partial Success");
                response
            }
            Some(_) => self.write(StatusCode::OK, outcome),
        }
    }

    pub fn refuse(self, error: &Error) -> HttpResponse {
        let mut response = self.refused(Outcome::from_error(error));
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            set_allow(&mut response, "POST");
        }
        response
    }

    /// The response for a body that is not JSON: 400 under both profiles.
    pub fn refuse_unreadable(self) -> HttpResponse {
        let refusal = Outcome::from_failure(Failure::EntradaInvalida, "o corpo não é JSON");
        self.write(StatusCode::BAD_REQUEST, refusal)
    }

    fn refused(self, mut outcome: Outcome) -> HttpResponse {
        // The trail records the real status, whatever this media type and this profile make of it.
        let (retry_after, real_status) = (outcome.retry_after, outcome.status());
        let status = match self.profile {
            HttpProfile::Draft2026 => {
                outcome.errors.iter_mut().for_each(make_unprocessable);
                status_code(outcome.status())
            }
            HttpProfile::Audits
                if self.media_type == MediaType::Json && is_document_refusal(&outcome) =>
            {
                StatusCode::OK
            }
            HttpProfile::Audits => status_code(outcome.status()),
        };
        let mut response = self.write(status, outcome);
        response.extensions_mut().insert(request::AuditedStatus(real_status));
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn write(self, status: StatusCode, body: Outcome) -> HttpResponse {
        let content_type = match self.media_type {
            MediaType::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            MediaType::Json | MediaType::EventStream => "application/json; charset=utf-8",
        };
        let mut response = HttpResponseBuilder::new(status);
        response.insert_header((header::CONTENT_TYPE, content_type));
        match body.json() {
            Ok(SerializedOutcome::Whole(bytes)) => response.body(bytes),
            Ok(SerializedOutcome::Parts(parts)) => response.body(pieces::answer(parts)),
            Err(_) => HttpResponse::InternalServerError().finish(),
        }
    }
}

/// The response for a batch, in the order of its operations. It always has status 200 and the type
/// `application/json`.
pub fn respond_batch(outcomes: &[Outcome]) -> HttpResponse {
    HttpResponse::Ok().json(outcomes)
}

fn status_code(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether all errors concern the document. A client that only knows `application/json` then gets
/// 200; every other refusal keeps its status.
fn is_document_refusal(outcome: &Outcome) -> bool {
    let failures =
        [Failure::DocumentoMalformado, Failure::DocumentoInvalido, Failure::DocumentoDesconhecido];
    let concerns_document = |code: &Value| failures.iter().any(|f| *code == f.name());
    outcome.errors.iter().all(|error| concerns_document(&error["extensions"]["code"]))
}

/// Changes 400 to 422, except for a malformed document.
fn make_unprocessable(error: &mut Value) {
    let extensions = &mut error["extensions"];
    if extensions["status"] == 400 && extensions["code"] != Failure::DocumentoMalformado.name() {
        extensions["status"] = 422.into();
    }
}

pub fn set_allow(response: &mut HttpResponse, methods: &'static str) {
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(methods));
}
