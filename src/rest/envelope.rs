//! The envelope around every answer, of success and of refusal.

use crate::auth::Recusado;
use crate::error::{Error, Falha, Recusa, sentence};
use crate::http::body::pieces;
use crate::value::time;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, Responder};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::fmt;

/// The sentence of success in the source document; it never changes.
const SUCESSO: &str = "Requisição efetuada com sucesso.";
const INSUCESSO: &str = "Não foi possível processar a requisição.";

pub fn sucesso(agora: DateTime<Utc>, dados: &Value, avisos: &[String]) -> HttpResponse {
    let mut corpo = json!({
        "mensagemUsuario": SUCESSO,
        "categoria": "CONFIRMACAO",
        "dataHora": time::por_extenso(agora),
        "dados": dados,
    });
    if !avisos.is_empty() {
        corpo["avisos"] = avisos.into();
    }
    responder(StatusCode::OK, &corpo)
}

/// An object as the façade writes it: what has no value is left out.
pub fn objeto<const N: usize>(campos: [(&str, Option<Value>); N]) -> Value {
    let presentes = campos.into_iter().filter_map(|(nome, valor)| Some((nome.to_owned(), valor?)));
    Value::Object(presentes.collect())
}

/// The name that a field of a command has in the body of a route.
pub type NomeDoCampo = fn(&[&str]) -> String;

/// A refusal on its way out of the façade.
pub struct Negado {
    error: Error,
    recusado: Option<Recusado>,
    nome_do_campo: NomeDoCampo,
    permitidos: Option<&'static str>,
}

impl From<Error> for Negado {
    fn from(error: Error) -> Self {
        let nome_do_campo: NomeDoCampo = |campo| campo.join(".");
        Self { error, recusado: None, nome_do_campo, permitidos: None }
    }
}

impl From<Recusado> for Negado {
    fn from(recusado: Recusado) -> Self {
        Self { recusado: Some(recusado.clone()), ..recusado.error.into() }
    }
}

impl Negado {
    /// Fields are told in the words of the route.
    pub fn nas_palavras(mut self, nome_do_campo: NomeDoCampo) -> Self {
        self.nome_do_campo = nome_do_campo;
        self
    }

    pub fn permitindo(mut self, metodos: &'static str) -> Self {
        self.permitidos = Some(metodos);
        self
    }

    /// What went wrong, for who tells it in another form.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The field of a refusal, in the words of the route.
    pub fn campo(&self, recusa: &Recusa) -> String {
        let campo: Vec<&str> = recusa.campo.iter().map(AsRef::as_ref).collect();
        (self.nome_do_campo)(&campo)
    }

    /// The answer, with the headers that every form of it has.
    pub fn com_corpo(&self, status: u16, corpo: &Value) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut resposta = responder(status, corpo);
        if let Some(recusado) = &self.recusado {
            recusado.desafiar(&mut resposta);
        }
        let headers = resposta.headers_mut();
        if let Some(metodos) = self.permitidos {
            headers.insert(header::ALLOW, header::HeaderValue::from_static(metodos));
        }
        if let Some(segundos) = self.error.esperar() {
            headers.insert(header::RETRY_AFTER, segundos.into());
        }
        resposta
    }

    fn erro(&self, recusa: &Recusa) -> String {
        let campo = self.campo(recusa);
        match &recusa.orientacao {
            Some(orientacao) => format!("{campo}: {} ({orientacao})", recusa.mensagem),
            None => format!("{campo}: {}", recusa.mensagem),
        }
    }

    fn envelope(&self) -> (u16, Value) {
        let (status, codigo, mensagem, erros) = match &self.error {
            Error::Recusas(recusas) => {
                // What can never succeed (400) comes before what the present state refuses (409).
                let decisiva = recusas.iter().min_by_key(|recusa| recusa.status);
                let (status, codigo) = decisiva
                    .map_or((400, Falha::EntradaInvalida.nome()), |r| (r.status, r.codigo.nome()));
                let mensagem = match recusas.as_slice() {
                    [] => INSUCESSO.to_owned(),
                    [only] => only.sentence(),
                    [first, ..] => {
                        let (count, field) = (recusas.len(), self.campo(first));
                        sentence(&format!(
                            "há {count} erros; o primeiro, em {field}: {}",
                            first.mensagem
                        ))
                    }
                };
                (status, codigo, mensagem, recusas.iter().map(|recusa| self.erro(recusa)).collect())
            }
            error => {
                let (falha, mensagem) = error.publica();
                (falha.status(), falha.nome(), INSUCESSO.to_owned(), vec![mensagem.into_owned()])
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "an answer that failed before it reached App"
        )]
        let agora = Utc::now();
        let corpo = json!({
            "mensagemUsuario": mensagem,
            "categoria": "ERRO",
            "dataHora": time::por_extenso(agora),
            "erros": erros,
            "mensagemDesenvolvedor": codigo,
        });
        (status, corpo)
    }

    fn resposta(&self) -> HttpResponse {
        let (status, corpo) = self.envelope();
        self.com_corpo(status, &corpo)
    }
}

pub fn responder(status: StatusCode, corpo: &Value) -> HttpResponse {
    responder_texto(status, corpo.to_string())
}

/// JSON that is written already.
pub fn responder_texto(status: StatusCode, json: String) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(pieces::answer([json.into()]))
}

impl Responder for Negado {
    type Body = BoxBody;

    fn respond_to(self, _: &actix_web::HttpRequest) -> HttpResponse {
        self.resposta()
    }
}

impl fmt::Debug for Negado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// actix asks for both; neither reaches a client.
impl fmt::Display for Negado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request refused")
    }
}

impl actix_web::ResponseError for Negado {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.envelope().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.resposta()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{CodigoErro, Outage};
    use std::sync::Arc;

    fn told(error: Error) -> String {
        let (_, body) = Negado::from(error).envelope();
        body["mensagemUsuario"].as_str().unwrap_or_default().to_owned()
    }

    /// Of every code, and of what has none: a sentence.
    #[test]
    fn every_message_is_a_sentence() {
        let refusals = CodigoErro::TODOS
            .iter()
            .filter(|code| !code.so_do_tramita())
            .map(|&code| Recusa::nova(code, "R1", "o campo é obrigatório").into());
        let failures = Falha::TODAS.map(|falha| Error::falha(falha, "o texto"));
        let others = [
            Error::Limite { segundos: 1 },
            Error::Sobrecarga { segundos: 1 },
            Error::Outage(Outage::Unreachable, Arc::from("")),
            Error::interno(anyhow::anyhow!("synthetic")),
        ];
        for error in refusals.chain(failures).chain(others) {
            let message = told(error);
            assert!(message.starts_with(char::is_uppercase) && message.ends_with('.'), "{message}");
        }
    }

    #[test]
    fn of_several_it_says_how_many_and_the_first() {
        let refusal = |field: &'static str| {
            Recusa::nova(CodigoErro::CampoObrigatorio, "R3", "o campo é obrigatório").em([field])
        };
        let error = Error::Recusas(vec![refusal("idOrgao"), refusal("numeroProcesso")]);
        assert_eq!(told(error), "Há 2 erros; o primeiro, em idOrgao: o campo é obrigatório.");
    }
}
