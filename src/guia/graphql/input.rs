//! Inputs of the mutations of guias.

use crate::adolescente::Identificador;
use crate::error::{CodigoErro, Refusal};
use crate::graphql_types::mutation::{ModoInput, MutationInput, input};
use crate::graphql_types::scalars::Date;
use crate::guia::{
    BaixarGuia, EmitirGuia, EspecieDetails, MotivoBaixaGuia, NewAto, NewDocumento, NumeroDaGuia,
    OrigemGuia, TipoGuia, rules,
};
use crate::processo::NumeroProcesso;
use crate::processo::graphql::ResponsavelInput;
use crate::value::field::{MAX_ITEMS, filled, items};
use async_graphql::{InputObject, OneofObject};

/// Entrada de emitirGuia.
#[derive(InputObject)]
pub struct EmitirGuiaInput {
    /// Adolescente, que tem ou teve vínculo com cada processo da guia.
    adolescente: Identificador,
    /// Ato que deu origem.
    origem: Option<OrigemGuia>,
    /// Magistrado; o CPF é obrigatório.
    magistrado: ResponsavelInput,
    /// Serventuário; o CPF é obrigatório.
    serventuario: ResponsavelInput,
    /// Cargo do serventuário.
    serventuario_cargo: String,
    /// Código TPU da medida, só dígitos.
    codigo_tpu_medida: String,
    /// Atos infracionais; ao menos um.
    atos_infracionais: Vec<AtoInfracionalInput>,
    /// O que é próprio da espécie.
    especie: EspecieGuiaInput,
    #[graphql(flatten)]
    mode: ModoInput,
}

/// O que é próprio de cada espécie de guia: exatamente uma.
#[derive(OneofObject)]
pub enum EspecieGuiaInput {
    /// Execução provisória.
    Provisoria(GuiaProvisoriaInput),
    /// Execução definitiva.
    Definitiva(GuiaDefinitivaInput),
    /// Internação-sanção.
    InternacaoSancao(GuiaInternacaoSancaoInput),
    /// Unificadora.
    Unificadora(GuiaUnificadoraInput),
}

input! {
    /// Guia de execução provisória.
    pub struct GuiaProvisoriaInput into EspecieDetails {
        /// Processo de conhecimento.
        apuracao: NumeroProcesso => Some(apuracao),
        /// Sentença.
        data_sentenca: Date => Some(data_sentenca.0),
        /// Houve internação; se sim, as datas são obrigatórias.
        houve_internacao: bool => Some(houve_internacao),
        /// Início da internação.
        data_inicio_internacao: Option<Date> => data_inicio_internacao.map(|data| data.0),
        /// Fim da internação.
        data_fim_internacao: Option<Date> => data_fim_internacao.map(|data| data.0),
        /// Documentos que a instruem.
        documentos: Option<Vec<DocumentoDaGuiaInput>> => new_documentos(documentos),
    }
    and ..EspecieDetails::default()
}

input! {
    /// Guia de execução definitiva.
    pub struct GuiaDefinitivaInput into EspecieDetails {
        /// Processo de conhecimento.
        apuracao: NumeroProcesso => Some(apuracao),
        /// Sentença.
        data_sentenca: Date => Some(data_sentenca.0),
        /// Trânsito em julgado.
        data_transito_julgado: Date => Some(data_transito_julgado.0),
        /// Documentos que a instruem.
        documentos: Option<Vec<DocumentoDaGuiaInput>> => new_documentos(documentos),
    }
    and ..EspecieDetails::default()
}

input! {
    /// Guia de internação-sanção.
    pub struct GuiaInternacaoSancaoInput into EspecieDetails {
        /// Processo de conhecimento.
        apuracao: NumeroProcesso => Some(apuracao),
        /// Processo de execução.
        execucao: NumeroProcesso => Some(execucao),
        /// Decisão.
        data_decisao: Date => Some(data_decisao.0),
        /// Prazo em dias, no máximo 90.
        prazo: i32 => Some(prazo),
    }
    and ..EspecieDetails::default()
}

/// Guia unificadora.
#[derive(InputObject)]
pub struct GuiaUnificadoraInput {
    /// Processo de execução.
    execucao: NumeroProcesso,
    /// Decisão de unificação.
    data_decisao: Date,
    /// Medida resultante.
    medida_resultante: Option<String>,
    /// Números das guias definitivas unificadas; ao menos uma.
    definitivas: Vec<String>,
}

input! {
    /// Ato infracional.
    pub struct AtoInfracionalInput into NewAto {
        /// Código TPU, só dígitos.
        codigo_tpu: String => filled(Some(codigo_tpu)),
        /// Descrição.
        descricao: Option<String> => filled(descricao),
        /// Local do fato.
        local_fato: Option<String> => filled(local_fato),
        /// Data do fato.
        data_fato: Option<Date> => data_fato.map(|data| data.0),
    }
}

input! {
    /// Documento que instrui uma guia.
    pub struct DocumentoDaGuiaInput into NewDocumento {
        /// Tipo, da lista fechada da PSE.
        #[graphql(name = "tipoDocumento")]
        tipo: String => filled(Some(tipo)),
        /// Identificador do documento nos autos.
        #[graphql(name = "identificadorDocAutos")]
        identificador_autos: Option<String> => filled(identificador_autos),
    }
}

impl MutationInput for EmitirGuiaInput {
    type Command = EmitirGuia;

    fn into_parts(self) -> (EmitirGuia, ModoInput) {
        let mut malformed = Vec::new();
        let (tipo, details) = self.especie.details(&mut malformed);
        let command = EmitirGuia {
            tipo,
            adolescente: Some(self.adolescente),
            origem: self.origem,
            magistrado: self.magistrado.into(),
            serventuario: self.serventuario.into(),
            serventuario_cargo: filled(Some(self.serventuario_cargo)),
            codigo_tpu_medida: filled(Some(self.codigo_tpu_medida)),
            atos: self.atos_infracionais.into_iter().map(Into::into).collect(),
            propria: details,
            malformed,
        };
        (command, self.mode)
    }
}

impl EspecieGuiaInput {
    fn details(self, malformed: &mut Vec<Refusal>) -> (TipoGuia, EspecieDetails) {
        match self {
            Self::Provisoria(guia) => (TipoGuia::Provisoria, guia.into()),
            Self::Definitiva(guia) => (TipoGuia::Definitiva, guia.into()),
            Self::InternacaoSancao(guia) => (TipoGuia::InternacaoSancao, guia.into()),
            Self::Unificadora(guia) => (
                TipoGuia::Unificadora,
                EspecieDetails {
                    execucao: Some(guia.execucao),
                    data_decisao: Some(guia.data_decisao.0),
                    medida_resultante: filled(guia.medida_resultante),
                    definitivas: numeros(&guia.definitivas, malformed),
                    ..EspecieDetails::default()
                },
            ),
        }
    }
}

fn new_documentos(list: Option<Vec<DocumentoDaGuiaInput>>) -> Vec<NewDocumento> {
    list.unwrap_or_default().into_iter().map(Into::into).collect()
}

fn numeros(texts: &[String], malformed: &mut Vec<Refusal>) -> Vec<Option<NumeroDaGuia>> {
    if items(texts).len() < texts.len() {
        // The rules refuse a list of this length, so do not parse its items.
        return vec![None; MAX_ITEMS + 1];
    }
    let mut parsed = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let numero = text.trim().parse::<NumeroDaGuia>();
        parsed.push(
            numero
                .map_err(|error| {
                    let refusal =
                        Refusal::new(CodigoErro::CampoInvalido, "forma", error.to_string());
                    malformed.push(refusal.at(rules::definitiva_path(i)));
                })
                .ok(),
        );
    }
    parsed
}

/// Entrada de baixarGuia.
#[derive(InputObject)]
pub struct BaixarGuiaInput {
    /// Número da guia, 12 dígitos.
    numero: String,
    /// Motivo.
    motivo: Option<MotivoBaixaGuia>,
    /// Recusa (CONFLITO_DE_VERSAO) se a versão já não é esta.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for BaixarGuiaInput {
    type Command = BaixarGuia;

    fn into_parts(self) -> (BaixarGuia, ModoInput) {
        let Self { numero, motivo, versao_esperada, mode } = self;
        let numero = numero.trim().parse::<NumeroDaGuia>().map_err(|error| {
            Refusal::new(CodigoErro::CampoInvalido, "forma", error.to_string()).at(["numero"])
        });
        (BaixarGuia { numero, motivo, versao_esperada }, mode)
    }
}
