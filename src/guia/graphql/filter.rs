//! Which guias a client asks for, and in which order.

use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteFiltro, {self as adolescente},
};
use crate::filters::{GuiaField, GuiaFilter};
use crate::graphql_types::connection::SentidoOrdem;
use crate::graphql_types::directives::{CONDICAO, CONDICAO_DE_RELACAO, CONDICAO_DE_TEXTO, Cost};
use crate::graphql_types::filter::{Condicoes, ate_cem, recusa, relation_filter, trecho};
use crate::graphql_types::scalars::{Data, Instante};
use crate::guia::store::Campo;
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
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Com um destes números, de 12 dígitos, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    numero: Option<Vec<String>>,
    /// Do adolescente.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    adolescente: Option<Identificador>,
    /// Que nomeia este processo, como apuração ou como execução.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    processo: Option<NumeroProcesso>,
    /// De uma destas espécies.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tipo: Option<Vec<TipoGuia>>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    situacao: Option<Vec<SituacaoGuia>>,
    /// Baixada por um destes motivos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    motivo_baixa: Option<Vec<MotivoBaixaGuia>>,
    /// De um destes atos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    origem: Option<Vec<OrigemGuia>>,
    /// De uma destas medidas, pelo código TPU, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    codigo_tpu_medida: Option<Vec<String>>,
    /// De um processo deste órgão julgador.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    id_orgao: Option<i32>,
    /// Emitida desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    emitida_de: Option<Instante>,
    /// Emitida até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    emitida_ate: Option<Instante>,
    /// Baixada desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    baixada_de: Option<Instante>,
    /// Baixada até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    baixada_ate: Option<Instante>,
    /// Alterada por último desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_de: Option<Instante>,
    /// Alterada por último até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    atualizado_ate: Option<Instante>,
    /// Vence (`venceEm`, R26) desde este dia, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vence_de: Option<Data>,
    /// Vence até este dia, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vence_ate: Option<Data>,
    /// Vencida hoje, isto é, ainda ativa e com o prazo findo (R26); ou não.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vencida: Option<bool>,
    /// Contido no nome do magistrado, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    magistrado: Option<String>,
    /// Contido no nome do serventuário, como em `magistrado`.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    serventuario: Option<String>,
    /// Sem valor em cada um destes campos; com `nao`, preenchido.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vazio: Option<Vec<GuiaCampo>>,
    /// Pelos processos que nomeia, a apuração e a execução.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    processos: Option<ProcessoRelacaoFiltro>,
    /// De um adolescente assim.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    adolescente_com: Option<Box<AdolescenteFiltro>>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<GuiaFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<GuiaFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<GuiaFiltro>>,
}

relation_filter! {
    /// Condição sobre as guias do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    GuiaRelacaoFiltro de GuiaFiltro
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

/// What a client says, as conditions.
pub fn filtro(entrada: GuiaFiltro, condicoes: &mut Condicoes<'_>) -> Result<GuiaFilter> {
    condicoes.mais_uma()?;
    ate_cem("numero", entrada.numero.as_ref())?;
    ate_cem("codigoTpuMedida", entrada.codigo_tpu_medida.as_ref())?;
    if let Some(numero) = &entrada.processo {
        condicoes.numero("processo", numero)?;
    }
    let nomeadas = entrada.numero.as_ref().map_or(0, Vec::len);
    let outros = [entrada.adolescente.iter().len(), entrada.processo.iter().len()];
    condicoes.nomear([nomeadas, outros[0], outros[1]]);
    let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
    let hoje = condicoes.hoje();
    Ok(GuiaFilter {
        tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
        numero: numeros(entrada.numero)?,
        tipo: entrada.tipo,
        situacao: entrada.situacao,
        motivo_baixa: entrada.motivo_baixa,
        origem: entrada.origem,
        codigo_tpu_medida: medidas(entrada.codigo_tpu_medida)?,
        adolescente: entrada.adolescente,
        processo: entrada.processo,
        id_orgao: entrada.id_orgao,
        emitida: (instante(entrada.emitida_de), instante(entrada.emitida_ate)),
        baixada: (instante(entrada.baixada_de), instante(entrada.baixada_ate)),
        atualizada: (instante(entrada.atualizado_de), instante(entrada.atualizado_ate)),
        vence: (entrada.vence_de.map(|data| data.0), entrada.vence_ate.map(|data| data.0)),
        vencida: entrada.vencida.map(|vencida| (vencida, hoje)),
        magistrado: trecho("magistrado", entrada.magistrado)?,
        serventuario: trecho("serventuario", entrada.serventuario)?,
        vazio: entrada.vazio.map(|campos| campos.into_iter().map(Into::into).collect()),
        processos: condicoes
            .relation(ProcessoRelacaoFiltro::partes(entrada.processos), processo::filtro)?,
        adolescente_com: condicoes.other_side(entrada.adolescente_com, adolescente::filtro)?,
        e: condicoes.varios(entrada.e, filtro)?,
        ou: condicoes.varios(entrada.ou, filtro)?,
        nao: condicoes.um(entrada.nao, filtro)?,
    })
}

fn numeros(textos: Option<Vec<String>>) -> Result<Option<Vec<NumeroDaGuia>>> {
    let ler = |texto: String| {
        texto.trim().parse().map_err(|erro| recusa(format!("o filtro `numero`: {erro}")))
    };
    textos.map(|textos| textos.into_iter().map(ler).collect()).transpose()
}

fn medidas(codigos: Option<Vec<String>>) -> Result<Option<Vec<String>>> {
    let forma = |codigo: &String| {
        (1..=20).contains(&codigo.len()) && codigo.bytes().all(|byte| byte.is_ascii_digit())
    };
    match codigos {
        Some(codigos) if !codigos.iter().all(forma) => {
            Err(recusa("o filtro `codigoTpuMedida` pede códigos só de dígitos"))
        }
        codigos => Ok(codigos),
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
    pub fn campo_e_sentido(self) -> (Campo, bool) {
        let campo = match self.campo {
            GuiaOrdemCampo::EmitidaEm => Campo::EmitidaEm,
            GuiaOrdemCampo::AtualizadoEm => Campo::AtualizadoEm,
            GuiaOrdemCampo::Numero => Campo::Numero,
            GuiaOrdemCampo::VenceEm => Campo::VenceEm,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}
