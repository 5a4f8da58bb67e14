//! The refusals: one answer per status, told once and referred to by each route.

use super::envelope::Recusa;
use crate::error::{CodigoErro, Falha, sentence};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr};
use utoipa::{Modify, ToSchema};

/// One answer: its status and name, what it means, and an example of its code and its words.
pub struct Linha(pub u16, pub &'static str, pub &'static str, pub &'static str, pub &'static str);

#[rustfmt::skip]
const TABELA: [Linha; 12] = [
    Linha(400, "Invalido", "A entrada não pode ser aceita, nem agora nem depois: corrija-a.",
        CodigoErro::CampoObrigatorio.nome(), "numeroProcesso: o campo é obrigatório (preencha o campo)"),
    Linha(401, "NaoAutenticado", "Falta o token, ou ele não vale.",
        Falha::NaoAutenticado.nome(), "falta o cabeçalho Authorization: Bearer <token>"),
    Linha(403, "SemPermissao", "O token não tem o papel, ou o tribunal, que a operação exige.",
        Falha::SemPermissao.nome(), "a operação exige o papel pse-integracao"),
    Linha(404, "NaoEncontrado", "O que o caminho nomeia não existe, ou é de outro tribunal.",
        CodigoErro::ProcessoNaoEncontrado.nome(), "numeroProcesso: Processo não encontrado (confira o número)"),
    Linha(409, "Conflito", "A entrada está certa, mas o estado presente a recusa.",
        CodigoErro::ExecucaoAtiva.nome(), "identificadorAdolescente: Adolescente possui execução ativa, a 8000099-22.2025.8.20.0001 (arquive a execução antes)"),
    Linha(412, "VersaoMudou", "O objeto mudou desde a leitura: `If-Match` traz outra versão.",
        CodigoErro::ConflitoDeVersao.nome(), "If-Match: o objeto mudou desde a leitura (releia e repita com a versão 4)"),
    Linha(413, "CorpoGrande", "O corpo tem mais de 262144 bytes.",
        Falha::CorpoExcedeLimite.nome(), "o corpo tem mais de 262144 bytes"),
    Linha(415, "MidiaNaoSuportada", "O corpo não é `application/json`.",
        Falha::MidiaNaoSuportada.nome(), "mande o corpo como application/json"),
    Linha(422, "ChaveReutilizada", "A chave de idempotência já serviu a outra entrada.",
        CodigoErro::ChaveIdempotenciaReutilizada.nome(), "Idempotency-Key: a chave de idempotência já serviu a outra entrada (use uma chave nova para cada operação)"),
    Linha(429, "LimiteDeRequisicoes", "A credencial pediu objetos demais que não existem: `Retry-After` diz quando voltar.",
        Falha::LimiteDeRequisicoes.nome(), "esta credencial pediu objetos demais que não existem; tente de novo em 12 s"),
    Linha(500, "ErroInterno", "Erro interno; o detalhe fica no registro do servidor.",
        Falha::Interna.nome(), "erro interno; tente de novo e, se persistir, avise o suporte"),
    Linha(503, "Indisponivel", "O banco de dados ou o emissor de tokens não responde; ou o servidor está cheio (`SOBRECARREGADO`). `Retry-After` diz quando voltar.",
        Falha::Indisponivel.nome(), "o banco de dados não responde; tente de novo em instantes"),
];

/// Which refusals of a table a route gives, by what the route is.
macro_rules! recusas {
    (de $tabela:ident; $($(#[$doc:meta])* $nome:ident: $status:expr;)+) => { $(
        $(#[$doc])*
        pub struct $nome;

        impl utoipa::IntoResponses for $nome {
            fn responses() -> std::collections::BTreeMap<String, RefOr<Response>> {
                crate::rest::openapi::refusals::referencias(&$tabela, &$status)
            }
        }
    )+ };
}
pub(super) use recusas;

recusas! {
    de TABELA;
    /// Of every route.
    Recusas: [400, 401, 403, 429, 500, 503];
    /// Of one whose path names something.
    DoCaminho: [404];
    /// Of one that the present state may refuse.
    DoEstado: [409];
    /// Of one that reads `If-Match`.
    DaVersao: [412];
    /// Of one that reads a body.
    DoCorpo: [413, 415];
    /// Of one that reads `Idempotency-Key`.
    DaChave: [422];
}

pub fn referencias(tabela: &[Linha], status: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let da_rota = tabela.iter().filter(|linha| status.contains(&linha.0));
    da_rota
        .map(|linha| (linha.0.to_string(), RefOr::Ref(Ref::from_response_name(linha.1))))
        .collect()
}

/// Adds the answers of a table, which the routes refer to.
pub fn acrescentar(documento: &mut OpenApi, tabela: &[Linha], resposta: fn(&Linha) -> Response) {
    if let Some(componentes) = &mut documento.components {
        let respostas = tabela.iter().map(|linha| (linha.1.to_owned(), resposta(linha).into()));
        componentes.responses.extend(respostas);
    }
}

pub struct Respostas;

impl Modify for Respostas {
    fn modify(&self, documento: &mut OpenApi) {
        acrescentar(documento, &TABELA, resposta);
    }
}

fn resposta(&Linha(status, _, descricao, codigo, erro): &Linha) -> Response {
    let (_, mensagem) = erro.split_once(": ").unwrap_or(("", erro));
    let (mensagem, _) = mensagem.split_once(" (").unwrap_or((mensagem, ""));
    let exemplo = json!({
        "mensagemUsuario": sentence(mensagem),
        "categoria": "ERRO",
        "dataHora": "21/11/2025 10:00:00",
        "erros": [erro],
        "mensagemDesenvolvedor": codigo,
    });
    let conteudo = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Recusa::name())))
        .example(Some(exemplo))
        .build();
    let resposta =
        ResponseBuilder::new().description(descricao).content("application/json", conteudo);
    let cabecalho = match status {
        401 => Some(("WWW-Authenticate", "O esquema que se espera (RFC 6750).")),
        429 | 503 => Some(("Retry-After", "Quando tentar de novo, em segundos.")),
        _ => None,
    };
    let resposta = match cabecalho {
        None => resposta,
        Some((nome, descricao)) => {
            let texto = ObjectBuilder::new().schema_type(Type::String);
            let cabecalho = HeaderBuilder::new().schema(texto).description(Some(descricao));
            resposta.header(nome, cabecalho.build())
        }
    };
    resposta.build()
}
