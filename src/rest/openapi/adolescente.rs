//! Schemas of bodies that also accept the body of a registration of an adolescente.

use super::super::adolescentes::body::NovoAdolescente;
use super::texts::{Data, Nome};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// De quem se procura um cadastro. Os outros campos de um cadastro podem vir, e não contam.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010" }))
)]
pub struct ProcuraDeSemelhantes {
    nome: Nome,
    sobrenome: Option<Nome>,
    nome_mae: Option<Nome>,
    data_nascimento: Option<Data>,
    /// Quantos, no máximo; sem valor, 10.
    #[schema(minimum = 1, maximum = 50, examples(10))]
    limite: Option<i32>,
}

/// The optional body of a new vinculo: the data of a registration, or an object without fields.
pub struct DadosDoVinculo;

impl PartialSchema for DadosDoVinculo {
    fn schema() -> RefOr<Schema> {
        let empty = ObjectBuilder::new().max_properties(Some(0)).title(Some("Sem dados"));
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(NovoAdolescente::name()))
            .item(empty)
            .description(Some("Com que cadastrar o adolescente, se ainda não for conhecido."))
            .into()
    }
}

impl ToSchema for DadosDoVinculo {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((NovoAdolescente::name().into(), NovoAdolescente::schema()));
        NovoAdolescente::schemas(schemas);
    }
}
