//! Inputs of the mutations that change a processo.

use super::input::ResponsavelInput;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::AdolescenteInput;
use crate::error::{CodigoErro, Refusal};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::processo::{
    AlterarSituacao, AtualizarResponsaveis, DesvincularAdolescente, NumeroProcesso,
    ResponsavelChange, SituacaoProcesso, VincularAdolescente,
};
use crate::value::field::{Change, filled};
use async_graphql::{InputObject, MaybeUndefined};

/// Entrada de atualizarResponsaveis. Campo ausente mantém, null apaga.
#[derive(InputObject)]
pub struct AtualizarResponsaveisInput {
    /// Número do processo, ativo ou arquivado.
    processo: NumeroProcesso,
    /// Magistrado.
    magistrado: MaybeUndefined<ResponsavelInput>,
    /// Serventuário.
    serventuario: MaybeUndefined<ResponsavelInput>,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for AtualizarResponsaveisInput {
    type Command = AtualizarResponsaveis;

    fn into_parts(self) -> (AtualizarResponsaveis, ModoInput) {
        let mut malformed = Vec::new();
        let command = AtualizarResponsaveis {
            processo: self.processo,
            magistrado: responsavel(self.magistrado, "magistrado", &mut malformed),
            serventuario: responsavel(self.serventuario, "serventuario", &mut malformed),
            versao_esperada: self.versao_esperada,
            malformed,
        };
        (command, self.mode)
    }
}

fn responsavel(
    input: MaybeUndefined<ResponsavelInput>,
    field: &'static str,
    malformed: &mut Vec<Refusal>,
) -> ResponsavelChange {
    let input = match input {
        MaybeUndefined::Undefined => return ResponsavelChange::default(),
        MaybeUndefined::Null => {
            return ResponsavelChange { nome: Change::Clear, cpf: Change::Clear };
        }
        MaybeUndefined::Value(input) => input,
    };
    let nome = Change::from(input.nome).filled().unwrap_or_else(|| {
        let message = "o nome está em branco";
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "R13", message);
        malformed.push(refusal.at([field, "nome"]).hint("mande null para apagar"));
        Change::Keep
    });
    ResponsavelChange { nome, cpf: input.cpf.into() }
}

/// Entrada de alterarSituacao.
#[derive(InputObject)]
pub struct AlterarSituacaoInput {
    /// Número do processo.
    processo: NumeroProcesso,
    /// A nova situação.
    situacao: SituacaoProcesso,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for AlterarSituacaoInput {
    type Command = AlterarSituacao;

    fn into_parts(self) -> (AlterarSituacao, ModoInput) {
        let Self { processo, situacao, versao_esperada, mode } = self;
        (AlterarSituacao { processo, situacao, versao_esperada }, mode)
    }
}

/// Entrada de vincularAdolescente.
#[derive(InputObject)]
pub struct VincularAdolescenteInput {
    /// Número da apuração.
    processo: NumeroProcesso,
    /// Identificador.
    adolescente: Identificador,
    /// Dados para cadastrar o identificador, se desconhecido; sem eles nasce um cadastro pendente (R14).
    dados: Option<AdolescenteInput>,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for VincularAdolescenteInput {
    type Command = VincularAdolescente;

    fn into_parts(self) -> (VincularAdolescente, ModoInput) {
        let Self { processo, adolescente, dados, versao_esperada, mode } = self;
        let (dados, malformed) = (dados.map(Into::into), Vec::new());
        (VincularAdolescente { processo, adolescente, dados, versao_esperada, malformed }, mode)
    }
}

/// Entrada de desvincularAdolescente.
#[derive(InputObject)]
pub struct DesvincularAdolescenteInput {
    /// Número da apuração.
    processo: NumeroProcesso,
    /// Identificador.
    adolescente: Identificador,
    /// Motivo do encerramento, até 500 caracteres.
    motivo: Option<String>,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for DesvincularAdolescenteInput {
    type Command = DesvincularAdolescente;

    fn into_parts(self) -> (DesvincularAdolescente, ModoInput) {
        let Self { processo, adolescente, motivo, versao_esperada, mode } = self;
        let motivo = filled(motivo);
        (DesvincularAdolescente { processo, adolescente, motivo, versao_esperada }, mode)
    }
}
