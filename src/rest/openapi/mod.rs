//! The contract of the façade as an OpenAPI document, built from the handlers.
//!
//! The structs below only document: handlers read bodies field by field, and
//! write answers so too. `tests/api/openapi.rs` compares both with what is said here.

#![expect(dead_code, reason = "schemas are types that nobody makes a value of")]
#![expect(clippy::struct_field_names, reason = "the names are the contract's")]
#![expect(clippy::large_stack_arrays, reason = "utoipa's: the array of a guia's fields")]

pub mod adolescente;
mod absence;
pub mod emissao;
pub mod envelope;
mod examples;
pub mod guia;
mod words;
pub mod parameters;
pub mod processo;
pub mod rascunho;
pub mod refusals;
mod texts;
pub mod tramite;

use super::{adolescentes, guias, processos, rascunhos, tramites};
use refusals::Respostas;
use serde_json::Value;
use tramite::refusals::RespostasDoTramita;
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
        processos::read::listar,
        processos::write::cadastrar,
        processos::write::atualizar_responsaveis,
        processos::read::por_codigo,
        processos::read::por_numero,
        processos::read::apuracao,
        processos::write::alterar_situacao,
        processos::write::vincular,
        processos::write::desvincular,
        adolescentes::listar,
        adolescentes::cadastrar,
        adolescentes::atualizar,
        adolescentes::por_identificador,
        adolescentes::por_cpf,
        adolescentes::semelhantes,
        adolescentes::semelhantes_do_corpo,
        rascunhos::registrar,
        guias::listar,
        guias::emitir_provisoria,
        guias::emitir_definitiva,
        guias::emitir_internacao_sancao,
        guias::emitir_unificadora,
        guias::alterar_situacao,
        guias::pdf::imprimir,
        tramites::catalogos::healthcheck,
        tramites::catalogos::repositorios,
        tramites::catalogos::estruturas,
        tramites::catalogos::estrutura,
        tramites::catalogos::especies,
        tramites::catalogos::hipoteses,
        tramites::catalogos::motivos,
        tramites::steps::enviar,
        tramites::read::listar,
        tramites::read::pendentes,
        tramites::pendencias::esperar,
        tramites::read::por_idt,
        tramites::steps::cancelar,
        tramites::componentes::upload::enviar,
        tramites::recibos::de_envio,
        tramites::steps::receber,
        tramites::componentes::download::baixar,
        tramites::componentes::parts::enviar,
        tramites::componentes::parts::concluir,
        tramites::componentes::download::baixar_parte,
        tramites::steps::enviar_recibo,
        tramites::recibos::de_conclusao,
        tramites::steps::recusar,
        tramites::steps::dar_ciencia,
        tramites::steps::ciencia_por_get,
        tramites::read::por_nre,
        tramites::read::por_protocolo,
    ),
    // What only answers, parameters or `ausencia` refer to.
    components(schemas(
        envelope::Recusa,
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
        words::NovaSituacao,
        words::NovaSituacaoDaGuia,
        words::EspecieDeGuia,
        texts::EmBranco,
        tramite::refusals::RecusaDoTramita,
        tramite::catalogos::Saude,
        tramite::catalogos::Repositorios,
        tramite::catalogos::EstruturaVista,
        tramite::catalogos::PaginaDeEstruturas,
        tramite::catalogos::Especies,
        tramite::catalogos::Hipoteses,
        tramite::catalogos::Motivos,
        tramite::answers::EnvioFeito,
        tramite::answers::TramiteVisto,
        tramite::answers::PaginaDeTramites,
        tramite::answers::Pendencias,
        tramite::answers::PassoDado,
        tramite::answers::MetadadosDoTramite,
        tramite::answers::ReciboDeConclusao,
        tramite::answers::ReciboDeEnvio,
        tramite::answers::RegistroVisto,
        tramite::answers::ParteEmBase64,
        tramite::answers::PendenciaEsperada,
    )),
    tags(
        (name = "Processos", description = "Apurações e execuções, e quem está vinculado a elas."),
        (name = "Adolescentes", description = "Cadastros de adolescentes do tribunal."),
        (name = "Rascunhos", description = "Processos que ainda se redigem no sistema do tribunal."),
        (name = "Guias", description = "Guias de execução de medidas socioeducativas."),
        (name = "Tramita", description = "Processos que vão de um órgão a outro, cada um pelo seu NRE."),
    ),
    security(("oidc" = []), ("token" = [])),
    modifiers(&Respostas, &RespostasDoTramita, &Seguranca, &DaFachada),
)]
struct Documento;

/// Where `elos demo` is, unless it is told otherwise: the address of the committed document.
const SERVER: &str = "http://127.0.0.1:8080";
const TOKEN_URL: &str = "http://127.0.0.1:8080/auth/realms/pje/protocol/openid-connect/token";

/// How a caller says who it is.
struct Seguranca;

impl Modify for Seguranca {
    fn modify(&self, documento: &mut utoipa::openapi::OpenApi) {
        let fluxo = Flow::ClientCredentials(ClientCredentials::new(TOKEN_URL, Scopes::new()));
        let oidc = OAuth2::with_description(
            [fluxo],
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
        if let Some(componentes) = &mut documento.components {
            componentes.add_security_scheme("oidc", SecurityScheme::OAuth2(oidc));
            componentes.add_security_scheme("token", SecurityScheme::Http(token));
            componentes.add_security_scheme("basic", SecurityScheme::Http(basic));
            componentes.add_security_scheme("certificado", SecurityScheme::MutualTls {
                description: Some(
                    "O certificado do sistema, registrado por quem opera o servidor: só nas rotas do Tramita.".into(),
                ),
                extensions: None,
            });
        }
    }
}

/// The Tramita's routes let callers in by more than a token.
struct DaFachada;

impl Modify for DaFachada {
    fn modify(&self, documento: &mut utoipa::openapi::OpenApi) {
        let requer = |esquema| SecurityRequirement::new::<_, [String; 0], String>(esquema, []);
        for item in documento.paths.paths.values_mut() {
            let operacoes =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter();
            let do_tramita = |operacao: &&mut Operation| {
                let tags = operacao.tags.iter().flatten();
                operacao.security.is_none() && tags.into_iter().any(|tag| tag == "Tramita")
            };
            for operacao in operacoes.flatten().filter(do_tramita) {
                operacao.security =
                    Some(["oidc", "token", "basic", "certificado"].map(requer).to_vec());
            }
        }
    }
}

/// The document, as JSON to be read by people too, with the address of `elos demo`.
pub fn documento() -> String {
    documento_em(SERVER, TOKEN_URL)
}

/// The document of a server that is asked for at `server`, and whose callers get tokens at
/// `token_url`.
pub fn documento_em(server: &str, token_url: &str) -> String {
    let mut documento = serde_json::to_value(Documento::openapi()).unwrap_or(Value::Null);
    absence::dizer(&mut documento);
    examples::show(&mut documento);
    documento["servers"][0]["url"] = server.into();
    let flows = "/components/securitySchemes/oidc/flows/clientCredentials/tokenUrl";
    if let Some(place) = documento.pointer_mut(flows) {
        *place = token_url.into();
    }
    format!("{documento:#}\n")
}
