//! The envelope around every JSON answer of the REST API, of success or of refusal. The Tramita API
//! uses only the errors and their headers.

use super::answer::to_json;
use super::openapi::texts::DataHora;
use super::openapi::words::{CodigoDeErro, Erro};
use crate::auth::Refused;
use crate::error::{Error, Failure, Refusal, sentence};
use crate::http::body::pieces;
use crate::value::time;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, Responder};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use utoipa::ToSchema;

/// The success message of the source document. It never changes.
const SUCCESS: &str = "Requisição efetuada com sucesso.";
const FAILURE: &str = "Não foi possível processar a requisição.";

/// O envelope de toda recusa.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recusa {
    /// O que dizer a quem usa o sistema.
    #[schema(examples("Não foi possível processar a requisição."))]
    mensagem_usuario: String,
    #[schema(value_type = Erro)]
    categoria: &'static str,
    data_hora: DataHora,
    /// Tudo o que se recusou: cada item na forma `campo: texto`, ou só o texto de uma falha que não
    /// é de um campo.
    #[schema(min_items = 1)]
    erros: Vec<String>,
    #[schema(value_type = CodigoDeErro)]
    mensagem_desenvolvedor: &'static str,
}

pub fn success(now: DateTime<Utc>, dados: &impl Serialize, warnings: &[String]) -> HttpResponse {
    let mut body = json!({
        "mensagemUsuario": SUCCESS,
        "categoria": "CONFIRMACAO",
        "dataHora": time::format_instant(now),
    });
    body["dados"] = to_json(dados);
    if !warnings.is_empty() {
        body["avisos"] = warnings.into();
    }
    respond(StatusCode::OK, &body)
}

/// Maps the path of a field of a command to its name in the body of a route.
pub type FieldNamer = fn(&[&str]) -> String;

/// An error as an answer of the REST API.
pub struct RestError {
    error: Error,
    refused: Option<Refused>,
    field_name: FieldNamer,
    allowed: Option<&'static str>,
}

impl From<Error> for RestError {
    fn from(error: Error) -> Self {
        let field_name: FieldNamer = |field| field.join(".");
        Self { error, refused: None, field_name, allowed: None }
    }
}

impl From<Refused> for RestError {
    fn from(refused: Refused) -> Self {
        Self { refused: Some(refused.clone()), ..refused.error.into() }
    }
}

impl RestError {
    /// Sets the function that names the fields of refusals as the body of the route names them.
    pub fn with_field_names(mut self, field_name: FieldNamer) -> Self {
        self.field_name = field_name;
        self
    }

    pub fn allowing(mut self, methods: &'static str) -> Self {
        self.allowed = Some(methods);
        self
    }

    /// The error itself, for an API that renders it in another form.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The name of the field of a refusal, in the body of the route.
    pub fn field(&self, refusal: &Refusal) -> String {
        let field: Vec<&str> = refusal.campo.iter().map(AsRef::as_ref).collect();
        (self.field_name)(&field)
    }

    /// An answer with this status and body, and with the headers that the error requires in every
    /// API: the authentication challenge, `Allow` and `Retry-After`.
    pub fn with_body(&self, status: u16, body: &Value) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = respond(status, body);
        if let Some(refused) = &self.refused {
            refused.set_challenge(&mut response);
        }
        let headers = response.headers_mut();
        if let Some(methods) = self.allowed {
            headers.insert(header::ALLOW, header::HeaderValue::from_static(methods));
        }
        if let Some(seconds) = self.error.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn line(&self, refusal: &Refusal) -> String {
        let field = self.field(refusal);
        match &refusal.orientacao {
            Some(orientacao) => format!("{field}: {} ({orientacao})", refusal.mensagem),
            None => format!("{field}: {}", refusal.mensagem),
        }
    }

    fn envelope(&self) -> (u16, Value) {
        let (status, code, message, errors) = match &self.error {
            Error::Refusals(refusals) => {
                // The lowest status decides: a refusal that no retry can mend (400) takes
                // precedence over one that depends on the current state (409).
                let decisive = refusals.iter().min_by_key(|refusal| refusal.status);
                let (status, code) = decisive.map_or((400, Failure::EntradaInvalida.name()), |r| {
                    (r.status, r.codigo.name())
                });
                let message = match refusals.as_slice() {
                    [] => FAILURE.to_owned(),
                    [only] => only.sentence(),
                    [first, ..] => {
                        let (count, field) = (refusals.len(), self.field(first));
                        sentence(&format!(
                            "há {count} erros; o primeiro, em {field}: {}",
                            first.mensagem
                        ))
                    }
                };
                (status, code, message, refusals.iter().map(|refusal| self.line(refusal)).collect())
            }
            error => {
                let (failure, message) = error.log_and_redact();
                (failure.status(), failure.name(), FAILURE.to_owned(), vec![message.into_owned()])
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "an answer that failed before it reached App"
        )]
        let now = Utc::now();
        let body = Recusa {
            mensagem_usuario: message,
            categoria: "ERRO",
            data_hora: DataHora(time::format_instant(now)),
            erros: errors,
            mensagem_desenvolvedor: code,
        };
        (status, to_json(&body))
    }

    fn response(&self) -> HttpResponse {
        let (status, body) = self.envelope();
        self.with_body(status, &body)
    }
}

pub fn respond(status: StatusCode, body: &Value) -> HttpResponse {
    respond_text(status, body.to_string())
}

/// An answer whose JSON is already text.
pub fn respond_text(status: StatusCode, json: String) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(pieces::answer([json.into()]))
}

impl Responder for RestError {
    type Body = BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.response()
    }
}

impl fmt::Debug for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// `ResponseError` requires `Debug` and `Display`. Neither reaches a client.
impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request refused")
    }
}

impl actix_web::ResponseError for RestError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.envelope().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{CodigoErro, Outage};
    use std::sync::Arc;

    fn message_of(error: Error) -> String {
        let (_, body) = RestError::from(error).envelope();
        body["mensagemUsuario"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn every_message_is_a_sentence() {
        let refusals = CodigoErro::ALL
            .iter()
            .filter(|code| !code.is_tramita_only())
            .map(|&code| Refusal::new(code, "R1", "o campo é obrigatório").into());
        let failures = Failure::ALL.map(|failure| Error::failure(failure, "o texto"));
        let others = [
            Error::RateLimited { seconds: 1 },
            Error::Overloaded { seconds: 1 },
            Error::Outage(Outage::Unreachable, Arc::from("")),
            Error::internal(anyhow::anyhow!("synthetic")),
        ];
        for error in refusals.chain(failures).chain(others) {
            let message = message_of(error);
            assert!(message.starts_with(char::is_uppercase) && message.ends_with('.'), "{message}");
        }
    }

    #[test]
    fn the_message_gives_the_number_of_refusals_and_the_first() {
        let refusal = |field: &'static str| {
            Refusal::new(CodigoErro::CampoObrigatorio, "R3", "o campo é obrigatório").at([field])
        };
        let error = Error::Refusals(vec![refusal("idOrgao"), refusal("numeroProcesso")]);
        assert_eq!(message_of(error), "Há 2 erros; o primeiro, em idOrgao: o campo é obrigatório.");
    }
}
