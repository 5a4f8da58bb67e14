//! Answers: media types, statuses, headers.
//!
//! Statuses follow the graphql-http audits: a document that was refused is 400
//! to who accepts `application/graphql-response+json`, and 200 to who only knows
//! `application/json`.

use crate::error::{Error, Falha};
use crate::graphql::operacao::Desfecho;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::Value;

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
pub const EVENT_STREAM: &str = "text/event-stream";

/// What an answer may be, of what the client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Midia {
    GraphqlResponse,
    Json,
    /// graphql-sse; its refusals come as JSON.
    EventStream,
}

impl Midia {
    /// The media type of the answer by the client's `Accept`, or none that it takes.
    pub fn aceita(req: &HttpRequest) -> Option<Self> {
        let Some(faixas) = faixas(req) else { return Some(Midia::Json) };
        let mut melhor: Option<(f32, Midia)> = None;
        for (q, midia) in faixas {
            if q > 0.0 && melhor.is_none_or(|(outro, _)| q > outro) {
                melhor = Some((q, midia));
            }
        }
        melhor.map(|(_, midia)| midia)
    }

    /// Whether it takes events at all: a subscription is answered in nothing else.
    pub fn aceita_eventos(req: &HttpRequest) -> bool {
        faixas(req).is_some_and(|mut faixas| {
            faixas.any(|(q, midia)| q > 0.0 && midia == Midia::EventStream)
        })
    }
}

/// Of the ranges of `Accept`, those that we can answer in; none without the header.
fn faixas(req: &HttpRequest) -> Option<impl Iterator<Item = (f32, Midia)>> {
    let accept = req.headers().get(header::ACCEPT)?.to_str().unwrap_or_default();
    Some(accept.split(',').filter_map(|faixa| {
        let mut partes = faixa.split(';').map(str::trim);
        let midia = match partes.next()?.to_ascii_lowercase().as_str() {
            GRAPHQL_RESPONSE => Midia::GraphqlResponse,
            "application/json" | "application/*" | "*/*" => Midia::Json,
            EVENT_STREAM | "text/*" => Midia::EventStream,
            _ => return None,
        };
        let q = partes.find_map(|p| p.strip_prefix("q=")).map_or(Ok(1.0), str::parse);
        Some((q.unwrap_or(0.0), midia))
    }))
}

/// What came of an operation, with its status.
pub fn responder_desfecho(midia: Midia, desfecho: &Desfecho) -> HttpResponse {
    match desfecho.data {
        Some(_) => responder(midia, StatusCode::OK, desfecho),
        None => recusar_com(midia, status(desfecho.status()), desfecho),
    }
}

pub fn recusar(midia: Midia, error: &Error) -> HttpResponse {
    let (falha, mensagem) = error.publica();
    let mut resposta =
        recusar_com(midia, status(falha.status()), &Desfecho::da_falha(falha, &mensagem));
    if falha == Falha::MetodoNaoPermitido {
        permitir(&mut resposta, "POST");
    }
    if let Some(segundos) = error.esperar() {
        resposta.headers_mut().insert(header::RETRY_AFTER, segundos.into());
    }
    resposta
}

fn status(numero: u16) -> StatusCode {
    StatusCode::from_u16(numero).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A document that was refused is 200 to a client that only knows
/// `application/json`; every other refusal keeps its status.
fn recusar_com(midia: Midia, status: StatusCode, desfecho: &Desfecho) -> HttpResponse {
    let do_documento = |erro: &Value| {
        let code = erro["extensions"]["code"].as_str();
        [Falha::DocumentoMalformado, Falha::DocumentoInvalido, Falha::DocumentoDesconhecido]
            .iter()
            .any(|f| Some(f.nome()) == code)
    };
    let status = match midia {
        Midia::Json if desfecho.errors.iter().all(do_documento) => StatusCode::OK,
        _ => status,
    };
    responder(midia, status, desfecho)
}

fn responder(midia: Midia, status: StatusCode, corpo: &Desfecho) -> HttpResponse {
    let tipo = match midia {
        Midia::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        Midia::Json | Midia::EventStream => "application/json; charset=utf-8",
    };
    let Ok(bytes) = serde_json::to_vec(corpo) else {
        return HttpResponse::InternalServerError().finish();
    };
    HttpResponseBuilder::new(status).insert_header((header::CONTENT_TYPE, tipo)).body(bytes)
}

pub fn permitir(resposta: &mut HttpResponse, metodos: &'static str) {
    resposta.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(metodos));
}
