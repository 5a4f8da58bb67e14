//! Directives of the schema.

use crate::auth::Papel;
use async_graphql::TypeDirective;

pub const AUDITORIA: &str = Papel::Auditoria.nome();
pub const DADOS_SENSIVEIS: &str = Papel::DadosSensiveis.nome();
pub const INTEGRACAO: &str = Papel::Integracao.nome();

/// Papel exigido pelo campo. Sem ele, um campo de raiz responde o erro SEM_PERMISSAO (403) e qualquer outro campo vem nulo, sem erro.
#[TypeDirective(name = "requerPapel", location = "FieldDefinition")]
pub fn RequerPapel(
    #[graphql(desc = "Nome do papel no token, por exemplo `pse-dados-sensiveis`.")] papel: String,
) {
}
