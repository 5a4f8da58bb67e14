//! Input of the mutation that registers an adolescente.

use crate::adolescente::{
    AdolescenteDados, CadastrarAdolescente, Certidao, IdentidadeGenero, OrientacaoSexual, RacaCor,
    Rg, SexoBiologico,
};
use crate::graphql_types::mutation::input;
use crate::graphql_types::scalars::Date;
use crate::value::cpf::Cpf;
use crate::value::field::filled;

input! {
    /// Entrada de cadastrarAdolescente.
    pub struct CadastrarAdolescenteInput for CadastrarAdolescente {
        /// Dados do adolescente a cadastrar.
        dados: AdolescenteInput => dados.into(),
    }
    and malformed: Vec::new()
}

input! {
    /// Dados de um adolescente novo.
    pub struct AdolescenteInput into AdolescenteDados {
        /// Nome civil.
        nome: String => filled(Some(nome)),
        /// Sobrenome.
        sobrenome: String => filled(Some(sobrenome)),
        /// Nascimento, de 1900 até hoje.
        data_nascimento: Date => Some(data_nascimento.0),
        /// Sexo biológico.
        sexo_biologico: SexoBiologico => Some(sexo_biologico),
        /// A data de nascimento é presumida.
        #[graphql(default_with = "Some(false)")]
        data_nascimento_presumida: Option<bool> => data_nascimento_presumida.unwrap_or(false),
        /// Nome social.
        nome_social: Option<String> => filled(nome_social),
        /// Identidade de gênero.
        identidade_genero: Option<IdentidadeGenero> => identidade_genero,
        /// Orientação sexual.
        orientacao_sexual: Option<OrientacaoSexual> => orientacao_sexual,
        /// Raça ou cor.
        raca_cor: Option<RacaCor> => raca_cor,
        /// Nome da mãe.
        nome_mae: Option<String> => filled(nome_mae),
        /// Nome do pai.
        nome_pai: Option<String> => filled(nome_pai),
        /// Naturalidade, texto livre.
        naturalidade: Option<String> => filled(naturalidade),
        /// CPF; único no tribunal.
        cpf: Option<Cpf> => cpf,
        /// Registro geral.
        rg: Option<RgInput> => rg.map(Into::into).unwrap_or_default(),
        /// Certidão de nascimento.
        #[graphql(name = "certidaoNascimento")]
        certidao: Option<CertidaoNascimentoInput> => certidao.map(Into::into).unwrap_or_default(),
    }
}

input! {
    /// Registro geral (carteira de identidade).
    pub struct RgInput into Rg {
        /// Número.
        numero: Option<String> => filled(numero),
        /// Órgão expedidor.
        orgao_expedidor: Option<String> => filled(orgao_expedidor),
        /// Data de expedição.
        data_expedicao: Option<Date> => data_expedicao.map(|date| date.0),
        /// UF, duas letras.
        #[graphql(name = "estadoRg")]
        estado: Option<String> => filled(estado),
    }
}

input! {
    /// Certidão de nascimento.
    pub struct CertidaoNascimentoInput into Certidao {
        /// Cartório.
        cartorio: Option<String> => filled(cartorio),
        /// Livro.
        livro: Option<String> => filled(livro),
        /// Folha.
        folha: Option<String> => filled(folha),
        /// Número.
        numero: Option<String> => filled(numero),
    }
}

impl RgInput {
    /// The fields that hold a blank text. A blank text neither gives a value nor leaves the field
    /// out.
    pub fn blank_fields(&self) -> impl Iterator<Item = &'static str> {
        blank_fields([
            ("numero", &self.numero),
            ("orgaoExpedidor", &self.orgao_expedidor),
            ("estadoRg", &self.estado),
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
