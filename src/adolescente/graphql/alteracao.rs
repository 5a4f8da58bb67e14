//! Input of the mutation that changes an adolescente.

use super::input::{CertidaoNascimentoInput, RgInput};
use crate::adolescente::{
    AdolescenteAlteracao, AtualizarAdolescente, IdentidadeGenero, Identificador, OrientacaoSexual,
    RacaCor, SexoBiologico,
};
use crate::error::{CodigoErro, Refusal};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::graphql_types::scalars::Date;
use crate::value::cpf::Cpf;
use crate::value::field::Change;
use async_graphql::{InputObject, MaybeUndefined};

/// Entrada de atualizarAdolescente.
#[derive(InputObject)]
pub struct AtualizarAdolescenteInput {
    /// Identificador.
    identificador: Identificador,
    /// O que muda.
    dados: AdolescenteAlteracaoInput,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

/// Alteração dos dados de um adolescente: campo ausente mantém, null apaga. Null não se admite em nome, sobrenome, nascimento nem sexo, e em `dataNascimentoPresumida` mantém.
#[derive(InputObject)]
pub struct AdolescenteAlteracaoInput {
    /// Nome civil.
    nome: MaybeUndefined<String>,
    /// Sobrenome.
    sobrenome: MaybeUndefined<String>,
    /// Nascimento, de 1900 até hoje.
    data_nascimento: MaybeUndefined<Date>,
    /// Sexo biológico.
    sexo_biologico: MaybeUndefined<SexoBiologico>,
    /// A data de nascimento é presumida.
    data_nascimento_presumida: Option<bool>,
    /// Nome social.
    nome_social: MaybeUndefined<String>,
    /// Identidade de gênero.
    identidade_genero: MaybeUndefined<IdentidadeGenero>,
    /// Orientação sexual.
    orientacao_sexual: MaybeUndefined<OrientacaoSexual>,
    /// Raça ou cor.
    raca_cor: MaybeUndefined<RacaCor>,
    /// Nome da mãe.
    nome_mae: MaybeUndefined<String>,
    /// Nome do pai.
    nome_pai: MaybeUndefined<String>,
    /// Naturalidade, texto livre.
    naturalidade: MaybeUndefined<String>,
    /// CPF; único no tribunal.
    cpf: MaybeUndefined<Cpf>,
    /// Registro geral.
    rg: MaybeUndefined<RgInput>,
    /// Certidão de nascimento.
    certidao_nascimento: MaybeUndefined<CertidaoNascimentoInput>,
    /// Data do óbito.
    data_obito: MaybeUndefined<Date>,
}

impl MutationInput for AtualizarAdolescenteInput {
    type Command = AtualizarAdolescente;

    fn into_parts(self) -> (AtualizarAdolescente, ModoInput) {
        let Self { identificador, dados, versao_esperada, mode } = self;
        let blank = |field: &[&'static str]| {
            let message = "o texto está em branco";
            let mut refusal = Refusal::new(CodigoErro::CampoInvalido, "forma", message);
            refusal.campo = field.iter().map(|&part| part.into()).collect();
            refusal
        };
        let blank_in_documento = |documento: &'static str, field| {
            let refusal = blank(&["dados", documento, field]);
            refusal.hint("omita o campo; o documento muda inteiro")
        };
        let mut malformed = Vec::new();
        if let MaybeUndefined::Value(rg) = &dados.rg {
            malformed.extend(rg.blank_fields().map(|field| blank_in_documento("rg", field)));
        }
        if let MaybeUndefined::Value(certidao) = &dados.certidao_nascimento {
            let blanks = certidao.blank_fields();
            malformed.extend(blanks.map(|field| blank_in_documento("certidaoNascimento", field)));
        }
        let mut text = |value: MaybeUndefined<String>, field: &'static str| {
            Change::from(value).filled().unwrap_or_else(|| {
                malformed.push(blank(&["dados", field]).hint("mande null para apagar"));
                Change::Keep
            })
        };
        let alteracao = AdolescenteAlteracao {
            nome: text(dados.nome, "nome"),
            sobrenome: text(dados.sobrenome, "sobrenome"),
            nome_social: text(dados.nome_social, "nomeSocial"),
            nome_mae: text(dados.nome_mae, "nomeMae"),
            nome_pai: text(dados.nome_pai, "nomePai"),
            naturalidade: text(dados.naturalidade, "naturalidade"),
            data_nascimento: dados.data_nascimento.map_value(|date| date.0).into(),
            data_nascimento_presumida: dados.data_nascimento_presumida,
            data_obito: dados.data_obito.map_value(|date| date.0).into(),
            sexo_biologico: dados.sexo_biologico.into(),
            identidade_genero: dados.identidade_genero.into(),
            orientacao_sexual: dados.orientacao_sexual.into(),
            raca_cor: dados.raca_cor.into(),
            cpf: dados.cpf.into(),
            rg: dados.rg.map_value(Into::into).into(),
            certidao: dados.certidao_nascimento.map_value(Into::into).into(),
        };
        let dados = alteracao;
        (AtualizarAdolescente { identificador, dados, versao_esperada, malformed }, mode)
    }
}
