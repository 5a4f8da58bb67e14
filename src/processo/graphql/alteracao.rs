//! What a client says to change a processo.

use super::input::ResponsavelInput;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::AdolescenteInput;
use crate::error::{CodigoErro, Recusa};
use crate::graphql::schema::mutation::{Entrada, ModoInput};
use crate::processo::{
    AlterarSituacao, AtualizarResponsaveis, DesvincularAdolescente, MudancaDeResponsavel,
    NumeroProcesso, SituacaoProcesso, VincularAdolescente,
};
use crate::value::field::{Mudanca, preenchido};
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
    modo: ModoInput,
}

impl Entrada for AtualizarResponsaveisInput {
    type Comando = AtualizarResponsaveis;

    fn partes(self) -> (AtualizarResponsaveis, ModoInput) {
        let mut malformados = Vec::new();
        let comando = AtualizarResponsaveis {
            processo: self.processo,
            magistrado: responsavel(self.magistrado, "magistrado", &mut malformados),
            serventuario: responsavel(self.serventuario, "serventuario", &mut malformados),
            versao_esperada: self.versao_esperada,
            malformados,
        };
        (comando, self.modo)
    }
}

fn responsavel(
    entrada: MaybeUndefined<ResponsavelInput>,
    quem: &'static str,
    malformados: &mut Vec<Recusa>,
) -> MudancaDeResponsavel {
    let entrada = match entrada {
        MaybeUndefined::Undefined => return MudancaDeResponsavel::default(),
        MaybeUndefined::Null => {
            return MudancaDeResponsavel { nome: Mudanca::Apagar, cpf: Mudanca::Apagar };
        }
        MaybeUndefined::Value(entrada) => entrada,
    };
    let nome = Mudanca::from(entrada.nome).preenchida().unwrap_or_else(|| {
        let mensagem = "o nome está em branco";
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "R13", mensagem);
        malformados.push(recusa.em([quem, "nome"]).oriente("mande null para apagar"));
        Mudanca::Manter
    });
    MudancaDeResponsavel { nome, cpf: entrada.cpf.into() }
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
    modo: ModoInput,
}

impl Entrada for AlterarSituacaoInput {
    type Comando = AlterarSituacao;

    fn partes(self) -> (AlterarSituacao, ModoInput) {
        let Self { processo, situacao, versao_esperada, modo } = self;
        (AlterarSituacao { processo, situacao, versao_esperada }, modo)
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
    modo: ModoInput,
}

impl Entrada for VincularAdolescenteInput {
    type Comando = VincularAdolescente;

    fn partes(self) -> (VincularAdolescente, ModoInput) {
        let Self { processo, adolescente, dados, versao_esperada, modo } = self;
        let (dados, malformados) = (dados.map(Into::into), Vec::new());
        (VincularAdolescente { processo, adolescente, dados, versao_esperada, malformados }, modo)
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
    modo: ModoInput,
}

impl Entrada for DesvincularAdolescenteInput {
    type Comando = DesvincularAdolescente;

    fn partes(self) -> (DesvincularAdolescente, ModoInput) {
        let Self { processo, adolescente, motivo, versao_esperada, modo } = self;
        let motivo = preenchido(motivo);
        (DesvincularAdolescente { processo, adolescente, motivo, versao_esperada }, modo)
    }
}
