//! Errors in the form of the Tramita API: `{codigoErro, mensagem, parametro[]}`.

use super::super::answer::{answer, to_json};
use super::super::envelope::RestError;
use crate::error::{Error, Failure, FileMismatch, Refusal};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::Value;
use std::fmt;

/// An error as an answer of the Tramita API.
pub struct TramitaError(RestError);

impl From<RestError> for TramitaError {
    fn from(error: RestError) -> Self {
        Self(error.with_field_names(field_name))
    }
}

impl From<Error> for TramitaError {
    fn from(error: Error) -> Self {
        RestError::from(error).into()
    }
}

impl From<Refusal> for TramitaError {
    fn from(refusal: Refusal) -> Self {
        Error::from(refusal).into()
    }
}

/// Maps a field of a command to its name in the body.
fn field_name(field: &[&str]) -> String {
    match field {
        // The path or a form names these fields, not a JSON body.
        ["caminho" | "arquivo", field] => (*field).into(),
        ["nre"] => "cabecalho.NRE".into(),
        [party @ ("remetente" | "destinatario")] => format!("cabecalho.{party}"),
        [party @ ("remetente" | "destinatario"), "repositorio"] => {
            format!("cabecalho.{party}.identificacaoDoRepositorioDeEstruturas")
        }
        [party @ ("remetente" | "destinatario"), _] => {
            format!("cabecalho.{party}.numeroDeIdentificacaoDaEstrutura")
        }
        [field @ ("urgente" | "motivoDaUrgencia" | "dataDeRetorno")] => {
            format!("cabecalho.{field}")
        }
        [
            field @ ("protocolo" | "descricao" | "nivelDeSigilo" | "hipoteseLegal"
            | "processoDeNegocio" | "documentos" | "interessados" | "produtor"
            | "processosApensados" | "processoApensado"),
        ] => format!("processo.{field}"),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        other => other.join("."),
    }
}

answer! {
    /// Uma recusa, nas palavras da plataforma.
    pub struct RecusaDoTramita from (code: &str, message: &str, params: Vec<ParametroDaRecusa>) {
        /// Quatro dígitos; os que começam por 9 são deste servidor.
        #[schema(pattern = "^[0-9]{4}$", examples("9001"))]
        codigo_erro: String = code.to_owned(),
        mensagem: String = message.to_owned(),
        parametro: Vec<ParametroDaRecusa> = params,
    }
}

answer! {
    /// Um dado da recusa, para máquinas: o NRE a mandar, o trâmite em causa, o campo a corrigir.
    pub struct ParametroDaRecusa from (key: &str, value: &str) {
        chave: String = key.to_owned(),
        valor: String = value.to_owned(),
    }
}

impl TramitaError {
    fn body(&self) -> (u16, Value) {
        match self.0.error() {
            Error::Refusals(refusals) => {
                let Some(decisive) = refusals.iter().min_by_key(|refusal| refusal.status) else {
                    return (400, Value::Null);
                };
                // `ProtocoloDivergente` stands for two refusals of the platform. The one about a
                // file has the code 0047.
                let of_file =
                    decisive.tramite.as_ref().is_some_and(|dados| dados.divergencia.is_some());
                let code = if of_file { "0047" } else { decisive.codigo.tramita_code() };
                let params = refusals.iter().flat_map(|refusal| self.params(refusal)).collect();
                let body = RecusaDoTramita::new(code, &decisive.mensagem, params);
                (decisive.status, to_json(&body))
            }
            error => {
                let (failure, message) = error.log_and_redact();
                let code = match failure {
                    Failure::SemPermissao => "9005".to_owned(),
                    failure => format!("9{}", failure.status()),
                };
                (failure.status(), to_json(&RecusaDoTramita::new(&code, &message, Vec::new())))
            }
        }
    }

    /// Details that a program can act on: the NRE to send, the trâmite to look at, the field to
    /// correct.
    fn params(&self, refusal: &Refusal) -> Vec<ParametroDaRecusa> {
        let param = ParametroDaRecusa::new;
        let mut params = Vec::new();
        match &refusal.tramite {
            None => params.push(param(&self.0.field(refusal), &refusal.mensagem)),
            Some(dados) => {
                params.extend(dados.protocolo.as_deref().map(|value| param("protocolo", value)));
                params.extend(dados.nre.as_deref().map(|value| param("nre", value)));
                params.extend(dados.idt.map(|idt| param("IDT", &idt.to_string())));
                if let Some(mismatch) = &dados.divergencia {
                    let FileMismatch {
                        documento,
                        componente,
                        esperado: expected,
                        informado: reported,
                    } = mismatch;
                    params.push(param("ordem", &documento.to_string()));
                    params.push(param("ordemDoComponente", &componente.to_string()));
                    params.extend(expected.as_deref().map(|hash| param("hashEsperado", hash)));
                    params.push(param("hashInformado", reported));
                }
            }
        }
        params.extend(refusal.orientacao.as_deref().map(|value| param("orientacao", value)));
        params
    }

    fn response(&self) -> HttpResponse {
        let (status, body) = self.body();
        self.0.with_body(status, &body)
    }
}

impl Responder for TramitaError {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.response()
    }
}

impl fmt::Debug for TramitaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// `ResponseError` requires `Debug` and `Display`. Neither reaches a client.
impl fmt::Display for TramitaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request refused")
    }
}

impl actix_web::ResponseError for TramitaError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.body().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}
