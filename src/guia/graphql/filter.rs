//! The filter and the order of the list of guias.

use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::filters::{GuiaField, GuiaFilter};
use crate::graphql_types::connection::SentidoOrdem;
use crate::graphql_types::directives::{CONDITION, Cost, RELATION_CONDITION, TEXT_CONDITION};
use crate::graphql_types::filter::{
    FilterContext, at_most_100, check_substring, invalid_input, relation_filter,
};
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::guia::store::OrderField;
use crate::guia::{MotivoBaixaGuia, NumeroDaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
use crate::processo::NumeroProcesso;
use crate::processo::graphql::{
    ProcessoRelacaoFiltro, {self as processo},
};
use crate::value::tribunal::Tribunal;
use async_graphql::{Enum, InputObject};

/// Condições sobre guias. Combinam-se como em ProcessoFiltro.
#[derive(InputObject)]
pub struct GuiaFiltro {
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    tribunal: Option<String>,
    /// Com um destes números, de 12 dígitos, até 100.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    numero: Option<Vec<String>>,
    /// Do adolescente.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    adolescente: Option<Identificador>,
    /// Que nomeia este processo, como apuração ou como execução.
    #[graphql(directive = Cost::apply(RELATION_CONDITION.into()))]
    processo: Option<NumeroProcesso>,
    /// De uma destas espécies.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    tipo: Option<Vec<TipoGuia>>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    situacao: Option<Vec<SituacaoGuia>>,
    /// Baixada por um destes motivos.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    motivo_baixa: Option<Vec<MotivoBaixaGuia>>,
    /// De um destes atos.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    origem: Option<Vec<OrigemGuia>>,
    /// De uma destas medidas, pelo código TPU, até 100.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    codigo_tpu_medida: Option<Vec<String>>,
    /// De um processo deste órgão julgador.
    #[graphql(directive = Cost::apply(RELATION_CONDITION.into()))]
    id_orgao: Option<i32>,
    /// Emitida desde, inclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    emitida_de: Option<Timestamp>,
    /// Emitida até, exclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    emitida_ate: Option<Timestamp>,
    /// Baixada desde, inclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    baixada_de: Option<Timestamp>,
    /// Baixada até, exclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    baixada_ate: Option<Timestamp>,
    /// Alterada por último desde, inclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    atualizado_de: Option<Timestamp>,
    /// Alterada por último até, exclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    atualizado_ate: Option<Timestamp>,
    /// Vence (`venceEm`, R26) desde este dia, inclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    vence_de: Option<Date>,
    /// Vence até este dia, exclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    vence_ate: Option<Date>,
    /// Vencida hoje, isto é, ainda ativa e com o prazo findo (R26); ou não.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    vencida: Option<bool>,
    /// Contido no nome do magistrado, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(TEXT_CONDITION.into()))]
    magistrado: Option<String>,
    /// Contido no nome do serventuário, como em `magistrado`.
    #[graphql(directive = Cost::apply(TEXT_CONDITION.into()))]
    serventuario: Option<String>,
    /// Sem valor em cada um destes campos; com `nao`, preenchido.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    vazio: Option<Vec<GuiaCampo>>,
    /// Pelos processos que nomeia, a apuração e a execução.
    #[graphql(directive = Cost::apply(RELATION_CONDITION.into()))]
    processos: Option<ProcessoRelacaoFiltro>,
    /// De um adolescente assim.
    #[graphql(directive = Cost::apply(RELATION_CONDITION.into()))]
    adolescente_com: Option<Box<AdolescenteFiltro>>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    e: Option<Vec<GuiaFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    ou: Option<Vec<GuiaFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    nao: Option<Box<GuiaFiltro>>,
}

relation_filter! {
    /// Condição sobre as guias do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    GuiaRelacaoFiltro of GuiaFiltro
}

/// Campo de uma guia que pode não ter valor.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "GuiaField")]
pub enum GuiaCampo {
    /// Processo de conhecimento.
    Apuracao,
    /// Quando foi baixada.
    BaixadaEm,
    /// Decisão.
    DataDecisao,
    /// Fim da internação.
    DataFimInternacao,
    /// Início da internação.
    DataInicioInternacao,
    /// Sentença.
    DataSentenca,
    /// Trânsito em julgado.
    DataTransitoJulgado,
    /// Processo de execução.
    Execucao,
    /// Se houve internação.
    HouveInternacao,
    /// Nome do magistrado.
    MagistradoNome,
    /// Medida resultante.
    MedidaResultanteUnificacao,
    /// Motivo da baixa.
    MotivoBaixa,
    /// Ato que deu origem.
    Origem,
    /// Prazo.
    Prazo,
    /// Nome do serventuário.
    ServentuarioNome,
    /// Dia em que vence.
    VenceEm,
}

/// Checks the input and turns it into conditions.
pub fn filter(input: GuiaFiltro, conditions: &mut FilterContext<'_>) -> Result<GuiaFilter> {
    conditions.count_condition()?;
    at_most_100("numero", input.numero.as_ref())?;
    at_most_100("codigoTpuMedida", input.codigo_tpu_medida.as_ref())?;
    if let Some(numero) = &input.processo {
        processo::check_numero(conditions, "processo", numero)?;
    }
    let named = input.numero.as_ref().map_or(0, Vec::len);
    let others = [input.adolescente.iter().len(), input.processo.iter().len()];
    conditions.add_named([named, others[0], others[1]]);
    let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
    let today = conditions.today();
    Ok(GuiaFilter {
        tribunal: Tribunal::from_filter(input.tribunal.as_deref())?,
        numero: numeros(input.numero)?,
        tipo: input.tipo,
        situacao: input.situacao,
        motivo_baixa: input.motivo_baixa,
        origem: input.origem,
        codigo_tpu_medida: medidas(input.codigo_tpu_medida)?,
        adolescente: input.adolescente,
        processo: input.processo,
        id_orgao: input.id_orgao,
        emitida: (instant(input.emitida_de), instant(input.emitida_ate)),
        baixada: (instant(input.baixada_de), instant(input.baixada_ate)),
        updated: (instant(input.atualizado_de), instant(input.atualizado_ate)),
        due: (input.vence_de.map(|data| data.0), input.vence_ate.map(|data| data.0)),
        vencida: input.vencida.map(|vencida| (vencida, today)),
        magistrado: check_substring("magistrado", input.magistrado)?,
        serventuario: check_substring("serventuario", input.serventuario)?,
        vazio: input.vazio.map(|fields| fields.into_iter().map(Into::into).collect()),
        processos: conditions.relation(input.processos, processo::filter)?,
        adolescente_com: conditions.other_side(input.adolescente_com, adolescente::filter)?,
        e: conditions.many(input.e, filter)?,
        ou: conditions.many(input.ou, filter)?,
        nao: conditions.one(input.nao, filter)?,
    })
}

fn numeros(texts: Option<Vec<String>>) -> Result<Option<Vec<NumeroDaGuia>>> {
    let read = |text: String| {
        text.trim().parse().map_err(|error| invalid_input(format!("o filtro `numero`: {error}")))
    };
    texts.map(|texts| texts.into_iter().map(read).collect()).transpose()
}

fn medidas(codes: Option<Vec<String>>) -> Result<Option<Vec<String>>> {
    let well_formed = |code: &String| {
        (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
    };
    match codes {
        Some(codes) if !codes.iter().all(well_formed) => {
            Err(invalid_input("o filtro `codigoTpuMedida` pede códigos só de dígitos"))
        }
        codes => Ok(codes),
    }
}

/// Ordem de guias; o desempate é por `id`.
#[derive(InputObject)]
pub struct GuiaOrdem {
    /// Campo.
    campo: GuiaOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de guias.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum GuiaOrdemCampo {
    /// Emissão.
    EmitidaEm,
    /// Última alteração.
    AtualizadoEm,
    /// Número.
    Numero,
    /// Dia em que vence (R26); sem ele, por último.
    VenceEm,
}

impl GuiaOrdem {
    pub fn field_and_direction(self) -> (OrderField, bool) {
        let field = match self.campo {
            GuiaOrdemCampo::EmitidaEm => OrderField::EmitidaEm,
            GuiaOrdemCampo::AtualizadoEm => OrderField::AtualizadoEm,
            GuiaOrdemCampo::Numero => OrderField::Numero,
            GuiaOrdemCampo::VenceEm => OrderField::VenceEm,
        };
        (field, self.sentido == SentidoOrdem::Desc)
    }
}
