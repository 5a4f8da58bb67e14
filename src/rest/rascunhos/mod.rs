//! The route `/api/v1/processo-rascunho` (R8).

pub mod answer;
pub mod body;

use super::body_fields::named;
use super::envelope::RestError;
use super::json_fields::JsonBody;
use super::openapi::envelope::RespostaDeRascunhoGravado;
use super::openapi::parameters::{DryRunQuery, IdempotencyKey};
use super::openapi::refusals::{BadBody, KeyReused, Refusals};
use super::{Call, write_response};
use crate::command;
use crate::error::Error;
use actix_web::{HttpRequest, HttpResponse, web};
use answer::Rascunho;
use body::NovoRascunho;

/// `POST /processo-rascunho`: stores a rascunho and answers with the id that the client sends as
/// `idProcessoSistemaExterno`.
#[utoipa::path(
    post, path = "/api/v1/processo-rascunho",
    operation_id = "registrarRascunho", tag = "Rascunhos",
    summary = "Guarda o rascunho de um processo.",
    description = "A resposta traz o id que se manda em `idProcessoSistemaExterno`.",
    params(DryRunQuery, IdempotencyKey),
    request_body = NovoRascunho,
    responses(RespostaDeRascunhoGravado, Refusals, BadBody, KeyReused),
)]
pub async fn registrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, RestError> {
    let (call, mode) = Call::begin_write(&req).await?;
    let mut body = JsonBody::read(&req, payload).await?;
    let mut command = NovoRascunho::read(&mut body);
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    command.malformed = malformed;
    let done = command::execute(&call, command, mode, |_, _| Ok(())).await.map_err(rest_error)?;
    let dados = Rascunho::new(&done.effect.0);
    Ok(write_response(&call.app, &done, &dados, &[], warnings))
}

fn rest_error(error: Error) -> RestError {
    RestError::from(error).with_field_names(|field| named(&[], field))
}
