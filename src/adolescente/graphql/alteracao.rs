//! What a client says to change a record.

use super::input::{CertidaoNascimentoInput, RgInput};
use crate::adolescente::{
    AlteracaoDeAdolescente, AtualizarAdolescente, IdentidadeGenero, Identificador,
    OrientacaoSexual, RacaCor, SexoBiologico,
};
use crate::error::{CodigoErro, Recusa};
use crate::graphql::schema::mutation::{Entrada, ModoInput};
use crate::graphql_types::scalars::Data;
use crate::value::cpf::Cpf;
use crate::value::field::Mudanca;
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
    modo: ModoInput,
}

/// Alteração dos dados de um adolescente: campo ausente mantém, null apaga. Null não se admite em nome, sobrenome, nascimento nem sexo.
#[derive(InputObject)]
pub struct AdolescenteAlteracaoInput {
    /// Nome civil.
    nome: MaybeUndefined<String>,
    /// Sobrenome.
    sobrenome: MaybeUndefined<String>,
    /// Nascimento; não pode ser futuro.
    data_nascimento: MaybeUndefined<Data>,
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
    data_obito: MaybeUndefined<Data>,
}

impl Entrada for AtualizarAdolescenteInput {
    type Comando = AtualizarAdolescente;

    fn partes(self) -> (AtualizarAdolescente, ModoInput) {
        let Self { identificador, dados, versao_esperada, modo } = self;
        let branco = |campo: &[&'static str]| {
            let mensagem = "o texto está em branco";
            let mut recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem);
            recusa.campo = campo.iter().map(|&parte| parte.into()).collect();
            recusa
        };
        let do_documento = |documento: &'static str, campo| {
            let recusa = branco(&["dados", documento, campo]);
            recusa.oriente("omita o campo; o documento muda inteiro")
        };
        let mut malformados = Vec::new();
        if let MaybeUndefined::Value(rg) = &dados.rg {
            malformados.extend(rg.em_branco().map(|campo| do_documento("rg", campo)));
        }
        if let MaybeUndefined::Value(certidao) = &dados.certidao_nascimento {
            let brancos = certidao.em_branco();
            malformados.extend(brancos.map(|campo| do_documento("certidaoNascimento", campo)));
        }
        let mut texto = |valor: MaybeUndefined<String>, campo: &'static str| {
            Mudanca::from(valor).preenchida().unwrap_or_else(|| {
                malformados.push(branco(&["dados", campo]).oriente("mande null para apagar"));
                Mudanca::Manter
            })
        };
        let alteracao = AlteracaoDeAdolescente {
            nome: texto(dados.nome, "nome"),
            sobrenome: texto(dados.sobrenome, "sobrenome"),
            nome_social: texto(dados.nome_social, "nomeSocial"),
            nome_mae: texto(dados.nome_mae, "nomeMae"),
            nome_pai: texto(dados.nome_pai, "nomePai"),
            naturalidade: texto(dados.naturalidade, "naturalidade"),
            data_nascimento: dados.data_nascimento.map_value(|data| data.0).into(),
            data_nascimento_presumida: dados.data_nascimento_presumida,
            data_obito: dados.data_obito.map_value(|data| data.0).into(),
            sexo_biologico: dados.sexo_biologico.into(),
            identidade_genero: dados.identidade_genero.into(),
            orientacao_sexual: dados.orientacao_sexual.into(),
            raca_cor: dados.raca_cor.into(),
            cpf: dados.cpf.into(),
            rg: dados.rg.map_value(Into::into).into(),
            certidao: dados.certidao_nascimento.map_value(Into::into).into(),
        };
        let dados = alteracao;
        (AtualizarAdolescente { identificador, dados, versao_esperada, malformados }, modo)
    }
}
