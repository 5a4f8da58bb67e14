//! Which adolescentes a client asks for, and in which order.

use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::store::Campo;
use crate::audit::CampoSensivel;
use crate::filters::{AdolescenteField, AdolescenteFilter, Age};
use crate::graphql_types::connection::SentidoOrdem;
use crate::graphql_types::directives::{CONDICAO, CONDICAO_DE_RELACAO, CONDICAO_DE_TEXTO, Cost};
use crate::graphql_types::filter::{Condicoes, ate_cem, recusa, relation_filter, trecho};
use crate::graphql_types::scalars::{Data, Instante};
use crate::guia::graphql::{
    GuiaRelacaoFiltro, {self as guia},
};
use crate::processo::graphql::{
    ProcessoRelacaoFiltro, VinculoFiltro, VinculoRelacaoFiltro, {self as processo},
};
use crate::value::tribunal::Tribunal;
use async_graphql::{Enum, InputObject};

const IDADE_MAXIMA: i32 = 150;

/// Condições sobre adolescentes. Combinam-se como em ProcessoFiltro.
#[derive(InputObject)]
pub struct AdolescenteFiltro {
    /// Um destes, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    identificador: Option<Vec<Identificador>>,
    /// Contido no nome de exibição, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    nome: Option<String>,
    /// Cadastro pendente ou não.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    cadastro_pendente: Option<bool>,
    /// Com nome social ou sem.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    possui_nome_social: Option<bool>,
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Com ao menos tantos anos hoje, 0 a 150.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    idade_minima: Option<i32>,
    /// Com no máximo tantos anos hoje, 0 a 150.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    idade_maxima: Option<i32>,
    /// Nascido desde este dia, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nascido_de: Option<Data>,
    /// Nascido até este dia, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nascido_ate: Option<Data>,
    /// Completa 21 anos (R24) desde este dia, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    completa21_de: Option<Data>,
    /// Completa 21 anos (R24) até este dia, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    completa21_ate: Option<Data>,
    /// Cadastrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_de: Option<Instante>,
    /// Cadastrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_ate: Option<Instante>,
    /// Alterado por último desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_de: Option<Instante>,
    /// Alterado por último até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_ate: Option<Instante>,
    /// Sem valor em cada um destes campos; com `nao`, preenchido.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vazio: Option<Vec<AdolescenteCampo>>,
    /// Pelos processos, com vínculo ativo ou encerrado.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    processos: Option<ProcessoRelacaoFiltro>,
    /// Pelos vínculos.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    vinculos: Option<VinculoRelacaoFiltro>,
    /// Pelas guias.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    guias: Option<GuiaRelacaoFiltro>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<AdolescenteFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<AdolescenteFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<AdolescenteFiltro>>,
}

relation_filter! {
    /// Condição sobre os adolescentes do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    AdolescenteRelacaoFiltro de AdolescenteFiltro
}

/// Campo de um adolescente que pode não ter valor. Os sensíveis exigem o papel `pse-dados-sensiveis`.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "AdolescenteField")]
pub enum AdolescenteCampo {
    /// Certidão de nascimento; sensível.
    CertidaoNascimento,
    /// CPF; sensível.
    Cpf,
    /// Data de nascimento.
    DataNascimento,
    /// Data do óbito.
    DataObito,
    /// Identidade de gênero; sensível.
    IdentidadeGenero,
    /// Naturalidade.
    Naturalidade,
    /// Nome da mãe; sensível.
    NomeMae,
    /// Nome do pai; sensível.
    NomePai,
    /// Nome social.
    NomeSocial,
    /// Orientação sexual; sensível.
    OrientacaoSexual,
    /// Raça ou cor; sensível.
    RacaCor,
    /// Registro geral; sensível.
    Rg,
    /// Sexo biológico; sensível.
    SexoBiologico,
}

const fn sensivel(campo: AdolescenteCampo) -> Option<CampoSensivel> {
    Some(match campo {
        AdolescenteCampo::CertidaoNascimento => CampoSensivel::CertidaoNascimento,
        AdolescenteCampo::Cpf => CampoSensivel::Cpf,
        AdolescenteCampo::IdentidadeGenero => CampoSensivel::IdentidadeGenero,
        AdolescenteCampo::NomeMae => CampoSensivel::NomeMae,
        AdolescenteCampo::NomePai => CampoSensivel::NomePai,
        AdolescenteCampo::OrientacaoSexual => CampoSensivel::OrientacaoSexual,
        AdolescenteCampo::RacaCor => CampoSensivel::RacaCor,
        AdolescenteCampo::Rg => CampoSensivel::Rg,
        AdolescenteCampo::SexoBiologico => CampoSensivel::SexoBiologico,
        AdolescenteCampo::DataNascimento
        | AdolescenteCampo::DataObito
        | AdolescenteCampo::Naturalidade
        | AdolescenteCampo::NomeSocial => return None,
    })
}

/// What a client says, as conditions.
pub fn filtro(
    entrada: AdolescenteFiltro,
    condicoes: &mut Condicoes<'_>,
) -> Result<AdolescenteFilter> {
    condicoes.mais_uma()?;
    ate_cem("identificador", entrada.identificador.as_ref())?;
    condicoes.nomear([entrada.identificador.as_ref().map_or(0, Vec::len)]);
    for campo in entrada.vazio.iter().flatten().filter_map(|campo| sensivel(*campo)) {
        condicoes.sensivel(campo)?;
    }
    let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
    let dia = |data: Option<Data>| data.map(|data| data.0);
    let idade = idade(entrada.idade_minima, entrada.idade_maxima, condicoes)?;
    Ok(AdolescenteFilter {
        identificador: entrada.identificador,
        nome: trecho("nome", entrada.nome)?,
        cadastro_pendente: entrada.cadastro_pendente,
        possui_nome_social: entrada.possui_nome_social,
        tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
        idade,
        nascido: (dia(entrada.nascido_de), dia(entrada.nascido_ate)),
        completa_21: (dia(entrada.completa21_de), dia(entrada.completa21_ate)),
        criado: (instante(entrada.criado_de), instante(entrada.criado_ate)),
        atualizado: (instante(entrada.atualizado_de), instante(entrada.atualizado_ate)),
        vazio: entrada.vazio.map(|campos| campos.into_iter().map(Into::into).collect()),
        processos: condicoes
            .relation(ProcessoRelacaoFiltro::partes(entrada.processos), processo::filtro)?,
        vinculos: condicoes
            .relation(VinculoRelacaoFiltro::partes(entrada.vinculos), VinculoFiltro::ler)?,
        guias: condicoes.relation(GuiaRelacaoFiltro::partes(entrada.guias), guia::filtro)?,
        e: condicoes.varios(entrada.e, filtro)?,
        ou: condicoes.varios(entrada.ou, filtro)?,
        nao: condicoes.um(entrada.nao, filtro)?,
    })
}

fn idade(
    minimum: Option<i32>,
    maximum: Option<i32>,
    condicoes: &Condicoes<'_>,
) -> Result<Option<Age>> {
    let dadas = [("idadeMinima", minimum), ("idadeMaxima", maximum)];
    for (campo, anos) in dadas {
        if anos.is_some_and(|anos| !(0..=IDADE_MAXIMA).contains(&anos)) {
            return Err(recusa(format!("o filtro `{campo}` vai de 0 a {IDADE_MAXIMA}")));
        }
    }
    let alguma = minimum.is_some() || maximum.is_some();
    Ok(alguma.then(|| Age { minimum, maximum, on: condicoes.hoje() }))
}

/// Ordem de adolescentes; o desempate é por `id`.
#[derive(InputObject)]
pub struct AdolescenteOrdem {
    /// Campo.
    campo: AdolescenteOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de adolescentes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum AdolescenteOrdemCampo {
    /// Identificador.
    Identificador,
    /// Cadastro.
    CriadoEm,
    /// Última alteração.
    AtualizadoEm,
    /// Nome de exibição, sem distinguir maiúsculas nem acentos.
    Nome,
    /// Data de nascimento; sem ela, por último.
    DataNascimento,
}

impl AdolescenteOrdem {
    pub fn campo_e_sentido(self) -> (Campo, bool) {
        let campo = match self.campo {
            AdolescenteOrdemCampo::Identificador => Campo::Identificador,
            AdolescenteOrdemCampo::CriadoEm => Campo::CriadoEm,
            AdolescenteOrdemCampo::AtualizadoEm => Campo::AtualizadoEm,
            AdolescenteOrdemCampo::Nome => Campo::Nome,
            AdolescenteOrdemCampo::DataNascimento => Campo::Nascimento,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}
