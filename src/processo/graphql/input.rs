//! Input of the mutation that registers a processo.

use crate::adolescente::Identificador;
use crate::graphql_types::mutation::{ModoInput, MutationInput};
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

/// Entrada de cadastrarProcesso.
#[derive(InputObject)]
pub struct CadastrarProcessoInput {
    /// Número do processo.
    numero: NumeroProcesso,
    /// Natureza.
    tipo: TipoProcesso,
    /// Adolescentes: ao menos um, sem repetição; na execução, exatamente um (R11).
    adolescentes: Vec<Identificador>,
    /// Apuração de origem: obrigatória na execução (R9); na apuração, só informação.
    referencia: Option<NumeroProcesso>,
    /// Órgão julgador, de 1 a 2147483647.
    id_orgao: i32,
    /// Sistema do tribunal, até 100 caracteres.
    app_name_sistema_tribunal: String,
    /// O `codigo` de um rascunho (R8).
    id_processo_sistema_externo: Option<String>,
    /// Magistrado.
    magistrado: Option<ResponsavelInput>,
    /// Serventuário.
    serventuario: Option<ResponsavelInput>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for CadastrarProcessoInput {
    type Command = CadastrarProcesso;

    fn into_parts(self) -> (CadastrarProcesso, ModoInput) {
        let command = CadastrarProcesso {
            numero: Some(self.numero),
            tipo: Some(self.tipo),
            adolescentes: self.adolescentes.into_iter().map(Some).collect(),
            referencia: self.referencia,
            id_orgao: Some(self.id_orgao),
            app_name_sistema_tribunal: filled(Some(self.app_name_sistema_tribunal)),
            id_processo_sistema_externo: filled(self.id_processo_sistema_externo),
            magistrado: self.magistrado.map(Into::into).unwrap_or_default(),
            serventuario: self.serventuario.map(Into::into).unwrap_or_default(),
            malformed: Vec::new(),
        };
        (command, self.mode)
    }
}
