//! What a client says to register an adolescente.

use crate::adolescente::{
    CadastrarAdolescente, Certidao, DadosDeAdolescente, IdentidadeGenero, OrientacaoSexual,
    RacaCor, Rg, SexoBiologico,
};
use crate::graphql::schema::mutation::{Entrada, ModoInput};
use crate::graphql_types::scalars::Data;
use crate::value::cpf::Cpf;
use crate::value::field::preenchido;
use async_graphql::InputObject;

/// Entrada de cadastrarAdolescente.
#[derive(InputObject)]
pub struct CadastrarAdolescenteInput {
    /// Dados.
    dados: AdolescenteInput,
    #[graphql(flatten)]
    modo: ModoInput,
}

/// Dados de um adolescente novo.
#[derive(InputObject)]
pub struct AdolescenteInput {
    /// Nome civil.
    nome: String,
    /// Sobrenome.
    sobrenome: String,
    /// Nascimento; não pode ser futuro.
    data_nascimento: Data,
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
    data_expedicao: Option<Data>,
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
    /// The fields that say neither what to write nor to leave out.
    pub fn em_branco(&self) -> impl Iterator<Item = &'static str> {
        em_branco([
            ("numero", &self.numero),
            ("orgaoExpedidor", &self.orgao_expedidor),
            ("estadoRg", &self.estado_rg),
        ])
    }
}

impl CertidaoNascimentoInput {
    /// The fields that say neither what to write nor to leave out.
    pub fn em_branco(&self) -> impl Iterator<Item = &'static str> {
        em_branco([
            ("cartorio", &self.cartorio),
            ("livro", &self.livro),
            ("folha", &self.folha),
            ("numero", &self.numero),
        ])
    }
}

fn em_branco<const N: usize>(
    campos: [(&'static str, &Option<String>); N],
) -> impl Iterator<Item = &'static str> {
    let branco = |texto: &Option<String>| texto.as_ref().is_some_and(|t| t.trim().is_empty());
    campos.map(|(nome, texto)| branco(texto).then_some(nome)).into_iter().flatten()
}

impl Entrada for CadastrarAdolescenteInput {
    type Comando = CadastrarAdolescente;

    fn partes(self) -> (CadastrarAdolescente, ModoInput) {
        let (dados, malformados) = (self.dados.into(), Vec::new());
        (CadastrarAdolescente { dados, malformados }, self.modo)
    }
}

impl From<AdolescenteInput> for DadosDeAdolescente {
    fn from(dados: AdolescenteInput) -> Self {
        Self {
            nome: preenchido(Some(dados.nome)),
            sobrenome: preenchido(Some(dados.sobrenome)),
            nome_social: preenchido(dados.nome_social),
            data_nascimento: Some(dados.data_nascimento.0),
            data_nascimento_presumida: dados.data_nascimento_presumida.unwrap_or(false),
            sexo_biologico: Some(dados.sexo_biologico),
            identidade_genero: dados.identidade_genero,
            orientacao_sexual: dados.orientacao_sexual,
            raca_cor: dados.raca_cor,
            nome_mae: preenchido(dados.nome_mae),
            nome_pai: preenchido(dados.nome_pai),
            naturalidade: preenchido(dados.naturalidade),
            cpf: dados.cpf,
            rg: dados.rg.map(Into::into).unwrap_or_default(),
            certidao: dados.certidao_nascimento.map(Into::into).unwrap_or_default(),
        }
    }
}

impl From<RgInput> for Rg {
    fn from(entrada: RgInput) -> Self {
        Self {
            numero: preenchido(entrada.numero),
            orgao_expedidor: preenchido(entrada.orgao_expedidor),
            data_expedicao: entrada.data_expedicao.map(|data| data.0),
            estado: preenchido(entrada.estado_rg),
        }
    }
}

impl From<CertidaoNascimentoInput> for Certidao {
    fn from(entrada: CertidaoNascimentoInput) -> Self {
        Self {
            cartorio: preenchido(entrada.cartorio),
            livro: preenchido(entrada.livro),
            folha: preenchido(entrada.folha),
            numero: preenchido(entrada.numero),
        }
    }
}
