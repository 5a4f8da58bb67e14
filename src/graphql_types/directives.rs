//! Directives of the schema.

use crate::auth::Papel;
use async_graphql::TypeDirective;
use async_graphql::registry::{MetaDirectiveInvocation, Registry, location_traits};
use std::borrow::Cow;

pub const AUDITORIA: &str = Papel::Auditoria.nome();
pub const CATALOGO: &str = Papel::Catalogo.nome();
pub const DADOS_SENSIVEIS: &str = Papel::DadosSensiveis.nome();
pub const INTEGRACAO: &str = Papel::Integracao.nome();

/// Papel exigido pelo campo. Sem ele, um campo de raiz responde o erro SEM_PERMISSAO (403) e qualquer outro campo vem nulo, sem erro.
#[TypeDirective(name = "requerPapel", location = "FieldDefinition")]
pub fn RequerPapel(
    #[graphql(desc = "Nome do papel no token, por exemplo `pse-dados-sensiveis`.")] papel: String,
) {
}

/// What a write weighs, and what counting a list does.
pub const DEZ: &str = "10";

/// What a filter weighs: rows are looked at that are not on the page.
pub const FILTRO: &str = "150";
/// Names are compared with all that a tribunal has.
pub const SEMELHANCA: &str = "3000";
/// Figures: all that a tribunal has is gone through, and sorted.
pub const ESTATISTICA: &str = "3000";
/// A condition on a column, and a filter that holds others.
pub const CONDICAO: &str = "5";
/// A condition on another table, which is looked into for each row or read whole.
pub const CONDICAO_DE_RELACAO: &str = "300";
/// A text that is looked for within another.
pub const CONDICAO_DE_TEXTO: &str = "300";

/// Peso usado no cálculo do custo da operação (IBM GraphQL Cost Directives).
#[TypeDirective(
    name = "cost",
    location = "ArgumentDefinition",
    location = "Enum",
    location = "FieldDefinition",
    location = "InputFieldDefinition",
    location = "Object"
)]
pub fn Cost(#[graphql(desc = "Número decimal, no lugar do peso padrão.")] weight: String) {}

/// Como o tamanho de uma lista entra no cálculo do custo (IBM GraphQL Cost Directives).
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
pub fn ListSize(
    #[graphql(desc = "Tamanho suposto quando nenhum argumento de fatia é dado.")]
    assumed_size: Option<i32>,
    #[graphql(desc = "Argumentos que limitam o tamanho.")] slicing_arguments: Option<Vec<String>>,
    #[graphql(desc = "Campos filhos cujo tamanho é o desses argumentos.")] sized_fields: Option<
        Vec<String>,
    >,
    #[graphql(desc = "Exige exatamente um dos argumentos de fatia.", default_with = "Some(true)")]
    require_one_slicing_argument: Option<bool>,
) {
}

/// `@listSize` of a connection: a page of twenty, unless it says how many.
pub struct Pagina;

impl TypeDirective for Pagina {
    fn name(&self) -> Cow<'static, str> {
        ListSize.name()
    }

    fn register(&self, registry: &mut Registry) {
        ListSize.register(registry);
    }
}

impl location_traits::Directive_At_FIELD_DEFINITION for Pagina {}

impl Pagina {
    pub fn apply() -> MetaDirectiveInvocation {
        let nomes = |nomes: [&str; 2]| Some(nomes.map(str::to_owned).to_vec());
        ListSize::apply(Some(20), nomes(["first", "last"]), nomes(["edges", "nodes"]), Some(false))
    }
}
