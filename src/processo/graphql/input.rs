//! Input of the mutation that registers a processo.

use crate::adolescente::Identificador;
use crate::graphql_types::mutation::input;
use crate::processo::{CadastrarProcesso, NumeroProcesso, Responsavel, TipoProcesso};
use crate::value::cpf::Cpf;
use crate::value::field::filled;
use async_graphql::{InputObject, MaybeUndefined};

/// Magistrado ou serventuário. Numa alteração, campo ausente mantém e null apaga.
#[derive(InputObject)]
pub struct ResponsavelInput {
    /// Nome.
    pub nome: MaybeUndefined<String>,
    /// CPF.
    pub cpf: MaybeUndefined<Cpf>,
}

impl From<ResponsavelInput> for Responsavel {
    fn from(input: ResponsavelInput) -> Self {
        Self { nome: filled(input.nome.take()), cpf: input.cpf.take() }
    }
}

input! {
    /// Entrada de cadastrarProcesso.
    pub struct CadastrarProcessoInput for CadastrarProcesso {
        /// Número do processo.
        numero: NumeroProcesso => Some(numero),
        /// Natureza.
        tipo: TipoProcesso => Some(tipo),
        /// Adolescentes: ao menos um, sem repetição; na execução, exatamente um (R11).
        adolescentes: Vec<Identificador> => adolescentes.into_iter().map(Some).collect(),
        /// Apuração de origem: obrigatória na execução (R9); na apuração, só informação.
        referencia: Option<NumeroProcesso> => referencia,
        /// Órgão julgador, de 1 a 2147483647.
        id_orgao: i32 => Some(id_orgao),
        /// Sistema do tribunal, até 100 caracteres.
        app_name_sistema_tribunal: String => filled(Some(app_name_sistema_tribunal)),
        /// O `codigo` de um rascunho (R8).
        id_processo_sistema_externo: Option<String> => filled(id_processo_sistema_externo),
        /// Magistrado.
        magistrado: Option<ResponsavelInput> => magistrado.map(Into::into).unwrap_or_default(),
        /// Serventuário.
        serventuario: Option<ResponsavelInput> => serventuario.map(Into::into).unwrap_or_default(),
    }
    and malformed: Vec::new()
}
