//! The Tramita: its refusals, one answer per status.

use crate::error::CodigoErro;
use crate::rest::openapi::refusals::{Linha, acrescentar, recusas};
use serde_json::json;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr};
use utoipa::{Modify, ToSchema};

/// Uma recusa, nas palavras da plataforma.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct RecusaDoTramita {
    /// Quatro dígitos; os que começam por 9 são deste servidor.
    #[schema(pattern = "^[0-9]{4}$", examples("9001"))]
    codigo_erro: String,
    mensagem: String,
    parametro: Vec<ParametroDaRecusa>,
}

/// Um dado da recusa, para máquinas: o NRE a mandar, o trâmite em causa, o campo a corrigir.
#[derive(ToSchema)]
pub struct ParametroDaRecusa {
    chave: String,
    valor: String,
}

#[rustfmt::skip]
const TABELA: [Linha; 12] = [
    Linha(400, "TramitaInvalido", "A entrada não pode ser aceita: corrija-a.",
        CodigoErro::CampoObrigatorio.no_tramita(), "o campo é obrigatório"),
    Linha(401, "TramitaNaoAutenticado", "Falta o token, ou ele não vale.",
        "9401", "falta o cabeçalho Authorization: Bearer <token>"),
    Linha(403, "TramitaSemPermissao", "O passo é da outra parte, ou a estrutura não é de quem chama.",
        "9005", "a ação é do destinatário do trâmite"),
    Linha(404, "TramitaNaoEncontrado", "Não existe, ou quem chama não é parte.",
        CodigoErro::NreNaoLocalizado.no_tramita(), "NRE não localizado"),
    Linha(405, "TramitaMetodo", "A rota está desligada na configuração.",
        "9405", "use POST para dar ciência"),
    Linha(409, "TramitaConflito", "O estado presente recusa a entrada.",
        CodigoErro::NupJaCadastrado.no_tramita(), "Número do Processo NUP já se encontra cadastrado"),
    Linha(413, "TramitaGrande", "O corpo, ou o arquivo, é grande demais.",
        "9413", "o componente tem mais de 500 MiB"),
    Linha(415, "TramitaMidia", "O corpo é de outro tipo.",
        "9415", "mande o corpo como application/json"),
    Linha(422, "TramitaEstrutura", "Uma estrutura é desconhecida ou inapta, ou a chave de idempotência já serviu.",
        CodigoErro::EstruturaInvalida.no_tramita(), "a estrutura não está no repositório"),
    Linha(429, "TramitaLimite", "A credencial pediu objetos demais que não existem: `Retry-After` diz quando voltar.",
        "9429", "esta credencial pediu objetos demais que não existem; tente de novo em 12 s"),
    Linha(500, "TramitaErroInterno", "Erro interno; o detalhe fica no registro do servidor.",
        "9500", "erro interno; tente de novo e, se persistir, avise o suporte"),
    Linha(503, "TramitaIndisponivel", "O banco de dados ou o emissor de tokens não responde, ou o servidor está cheio. `Retry-After` diz quando voltar.",
        "9503", "o banco de dados não responde; tente de novo em instantes"),
];

recusas! {
    de TABELA;
    /// Of every route.
    DoTramita: [400, 401, 403, 429, 500, 503];
    /// Of one whose path names something.
    SemTramite: [404];
    /// Of one that the present state may refuse.
    PeloEstado: [409];
    /// Of one that reads a body.
    PeloCorpo: [413, 415];
    /// Of one that takes estruturas or an idempotency key.
    PelaEntrada: [422];
    /// Of one that can be switched off.
    Desligavel: [405];
    /// Of one that only tells how the server is.
    ForaDoAr: [503];
}

/// Adds the answers that the routes refer to.
pub struct RespostasDoTramita;

impl Modify for RespostasDoTramita {
    fn modify(&self, documento: &mut OpenApi) {
        acrescentar(documento, &TABELA, resposta);
    }
}

fn resposta(&Linha(_, _, descricao, codigo, mensagem): &Linha) -> Response {
    let exemplo = json!({ "codigoErro": codigo, "mensagem": mensagem, "parametro": [] });
    let conteudo = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(RecusaDoTramita::name())))
        .example(Some(exemplo))
        .build();
    ResponseBuilder::new().description(descricao).content("application/json", conteudo).build()
}
