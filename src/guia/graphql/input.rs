//! What a client says about guias.

use crate::adolescente::Identificador;
use crate::error::{CodigoErro, Recusa};
use crate::graphql::schema::mutation::{Entrada, ModoInput};
use crate::graphql_types::scalars::Data;
use crate::guia::{
    BaixarGuia, EmitirGuia, MotivoBaixaGuia, NovoAto, NovoDocumento, NumeroDaGuia, OrigemGuia,
    PropriaDaEspecie, TipoGuia, rules,
};
use crate::processo::NumeroProcesso;
use crate::processo::graphql::ResponsavelInput;
use crate::value::field::{ITENS_MAXIMO, itens, preenchido};
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
    modo: ModoInput,
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
    data_sentenca: Data,
    /// Houve internação; se sim, as datas são obrigatórias.
    houve_internacao: bool,
    /// Início da internação.
    data_inicio_internacao: Option<Data>,
    /// Fim da internação.
    data_fim_internacao: Option<Data>,
    /// Documentos que a instruem.
    documentos: Option<Vec<DocumentoDaGuiaInput>>,
}

/// Guia de execução definitiva.
#[derive(InputObject)]
pub struct GuiaDefinitivaInput {
    /// Processo de conhecimento.
    apuracao: NumeroProcesso,
    /// Sentença.
    data_sentenca: Data,
    /// Trânsito em julgado.
    data_transito_julgado: Data,
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
    data_decisao: Data,
    /// Prazo em dias, no máximo 90.
    prazo: i32,
}

/// Guia unificadora.
#[derive(InputObject)]
pub struct GuiaUnificadoraInput {
    /// Processo de execução.
    execucao: NumeroProcesso,
    /// Decisão de unificação.
    data_decisao: Data,
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
    data_fato: Option<Data>,
}

/// Documento que instrui uma guia.
#[derive(InputObject)]
pub struct DocumentoDaGuiaInput {
    /// Tipo, da lista fechada da PSE.
    tipo_documento: String,
    /// Identificador do documento nos autos.
    identificador_doc_autos: Option<String>,
}

impl Entrada for EmitirGuiaInput {
    type Comando = EmitirGuia;

    fn partes(self) -> (EmitirGuia, ModoInput) {
        let mut malformados = Vec::new();
        let (tipo, propria) = self.especie.propria(&mut malformados);
        let comando = EmitirGuia {
            tipo,
            adolescente: Some(self.adolescente),
            origem: self.origem,
            magistrado: self.magistrado.into(),
            serventuario: self.serventuario.into(),
            serventuario_cargo: preenchido(Some(self.serventuario_cargo)),
            codigo_tpu_medida: preenchido(Some(self.codigo_tpu_medida)),
            atos: self.atos_infracionais.into_iter().map(Into::into).collect(),
            propria,
            malformados,
        };
        (comando, self.modo)
    }
}

impl EspecieGuiaInput {
    fn propria(self, malformados: &mut Vec<Recusa>) -> (TipoGuia, PropriaDaEspecie) {
        let documentos = |lista: Option<Vec<DocumentoDaGuiaInput>>| {
            lista.unwrap_or_default().into_iter().map(Into::into).collect()
        };
        let vazia = PropriaDaEspecie::default();
        match self {
            Self::Provisoria(guia) => (
                TipoGuia::Provisoria,
                PropriaDaEspecie {
                    apuracao: Some(guia.apuracao),
                    data_sentenca: Some(guia.data_sentenca.0),
                    houve_internacao: Some(guia.houve_internacao),
                    data_inicio_internacao: guia.data_inicio_internacao.map(|data| data.0),
                    data_fim_internacao: guia.data_fim_internacao.map(|data| data.0),
                    documentos: documentos(guia.documentos),
                    ..vazia
                },
            ),
            Self::Definitiva(guia) => (
                TipoGuia::Definitiva,
                PropriaDaEspecie {
                    apuracao: Some(guia.apuracao),
                    data_sentenca: Some(guia.data_sentenca.0),
                    data_transito_julgado: Some(guia.data_transito_julgado.0),
                    documentos: documentos(guia.documentos),
                    ..vazia
                },
            ),
            Self::InternacaoSancao(guia) => (
                TipoGuia::InternacaoSancao,
                PropriaDaEspecie {
                    apuracao: Some(guia.apuracao),
                    execucao: Some(guia.execucao),
                    data_decisao: Some(guia.data_decisao.0),
                    prazo: Some(guia.prazo),
                    ..vazia
                },
            ),
            Self::Unificadora(guia) => (
                TipoGuia::Unificadora,
                PropriaDaEspecie {
                    execucao: Some(guia.execucao),
                    data_decisao: Some(guia.data_decisao.0),
                    medida_resultante: preenchido(guia.medida_resultante),
                    definitivas: numeros(&guia.definitivas, malformados),
                    ..vazia
                },
            ),
        }
    }
}

fn numeros(textos: &[String], malformados: &mut Vec<Recusa>) -> Vec<Option<NumeroDaGuia>> {
    if itens(textos).len() < textos.len() {
        return vec![None; ITENS_MAXIMO + 1];
    }
    let mut lidos = Vec::with_capacity(textos.len());
    for (i, texto) in textos.iter().enumerate() {
        let lido = texto.trim().parse::<NumeroDaGuia>();
        lidos.push(
            lido.map_err(|erro| {
                let recusa = Recusa::nova(CodigoErro::CampoInvalido, "forma", erro.to_string());
                malformados.push(recusa.em(rules::na_definitiva(i)));
            })
            .ok(),
        );
    }
    lidos
}

impl From<AtoInfracionalInput> for NovoAto {
    fn from(entrada: AtoInfracionalInput) -> Self {
        Self {
            codigo_tpu: preenchido(Some(entrada.codigo_tpu)),
            descricao: preenchido(entrada.descricao),
            local_fato: preenchido(entrada.local_fato),
            data_fato: entrada.data_fato.map(|data| data.0),
        }
    }
}

impl From<DocumentoDaGuiaInput> for NovoDocumento {
    fn from(entrada: DocumentoDaGuiaInput) -> Self {
        Self {
            tipo: preenchido(Some(entrada.tipo_documento)),
            identificador_autos: preenchido(entrada.identificador_doc_autos),
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
    modo: ModoInput,
}

impl Entrada for BaixarGuiaInput {
    type Comando = BaixarGuia;

    fn partes(self) -> (BaixarGuia, ModoInput) {
        let Self { numero, motivo, versao_esperada, modo } = self;
        let numero = numero.trim().parse::<NumeroDaGuia>().map_err(|erro| {
            Recusa::nova(CodigoErro::CampoInvalido, "forma", erro.to_string()).em(["numero"])
        });
        (BaixarGuia { numero, motivo, versao_esperada }, modo)
    }
}
