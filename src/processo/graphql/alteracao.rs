//! Inputs of the mutations that change a processo.

use super::input::ResponsavelInput;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::AdolescenteInput;
use crate::error::{CodigoErro, Refusal};
use crate::graphql_types::mutation::{ModoInput, MutationInput, input};
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

input! {
    /// Entrada de alterarSituacao.
    pub struct AlterarSituacaoInput for AlterarSituacao {
        /// Número do processo.
        processo: NumeroProcesso => processo,
        /// A nova situação.
        situacao: SituacaoProcesso => situacao,
        /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
        versao_esperada: Option<i32> => versao_esperada,
    }
}

input! {
    /// Entrada de vincularAdolescente.
    pub struct VincularAdolescenteInput for VincularAdolescente {
        /// Número da apuração.
        processo: NumeroProcesso => processo,
        /// Identificador.
        adolescente: Identificador => adolescente,
        /// Dados para cadastrar o identificador, se desconhecido. Sem eles, nasce um cadastro pendente (R14) ou, se a configuração não o admite, a operação é recusada.
        dados: Option<AdolescenteInput> => dados.map(Into::into),
        /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
        versao_esperada: Option<i32> => versao_esperada,
    }
    and malformed: Vec::new()
}

input! {
    /// Entrada de desvincularAdolescente.
    pub struct DesvincularAdolescenteInput for DesvincularAdolescente {
        /// Número da apuração.
        processo: NumeroProcesso => processo,
        /// Identificador.
        adolescente: Identificador => adolescente,
        /// Motivo do encerramento, até 500 caracteres.
        motivo: Option<String> => filled(motivo),
        /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
        versao_esperada: Option<i32> => versao_esperada,
    }
}
