//! The Tramita's routes: `/tramites`, `/tramite/processo`, `/NREs`, alone and below
//! the prefix of the real platform.

pub mod catalogos;
pub mod componentes;
mod corpo;
mod dados;
mod documentos;
pub mod leitura;
pub mod passos;
pub mod recibos;
mod recusa;

use super::{Chamada, rota};
use crate::campo::natural;
use crate::error::Error;
use crate::tramite::{Idt, rules};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use recusa::Recusado;
use serde_json::Value;

/// Where the real platform has them.
const PREFIXO: &str = "/interoperabilidade/rest/v3";

pub fn rotas(config: &mut web::ServiceConfig) {
    config.service(web::scope(PREFIXO).configure(recursos).default_service(web::to(desconhecida)));
    config.configure(recursos);
}

fn recursos(config: &mut web::ServiceConfig) {
    config.configure(catalogos::recursos);
    config
        .service(recurso("/tramite/processo", "POST").post(passos::enviar))
        .service(recurso("/tramites/processo", "POST").post(passos::enviar))
        .service(recurso("/tramites", "GET").get(leitura::listar))
        .service(recurso("/tramites/pendentes", "GET").get(leitura::pendentes))
        .service(recurso("/tramites/protocolo/{protocolo:.*}", "GET").get(leitura::por_protocolo))
        .service(
            recurso("/tramites/{idt}", "GET, DELETE")
                .get(leitura::por_idt)
                .delete(passos::cancelar),
        )
        .service(recurso("/tramites/{idt}/recebimento", "POST").post(passos::receber))
        .service(
            recurso("/tramites/{idt}/recibo", "GET, POST")
                .get(recibos::de_conclusao)
                .post(passos::enviar_recibo),
        )
        .service(recurso("/tramites/{idt}/recusa", "POST").post(passos::recusar))
        .service(
            recurso("/tramites/{idt}/ciencia", "GET, POST")
                .get(passos::ciencia_por_get)
                .post(passos::dar_ciencia),
        )
        .service(
            recurso(
                "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar",
                "PUT",
            )
            .put(componentes::enviar::enviar),
        )
        .service(
            recurso("/tramites/{idt}/protocolos/componentes-digitais", "POST")
                .post(componentes::baixar::baixar),
        )
        .service(recurso("/tramites/{idt}/recibo-de-envio", "GET").get(recibos::de_envio))
        .service(recurso("/NREs/{nre}", "GET").get(leitura::por_nre));
}

/// A path, and the methods that it answers to; others get a 405 that names them.
fn recurso(caminho: &'static str, metodos: &'static str) -> actix_web::Resource {
    rota(caminho, metodos).default_service(web::to(move || async move {
        Recusado::from(super::metodo(metodos).await)
    }))
}

async fn desconhecida() -> Recusado {
    Recusado::from(super::desconhecida().await)
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
