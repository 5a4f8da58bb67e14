//! Input of the mutation that registers an adolescente.

use crate::adolescente::{
    AdolescenteDados, CadastrarAdolescente, Certidao, IdentidadeGenero, OrientacaoSexual, RacaCor,
    Rg, SexoBiologico,
};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::graphql_types::scalars::Date;
use crate::value::cpf::Cpf;
use crate::value::field::filled;
use async_graphql::InputObject;

/// Entrada de cadastrarAdolescente.
#[derive(InputObject)]
pub struct CadastrarAdolescenteInput {
    /// Dados.
    dados: AdolescenteInput,
    #[graphql(flatten)]
    mode: ModoInput,
}

/// Dados de um adolescente novo.
#[derive(InputObject)]
pub struct AdolescenteInput {
    /// Nome civil.
    nome: String,
    /// Sobrenome.
    sobrenome: String,
    /// Nascimento; não pode ser futuro.
    data_nascimento: Date,
    /// Sexo biológico.
    sexo_biologico: SexoBiologico,
    /// A data de nascimento é presumida.
    #[graphql(default_with = "Some(false)")]
    data_nascimento_presumida: Option<bool>,
    /// Nome social.
    nome_social: Option<String>,
    /// Identidade de gênero.
    identidade_genero: Option<IdentidadeGenero>,
    /// Orientação sexual.
    orientacao_sexual: Option<OrientacaoSexual>,
    /// Raça ou cor.
    raca_cor: Option<RacaCor>,
    /// Nome da mãe.
    nome_mae: Option<String>,
    /// Nome do pai.
    nome_pai: Option<String>,
    /// Naturalidade, texto livre.
    naturalidade: Option<String>,
    /// CPF; único no tribunal.
    cpf: Option<Cpf>,
    /// Registro geral.
    rg: Option<RgInput>,
    /// Certidão de nascimento.
    certidao_nascimento: Option<CertidaoNascimentoInput>,
}

/// Registro geral (carteira de identidade).
#[derive(InputObject)]
pub struct RgInput {
    /// Número.
    numero: Option<String>,
    /// Órgão expedidor.
    orgao_expedidor: Option<String>,
    /// Data de expedição.
    data_expedicao: Option<Date>,
    /// UF, duas letras.
    estado_rg: Option<String>,
}

/// Certidão de nascimento.
#[derive(InputObject)]
pub struct CertidaoNascimentoInput {
    /// Cartório.
    cartorio: Option<String>,
    /// Livro.
    livro: Option<String>,
    /// Folha.
    folha: Option<String>,
    /// Número.
    numero: Option<String>,
}

impl RgInput {
    /// The fields that hold a blank text. A blank text neither gives a value nor leaves the field
    /// out.
    pub fn blank_fields(&self) -> impl Iterator<Item = &'static str> {
        blank_fields([
            ("numero", &self.numero),
            ("orgaoExpedidor", &self.orgao_expedidor),
            ("estadoRg", &self.estado_rg),
        ])
    }
}

impl CertidaoNascimentoInput {
    /// The fields that hold a blank text. A blank text neither gives a value nor leaves the field
    /// out.
    pub fn blank_fields(&self) -> impl Iterator<Item = &'static str> {
        blank_fields([
            ("cartorio", &self.cartorio),
            ("livro", &self.livro),
            ("folha", &self.folha),
            ("numero", &self.numero),
        ])
    }
}

fn blank_fields<const N: usize>(
    fields: [(&'static str, &Option<String>); N],
) -> impl Iterator<Item = &'static str> {
    let blank = |text: &Option<String>| text.as_ref().is_some_and(|t| t.trim().is_empty());
    fields.map(|(name, text)| blank(text).then_some(name)).into_iter().flatten()
}

impl MutationInput for CadastrarAdolescenteInput {
    type Command = CadastrarAdolescente;

    fn into_parts(self) -> (CadastrarAdolescente, ModoInput) {
        let (dados, malformed) = (self.dados.into(), Vec::new());
        (CadastrarAdolescente { dados, malformed }, self.mode)
    }
}

impl From<AdolescenteInput> for AdolescenteDados {
    fn from(dados: AdolescenteInput) -> Self {
        Self {
            nome: filled(Some(dados.nome)),
            sobrenome: filled(Some(dados.sobrenome)),
            nome_social: filled(dados.nome_social),
            data_nascimento: Some(dados.data_nascimento.0),
            data_nascimento_presumida: dados.data_nascimento_presumida.unwrap_or(false),
            sexo_biologico: Some(dados.sexo_biologico),
            identidade_genero: dados.identidade_genero,
            orientacao_sexual: dados.orientacao_sexual,
            raca_cor: dados.raca_cor,
            nome_mae: filled(dados.nome_mae),
            nome_pai: filled(dados.nome_pai),
            naturalidade: filled(dados.naturalidade),
            cpf: dados.cpf,
            rg: dados.rg.map(Into::into).unwrap_or_default(),
            certidao: dados.certidao_nascimento.map(Into::into).unwrap_or_default(),
        }
    }
}

impl From<RgInput> for Rg {
    fn from(input: RgInput) -> Self {
        Self {
            numero: filled(input.numero),
            orgao_expedidor: filled(input.orgao_expedidor),
            data_expedicao: input.data_expedicao.map(|date| date.0),
            estado: filled(input.estado_rg),
        }
    }
}

impl From<CertidaoNascimentoInput> for Certidao {
    fn from(input: CertidaoNascimentoInput) -> Self {
        Self {
            cartorio: filled(input.cartorio),
            livro: filled(input.livro),
            folha: filled(input.folha),
            numero: filled(input.numero),
        }
    }
}
