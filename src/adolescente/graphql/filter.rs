//! The filter on adolescentes, and their order.

use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::store::OrderField;
use crate::audit::SensitiveField;
use crate::error::Error;
use crate::filters::{AdolescenteField, AdolescenteFilter, Age};
use crate::graphql_types::connection::ordering;
use crate::graphql_types::filter::{
    FilterContext, at_most_100, check_substring, conditions, relation_filter,
};
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::guia::graphql::{
    GuiaRelacaoFiltro, {self as guia},
};
use crate::processo::graphql::{
    ProcessoRelacaoFiltro, VinculoFiltro, VinculoRelacaoFiltro, {self as processo},
};
use crate::value::tribunal::Tribunal;
use async_graphql::Enum;

const MAX_AGE: i32 = 150;

conditions! {
    /// Condições sobre adolescentes. Combinam-se como em ProcessoFiltro.
    pub struct AdolescenteFiltro {
        /// Um destes, até 100.
        identificador: Option<Vec<Identificador>>,
        /// Contido no nome de exibição, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
        nome: Option<String> => TEXT_CONDITION,
        /// Cadastro pendente ou não.
        cadastro_pendente: Option<bool>,
        /// Com nome social ou sem.
        possui_nome_social: Option<bool>,
        /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
        tribunal: Option<String>,
        /// Com ao menos tantos anos hoje, 0 a 150.
        idade_minima: Option<i32>,
        /// Com no máximo tantos anos hoje, 0 a 150.
        idade_maxima: Option<i32>,
        /// Nascido desde este dia, inclusive.
        nascido_de: Option<Date>,
        /// Nascido até este dia, exclusive.
        nascido_ate: Option<Date>,
        /// Completa 21 anos (R24) desde este dia, inclusive.
        completa21_de: Option<Date>,
        /// Completa 21 anos (R24) até este dia, exclusive.
        completa21_ate: Option<Date>,
        /// Cadastrado desde este instante, inclusive.
        criado_de: Option<Timestamp>,
        /// Cadastrado até este instante, exclusive.
        criado_ate: Option<Timestamp>,
        /// Alterado por último desde este instante, inclusive.
        atualizado_de: Option<Timestamp>,
        /// Alterado por último até este instante, exclusive.
        atualizado_ate: Option<Timestamp>,
        /// Sem valor em todos estes campos; dentro de `nao`, com valor em ao menos um.
        vazio: Option<Vec<AdolescenteCampo>>,
        /// Pelos processos, com vínculo ativo ou encerrado.
        processos: Option<ProcessoRelacaoFiltro> => RELATION_CONDITION,
        /// Pelos vínculos.
        vinculos: Option<VinculoRelacaoFiltro> => RELATION_CONDITION,
        /// Pelas guias.
        guias: Option<GuiaRelacaoFiltro> => RELATION_CONDITION,
        /// Todos estes filtros têm de valer.
        e: Option<Vec<AdolescenteFiltro>>,
        /// Ao menos um destes filtros tem de valer; a lista vazia não casa com nada.
        ou: Option<Vec<AdolescenteFiltro>>,
        /// Este filtro não pode valer.
        nao: Option<Box<AdolescenteFiltro>>,
    }
}

relation_filter! {
    /// Condição sobre os adolescentes do outro lado de uma relação; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
    AdolescenteRelacaoFiltro of AdolescenteFiltro
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

const fn sensitive(field: AdolescenteCampo) -> Option<SensitiveField> {
    Some(match field {
        AdolescenteCampo::CertidaoNascimento => SensitiveField::CertidaoNascimento,
        AdolescenteCampo::Cpf => SensitiveField::Cpf,
        AdolescenteCampo::IdentidadeGenero => SensitiveField::IdentidadeGenero,
        AdolescenteCampo::NomeMae => SensitiveField::NomeMae,
        AdolescenteCampo::NomePai => SensitiveField::NomePai,
        AdolescenteCampo::OrientacaoSexual => SensitiveField::OrientacaoSexual,
        AdolescenteCampo::RacaCor => SensitiveField::RacaCor,
        AdolescenteCampo::Rg => SensitiveField::Rg,
        AdolescenteCampo::SexoBiologico => SensitiveField::SexoBiologico,
        AdolescenteCampo::DataNascimento
        | AdolescenteCampo::DataObito
        | AdolescenteCampo::Naturalidade
        | AdolescenteCampo::NomeSocial => return None,
    })
}

/// Converts a filter of the schema to conditions.
pub fn filter(
    input: AdolescenteFiltro,
    conditions: &mut FilterContext<'_>,
) -> Result<AdolescenteFilter> {
    conditions.count_condition()?;
    at_most_100("identificador", input.identificador.as_ref())?;
    conditions.add_named([input.identificador.as_ref().map_or(0, Vec::len)]);
    for field in input.vazio.iter().flatten().filter_map(|field| sensitive(*field)) {
        conditions.sensitive(field)?;
    }
    let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
    let day = |date: Option<Date>| date.map(|date| date.0);
    let age = age(input.idade_minima, input.idade_maxima, conditions)?;
    Ok(AdolescenteFilter {
        identificador: input.identificador,
        nome: check_substring("nome", input.nome)?,
        cadastro_pendente: input.cadastro_pendente,
        possui_nome_social: input.possui_nome_social,
        tribunal: Tribunal::from_filter(input.tribunal.as_deref())?,
        age,
        born: (day(input.nascido_de), day(input.nascido_ate)),
        turns_21: (day(input.completa21_de), day(input.completa21_ate)),
        created: (instant(input.criado_de), instant(input.criado_ate)),
        updated: (instant(input.atualizado_de), instant(input.atualizado_ate)),
        vazio: input.vazio.map(|fields| fields.into_iter().map(Into::into).collect()),
        processos: conditions.relation(input.processos, processo::filter)?,
        vinculos: conditions.relation(input.vinculos, VinculoFiltro::read)?,
        guias: conditions.relation(input.guias, guia::filter)?,
        e: conditions.many(input.e, filter)?,
        ou: conditions.many(input.ou, filter)?,
        nao: conditions.one(input.nao, filter)?,
    })
}

fn age(
    minimum: Option<i32>,
    maximum: Option<i32>,
    conditions: &FilterContext<'_>,
) -> Result<Option<Age>> {
    let bounds = [("idadeMinima", minimum), ("idadeMaxima", maximum)];
    for (field, years) in bounds {
        if years.is_some_and(|years| !(0..=MAX_AGE).contains(&years)) {
            return Err(Error::invalid(format!("o filtro `{field}` vai de 0 a {MAX_AGE}")));
        }
    }
    let any = minimum.is_some() || maximum.is_some();
    Ok(any.then(|| Age { minimum, maximum, on: conditions.today() }))
}

ordering! {
    /// Ordem de adolescentes; o desempate é por `id`.
    pub struct AdolescenteOrdem;
    /// Campo de ordem de adolescentes.
    pub enum AdolescenteOrdemCampo of OrderField {
        /// Identificador.
        Identificador => Identificador,
        /// Cadastro.
        CriadoEm => CriadoEm,
        /// Última alteração.
        AtualizadoEm => AtualizadoEm,
        /// Nome de exibição, sem distinguir maiúsculas nem acentos.
        Nome => Nome,
        /// Data de nascimento; quem não a tem vem por último em ordem crescente e primeiro em decrescente.
        DataNascimento => Nascimento,
    }
}
