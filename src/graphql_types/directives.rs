//! The directives that this schema defines, and the papéis and weights that they name.

use crate::auth::Papel;
use async_graphql::TypeDirective;
use async_graphql::registry::{MetaDirectiveInvocation, Registry, location_traits};
use std::borrow::Cow;

pub const AUDITORIA: &str = Papel::Auditoria.name();
pub const CATALOGO: &str = Papel::Catalogo.name();
pub const DADOS_SENSIVEIS: &str = Papel::DadosSensiveis.name();
pub const INTEGRACAO: &str = Papel::Integracao.name();

/// Papel exigido pelo campo. Sem ele, um campo de raiz responde o erro SEM_PERMISSAO (403) e qualquer outro campo vem nulo, sem erro.
#[TypeDirective(name = "requerPapel", location = "FieldDefinition")]
pub fn RequerPapel(
    #[graphql(desc = "Nome do papel no token, por exemplo `pse-dados-sensiveis`.")] papel: String,
) {
}

/// Weight of a mutation, and of counting a list.
pub const WRITE_OR_COUNT: &str = "10";

/// Weight of a filter: PostgreSQL also examines rows that are not on the page.
pub const FILTER: &str = "150";
/// Weight of a search by similar names, which compares with every name of the tribunal.
pub const SIMILARITY: &str = "3000";
/// Weight of a statistic, which reads and sorts all rows of the tribunal.
pub const ESTATISTICA: &str = "3000";
/// Weight of a condition on a column, and of a filter that contains other filters.
pub const CONDITION: &str = "5";
/// Weight of a condition on another table. PostgreSQL searches that table for each row, or reads it
/// whole.
pub const RELATION_CONDITION: &str = "300";
/// Weight of a search for a text within another text.
pub const TEXT_CONDITION: &str = "300";

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

/// The `@listSize` of a connection: 20 objects, unless `first` or `last` says otherwise.
pub struct PageSize;

impl TypeDirective for PageSize {
    fn name(&self) -> Cow<'static, str> {
        ListSize.name()
    }

    fn register(&self, registry: &mut Registry) {
        ListSize.register(registry);
    }
}

impl location_traits::Directive_At_FIELD_DEFINITION for PageSize {}

impl PageSize {
    pub fn apply() -> MetaDirectiveInvocation {
        let names = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
        ListSize::apply(Some(20), names(["first", "last"]), names(["edges", "nodes"]), Some(false))
    }
}
