//! The filter on processos, and their order.

use super::vinculo::{VinculoFiltro, VinculoRelacaoFiltro};
use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteRelacaoFiltro, {self as adolescente},
};
use crate::error::Error;
use crate::evento::graphql::{
    EventoRelacaoFiltro, {self as evento},
};
use crate::filters::{ProcessoField, ProcessoFilter};
use crate::graphql_types::connection::ordering;
use crate::graphql_types::filter::{
    FilterContext, at_most_100, check_substring, conditions, relation_filter,
};
use crate::graphql_types::scalars::Timestamp;
use crate::guia::SituacaoGuia;
use crate::guia::graphql::{
    GuiaRelacaoFiltro, {self as guia},
};
use crate::processo::rules::r4_digito;
use crate::processo::store::OrderField;
use crate::processo::{NumeroProcesso, SituacaoProcesso, TipoProcesso};
use crate::tramite::graphql::{
    TramiteRelacaoFiltro, {self as tramite},
};
use crate::value::characters;
use crate::value::tribunal::Tribunal;
use async_graphql::Enum;

conditions! {
    /// Condições sobre processos. Campos irmãos, `e`, `ou` e `nao` têm de valer todos; campo ausente ou nulo não filtra; de uma lista de valores basta um, salvo em `vazio`.
    pub struct ProcessoFiltro {
        /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
        tribunal: Option<String>,
        /// Com vínculo, ativo ou encerrado, com este adolescente.
        adolescente: Option<Identificador> => RELATION_CONDITION,
        /// Numa destas situações.
        situacao: Option<Vec<SituacaoProcesso>>,
        /// De um destes tipos.
        tipo: Option<Vec<TipoProcesso>>,
        /// Com ao menos uma guia nesta situação (R27).
        situacao_guia: Option<SituacaoGuia> => RELATION_CONDITION,
        /// Com um destes números, até 100.
        numero: Option<Vec<NumeroProcesso>>,
        /// Cujo número começa por estes dígitos, 3 a 20, com ou sem máscara.
        numero_prefixo: Option<String>,
        /// Deste órgão julgador.
        id_orgao: Option<i32>,
        /// Cadastrado desde este instante, inclusive.
        criado_de: Option<Timestamp>,
        /// Cadastrado até este instante, exclusive.
        criado_ate: Option<Timestamp>,
        /// Alterado por último desde este instante, inclusive.
        atualizado_de: Option<Timestamp>,
        /// Alterado por último até este instante, exclusive: parado desde então.
        atualizado_ate: Option<Timestamp>,
        /// Contido no nome do magistrado, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
        magistrado: Option<String> => TEXT_CONDITION,
        /// Contido no nome do serventuário, como em `magistrado`.
        serventuario: Option<String> => TEXT_CONDITION,
        /// Sem valor em todos estes campos; dentro de `nao`, com valor em ao menos um.
        vazio: Option<Vec<ProcessoCampo>>,
        /// Pelas guias que nomeiam este processo, como apuração ou como execução (R27).
        guias: Option<GuiaRelacaoFiltro> => RELATION_CONDITION,
        /// Pelas guias da medida: numa execução, as suas e as que a apuração de origem deu ao seu adolescente; numa apuração, as suas.
        guias_da_medida: Option<GuiaRelacaoFiltro> => RELATION_CONDITION,
        /// Pelas execuções que referenciam esta apuração.
        execucoes: Option<ProcessoRelacaoFiltro> => RELATION_CONDITION,
        /// Pelos adolescentes, com vínculo ativo ou encerrado.
        adolescentes: Option<AdolescenteRelacaoFiltro> => RELATION_CONDITION,
        /// Pelos vínculos.
        vinculos: Option<VinculoRelacaoFiltro> => RELATION_CONDITION,
        /// Pelos trâmites visíveis cujo protocolo é o número do processo.
        tramites: Option<TramiteRelacaoFiltro> => RELATION_CONDITION,
        /// Pelos eventos.
        eventos: Option<EventoRelacaoFiltro> => RELATION_CONDITION,
        /// Todos estes filtros têm de valer.
        e: Option<Vec<ProcessoFiltro>>,
        /// Ao menos um destes filtros tem de valer; a lista vazia não casa com nada.
        ou: Option<Vec<ProcessoFiltro>>,
        /// Este filtro não pode valer.
        nao: Option<Box<ProcessoFiltro>>,
    }
}

relation_filter! {
    /// Condição sobre os processos do outro lado de uma relação; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
    ProcessoRelacaoFiltro of ProcessoFiltro
}

/// Campo de um processo que pode não ter valor.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ProcessoField")]
pub enum ProcessoCampo {
    /// Rascunho de que veio.
    IdProcessoSistemaExterno,
    /// Magistrado, nome e CPF.
    Magistrado,
    /// Apuração de origem.
    NumeroReferencia,
    /// Serventuário, nome e CPF.
    Serventuario,
}

/// Converts a filter of the schema to conditions.
pub fn filter(input: ProcessoFiltro, conditions: &mut FilterContext<'_>) -> Result<ProcessoFilter> {
    conditions.count_condition()?;
    at_most_100("numero", input.numero.as_ref())?;
    for numero in input.numero.iter().flatten() {
        check_numero(conditions, "numero", numero)?;
    }
    let numeros = input.numero.as_ref().map_or(0, Vec::len);
    let prefix = prefix(input.numero_prefixo)?;
    // A prefix of twenty digits is a whole number, so the rules on named numbers apply to it.
    let whole_numero = prefix.as_ref().and_then(|digits| digits.parse().ok());
    if let Some(numero) = &whole_numero {
        check_numero(conditions, "numeroPrefixo", numero)?;
    }
    conditions.add_named([numeros, input.adolescente.iter().len(), whole_numero.iter().len()]);
    let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
    Ok(ProcessoFilter {
        tribunal: Tribunal::from_filter(input.tribunal.as_deref())?,
        adolescente: input.adolescente,
        situacao: input.situacao,
        tipo: input.tipo,
        situacao_guia: input.situacao_guia,
        numero: input.numero,
        prefix,
        id_orgao: input.id_orgao,
        created: (instant(input.criado_de), instant(input.criado_ate)),
        updated: (instant(input.atualizado_de), instant(input.atualizado_ate)),
        magistrado: check_substring("magistrado", input.magistrado)?,
        serventuario: check_substring("serventuario", input.serventuario)?,
        vazio: input.vazio.map(|fields| fields.into_iter().map(Into::into).collect()),
        guias: conditions.relation(input.guias, guia::filter)?,
        guias_da_medida: conditions.relation(input.guias_da_medida, guia::filter)?,
        execucoes: conditions.relation(input.execucoes, filter)?,
        adolescentes: conditions.relation(input.adolescentes, adolescente::filter)?,
        vinculos: conditions.relation(input.vinculos, VinculoFiltro::read)?,
        tramites: conditions.relation(input.tramites, tramite::counted_filter)?,
        eventos: conditions.relation(input.eventos, evento::filter)?,
        e: conditions.many(input.e, filter)?,
        ou: conditions.many(input.ou, filter)?,
        nao: conditions.one(input.nao, filter)?,
    })
}

fn prefix(text: Option<String>) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let typed = characters::normalize(&text);
    let punctuated = typed.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    match punctuated && (3..=20).contains(&digits.len()) {
        true => Ok(Some(digits)),
        false => Err(Error::invalid(
            "o filtro `numeroPrefixo` pede de 3 a 20 dígitos, com ou sem máscara",
        )),
    }
}

ordering! {
    /// Ordem de processos; o desempate é por `id`.
    pub struct ProcessoOrdem;
    /// Campo de ordem de processos.
    pub enum ProcessoOrdemCampo of OrderField {
        /// Número, pelos 20 dígitos.
        Numero => Numero,
        /// Cadastro.
        CriadoEm => CriadoEm,
        /// Última alteração.
        AtualizadoEm => AtualizadoEm,
        /// Órgão julgador.
        IdOrgao => Orgao,
        /// Nome do magistrado; quem não o tem vem primeiro em ordem crescente e por último em decrescente.
        Magistrado => Magistrado,
    }
}

/// R4: a number with wrong check digits is an error, even in a negated filter, unless the setting
/// `verificar_digito` is off.
pub fn check_numero(
    conditions: &FilterContext<'_>,
    field: &'static str,
    numero: &NumeroProcesso,
) -> Result<()> {
    match r4_digito(numero, conditions.rules()) {
        Some(refusal) => Err(refusal.at(["filtro", field]).into()),
        None => Ok(()),
    }
}
