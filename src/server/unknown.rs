//! Answers requests for an unknown path or with an unsupported method. The answer has the form of
//! the API to which the path seems to belong, and names the most similar route or the allowed
//! methods.

use crate::error::{Error, Failure};
use crate::graphql;
use crate::http::semantics::coding::has_type;
use crate::http::semantics::without_body;
use crate::rest::{self, routes};
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};

/// Replaces the answers of the router, which have no body, and answers OPTIONS.
pub fn explain_unknown(
    mut response: ServiceResponse<BoxBody>,
    method: &Method,
    preflight: bool,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        complete_allow(&mut response);
    }
    match (status, method) {
        (StatusCode::METHOD_NOT_ALLOWED, &Method::OPTIONS) if preflight => {
            let message = "este servidor não atende páginas de outras origens: quem o opera pode \
                            nomeá-las em ELOS_CORS_ORIGINS";
            refuse(response, &Error::failure(Failure::SemPermissao, message))
        }
        (StatusCode::METHOD_NOT_ALLOWED, &Method::OPTIONS) => {
            without_body(response, StatusCode::NO_CONTENT)
        }
        (StatusCode::NOT_FOUND, _) if !has_type(&response, "json") => {
            let error = Error::failure(
                Failure::NaoEncontrado,
                routes::unknown_route_message(response.request().path()),
            );
            refuse(response, &error)
        }
        (StatusCode::METHOD_NOT_ALLOWED, _) if !has_type(&response, "json") => {
            let allowed =
                response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok());
            let message = match allowed {
                Some(methods) => format!("método não permitido nesta rota; use {methods}"),
                None => "método não permitido nesta rota".to_owned(),
            };
            refuse(response, &Error::failure(Failure::MetodoNaoPermitido, message))
        }
        _ => response,
    }
}

/// Completes the header `Allow`: HEAD where GET is allowed, and OPTIONS always. A route without the
/// header allows only GET.
fn complete_allow(response: &mut ServiceResponse<BoxBody>) {
    let allow = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok());
    let mut methods = allow.unwrap_or("GET").to_owned();
    for (implied_by, method) in [("GET", "HEAD"), ("", "OPTIONS")] {
        let has = |name: &str| methods.split(',').any(|listed| listed.trim() == name);
        if (implied_by.is_empty() || has(implied_by)) && !has(method) {
            methods = format!("{methods}, {method}");
        }
    }
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
}

/// Returns the error response of the path's API, with the headers of the original response.
fn refuse(response: ServiceResponse<BoxBody>, error: &Error) -> ServiceResponse<BoxBody> {
    let refusal: HttpResponse = match routes::api_of(response.request().path()) {
        routes::Api::Graphql => graphql::protocol::http::refuse(error),
        routes::Api::Rest => rest::refuse(error),
        routes::Api::Tramita => rest::refuse_in_tramita(error),
    };
    let original = response.headers().clone();
    let mut response = response.into_response(refusal);
    for (name, value) in original {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
