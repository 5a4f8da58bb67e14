//! Answers: media types, statuses, headers.
//!
//! By the profile `audits`, statuses follow the graphql-http audits: a document that was
//! refused is 400 to who accepts `application/graphql-response+json`, and 200 to who only
//! knows `application/json`. By `2026` they follow the draft of that year: the same to all,
//! 422 for what reads well and cannot be done, 294 for an answer in part.

use crate::config::PerfilHttp;
use crate::error::{Error, Falha};
use crate::graphql::execution::{Desfecho, Written};
use crate::http::body::pieces;
use crate::http::front::coding::quality;
use crate::http::front::listed;
use crate::http::request;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::Value;

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
pub const EVENT_STREAM: &str = "text/event-stream";

/// Has `data` and `errors`.
const PARCIAL: u16 = 294;

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
    pub fn aceita(req: &HttpRequest, perfil: PerfilHttp) -> Option<Self> {
        let sem_preferencia = match perfil {
            PerfilHttp::Audits => Midia::Json,
            PerfilHttp::Rascunho2026 => Midia::GraphqlResponse,
        };
        let Some(faixas) = faixas(req) else { return Some(sem_preferencia) };
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

/// The ranges that we can answer in, of all lines of `Accept`; none without the header.
fn faixas(req: &HttpRequest) -> Option<impl Iterator<Item = (f32, Midia)>> {
    let headers = req.headers();
    headers.contains_key(header::ACCEPT).then(|| {
        listed(headers, header::ACCEPT).filter_map(|faixa| {
            let mut partes = faixa.split(';').map(str::trim);
            let midia = match partes.next()?.to_ascii_lowercase().as_str() {
                GRAPHQL_RESPONSE => Midia::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Midia::Json,
                EVENT_STREAM | "text/*" => Midia::EventStream,
                _ => return None,
            };
            Some((quality(partes), midia))
        })
    })
}

/// How an answer is given.
#[derive(Debug, Clone, Copy)]
pub struct Forma {
    pub midia: Midia,
    pub perfil: PerfilHttp,
}

impl Forma {
    /// What came of an operation, with its status.
    pub fn responder(self, desfecho: Desfecho) -> HttpResponse {
        let em_parte = self.perfil == PerfilHttp::Rascunho2026 && !desfecho.errors.is_empty();
        match desfecho.data {
            None => self.recusada(desfecho),
            Some(_) if em_parte => {
                let mut resposta = self.escrever(status(PARCIAL), desfecho);
                resposta.head_mut().reason = Some("Partial Success");
                resposta
            }
            Some(_) => self.escrever(StatusCode::OK, desfecho),
        }
    }

    pub fn recusar(self, error: &Error) -> HttpResponse {
        let mut resposta = self.recusada(Desfecho::recusa(error));
        if resposta.status() == StatusCode::METHOD_NOT_ALLOWED {
            permitir(&mut resposta, "POST");
        }
        resposta
    }

    /// What is not even JSON: 400 by both profiles.
    pub fn recusar_ilegivel(self) -> HttpResponse {
        let recusa = Desfecho::da_falha(Falha::EntradaInvalida, "o corpo não é JSON");
        self.escrever(StatusCode::BAD_REQUEST, recusa)
    }

    fn recusada(self, mut desfecho: Desfecho) -> HttpResponse {
        // Whatever status this media type and this profile have for it, the trail tells what came of it.
        let (retry_after, outcome) = (desfecho.retry_after, desfecho.status());
        let status = match self.perfil {
            PerfilHttp::Rascunho2026 => {
                desfecho.errors.iter_mut().for_each(improcessavel);
                status(desfecho.status())
            }
            PerfilHttp::Audits if self.midia == Midia::Json && do_documento(&desfecho) => {
                StatusCode::OK
            }
            PerfilHttp::Audits => status(desfecho.status()),
        };
        let mut resposta = self.escrever(status, desfecho);
        resposta.extensions_mut().insert(request::Outcome(outcome));
        if let Some(seconds) = retry_after {
            resposta.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        resposta
    }

    fn escrever(self, status: StatusCode, corpo: Desfecho) -> HttpResponse {
        let tipo = match self.midia {
            Midia::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Midia::Json | Midia::EventStream => "application/json; charset=utf-8",
        };
        let mut resposta = HttpResponseBuilder::new(status);
        resposta.insert_header((header::CONTENT_TYPE, tipo));
        match corpo.escrito() {
            Ok(Written::Whole(bytes)) => resposta.body(bytes),
            Ok(Written::Parts(parts)) => resposta.body(pieces::answer(parts)),
            Err(_) => HttpResponse::InternalServerError().finish(),
        }
    }
}

/// What came of each, in order: a list has no status but its own, and no other media type.
pub fn responder_lote(desfechos: &[Desfecho]) -> HttpResponse {
    HttpResponse::Ok().json(desfechos)
}

fn status(numero: u16) -> StatusCode {
    StatusCode::from_u16(numero).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether all that is wrong is the document: 200 to a client that only knows
/// `application/json`, where every other refusal keeps its status.
fn do_documento(desfecho: &Desfecho) -> bool {
    let falhas =
        [Falha::DocumentoMalformado, Falha::DocumentoInvalido, Falha::DocumentoDesconhecido];
    let do_documento = |codigo: &Value| falhas.iter().any(|f| *codigo == f.nome());
    desfecho.errors.iter().all(|erro| do_documento(&erro["extensions"]["code"]))
}

/// What reads well and cannot be done is 422; 400 is what does not even read.
fn improcessavel(erro: &mut Value) {
    let extensions = &mut erro["extensions"];
    if extensions["status"] == 400 && extensions["code"] != Falha::DocumentoMalformado.nome() {
        extensions["status"] = 422.into();
    }
}

pub fn permitir(resposta: &mut HttpResponse, metodos: &'static str) {
    resposta.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(metodos));
}
