//! Schemas of the bodies about processos.

use super::texts::{Cpf, Nome, NumeroCnj};
use utoipa::ToSchema;

/// Os responsáveis de um processo, a mudar. O que falta ou vem em branco fica como está, e o que
/// vem nulo se apaga; outro campo do processo é recusado, porque não se altera por aqui.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({
        "numeroProcesso": "8000096-72.2022.8.20.0001", "magistradoNome": "Magistrado Fictício",
        "magistradoCPF": "52998224725",
    }))
)]
pub struct ResponsaveisAlterados {
    /// De que processo se trata.
    numero_processo: NumeroCnj,
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Option<Cpf>,
    magistrado_nome: Option<Nome>,
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Option<Cpf>,
    serventuario_nome: Option<Nome>,
}
