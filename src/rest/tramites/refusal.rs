//! Refusals as the Tramita tells them: `{codigoErro, mensagem, parametro[]}`.

use super::super::envelope::Negado;
use crate::error::{Divergencia, Error, Falha, Recusa};
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::{Value, json};
use std::fmt;

/// A refusal on its way out of the Tramita's routes.
pub struct Recusado(Negado);

impl From<Negado> for Recusado {
    fn from(negado: Negado) -> Self {
        Self(negado.nas_palavras(nome_do_campo))
    }
}

impl From<Error> for Recusado {
    fn from(error: Error) -> Self {
        Negado::from(error).into()
    }
}

impl From<Recusa> for Recusado {
    fn from(recusa: Recusa) -> Self {
        Error::from(recusa).into()
    }
}

/// The name that a field of a command has in the body.
fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        // Named in the path or in a form, not in a body.
        ["caminho" | "arquivo", campo] => (*campo).into(),
        ["nre"] => "cabecalho.NRE".into(),
        [parte @ ("remetente" | "destinatario")] => format!("cabecalho.{parte}"),
        [parte @ ("remetente" | "destinatario"), "repositorio"] => {
            format!("cabecalho.{parte}.identificacaoDoRepositorioDeEstruturas")
        }
        [parte @ ("remetente" | "destinatario"), _] => {
            format!("cabecalho.{parte}.numeroDeIdentificacaoDaEstrutura")
        }
        [campo @ ("urgente" | "motivoDaUrgencia" | "dataDeRetorno")] => {
            format!("cabecalho.{campo}")
        }
        [
            campo @ ("protocolo" | "descricao" | "nivelDeSigilo" | "hipoteseLegal"
            | "processoDeNegocio" | "documentos" | "interessados" | "produtor"
            | "processosApensados" | "processoApensado"),
        ] => format!("processo.{campo}"),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        outro => outro.join("."),
    }
}

impl Recusado {
    fn corpo(&self) -> (u16, Value) {
        match self.0.error() {
            Error::Recusas(recusas) => {
                let Some(decisiva) = recusas.iter().min_by_key(|recusa| recusa.status) else {
                    return (400, Value::Null);
                };
                // The one code of two refusals that only a document tells apart.
                let do_documento =
                    decisiva.tramite.as_ref().is_some_and(|dados| dados.divergencia.is_some());
                let codigo = if do_documento { "0047" } else { decisiva.codigo.no_tramita() };
                let parametros: Vec<Value> =
                    recusas.iter().flat_map(|recusa| self.parametros(recusa)).collect();
                (decisiva.status, corpo(codigo, &decisiva.mensagem, &parametros))
            }
            error => {
                let (falha, mensagem) = error.publica();
                let codigo = match falha {
                    Falha::SemPermissao => "9005".to_owned(),
                    falha => format!("9{}", falha.status()),
                };
                (falha.status(), corpo(&codigo, &mensagem, &[]))
            }
        }
    }

    /// What a machine may act on: the number to send, the trâmite to look at, the field to mend.
    fn parametros(&self, recusa: &Recusa) -> Vec<Value> {
        let um = |chave: &str, valor: &str| json!({ "chave": chave, "valor": valor });
        let mut parametros = Vec::new();
        match &recusa.tramite {
            None => parametros.push(um(&self.0.campo(recusa), &recusa.mensagem)),
            Some(dados) => {
                parametros.extend(dados.protocolo.as_deref().map(|valor| um("protocolo", valor)));
                parametros.extend(dados.nre.as_deref().map(|valor| um("nre", valor)));
                parametros.extend(dados.idt.map(|idt| um("IDT", &idt.to_string())));
                if let Some(divergencia) = &dados.divergencia {
                    let Divergencia { documento, componente, esperado, informado } = divergencia;
                    parametros.push(um("ordem", &documento.to_string()));
                    parametros.push(um("ordemDoComponente", &componente.to_string()));
                    parametros.extend(esperado.as_deref().map(|hash| um("hashEsperado", hash)));
                    parametros.push(um("hashInformado", informado));
                }
            }
        }
        parametros.extend(recusa.orientacao.as_deref().map(|valor| um("orientacao", valor)));
        parametros
    }

    fn resposta(&self) -> HttpResponse {
        let (status, corpo) = self.corpo();
        self.0.com_corpo(status, &corpo)
    }
}

fn corpo(codigo: &str, mensagem: &str, parametro: &[Value]) -> Value {
    json!({ "codigoErro": codigo, "mensagem": mensagem, "parametro": parametro })
}

impl Responder for Recusado {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.resposta()
    }
}

impl fmt::Debug for Recusado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// actix asks for both; neither reaches a client.
impl fmt::Display for Recusado {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request refused")
    }
}

impl actix_web::ResponseError for Recusado {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.corpo().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.resposta()
    }
}
