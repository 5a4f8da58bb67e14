//! Schemas of the success envelopes, and of what `dados` holds.

use super::super::adolescentes::answer::{Adolescente, AdolescenteSemelhante};
use super::super::estatisticas::answer::Estatisticas;
use super::super::guias::answer::GuiaEmitida;
use super::super::page::{PaginaDeAdolescentes, PaginaDeGuias, PaginaDeProcessos};
use super::super::processos::answer::Processo;
use super::super::rascunhos::answer::Rascunho;
use super::texts::DataHora;
use super::words::Confirmacao;
use std::collections::BTreeMap;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

/// Declares a success envelope for each type of `dados`, with its response headers.
macro_rules! successes {
    ($($name:ident of $dados:ident $(with $header:ident)*;)+) => { $(
        /// O envelope de sucesso.
        #[derive(ToSchema)]
        #[schema(rename_all = "camelCase")]
        pub struct $name {
            /// A frase não muda nunca.
            #[schema(examples("Requisição efetuada com sucesso."))]
            mensagem_usuario: String,
            categoria: Confirmacao,
            data_hora: DataHora,
            dados: $dados,
            /// O que não impediu o pedido, mas convém saber: um campo desconhecido, uma simulação.
            avisos: Option<Vec<String>>,
        }

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                success(&Self::name(), &[$(&$header),*])
            }
        }
    )+ };
}

successes! {
    RespostaDeProcesso of Processo with ETAG;
    RespostaDeProcessoGravado of ProcessoGravado with ETAG with REPLAYED;
    RespostaDeProcessos of PaginaDeProcessos;
    RespostaDeAdolescente of Adolescente with ETAG;
    RespostaDeAdolescenteGravado of AdolescenteGravado with ETAG with REPLAYED;
    RespostaDeAdolescentes of PaginaDeAdolescentes;
    RespostaDeSemelhantes of Semelhantes;
    RespostaDeRascunhoGravado of RascunhoGravado with REPLAYED;
    RespostaDeGuiaGravada of GuiaGravada with ETAG with REPLAYED;
    RespostaDeGuias of PaginaDeGuias;
    RespostaDeEstatisticas of Estatisticas;
}

/// A response header: name, pattern of its value, description.
pub struct ResponseHeader(pub &'static str, &'static str, &'static str);

impl ResponseHeader {
    pub fn to_openapi(&self) -> Header {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(self.1));
        HeaderBuilder::new().schema(Some(text)).description(Some(self.2)).build()
    }
}

const ETAG: ResponseHeader = ResponseHeader(
    "ETag",
    "^(W/)?\"[1-9][0-9]*\"$",
    "A versão do objeto, como vai em `If-Match`; fraca (`W/`) se a resposta vem comprimida. Falta numa simulação.",
);
pub const REPLAYED: ResponseHeader = ResponseHeader(
    "Idempotent-Replayed",
    "^true$",
    "A chave já tinha servido, e nada se fez de novo; senão falta.",
);

fn success(schema: &str, headers: &[&ResponseHeader]) -> BTreeMap<String, RefOr<Response>> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let response = ResponseBuilder::new()
        .description("Feito; o que se pediu vem em `dados`.")
        .content("application/json", content);
    let response = headers
        .iter()
        .fold(response, |response, header| response.header(header.0, header.to_openapi()));
    [("200".to_owned(), response.build().into())].into()
}

/// Os cadastros que podem ser de quem se procura, o mais semelhante primeiro.
#[derive(ToSchema)]
pub struct Semelhantes(Vec<AdolescenteSemelhante>);

/// Declares the `dados` of a write: the object as stored or, for a dry run, the same object with
/// the generated fields optional.
macro_rules! stored {
    ($($name:ident = $object:ident or $dry_run:literal without $generated:expr;)+) => { $(
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                AnyOfBuilder::new()
                    .item(Ref::from_schema_name($object::name()))
                    .item(Ref::from_schema_name($dry_run))
                    .description(Some("O objeto como ficou ou, simulado, como ficaria."))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                let object = $object::schema();
                schemas.push(($dry_run.into(), dry_run(object.clone(), &$generated)));
                schemas.push(($object::name().into(), object));
                $object::schemas(schemas);
            }
        }
    )+ };
}

stored! {
    ProcessoGravado = Processo or "ProcessoSimulado" without ["id"];
    AdolescenteGravado = Adolescente or "AdolescenteSimulado" without ["identificador"];
    GuiaGravada = GuiaEmitida or "GuiaSimulada" without ["id", "numeroGuia"];
    RascunhoGravado = Rascunho or "RascunhoSimulado" without ["id"];
}

fn dry_run(object: RefOr<Schema>, generated: &[&str]) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = object else { return object };
    for name in generated {
        object.required.retain(|field| field != name);
    }
    object.description =
        Some(format!("Só simulado, com `simular=true`: sem {}.", generated.join(" nem ")));
    RefOr::T(Schema::Object(object))
}
