//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for what does not write.
//!
//! One request, read from top to bottom of [`responder`]: who, what (`pedido.rs`),
//! run, answer (`resposta.rs`).

pub mod pedido;
mod resposta;
mod sse;

use super::Schema;
use super::operacao::{Desfecho, Servico};
use super::sessoes::{Sessoes, Vigia};
use crate::app::App;
use crate::auth::Auth;
use crate::error::{Error, Falha};
use crate::requisicao;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use pedido::Pronta;
use resposta::Midia;

pub async fn responder(
    req: HttpRequest,
    payload: web::Payload,
    schema: web::Data<Schema>,
    app: web::Data<App>,
    auth: web::Data<Auth>,
    sessoes: web::Data<Sessoes>,
) -> HttpResponse {
    let Some(midia) = Midia::aceita(&req) else {
        let mensagem =
            "aceite application/graphql-response+json, application/json ou text/event-stream";
        return resposta::recusar(Midia::Json, &Error::falha(Falha::NaoAceitavel, mensagem));
    };
    let (ator, expira) = match auth.autenticar_ate(req.headers()).await {
        Ok(identidade) => identidade,
        Err(recusado) => {
            let mut resposta = resposta::recusar(midia, &recusado.error);
            recusado.desafiar(&mut resposta);
            return resposta;
        }
    };
    let servico = Servico { schema, app, sessoes };
    let chamada = match servico.entrar(ator.clone(), requisicao::correlacao(&req)).await {
        Ok(chamada) => chamada,
        Err(error) => return resposta::recusar(midia, &error),
    };
    requisicao::anotar(&req, &chamada);
    let lido = match pedido::ler(&req, payload).await {
        Ok(lido) => lido,
        Err(error) => return resposta::recusar(midia, &error),
    };
    let pronta = lido.preparar().and_then(|pronta| conferir(&req, midia, pronta));
    match pronta {
        Ok((Midia::EventStream, pronta)) => {
            let vigia = Vigia::nova(auth, req.headers(), (ator, expira), servico.app.agora);
            sse::responder(servico, chamada, pronta, vigia).await
        }
        Ok((midia, pronta)) => {
            resposta::responder_desfecho(midia, &servico.executar(chamada, &pronta).await)
        }
        // What is wrong with a document is told as an event, to whom EventSource would hide a status.
        Err(error) if midia == Midia::EventStream && error.publica().0.status() == 400 => {
            sse::responder_uma(&Desfecho::recusa(&error))
        }
        Err(error) => resposta::recusar(midia, &error),
    }
}

/// Whether such an operation goes by such a method, and the media type that it is answered in.
fn conferir(req: &HttpRequest, midia: Midia, pronta: Pronta) -> Result<(Midia, Pronta), Error> {
    match pronta.tipo {
        OperationType::Mutation if *req.method() == Method::GET => {
            let mensagem = "por GET não se escreve; mande mutations por POST";
            Err(Error::falha(Falha::MetodoNaoPermitido, mensagem))
        }
        OperationType::Subscription if Midia::aceita_eventos(req) => {
            Ok((Midia::EventStream, pronta))
        }
        OperationType::Subscription => {
            let mensagem = "peça subscriptions com Accept: text/event-stream, ou por WebSocket (graphql-transport-ws)";
            Err(Error::falha(Falha::NaoAceitavel, mensagem))
        }
        _ => Ok((midia, pronta)),
    }
}

pub async fn metodo_nao_permitido() -> HttpResponse {
    let mensagem = "use POST, ou GET para consultas";
    let error = Error::falha(Falha::MetodoNaoPermitido, mensagem);
    let mut resposta = resposta::recusar(Midia::Json, &error);
    resposta::permitir(&mut resposta, "GET, POST");
    resposta
}
