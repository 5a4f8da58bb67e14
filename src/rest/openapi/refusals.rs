//! The error answers, one for each status. Each route refers to the ones that it can give.

use super::super::envelope::Recusa;
use crate::error::{CodigoErro, Failure, sentence};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr};
use utoipa::{Modify, ToSchema};

/// An error answer: status, name, description, and an example of its code and of its message.
pub struct Row(pub u16, pub &'static str, pub &'static str, pub &'static str, pub &'static str);

#[rustfmt::skip]
const TABLE: [Row; 13] = [
    Row(400, "Invalido", "A entrada não pode ser aceita, nem agora nem depois: corrija-a.",
        CodigoErro::CampoObrigatorio.name(), "numeroProcesso: o campo é obrigatório (preencha o campo)"),
    Row(401, "NaoAutenticado", "Falta o token, ou ele não vale.",
        Failure::NaoAutenticado.name(), "falta o cabeçalho Authorization: Bearer <token>"),
    Row(403, "SemPermissao", "O token não tem o papel, ou o tribunal, que a operação exige.",
        Failure::SemPermissao.name(), "a operação exige o papel pse-integracao"),
    Row(404, "NaoEncontrado", "O que o caminho nomeia não existe, ou é de outro tribunal.",
        CodigoErro::ProcessoNaoEncontrado.name(), "numeroProcesso: Processo não encontrado (confira o número)"),
    Row(409, "Conflito", "A entrada está certa, mas o estado presente a recusa.",
        CodigoErro::ExecucaoAtiva.name(), "identificadorAdolescente: Adolescente possui execução ativa, a 8000099-22.2025.8.20.0001 (arquive a execução antes)"),
    Row(412, "VersaoMudou", "O objeto mudou desde a leitura: `If-Match` traz outra versão.",
        CodigoErro::ConflitoDeVersao.name(), "If-Match: o objeto mudou desde a leitura (releia e repita com a versão 4)"),
    Row(413, "CorpoGrande", "O corpo tem mais de 262144 bytes.",
        Failure::CorpoExcedeLimite.name(), "o corpo tem mais de 262144 bytes"),
    Row(415, "MidiaNaoSuportada", "O corpo não é `application/json`.",
        Failure::MidiaNaoSuportada.name(), "mande o corpo como application/json"),
    Row(422, "ChaveReutilizada", "A chave de idempotência já serviu a outra entrada.",
        CodigoErro::ChaveIdempotenciaReutilizada.name(), "Idempotency-Key: a chave de idempotência já serviu a outra entrada (use uma chave nova para cada operação)"),
    Row(429, "LimiteDeRequisicoes", "A credencial pediu objetos demais que não existem: `Retry-After` diz quando voltar.",
        Failure::LimiteDeRequisicoes.name(), "esta credencial pediu objetos demais que não existem; tente de novo em 12 s"),
    Row(500, "ErroInterno", "Erro interno; o detalhe fica no registro do servidor.",
        Failure::Interna.name(), "erro interno; tente de novo e, se persistir, avise o suporte"),
    Row(503, "Indisponivel", "O banco de dados ou o emissor de tokens não responde; ou o servidor está cheio (`SOBRECARREGADO`). `Retry-After` diz quando voltar.",
        Failure::Indisponivel.name(), "o banco de dados não responde; tente de novo em instantes"),
    Row(504, "TempoEsgotado", "O que se pediu ao banco passou do tempo máximo: tente de novo, ou peça menos de cada vez.",
        Failure::TempoEsgotado.name(), "a operação passou do tempo máximo (15 s); tente de novo, ou peça menos de cada vez"),
];

/// Declares sets of error answers from a table. A route lists the sets that apply to it.
macro_rules! refusals {
    (of $table:ident; $($(#[$doc:meta])* $name:ident: $status:expr;)+) => { $(
        $(#[$doc])*
        pub struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
                crate::rest::openapi::refusals::references(&$table, &$status)
            }
        }
    )+ };
}
pub(super) use refusals;

refusals! {
    of TABLE;
    /// The refusals that every route can answer with.
    Refusals: [400, 401, 403, 429, 500, 503, 504];
    /// The refusal of a path that names no existing object.
    NotFound: [404];
    /// The refusal of a write that the current state of the object does not allow.
    Conflict: [409];
    /// The refusal of a write whose `If-Match` names an old version.
    PreconditionFailed: [412];
    /// The refusals of a body that is too large or has another media type.
    BadBody: [413, 415];
    /// The refusal of an `Idempotency-Key` that came before with another input.
    KeyReused: [422];
}

pub fn references(table: &[Row], status: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let of_route = table.iter().filter(|row| status.contains(&row.0));
    of_route.map(|row| (row.0.to_string(), RefOr::Ref(Ref::from_response_name(row.1)))).collect()
}

/// Adds the error answers of a table to the document.
pub fn add(document: &mut OpenApi, table: &[Row], response: fn(&Row) -> Response) {
    if let Some(components) = &mut document.components {
        let responses = table.iter().map(|row| (row.1.to_owned(), response(row).into()));
        components.responses.extend(responses);
    }
}

pub struct Responses;

impl Modify for Responses {
    fn modify(&self, document: &mut OpenApi) {
        add(document, &TABLE, response);
    }
}

fn response(&Row(status, _, description, code, error): &Row) -> Response {
    let (_, message) = error.split_once(": ").unwrap_or(("", error));
    let (message, _) = message.split_once(" (").unwrap_or((message, ""));
    let example = json!({
        "mensagemUsuario": sentence(message),
        "categoria": "ERRO",
        "dataHora": "21/11/2025 10:00:00",
        "erros": [error],
        "mensagemDesenvolvedor": code,
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Recusa::name())))
        .example(Some(example))
        .build();
    let response =
        ResponseBuilder::new().description(description).content("application/json", content);
    let header = match status {
        401 => Some(("WWW-Authenticate", "O esquema que se espera (RFC 6750).")),
        429 | 503 => Some(("Retry-After", "Quando tentar de novo, em segundos.")),
        _ => None,
    };
    let response = match header {
        None => response,
        Some((name, description)) => {
            let text = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(text)).description(Some(description));
            response.header(name, header.build())
        }
    };
    response.build()
}
