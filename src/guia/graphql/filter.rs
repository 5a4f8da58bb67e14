//! The filter and the order of the list of guias.

use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::error::Error;
use crate::filters::{GuiaField, GuiaFilter};
use crate::graphql_types::connection::ordering;
use crate::graphql_types::filter::{
    FilterContext, at_most_100, check_substring, conditions, relation_filter,
};
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::guia::store::OrderField;
use crate::guia::{MotivoBaixaGuia, NumeroDaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
use crate::processo::NumeroProcesso;
use crate::processo::graphql::{
    ProcessoRelacaoFiltro, {self as processo},
};
use crate::value::tribunal::Tribunal;
use async_graphql::Enum;

conditions! {
    /// Condições sobre guias. Combinam-se como em ProcessoFiltro.
    pub struct GuiaFiltro {
        /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
        tribunal: Option<String>,
        /// Com um destes números, de 12 dígitos, até 100.
        numero: Option<Vec<String>>,
        /// Deste adolescente.
        adolescente: Option<Identificador>,
        /// Que nomeia este processo, como apuração ou como execução.
        processo: Option<NumeroProcesso> => RELATION_CONDITION,
        /// De uma destas espécies.
        tipo: Option<Vec<TipoGuia>>,
        /// Numa destas situações.
        situacao: Option<Vec<SituacaoGuia>>,
        /// Baixada por um destes motivos.
        motivo_baixa: Option<Vec<MotivoBaixaGuia>>,
        /// Originada por um destes atos.
        origem: Option<Vec<OrigemGuia>>,
        /// De uma destas medidas, pelo código TPU, até 100.
        codigo_tpu_medida: Option<Vec<String>>,
        /// De um processo deste órgão julgador.
        id_orgao: Option<i32> => RELATION_CONDITION,
        /// Emitida desde este instante, inclusive.
        emitida_de: Option<Timestamp>,
        /// Emitida até este instante, exclusive.
        emitida_ate: Option<Timestamp>,
        /// Baixada desde este instante, inclusive.
        baixada_de: Option<Timestamp>,
        /// Baixada até este instante, exclusive.
        baixada_ate: Option<Timestamp>,
        /// Alterada por último desde este instante, inclusive.
        atualizado_de: Option<Timestamp>,
        /// Alterada por último até este instante, exclusive.
        atualizado_ate: Option<Timestamp>,
        /// Vence (`venceEm`, R26) desde este dia, inclusive.
        vence_de: Option<Date>,
        /// Vence até este dia, exclusive.
        vence_ate: Option<Date>,
        /// Vencida hoje, isto é, ainda ativa e com o prazo findo (R26); ou não.
        vencida: Option<bool>,
        /// Contido no nome do magistrado, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
        magistrado: Option<String> => TEXT_CONDITION,
        /// Contido no nome do serventuário, como em `magistrado`.
        serventuario: Option<String> => TEXT_CONDITION,
        /// Sem valor em todos estes campos; dentro de `nao`, com valor em ao menos um.
        vazio: Option<Vec<GuiaCampo>>,
        /// Pelos processos que nomeia, a apuração e a execução.
        processos: Option<ProcessoRelacaoFiltro> => RELATION_CONDITION,
        /// De um adolescente assim.
        adolescente_com: Option<Box<AdolescenteFiltro>> => RELATION_CONDITION,
        /// Todos estes filtros têm de valer.
        e: Option<Vec<GuiaFiltro>>,
        /// Ao menos um destes filtros tem de valer; a lista vazia não casa com nada.
        ou: Option<Vec<GuiaFiltro>>,
        /// Este filtro não pode valer.
        nao: Option<Box<GuiaFiltro>>,
    }
}

relation_filter! {
    /// Condição sobre as guias do outro lado de uma relação; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
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
        text.trim().parse().map_err(|error| Error::invalid(format!("o filtro `numero`: {error}")))
    };
    texts.map(|texts| texts.into_iter().map(read).collect()).transpose()
}

fn medidas(codes: Option<Vec<String>>) -> Result<Option<Vec<String>>> {
    let well_formed = |code: &String| {
        (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
    };
    match codes {
        Some(codes) if !codes.iter().all(well_formed) => {
            Err(Error::invalid("o filtro `codigoTpuMedida` pede códigos só de dígitos"))
        }
        codes => Ok(codes),
    }
}

ordering! {
    /// Ordem de guias; o desempate é por `id`.
    pub struct GuiaOrdem;
    /// Campo de ordem de guias.
    pub enum GuiaOrdemCampo of OrderField {
        /// Emissão.
        EmitidaEm => EmitidaEm,
        /// Última alteração.
        AtualizadoEm => AtualizadoEm,
        /// Número.
        Numero => Numero,
        /// Dia em que vence (R26); quem não o tem vem por último em ordem crescente e primeiro em decrescente.
        VenceEm => VenceEm,
    }
}
