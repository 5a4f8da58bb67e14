//! Inputs of the mutations of guias.

use crate::adolescente::Identificador;
use crate::error::{CodigoErro, Refusal};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
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
    /// Adolescente, com vínculo com o processo da guia.
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

/// Guia de execução provisória.
#[derive(InputObject)]
pub struct GuiaProvisoriaInput {
    /// Processo de conhecimento.
    apuracao: NumeroProcesso,
    /// Sentença.
    data_sentenca: Date,
    /// Houve internação; se sim, as datas são obrigatórias.
    houve_internacao: bool,
    /// Início da internação.
    data_inicio_internacao: Option<Date>,
    /// Fim da internação.
    data_fim_internacao: Option<Date>,
    /// Documentos que a instruem.
    documentos: Option<Vec<DocumentoDaGuiaInput>>,
}

/// Guia de execução definitiva.
#[derive(InputObject)]
pub struct GuiaDefinitivaInput {
    /// Processo de conhecimento.
    apuracao: NumeroProcesso,
    /// Sentença.
    data_sentenca: Date,
    /// Trânsito em julgado.
    data_transito_julgado: Date,
    /// Documentos que a instruem.
    documentos: Option<Vec<DocumentoDaGuiaInput>>,
}

/// Guia de internação-sanção.
#[derive(InputObject)]
pub struct GuiaInternacaoSancaoInput {
    /// Processo de conhecimento.
    apuracao: NumeroProcesso,
    /// Processo de execução.
    execucao: NumeroProcesso,
    /// Decisão.
    data_decisao: Date,
    /// Prazo em dias, no máximo 90.
    prazo: i32,
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

/// Ato infracional.
#[derive(InputObject)]
pub struct AtoInfracionalInput {
    /// Código TPU, só dígitos.
    codigo_tpu: String,
    /// Descrição.
    descricao: Option<String>,
    /// Local do fato.
    local_fato: Option<String>,
    /// Data do fato.
    data_fato: Option<Date>,
}

/// Documento que instrui uma guia.
#[derive(InputObject)]
pub struct DocumentoDaGuiaInput {
    /// Tipo, da lista fechada da PSE.
    tipo_documento: String,
    /// Identificador do documento nos autos.
    identificador_doc_autos: Option<String>,
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
        let documentos = |list: Option<Vec<DocumentoDaGuiaInput>>| {
            list.unwrap_or_default().into_iter().map(Into::into).collect()
        };
        let empty = EspecieDetails::default();
        match self {
            Self::Provisoria(guia) => (
                TipoGuia::Provisoria,
                EspecieDetails {
                    apuracao: Some(guia.apuracao),
                    data_sentenca: Some(guia.data_sentenca.0),
                    houve_internacao: Some(guia.houve_internacao),
                    data_inicio_internacao: guia.data_inicio_internacao.map(|data| data.0),
                    data_fim_internacao: guia.data_fim_internacao.map(|data| data.0),
                    documentos: documentos(guia.documentos),
                    ..empty
                },
            ),
            Self::Definitiva(guia) => (
                TipoGuia::Definitiva,
                EspecieDetails {
                    apuracao: Some(guia.apuracao),
                    data_sentenca: Some(guia.data_sentenca.0),
                    data_transito_julgado: Some(guia.data_transito_julgado.0),
                    documentos: documentos(guia.documentos),
                    ..empty
                },
            ),
            Self::InternacaoSancao(guia) => (
                TipoGuia::InternacaoSancao,
                EspecieDetails {
                    apuracao: Some(guia.apuracao),
                    execucao: Some(guia.execucao),
                    data_decisao: Some(guia.data_decisao.0),
                    prazo: Some(guia.prazo),
                    ..empty
                },
            ),
            Self::Unificadora(guia) => (
                TipoGuia::Unificadora,
                EspecieDetails {
                    execucao: Some(guia.execucao),
                    data_decisao: Some(guia.data_decisao.0),
                    medida_resultante: filled(guia.medida_resultante),
                    definitivas: numeros(&guia.definitivas, malformed),
                    ..empty
                },
            ),
        }
    }
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

impl From<AtoInfracionalInput> for NewAto {
    fn from(input: AtoInfracionalInput) -> Self {
        Self {
            codigo_tpu: filled(Some(input.codigo_tpu)),
            descricao: filled(input.descricao),
            local_fato: filled(input.local_fato),
            data_fato: input.data_fato.map(|data| data.0),
        }
    }
}

impl From<DocumentoDaGuiaInput> for NewDocumento {
    fn from(input: DocumentoDaGuiaInput) -> Self {
        Self {
            tipo: filled(Some(input.tipo_documento)),
            identificador_autos: filled(input.identificador_doc_autos),
        }
    }
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
