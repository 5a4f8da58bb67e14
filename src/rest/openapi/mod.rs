//! The REST and Tramita APIs as an OpenAPI document, built from the handlers.
//!
//! Answers and some bodies are declared beside their handlers, each once. The structs below are
//! those of the other bodies, parameters and envelopes, which serve only as documentation. The
//! tests in `tests/api/openapi` check that these agree with the handlers.

#![expect(dead_code, reason = "schemas are types that nobody makes a value of")]

pub mod adolescente;
mod absence;
pub mod emissao;
pub mod envelope;
pub mod estatistica;
pub mod json_or_csv;
mod examples;
pub mod words;
pub mod parameters;
pub mod refusals;
pub mod texts;
pub mod tramite;

use super::{adolescentes, estatisticas, guias, processos, rascunhos, tramites};
use refusals::Responses;
use serde_json::Value;
use tramite::refusals::TramitaResponses;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityRequirement,
    SecurityScheme,
};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "elos",
        description = "Processos da justiça juvenil, adolescentes e os vínculos entre eles, nos \
            caminhos que os sistemas dos tribunais já chamam. Datas são `dd/MM/aaaa`, no fuso de \
            Brasília; o que não tem valor não vem na resposta. Num corpo, um campo desconhecido é \
            ignorado com um aviso; na consulta, um parâmetro desconhecido é recusado, e um \
            vazio conta como ausente.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(),
    ),
    servers((url = "http://127.0.0.1:8080", description = "Este servidor.")),
    paths(
        processos::read::list,
        processos::write::cadastrar,
        processos::write::atualizar_responsaveis,
        processos::read::by_code,
        processos::read::by_numero,
        processos::read::apuracao,
        processos::write::alterar_situacao,
        processos::write::vincular,
        processos::write::desvincular,
        adolescentes::list,
        adolescentes::cadastrar,
        adolescentes::atualizar,
        adolescentes::by_identificador,
        adolescentes::by_cpf,
        adolescentes::semelhantes,
        adolescentes::semelhantes_by_body,
        rascunhos::registrar,
        guias::list,
        guias::emitir_provisoria,
        guias::emitir_definitiva,
        guias::emitir_internacao_sancao,
        guias::emitir_unificadora,
        guias::alterar_situacao,
        guias::pdf::print,
        estatisticas::count,
        tramites::catalogos::healthcheck,
        tramites::catalogos::repositorios,
        tramites::catalogos::estruturas,
        tramites::catalogos::estrutura,
        tramites::catalogos::especies,
        tramites::catalogos::hipoteses,
        tramites::catalogos::motivos,
        tramites::steps::enviar,
        tramites::read::list,
        tramites::read::pending,
        tramites::pendencias::wait,
        tramites::read::by_idt,
        tramites::steps::cancelar,
        tramites::componentes::upload::upload_file,
        tramites::recibos::of_envio,
        tramites::steps::receber,
        tramites::componentes::download::download_file,
        tramites::componentes::parts::upload_part,
        tramites::componentes::parts::finish_upload,
        tramites::componentes::download::download_part,
        tramites::steps::enviar_recibo,
        tramites::recibos::of_conclusao,
        tramites::steps::recusar,
        tramites::steps::dar_ciencia,
        tramites::steps::ciencia_por_get,
        tramites::read::by_nre,
        tramites::read::by_protocolo,
    ),
    // utoipa does not find these by itself: only answers, parameters or `absence` refer to them.
    components(schemas(
        super::envelope::Recusa,
        envelope::RespostaDeProcesso,
        envelope::RespostaDeProcessoGravado,
        envelope::RespostaDeProcessos,
        envelope::RespostaDeAdolescente,
        envelope::RespostaDeAdolescenteGravado,
        envelope::RespostaDeAdolescentes,
        envelope::RespostaDeSemelhantes,
        envelope::RespostaDeRascunhoGravado,
        envelope::RespostaDeGuiaGravada,
        envelope::RespostaDeGuias,
        envelope::RespostaDeEstatisticas,
        words::NovaSituacao,
        words::NovaSituacaoDaGuia,
        words::AlvoEstatistico,
        words::EspecieDeGuia,
        texts::EmBranco,
        tramites::refusal::RecusaDoTramita,
        tramites::catalogos::Saude,
        tramites::catalogos::Repositorios,
        tramites::catalogos::EstruturaVista,
        tramites::catalogos::PaginaDeEstruturas,
        tramites::catalogos::Especies,
        tramites::catalogos::Hipoteses,
        tramites::catalogos::Motivos,
        tramites::answer::EnvioFeito,
        tramites::answer::TramiteVisto,
        tramites::answer::PaginaDeTramites,
        tramites::answer::Pendencias,
        tramites::answer::PassoDado,
        tramite::answers::MetadadosDoTramite,
        tramites::answer::ReciboDeConclusao,
        tramites::answer::ReciboDeEnvio,
        tramites::answer::RegistroVisto,
        tramite::answers::ParteEmBase64,
        tramites::answer::PendenciaEsperada,
    )),
    tags(
        (name = "Processos", description = "Apurações e execuções, e quem está vinculado a elas."),
        (name = "Adolescentes", description = "Cadastros de adolescentes do tribunal."),
        (name = "Rascunhos", description = "Processos que ainda se redigem no sistema do tribunal."),
        (name = "Guias", description = "Guias de execução de medidas socioeducativas."),
        (name = "Estatísticas", description = "Contagens e tempos, em grupos."),
        (name = "Tramita", description = "Processos que vão de um órgão a outro, cada um pelo seu NRE."),
    ),
    security(("oidc" = []), ("token" = [])),
    modifiers(&Responses, &TramitaResponses, &SecuritySchemes, &TramitaSecurity),
)]
struct Document;

/// The default address of `elos demo`, and the address in the committed document.
const SERVER: &str = "http://127.0.0.1:8080";
const TOKEN_URL: &str = "http://127.0.0.1:8080/auth/realms/pje/protocol/openid-connect/token";

/// Adds the ways in which a caller can authenticate.
struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let flow = Flow::ClientCredentials(ClientCredentials::new(TOKEN_URL, Scopes::new()));
        let oidc = OAuth2::with_description(
            [flow],
            "Credenciais de cliente, no emissor de tokens. Ler pede o papel pse-consulta; \
             escrever, pse-integracao.",
        );
        let mut basic = Http::new(HttpAuthScheme::Basic);
        basic.description = Some(
            "Cliente e segredo, que o emissor de tokens confere: só nas rotas do Tramita, para \
             sistemas que não mandam um token; se o servidor os aceita (ELOS_TRAMITA_BASIC)."
                .into(),
        );
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.bearer_format = Some("JWT".into());
        token.description = Some("Um token que já se tem.".into());
        if let Some(components) = &mut document.components {
            components.add_security_scheme("oidc", SecurityScheme::OAuth2(oidc));
            components.add_security_scheme("token", SecurityScheme::Http(token));
            components.add_security_scheme("basic", SecurityScheme::Http(basic));
            components.add_security_scheme("certificado", SecurityScheme::MutualTls {
                deprecated: None,
                description: Some(
                    "O certificado do sistema, registrado por quem opera o servidor: só nas rotas do Tramita.".into(),
                ),
                extensions: None,
            });
        }
    }
}

/// Routes of the Tramita API accept every way to authenticate, not only tokens.
struct TramitaSecurity;

impl Modify for TramitaSecurity {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let requires = |scheme| SecurityRequirement::new::<_, [String; 0], String>(scheme, []);
        for item in document.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter();
            let of_tramita = |operation: &&mut Operation| {
                let tags = operation.tags.iter().flatten();
                operation.security.is_none() && tags.into_iter().any(|tag| tag == "Tramita")
            };
            for operation in operations.flatten().filter(of_tramita) {
                operation.security =
                    Some(["oidc", "token", "basic", "certificado"].map(requires).to_vec());
            }
        }
    }
}

/// The document as indented JSON, with the address of `elos demo`.
pub fn render() -> String {
    document_at(SERVER, TOKEN_URL)
}

/// The document of a server at the address `server`. Its callers get their tokens at `token_url`.
pub fn document_at(server: &str, token_url: &str) -> String {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or(Value::Null);
    absence::describe(&mut document);
    examples::show(&mut document);
    document["servers"][0]["url"] = server.into();
    let flows = "/components/securitySchemes/oidc/flows/clientCredentials/tokenUrl";
    if let Some(place) = document.pointer_mut(flows) {
        *place = token_url.into();
    }
    format!("{document:#}\n")
}
