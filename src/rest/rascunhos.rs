//! The route `/api/v1/processo-rascunho` (R8).

use super::envelope::{RestError, object};
use super::json_fields::JsonBody;
use super::openapi::envelope::RespostaDeRascunhoGravado;
use super::openapi::parameters::{DryRunQuery, IdempotencyKey};
use super::openapi::rascunho::NovoRascunho;
use super::openapi::refusals::{BadBody, KeyReused, Refusals};
use super::{Call, write_response};
use crate::command;
use crate::error::Error;
use crate::rascunho::{Registrado, RegistrarRascunho};
use crate::value::time;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

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
    let app_name = &["appNameSistemaTribunal"];
    let mut command = RegistrarRascunho {
        app_name_sistema_tribunal: body.text("appNameSistemaTribunal", app_name),
        dados: body.json("dados"),
        malformed: Vec::new(),
    };
    let (malformed, warnings) = body.finish(call.app.rules.campos_desconhecidos);
    command.malformed = malformed;
    let done = command::execute(&call, command, mode, |_, _| Ok(())).await.map_err(rest_error)?;
    let dados = to_json(&done.effect);
    Ok(write_response(&call.app, &done, dados, &[], warnings))
}

fn rest_error(error: Error) -> RestError {
    RestError::from(error).with_field_names(|field| match field {
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        other => other.join("."),
    })
}

fn to_json(Registrado(rascunho): &Registrado) -> Value {
    object([
        ("id", Some(json!(rascunho.codigo))),
        ("appNameSistemaTribunal", Some(json!(rascunho.app_name_sistema_tribunal))),
        ("dataCadastro", Some(json!(time::format_instant(rascunho.criado_em)))),
        ("dataConsumo", rascunho.consumido_em.map(|when| json!(time::format_instant(when)))),
    ])
}
