//! The Tramita's routes: `/tramites`, `/tramite/processo`, `/NREs`, alone and below
//! the prefix of the real platform.

pub mod catalogos;
pub mod componentes;
mod body;
mod answer;
mod documentos;
mod entry;
mod fields;
pub mod read;
mod not_offered;
pub mod steps;
mod patience;
pub mod pendencias;
pub mod recibos;
mod refusal;
mod wire;

use super::{Chamada, rota};
use crate::error::Error;
use crate::tramite::{Idt, rules};
use crate::value::field::natural;
use actix_web::guard::fn_guard;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use patience::Patient;
use refusal::Recusado;
use serde_json::Value;

/// Where the real platform has them.
pub const PREFIXO: &str = "/interoperabilidade/rest/v3";

/// The first segments of its paths, where they stand alone.
const PRIMEIROS: [&str; 11] = [
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

pub fn rotas(config: &mut web::ServiceConfig) {
    let escopo = web::scope(PREFIXO).configure(recursos).default_service(web::to(desconhecida));
    config.service(escopo.wrap(from_fn(wire::tolerate)));
    let sem_prefixo = fn_guard(|pedido| is_of_tramita(pedido.head().uri.path()));
    let escopo = web::scope("").guard(sem_prefixo).configure(recursos);
    let escopo = escopo.default_service(web::to(desconhecida));
    config.service(escopo.wrap(from_fn(wire::tolerate)));
}

/// Whether a path is one of the Tramita's, alone or below the prefix.
pub fn is_of_tramita(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    path.starts_with(PREFIXO) || first.is_some_and(|first| PRIMEIROS.contains(&first))
}

fn recursos(config: &mut web::ServiceConfig) {
    config.configure(catalogos::recursos);
    let ticket = "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar";
    let recursos = [
        recurso("/tramite/processo", "POST").post(steps::enviar),
        recurso("/tramites/processo", "POST").post(steps::enviar),
        recurso("/tramites/documento", "POST").post(not_offered::loose_document),
        recurso("/tramites", "GET").get(read::listar),
        recurso("/tramites/pendentes", "GET").get(read::pendentes),
        recurso("/tramites/protocolo/{protocolo:.*}", "GET").get(read::por_protocolo),
        recurso("/tramites/{idt}", "GET, DELETE").get(read::por_idt).delete(steps::cancelar),
        recurso("/tramites/{idt}/recebimento", "POST").post(steps::receber),
        recurso("/tramites/{idt}/recibo", "GET, POST")
            .get(recibos::de_conclusao)
            .post(steps::enviar_recibo),
        recurso("/tramites/{idt}/recusa", "POST").post(steps::recusar),
        recurso("/tramites/{idt}/ciencia", "GET, POST")
            .get(steps::ciencia_por_get)
            .post(steps::dar_ciencia),
        recurso(ticket, "PUT").put(componentes::upload::enviar),
        recurso(&format!("{ticket}/partes/sinalizacao-termino-envio"), "POST")
            .post(componentes::parts::concluir),
        recurso(&format!("{ticket}/partes/{{inicio}}-{{fim}}"), "PUT")
            .put(componentes::parts::enviar),
        recurso("/tramites/{idt}/protocolos/componentes-digitais", "POST")
            .post(componentes::download::baixar),
        recurso("/tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}", "POST")
            .post(componentes::download::baixar_parte),
        recurso("/tramites/{idt}/recibo-de-envio", "GET").get(recibos::de_envio),
        recurso("/NREs/{nre}", "GET").get(read::por_nre),
        recurso("/pendencias", "GET").get(pendencias::esperar),
        recurso(
            "/NREs/{nre}/destinatarios/{repositorio}/{estrutura}/reproducoes-de-tramite",
            "POST",
        )
        .post(not_offered::reproduction),
        recurso("/sincroniza-tramite/{idt}", "GET").get(not_offered::synchronization),
    ];
    for recurso in recursos {
        config.service(recurso.wrap(Patient));
    }
}

/// A path, and the methods that it answers to; others get a 405 that names them.
fn recurso(caminho: &str, metodos: &'static str) -> actix_web::Resource {
    rota(caminho, metodos).default_service(web::to(move || async move {
        Recusado::from(super::metodo(metodos).await)
    }))
}

async fn desconhecida(req: HttpRequest) -> Recusado {
    Recusado::from(super::desconhecida(req).await)
}

pub fn refuse(error: &Error) -> HttpResponse {
    Recusado::from(error.clone()).error_response()
}

fn ok(corpo: &Value) -> HttpResponse {
    super::envelope::responder(StatusCode::OK, corpo)
}

/// The same, of what `make` makes: on another thread, when that is of so many parts.
async fn ok_of_parts(
    chamada: &Chamada,
    parts: usize,
    make: impl FnOnce() -> Result<Value, Error> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let write = move || make().map(|corpo| corpo.to_string());
    let text = match parts > PARTS_INLINE {
        true => chamada.app.work.run(chamada.ator().credencial(), write).await?,
        false => write(),
    };
    Ok(super::envelope::responder_texto(StatusCode::OK, text?))
}

/// Rows or fields of so many are written in less than a millisecond.
const PARTS_INLINE: usize = 100;

/// What is no number names no trâmite.
fn idt(texto: &str) -> Result<Idt, Recusado> {
    natural(texto).ok_or_else(|| rules::tramite_visivel().into())
}
