//! What is said of a path that nobody answers to, or not by this method: in the words of the door
//! that it looks like, with the route that is nearest to it.

use super::without_body;
use crate::error::{Error, Falha};
use crate::graphql;
use crate::rest::{self, routes};
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};

/// Makes an answer of what the router alone said, and of OPTIONS.
pub fn explain(
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
            let mensagem = "este servidor não atende páginas de outras origens: quem o opera pode \
                            nomeá-las em ELOS_CORS_ORIGINS";
            refuse(response, &Error::falha(Falha::SemPermissao, mensagem))
        }
        (StatusCode::METHOD_NOT_ALLOWED, &Method::OPTIONS) => {
            without_body(response, StatusCode::NO_CONTENT)
        }
        (StatusCode::NOT_FOUND, _) if !is_json(&response) => {
            let error =
                Error::falha(Falha::NaoEncontrado, routes::unknown(response.request().path()));
            refuse(response, &error)
        }
        (StatusCode::METHOD_NOT_ALLOWED, _) if !is_json(&response) => {
            let allowed =
                response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok());
            let mensagem = match allowed {
                Some(methods) => format!("método não permitido nesta rota; use {methods}"),
                None => "método não permitido nesta rota".to_owned(),
            };
            refuse(response, &Error::falha(Falha::MetodoNaoPermitido, mensagem))
        }
        _ => response,
    }
}

/// Where GET is, HEAD is; and OPTIONS is what answers here. A route that says nothing is of those
/// that are only read.
fn complete_allow(response: &mut ServiceResponse<BoxBody>) {
    let said = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok());
    let mut methods = said.unwrap_or("GET").to_owned();
    for (of, method) in [("GET", "HEAD"), ("", "OPTIONS")] {
        let has = |name: &str| methods.split(',').any(|said| said.trim() == name);
        if (of.is_empty() || has(of)) && !has(method) {
            methods = format!("{methods}, {method}");
        }
    }
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
}

fn is_json(response: &ServiceResponse<BoxBody>) -> bool {
    let tipo = response.headers().get(header::CONTENT_TYPE).and_then(|tipo| tipo.to_str().ok());
    tipo.is_some_and(|tipo| tipo.contains("json"))
}

/// The refusal of the door, with the headers that the answer has.
fn refuse(response: ServiceResponse<BoxBody>, error: &Error) -> ServiceResponse<BoxBody> {
    let refusal: HttpResponse = match routes::door(response.request().path()) {
        routes::Door::Graphql => graphql::protocol::http::recusar(error),
        routes::Door::Rest => rest::refuse(error),
        routes::Door::Tramita => rest::refuse_in_tramita(error),
    };
    let said = response.headers().clone();
    let mut response = response.into_response(refusal);
    for (name, value) in said {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
