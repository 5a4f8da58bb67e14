//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for queries only.
//!
//! One request, read from top to bottom of [`responder`]: who, what (`pedido.rs`),
//! run, answer (`resposta.rs`).

mod pedido;
mod resposta;

use super::{ErroDeCampo, Loaders, Schema};
use crate::app::App;
use crate::auth::{Ator, Auth};
use crate::error::{Error, Falha};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::{Request, Response, ServerError};
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
    match pedido::ler(&req, payload).await {
        Ok(request) => executar(midia, &schema, &app, ator, request).await,
        Err(error) => resposta::recusar(midia, &error),
    }
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
    app: &App,
    ator: Ator,
    request: Request,
) -> HttpResponse {
    let loaders = Loaders::for_request(app.db.clone(), ator.clone());
    let response = schema.execute(request.data(app.clone()).data(ator).data(loaders)).await;
    let Response { data, errors, .. } = response;
    if errors.is_empty() {
        let corpo = Corpo { errors: &[], data: Some(&data) };
        return resposta::responder(midia, StatusCode::OK, &corpo);
    }
    let nada = data == async_graphql::Value::Null;
    let errors: Vec<Value> = errors.iter().map(com_codigo).collect();
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
