//! Which processos a client asks for, and in which order.

use super::vinculo::{VinculoFiltro, VinculoRelacaoFiltro};
use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteRelacaoFiltro, {self as adolescente},
};
use crate::evento::graphql::{
    EventoRelacaoFiltro, {self as evento},
};
use crate::filters::{ProcessoField, ProcessoFilter};
use crate::graphql_types::connection::SentidoOrdem;
use crate::graphql_types::directives::{CONDICAO, CONDICAO_DE_RELACAO, CONDICAO_DE_TEXTO, Cost};
use crate::graphql_types::filter::{Condicoes, ate_cem, recusa, relation_filter, trecho};
use crate::graphql_types::scalars::Instante;
use crate::guia::SituacaoGuia;
use crate::guia::graphql::{
    GuiaRelacaoFiltro, {self as guia},
};
use crate::processo::store::Campo;
use crate::processo::{NumeroProcesso, SituacaoProcesso, TipoProcesso};
use crate::tramite::graphql::{
    TramiteRelacaoFiltro, {self as tramite},
};
use crate::value::characters;
use crate::value::tribunal::Tribunal;
use async_graphql::{Enum, InputObject};

/// Condições sobre processos. Campos irmãos, `e`, `ou` e `nao` somam-se com E; campo ausente ou nulo não filtra; valores de uma lista somam-se com OU.
#[derive(InputObject)]
pub struct ProcessoFiltro {
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Com vínculo, ativo ou encerrado, com este adolescente.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    adolescente: Option<Identificador>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    situacao: Option<Vec<SituacaoProcesso>>,
    /// De um destes tipos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tipo: Option<Vec<TipoProcesso>>,
    /// Com ao menos uma guia nesta situação (R27).
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    situacao_guia: Option<SituacaoGuia>,
    /// Com um destes números, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    numero: Option<Vec<NumeroProcesso>>,
    /// Cujo número começa por estes dígitos, 3 a 20, com ou sem máscara.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    numero_prefixo: Option<String>,
    /// Deste órgão julgador.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    id_orgao: Option<i32>,
    /// Cadastrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_de: Option<Instante>,
    /// Cadastrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_ate: Option<Instante>,
    /// Alterado por último desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_de: Option<Instante>,
    /// Alterado por último até, exclusive: parado desde então.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_ate: Option<Instante>,
    /// Contido no nome do magistrado, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    magistrado: Option<String>,
    /// Contido no nome do serventuário, como em `magistrado`.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    serventuario: Option<String>,
    /// Sem valor em cada um destes campos; com `nao`, preenchido.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vazio: Option<Vec<ProcessoCampo>>,
    /// Pelas suas guias (R27): as emitidas na apuração ou na execução, cada uma no processo que ela nomeia.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    guias: Option<GuiaRelacaoFiltro>,
    /// Pelas guias da medida: numa execução, as suas e as que a apuração de origem deu ao seu adolescente; numa apuração, as suas.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    guias_da_medida: Option<GuiaRelacaoFiltro>,
    /// Pelas execuções que referenciam esta apuração.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    execucoes: Option<ProcessoRelacaoFiltro>,
    /// Pelos adolescentes, com vínculo ativo ou encerrado.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    adolescentes: Option<AdolescenteRelacaoFiltro>,
    /// Pelos vínculos.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    vinculos: Option<VinculoRelacaoFiltro>,
    /// Pelos trâmites em que quem chama é parte e cujo protocolo é o número do processo.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    tramites: Option<TramiteRelacaoFiltro>,
    /// Pelos eventos.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    eventos: Option<EventoRelacaoFiltro>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<ProcessoFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<ProcessoFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<ProcessoFiltro>>,
}

relation_filter! {
    /// Condição sobre os processos do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    ProcessoRelacaoFiltro de ProcessoFiltro
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

/// What a client says, as conditions.
pub fn filtro(entrada: ProcessoFiltro, condicoes: &mut Condicoes<'_>) -> Result<ProcessoFilter> {
    condicoes.mais_uma()?;
    ate_cem("numero", entrada.numero.as_ref())?;
    for numero in entrada.numero.iter().flatten() {
        condicoes.numero("numero", numero)?;
    }
    let numeros = entrada.numero.as_ref().map_or(0, Vec::len);
    let prefixo = prefixo(entrada.numero_prefixo)?;
    // A prefix of all its digits is a number.
    let inteiro = prefixo.as_ref().and_then(|digitos| digitos.parse().ok());
    if let Some(numero) = &inteiro {
        condicoes.numero("numeroPrefixo", numero)?;
    }
    condicoes.nomear([numeros, entrada.adolescente.iter().len(), inteiro.iter().len()]);
    let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
    Ok(ProcessoFilter {
        tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
        adolescente: entrada.adolescente,
        situacao: entrada.situacao,
        tipo: entrada.tipo,
        situacao_guia: entrada.situacao_guia,
        numero: entrada.numero,
        prefixo,
        id_orgao: entrada.id_orgao,
        criado: (instante(entrada.criado_de), instante(entrada.criado_ate)),
        atualizado: (instante(entrada.atualizado_de), instante(entrada.atualizado_ate)),
        magistrado: trecho("magistrado", entrada.magistrado)?,
        serventuario: trecho("serventuario", entrada.serventuario)?,
        vazio: entrada.vazio.map(|campos| campos.into_iter().map(Into::into).collect()),
        guias: condicoes.relation(GuiaRelacaoFiltro::partes(entrada.guias), guia::filtro)?,
        guias_da_medida: condicoes
            .relation(GuiaRelacaoFiltro::partes(entrada.guias_da_medida), guia::filtro)?,
        execucoes: condicoes.relation(ProcessoRelacaoFiltro::partes(entrada.execucoes), filtro)?,
        adolescentes: condicoes.relation(
            AdolescenteRelacaoFiltro::partes(entrada.adolescentes),
            adolescente::filtro,
        )?,
        vinculos: condicoes
            .relation(VinculoRelacaoFiltro::partes(entrada.vinculos), VinculoFiltro::ler)?,
        tramites: condicoes
            .relation(TramiteRelacaoFiltro::partes(entrada.tramites), tramite::filtro_contado)?,
        eventos: condicoes
            .relation(EventoRelacaoFiltro::partes(entrada.eventos), evento::filtro)?,
        e: condicoes.varios(entrada.e, filtro)?,
        ou: condicoes.varios(entrada.ou, filtro)?,
        nao: condicoes.um(entrada.nao, filtro)?,
    })
}

fn prefixo(texto: Option<String>) -> Result<Option<String>> {
    let Some(texto) = texto else { return Ok(None) };
    let digitado = characters::typed(&texto);
    let sinais = digitado.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let digitos: String = digitado.chars().filter(char::is_ascii_digit).collect();
    match sinais && (3..=20).contains(&digitos.len()) {
        true => Ok(Some(digitos)),
        false => Err(recusa("o filtro `numeroPrefixo` pede de 3 a 20 dígitos, com ou sem máscara")),
    }
}

/// Ordem de processos; o desempate é por `id`.
#[derive(InputObject)]
pub struct ProcessoOrdem {
    /// Campo.
    campo: ProcessoOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de processos.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProcessoOrdemCampo {
    /// Número, pelos 20 dígitos.
    Numero,
    /// Cadastro.
    CriadoEm,
    /// Última alteração.
    AtualizadoEm,
    /// Órgão julgador.
    IdOrgao,
    /// Nome do magistrado; sem nome, primeiro.
    Magistrado,
}

impl ProcessoOrdem {
    pub fn campo_e_sentido(self) -> (Campo, bool) {
        let campo = match self.campo {
            ProcessoOrdemCampo::Numero => Campo::Numero,
            ProcessoOrdemCampo::CriadoEm => Campo::CriadoEm,
            ProcessoOrdemCampo::AtualizadoEm => Campo::AtualizadoEm,
            ProcessoOrdemCampo::IdOrgao => Campo::Orgao,
            ProcessoOrdemCampo::Magistrado => Campo::Magistrado,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}
