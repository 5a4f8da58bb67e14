//! `/api/v1/processo-rascunho` (R8).

use super::envelope::{Negado, objeto};
use super::json_fields::Corpo;
use super::openapi::envelope::RespostaDeRascunhoGravado;
use super::openapi::parameters::{Chave, Escrita};
use super::openapi::rascunho::NovoRascunho;
use super::openapi::refusals::{DaChave, DoCorpo, Recusas};
use super::{Chamada, responder_escrita};
use crate::command;
use crate::error::Error;
use crate::rascunho::{Registrado, RegistrarRascunho};
use crate::value::time;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// `POST /processo-rascunho`: keeps the draft, and answers with the id to send as
/// `idProcessoSistemaExterno`.
#[utoipa::path(
    post, path = "/api/v1/processo-rascunho",
    operation_id = "registrarRascunho", tag = "Rascunhos",
    summary = "Guarda o rascunho de um processo.",
    description = "A resposta traz o id que se manda em `idProcessoSistemaExterno`.",
    params(Escrita, Chave),
    request_body = NovoRascunho,
    responses(RespostaDeRascunhoGravado, Recusas, DoCorpo, DaChave),
)]
pub async fn registrar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Negado> {
    let (chamada, modo) = Chamada::entrar_para_escrever(&req).await?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let app_name = &["appNameSistemaTribunal"];
    let mut comando = RegistrarRascunho {
        app_name_sistema_tribunal: corpo.texto("appNameSistemaTribunal", app_name),
        dados: corpo.json("dados"),
        malformados: Vec::new(),
    };
    let (malformados, avisos) = corpo.terminar(chamada.app.regras.campos_desconhecidos);
    comando.malformados = malformados;
    let feito = command::executar(&chamada, comando, modo, |_, _| Ok(())).await.map_err(negar)?;
    let dados = dados(&feito.efeito);
    Ok(responder_escrita(&chamada.app, &feito, dados, &[], avisos))
}

fn negar(error: Error) -> Negado {
    Negado::from(error).nas_palavras(|campo| match campo {
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        outro => outro.join("."),
    })
}

fn dados(Registrado(rascunho): &Registrado) -> Value {
    objeto([
        ("id", Some(json!(rascunho.codigo))),
        ("appNameSistemaTribunal", Some(json!(rascunho.app_name_sistema_tribunal))),
        ("dataCadastro", Some(json!(time::por_extenso(rascunho.criado_em)))),
        ("dataConsumo", rascunho.consumido_em.map(|quando| json!(time::por_extenso(quando)))),
    ])
}
