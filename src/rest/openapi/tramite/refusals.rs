//! The error answers of the Tramita API, one per status.

use crate::error::CodigoErro;
use crate::rest::openapi::refusals::{Row, add, refusals};
use crate::rest::tramites::refusal::RecusaDoTramita;
use serde_json::json;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr};
use utoipa::{Modify, ToSchema};

#[rustfmt::skip]
const TABLE: [Row; 13] = [
    Row(400, "TramitaInvalido", "A entrada não pode ser aceita: corrija-a.",
        CodigoErro::CampoObrigatorio.tramita_code(), "o campo é obrigatório"),
    Row(401, "TramitaNaoAutenticado", "Falta o token, ou ele não vale.",
        "9401", "falta o cabeçalho Authorization: Bearer <token>"),
    Row(403, "TramitaSemPermissao", "O passo é da outra parte, ou a estrutura não é de quem chama.",
        "9005", "a ação é do destinatário do trâmite"),
    Row(404, "TramitaNaoEncontrado", "Não existe, ou quem chama não é parte.",
        CodigoErro::NreNaoLocalizado.tramita_code(), "NRE não localizado"),
    Row(405, "TramitaMetodo", "A rota está desligada na configuração.",
        "9405", "use POST para dar ciência"),
    Row(409, "TramitaConflito", "O estado presente recusa a entrada.",
        CodigoErro::NupJaCadastrado.tramita_code(), "Número do Processo NUP já se encontra cadastrado"),
    Row(413, "TramitaGrande", "O corpo, ou o arquivo, é grande demais.",
        "9413", "o componente tem mais de 500 MiB"),
    Row(415, "TramitaMidia", "O corpo é de outro tipo.",
        "9415", "mande o corpo como application/json"),
    Row(422, "TramitaEstrutura", "Uma estrutura é desconhecida ou inapta, ou a chave de idempotência já serviu.",
        CodigoErro::EstruturaInvalida.tramita_code(), "a estrutura não está no repositório"),
    Row(429, "TramitaLimite", "A credencial pediu objetos demais que não existem: `Retry-After` diz quando voltar.",
        "9429", "esta credencial pediu objetos demais que não existem; tente de novo em 12 s"),
    Row(500, "TramitaErroInterno", "Erro interno; o detalhe fica no registro do servidor.",
        "9500", "erro interno; tente de novo e, se persistir, avise o suporte"),
    Row(503, "TramitaIndisponivel", "O banco de dados ou o emissor de tokens não responde, ou o servidor está cheio. `Retry-After` diz quando voltar.",
        "9503", "o banco de dados não responde; tente de novo em instantes"),
    Row(504, "TramitaTempoEsgotado", "O que se pediu ao banco passou do tempo máximo: tente de novo, ou peça menos de cada vez.",
        "9504", "a operação passou do tempo máximo (15 s); tente de novo, ou peça menos de cada vez"),
];

refusals! {
    of TABLE;
    /// The refusals that every route can answer with.
    TramitaRefusals: [400, 401, 403, 429, 500, 503, 504];
    /// The refusal of a path that names no existing object.
    NotFound: [404];
    /// The refusal of a write that the current state of the object does not allow.
    Conflict: [409];
    /// The refusals of a body that is too large or has another media type.
    BadBody: [413, 415];
    /// The refusal of an estrutura or of an idempotency key.
    Unprocessable: [422];
    /// The refusal of a method that a setting disables.
    MethodDisabled: [405];
    /// The answer of the health route while the server cannot serve.
    Unavailable: [503];
}

/// Adds the answers that the routes refer to.
pub struct TramitaResponses;

impl Modify for TramitaResponses {
    fn modify(&self, document: &mut OpenApi) {
        add(document, &TABLE, response);
    }
}

fn response(&Row(_, _, description, code, message): &Row) -> Response {
    let example = json!({ "codigoErro": code, "mensagem": message, "parametro": [] });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(RecusaDoTramita::name())))
        .example(Some(example))
        .build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}
