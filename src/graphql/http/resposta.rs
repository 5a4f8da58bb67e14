//! Answers: media types, statuses, headers.
//!
//! Statuses follow the graphql-http audits: a document that was refused is 400
//! to who accepts `application/graphql-response+json`, and 200 to who only knows
//! `application/json`.

use crate::error::{Error, Falha};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::{Value, json};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// What an answer may be, of what the client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Midia {
    GraphqlResponse,
    Json,
}

impl Midia {
    /// The media type of the answer by the client's `Accept`, or none that it takes.
    pub fn aceita(req: &HttpRequest) -> Option<Self> {
        let Some(accept) = req.headers().get(header::ACCEPT) else { return Some(Midia::Json) };
        let accept = accept.to_str().ok()?;
        let mut melhor: Option<(f32, Midia)> = None;
        for faixa in accept.split(',') {
            let mut partes = faixa.split(';').map(str::trim);
            let midia = match partes.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                GRAPHQL_RESPONSE => Midia::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Midia::Json,
                _ => continue,
            };
            let q = partes
                .find_map(|p| p.strip_prefix("q="))
                .map_or(Ok(1.0), str::parse)
                .unwrap_or(0.0);
            if q > 0.0 && melhor.is_none_or(|(outro, _)| q > outro) {
                melhor = Some((q, midia));
            }
        }
        melhor.map(|(_, midia)| midia)
    }
}

/// What is answered; keys of `data` stand in the order of the selection.
#[derive(Serialize)]
pub struct Corpo<'a> {
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    pub errors: &'a [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'a async_graphql::Value>,
}

pub fn recusar(midia: Midia, error: &Error) -> HttpResponse {
    let (falha, mensagem) = error.publica();
    let status = StatusCode::from_u16(falha.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let extensions = json!({ "code": falha.nome(), "status": falha.status() });
    let erros = [json!({ "message": mensagem, "extensions": extensions })];
    let mut resposta = recusar_com(midia, status, &erros);
    if falha == Falha::MetodoNaoPermitido {
        permitir(&mut resposta, "POST");
    }
    if let Some(segundos) = error.esperar() {
        resposta.headers_mut().insert(header::RETRY_AFTER, segundos.into());
    }
    resposta
}

/// A document that was refused is 200 to a client that only knows
/// `application/json`; every other refusal keeps its status.
pub fn recusar_com(midia: Midia, status: StatusCode, errors: &[Value]) -> HttpResponse {
    let do_documento = |erro: &Value| {
        let code = erro["extensions"]["code"].as_str();
        [Falha::DocumentoMalformado, Falha::DocumentoInvalido]
            .iter()
            .any(|f| Some(f.nome()) == code)
    };
    let status = match midia {
        Midia::Json if errors.iter().all(do_documento) => StatusCode::OK,
        _ => status,
    };
    responder(midia, status, &Corpo { errors, data: None })
}

pub fn responder(midia: Midia, status: StatusCode, corpo: &Corpo<'_>) -> HttpResponse {
    let tipo = match midia {
        Midia::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        Midia::Json => "application/json; charset=utf-8",
    };
    let Ok(bytes) = serde_json::to_vec(corpo) else {
        return HttpResponse::InternalServerError().finish();
    };
    HttpResponseBuilder::new(status).insert_header((header::CONTENT_TYPE, tipo)).body(bytes)
}

pub fn permitir(resposta: &mut HttpResponse, metodos: &'static str) {
    resposta.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(metodos));
}
