//! The envelopes of success and of refusal, and what stands in `dados`.

use super::adolescente::{Adolescente, AdolescenteSemelhante};
use super::guia::Guia;
use super::processo::Processo;
use super::rascunho::Rascunho;
use super::texts::DataHora;
use super::words::{CodigoDeErro, Confirmacao, Erro};
use std::collections::BTreeMap;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

/// O envelope de toda recusa.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Recusa {
    /// O que dizer a quem usa o sistema.
    #[schema(examples("Não foi possível processar a requisição."))]
    mensagem_usuario: String,
    categoria: Erro,
    data_hora: DataHora,
    /// Tudo o que se recusou, cada item na forma `campo: texto`.
    #[schema(min_items = 1)]
    erros: Vec<String>,
    mensagem_desenvolvedor: CodigoDeErro,
}

/// The envelope of success around each kind of data, and the headers beside it.
macro_rules! sucessos {
    ($($nome:ident de $dados:ident $(com $cabecalho:ident)*;)+) => { $(
        /// O envelope de sucesso.
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        pub struct $nome {
            /// A frase não muda nunca.
            #[schema(examples("Requisição efetuada com sucesso."))]
            mensagem_usuario: String,
            categoria: Confirmacao,
            data_hora: DataHora,
            dados: $dados,
            /// O que não impediu o pedido, mas convém saber: um campo desconhecido, uma simulação.
            avisos: Option<Vec<String>>,
        }

        impl IntoResponses for $nome {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                sucesso(&Self::name(), &[$(&$cabecalho),*])
            }
        }
    )+ };
}

sucessos! {
    RespostaDeProcesso de Processo com VERSAO;
    RespostaDeProcessoGravado de ProcessoGravado com VERSAO com REPETIDO;
    RespostaDeProcessos de PaginaDeProcessos;
    RespostaDeAdolescente de Adolescente com VERSAO;
    RespostaDeAdolescenteGravado de AdolescenteGravado com VERSAO com REPETIDO;
    RespostaDeAdolescentes de PaginaDeAdolescentes;
    RespostaDeSemelhantes de Semelhantes;
    RespostaDeRascunhoGravado de RascunhoGravado com REPETIDO;
    RespostaDeGuiaGravada de GuiaGravada com VERSAO com REPETIDO;
    RespostaDeGuias de PaginaDeGuias;
}

/// A header: its name, its pattern, and what it says.
pub struct Cabecalho(pub &'static str, &'static str, &'static str);

impl Cabecalho {
    pub fn como_se_escreve(&self) -> Header {
        let texto = ObjectBuilder::new().schema_type(Type::String).pattern(Some(self.1));
        HeaderBuilder::new().schema(texto).description(Some(self.2)).build()
    }
}

const VERSAO: Cabecalho = Cabecalho(
    "ETag",
    "^(W/)?\"[1-9][0-9]*\"$",
    "A versão do objeto, como vai em `If-Match`; fraca (`W/`) se a resposta vem comprimida. Falta numa simulação.",
);
pub const REPETIDO: Cabecalho = Cabecalho(
    "Idempotent-Replayed",
    "^true$",
    "A chave já tinha servido, e nada se fez de novo; senão falta.",
);

fn sucesso(schema: &str, cabecalhos: &[&Cabecalho]) -> BTreeMap<String, RefOr<Response>> {
    let conteudo = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let resposta = ResponseBuilder::new()
        .description("Feito; o que se pediu vem em `dados`.")
        .content("application/json", conteudo);
    let resposta = cabecalhos.iter().fold(resposta, |resposta, cabecalho| {
        resposta.header(cabecalho.0, cabecalho.como_se_escreve())
    });
    [("200".to_owned(), resposta.build().into())].into()
}

/// A page as Spring writes it, of each kind of object.
macro_rules! paginas {
    ($($nome:ident de $objeto:ident;)+) => { $(
        /// Uma página de uma lista.
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        pub struct $nome {
            content: Vec<$objeto>,
            pageable: Paginacao,
            /// Da lista toda.
            #[schema(minimum = 0, examples(1))]
            total_elements: i64,
            #[schema(minimum = 0, examples(1))]
            total_pages: i64,
            last: bool,
            first: bool,
            /// O tamanho pedido.
            #[schema(minimum = 1, maximum = 1000, examples(100))]
            size: i32,
            /// A página pedida, a contar de 0.
            #[schema(minimum = 0, examples(0))]
            number: i32,
            #[schema(minimum = 0, maximum = 1000, examples(1))]
            number_of_elements: i32,
            sort: Ordem,
            empty: bool,
        }
    )+ };
}

paginas! {
    PaginaDeProcessos de Processo;
    PaginaDeAdolescentes de Adolescente;
    PaginaDeGuias de Guia;
}

/// Os cadastros que podem ser de quem se procura, o mais semelhante primeiro.
#[derive(ToSchema)]
pub struct Semelhantes(Vec<AdolescenteSemelhante>);

/// O que se pediu de uma lista.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Paginacao {
    sort: Ordem,
    #[schema(minimum = 0)]
    offset: i64,
    #[schema(minimum = 0)]
    page_number: i32,
    #[schema(minimum = 1, maximum = 1000)]
    page_size: i32,
    paged: bool,
    unpaged: bool,
}

/// Se a lista tem ordem.
#[derive(ToSchema)]
pub struct Ordem {
    empty: bool,
    sorted: bool,
    unsorted: bool,
}

/// What a write answers: the object or, when it was only tried, the object that
/// may lack what only a real one is given.
macro_rules! gravados {
    ($($nome:ident = $objeto:ident ou $simulado:literal sem $gerados:expr;)+) => { $(
        pub struct $nome;

        impl PartialSchema for $nome {
            fn schema() -> RefOr<Schema> {
                AnyOfBuilder::new()
                    .item(Ref::from_schema_name($objeto::name()))
                    .item(Ref::from_schema_name($simulado))
                    .description(Some("O objeto como ficou ou, simulado, como ficaria."))
                    .into()
            }
        }

        impl ToSchema for $nome {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                let objeto = $objeto::schema();
                schemas.push(($simulado.into(), simulado(objeto.clone(), &$gerados)));
                schemas.push(($objeto::name().into(), objeto));
                $objeto::schemas(schemas);
            }
        }
    )+ };
}

gravados! {
    ProcessoGravado = Processo ou "ProcessoSimulado" sem ["id"];
    AdolescenteGravado = Adolescente ou "AdolescenteSimulado" sem ["identificador"];
    GuiaGravada = Guia ou "GuiaSimulada" sem ["id", "numeroGuia"];
    RascunhoGravado = Rascunho ou "RascunhoSimulado" sem ["id"];
}

fn simulado(objeto: RefOr<Schema>, gerados: &[&str]) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut objeto)) = objeto else { return objeto };
    for gerado in gerados {
        objeto.required.retain(|campo| campo != gerado);
    }
    objeto.description =
        Some(format!("Só simulado, com `simular=true`: sem {}.", gerados.join(" nem ")));
    RefOr::T(Schema::Object(objeto))
}
