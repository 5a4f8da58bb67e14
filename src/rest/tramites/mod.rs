//! The routes of the Tramita API: `/tramites`, `/tramite/processo`, `/NREs` and others. Each
//! answers both without a prefix and below the prefix of the real platform.

pub mod catalogos;
pub mod componentes;
mod body;
pub mod answer;
mod documentos;
mod begin;
mod fields;
pub mod read;
mod not_offered;
pub mod steps;
mod retry;
pub mod pendencias;
pub mod recibos;
pub mod refusal;
mod unread_body;

use super::answer::to_json;
use super::{Call, route};
use crate::error::Error;
use crate::tramite::{Idt, rules};
use crate::value::field::parse_digits;
use actix_web::guard::fn_guard;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use refusal::TramitaError;
use retry::RetryWhileUnavailable;
use serde::Serialize;
use serde_json::Value;

/// The prefix of these routes on the real platform.
pub const PREFIX: &str = "/interoperabilidade/rest/v3";

/// First segments of the paths that answer without the prefix.
const FIRST_SEGMENTS: [&str; 11] = [
    "NREs",
    "especies",
    "healthcheck",
    "hipoteses",
    "motivosUrgencia",
    "pendencias",
    "repositorios-de-estruturas",
    "sincroniza-tramite",
    "tickets-de-envio-de-componente",
    "tramite",
    "tramites",
];

pub fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope(PREFIX).configure(resources).default_service(web::to(unknown));
    config.service(scope.wrap(from_fn(unread_body::drain_body)));
    let without_prefix = fn_guard(|request| is_of_tramita(request.head().uri.path()));
    let scope = web::scope("").guard(without_prefix).configure(resources);
    let scope = scope.default_service(web::to(unknown));
    config.service(scope.wrap(from_fn(unread_body::drain_body)));
}

/// Whether a path belongs to the Tramita API, with or without the prefix.
pub fn is_of_tramita(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    path.starts_with(PREFIX) || first.is_some_and(|first| FIRST_SEGMENTS.contains(&first))
}

fn resources(config: &mut web::ServiceConfig) {
    config.configure(catalogos::resources);
    let ticket = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar";
    let resources = [
        resource("/tramite/processo", "POST").post(steps::enviar),
        resource("/tramites/processo", "POST").post(steps::enviar),
        resource("/tramites/documento", "POST").post(not_offered::loose_document),
        resource("/tramites", "GET").get(read::list),
        resource("/tramites/pendentes", "GET").get(read::pending),
        resource("/tramites/protocolo/{protocolo:.*}", "GET").get(read::by_protocolo),
        resource("/tramites/{idt}", "GET, DELETE").get(read::by_idt).delete(steps::cancelar),
        resource("/tramites/{idt}/recebimento", "POST").post(steps::receber),
        resource("/tramites/{idt}/recibo", "GET, POST")
            .get(recibos::of_conclusao)
            .post(steps::enviar_recibo),
        resource("/tramites/{idt}/recusa", "POST").post(steps::recusar),
        resource("/tramites/{idt}/ciencia", "GET, POST")
            .get(steps::ciencia_por_get)
            .post(steps::dar_ciencia),
        resource(ticket, "PUT").put(componentes::upload::upload_file),
        resource(&format!("{ticket}/partes/sinalizacao-termino-envio"), "POST")
            .post(componentes::parts::finish_upload),
        resource(&format!("{ticket}/partes/{{inicio}}-{{fim}}"), "PUT")
            .put(componentes::parts::upload_part),
        resource("/tramites/{idt}/protocolos/componentes-digitais", "POST")
            .post(componentes::download::download_file),
        resource("/tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}", "POST")
            .post(componentes::download::download_part),
        resource("/tramites/{idt}/recibo-de-envio", "GET").get(recibos::of_envio),
        resource("/NREs/{nre}", "GET").get(read::by_nre),
        resource("/pendencias", "GET").get(pendencias::wait),
        resource(
            "/NREs/{nre}/destinatarios/{repositorio}/{estrutura}/reproducoes-de-tramite",
            "POST",
        )
        .post(not_offered::reproduction),
        resource("/sincroniza-tramite/{idt}", "GET").get(not_offered::synchronization),
    ];
    for resource in resources {
        config.service(resource.wrap(RetryWhileUnavailable));
    }
}

/// Registers a path and the methods that it accepts. Any other method gets a 405 in the form of the
/// Tramita API.
fn resource(path: &str, methods: &'static str) -> actix_web::Resource {
    route(path, methods).default_service(web::to(move || async move {
        TramitaError::from(super::method_not_allowed(methods).await)
    }))
}

async fn unknown(req: HttpRequest) -> TramitaError {
    TramitaError::from(super::unknown(req).await)
}

pub fn refuse(error: &Error) -> HttpResponse {
    TramitaError::from(error.clone()).error_response()
}

fn answered(answer: &impl Serialize) -> HttpResponse {
    super::envelope::respond(StatusCode::OK, &to_json(answer))
}

/// Like [`answered`], for a body that `make` builds from `parts` parts. Builds a large body on another
/// thread, so that it does not block this one.
async fn ok_of_parts(
    call: &Call,
    parts: usize,
    make: impl FnOnce() -> Result<Value, Error> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let write = move || make().map(|body| body.to_string());
    let text = match parts > PARTS_INLINE {
        true => call.app.cpu_pool.run(call.actor().credential(), write).await?,
        false => write(),
    };
    Ok(super::envelope::respond_text(StatusCode::OK, text?))
}

/// Largest number of parts that this thread builds itself. This many rows or fields take less than
/// a millisecond.
const PARTS_INLINE: usize = 100;

/// A text that is not a number cannot name a trâmite, so it gets the same answer as an unknown IDT.
fn idt(text: &str) -> Result<Idt, TramitaError> {
    parse_digits(text).ok_or_else(|| rules::tramite_visivel().into())
}
