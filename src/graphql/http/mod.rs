//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for queries only.
//!
//! One request, read from top to bottom of [`responder`]: who, what (`pedido.rs`),
//! run, answer (`resposta.rs`).

mod pedido;
mod resposta;

use super::{ErroDeCampo, Loaders, Schema};
use crate::app::{App, Chamada};
use crate::auditoria::{CanalAuditoria, Entrada, EspecieAuditoria};
use crate::auth::{Ator, Auth};
use crate::error::{Error, Falha};
use crate::requisicao;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::{Request, Response, ServerError};
use pedido::Pedido;
use resposta::{Corpo, Midia};
use serde_json::{Value, json};

pub async fn responder(
    req: HttpRequest,
    payload: web::Payload,
    schema: web::Data<Schema>,
    app: web::Data<App>,
    auth: web::Data<Auth>,
) -> HttpResponse {
    let Some(midia) = Midia::aceita(&req) else {
        let mensagem = "aceite application/graphql-response+json ou application/json";
        return resposta::recusar(Midia::Json, &Error::falha(Falha::NaoAceitavel, mensagem));
    };
    let ator = match auth.autenticar(req.headers()).await {
        Ok(ator) => ator,
        Err(recusado) => {
            let mut resposta = resposta::recusar(midia, &recusado.error);
            recusado.desafiar(&mut resposta);
            return resposta;
        }
    };
    let chamada = entrar(&req, &app, ator);
    if let Err(error) = chamada.conhecida() {
        return resposta::recusar(midia, &error);
    }
    match pedido::ler(&req, payload).await {
        Ok(Pedido { request, operacao, especie }) => {
            chamada.rastro.nomear(operacao, especie);
            executar(midia, &schema, chamada, request).await
        }
        Err(error) => resposta::recusar(midia, &error),
    }
}

/// A call whose operation is not read yet.
fn entrar(req: &HttpRequest, app: &App, ator: Ator) -> Chamada {
    let entrada = Entrada {
        canal: CanalAuditoria::Graphql,
        operacao: "(ilegível)".into(),
        especie: EspecieAuditoria::Leitura,
        correlacao: requisicao::correlacao(req),
    };
    let chamada = Chamada::nova(app.clone(), ator, entrada);
    requisicao::anotar(req, &chamada);
    chamada
}

pub async fn metodo_nao_permitido() -> HttpResponse {
    let mensagem = "use POST, ou GET para consultas";
    let error = Error::falha(Falha::MetodoNaoPermitido, mensagem);
    let mut resposta = resposta::recusar(Midia::Json, &error);
    resposta::permitir(&mut resposta, "GET, POST");
    resposta
}

async fn executar(
    midia: Midia,
    schema: &Schema,
    chamada: Chamada,
    request: Request,
) -> HttpResponse {
    let rastro = chamada.rastro.clone();
    let response = schema.execute(request.data(Loaders::for_request(chamada))).await;
    let Response { data, errors, .. } = response;
    if errors.is_empty() {
        let corpo = Corpo { errors: &[], data: Some(&data) };
        return resposta::responder(midia, StatusCode::OK, &corpo);
    }
    let nada = data == async_graphql::Value::Null;
    let errors: Vec<Value> = errors.iter().map(com_codigo).collect();
    for erro in &errors {
        let status = erro["extensions"]["status"].as_u64().and_then(|n| n.try_into().ok());
        rastro.falhou(status.unwrap_or(500));
    }
    let do_pedido = |erro: &Value| erro["extensions"]["status"] == 400;
    // The request's own fault, found before anything ran: such an answer has no `data`.
    if nada && errors.iter().all(do_pedido) {
        return resposta::recusar_com(midia, StatusCode::BAD_REQUEST, &errors);
    }
    resposta::responder(midia, StatusCode::OK, &Corpo { errors: &errors, data: Some(&data) })
}

/// Resolvers and scalars give their errors a code; what comes without is the framework's.
fn com_codigo(error: &ServerError) -> Value {
    let mut erro = serde_json::to_value(error).unwrap_or_else(|_| json!({}));
    if erro["extensions"].get("code").is_none() {
        let ((codigo, status), mensagem) =
            pedido::classificar(&error.message, !error.path.is_empty());
        erro["extensions"]["code"] = codigo.into();
        erro["extensions"]["status"] = status.into();
        if let Some(mensagem) = mensagem {
            erro["message"] = mensagem.into();
        }
    }
    // The field that failed, when the path in the error is only of one above it.
    let extensions = erro["extensions"].as_object_mut();
    if let Some(caminho) = extensions.and_then(|todas| todas.shift_remove(ErroDeCampo::CAMINHO)) {
        erro["path"] = caminho;
    }
    erro
}
