//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for what does not write.
//!
//! One request, read from top to bottom of [`responder`]: who, what (`pedido.rs`),
//! run, answer (`resposta.rs`).

mod batch;
pub mod parameters;
pub mod request;
mod response;
mod sse;
pub mod variables;

use super::session_registry::Vigia;
use crate::auth::Auth;
use crate::config::PerfilHttp;
use crate::error::{Error, Falha};
use crate::graphql::execution::Servico;
use crate::http::request as http_request;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use request::{Lidos, NaoLido, Pronta};
use response::{Forma, Midia};

/// Of a request: `1` asks for what the operation cost.
const CUSTO: &str = "x-cost";

pub async fn responder(
    req: HttpRequest,
    payload: web::Payload,
    servico: web::Data<Servico>,
    auth: web::Data<Auth>,
) -> HttpResponse {
    let servico = Servico::clone(&servico);
    let perfil = servico.app.http.perfil;
    let Some(midia) = Midia::aceita(&req, perfil) else {
        let mensagem =
            "aceite application/graphql-response+json, application/json ou text/event-stream";
        let forma = Forma { midia: Midia::Json, perfil };
        return forma.recusar(&Error::falha(Falha::NaoAceitavel, mensagem));
    };
    let forma = Forma { midia, perfil };
    let (ator, expira) = match auth.autenticar_ate(req.headers()).await {
        Ok(identidade) => identidade,
        Err(recusado) => {
            let mut resposta = forma.recusar(&recusado.error);
            recusado.desafiar(&mut resposta);
            return resposta;
        }
    };
    let chamada = servico.entrar(ator.clone(), http_request::correlacao(&req));
    http_request::anotar(&req, &chamada, recusar);
    let lido = match request::ler(&req, payload, servico.app.http.lote_maximo).await {
        Ok(Lidos::Um(lido)) => lido,
        Ok(Lidos::Lote(_)) if midia == Midia::EventStream => {
            let mensagem = "uma lista de operações responde-se em application/json";
            return forma.recusar(&Error::falha(Falha::NaoAceitavel, mensagem));
        }
        Ok(Lidos::Lote(lidos)) => {
            let correlacao = http_request::correlacao(&req);
            let desfechos = batch::executar(&servico, chamada, &correlacao, lidos).await;
            return response::responder_lote(&desfechos);
        }
        Err(NaoLido::Ilegivel) => return forma.recusar_ilegivel(),
        Err(NaoLido::Recusado(error)) => return forma.recusar(&error),
    };
    let pronta = match lido.preparar(&servico, ator.credencial()).await {
        Ok(pronta) => pronta,
        // What is wrong with a document is told as an event, to whom EventSource would hide a status.
        Err(recusada) if midia == Midia::EventStream => return sse::responder_uma(&recusada),
        Err(recusada) => return forma.responder(recusada),
    };
    match conferir(&req, midia, &pronta) {
        Ok(Midia::EventStream) => {
            let vigia = Vigia::nova(auth, req.headers(), (ator, expira), servico.app.agora);
            sse::responder(servico, chamada, pronta, vigia, forma).await
        }
        Ok(midia) => {
            let mut desfecho = servico.executar(chamada, &pronta).await;
            if req.headers().get(CUSTO).is_some_and(|valor| valor == "1") {
                desfecho.com_custo(pronta.custo, servico.documentos.custo_maximo());
            }
            Forma { midia, perfil }.responder(desfecho)
        }
        Err(error) => forma.recusar(&error),
    }
}

/// Whether such an operation goes by such a method, and the media type that it is answered in.
fn conferir(req: &HttpRequest, midia: Midia, pronta: &Pronta) -> Result<Midia, Error> {
    match pronta.tipo() {
        OperationType::Mutation if *req.method() == Method::GET => {
            let mensagem = "por GET não se escreve; mande mutations por POST";
            Err(Error::falha(Falha::MetodoNaoPermitido, mensagem))
        }
        OperationType::Subscription if Midia::aceita_eventos(req) => Ok(Midia::EventStream),
        OperationType::Subscription => {
            let mensagem = "peça subscriptions com Accept: text/event-stream, ou por WebSocket (graphql-transport-ws)";
            Err(Error::falha(Falha::NaoAceitavel, mensagem))
        }
        _ => Ok(midia),
    }
}

/// A refusal in the words of GraphQL, of what did not come so far as to ask for a media type.
pub fn recusar(error: &Error) -> HttpResponse {
    Forma { midia: Midia::Json, perfil: PerfilHttp::default() }.recusar(error)
}

pub async fn metodo_nao_permitido() -> HttpResponse {
    let mensagem = "use POST, ou GET para consultas";
    let mut resposta = recusar(&Error::falha(Falha::MetodoNaoPermitido, mensagem));
    response::permitir(&mut resposta, "GET, POST");
    resposta
}
