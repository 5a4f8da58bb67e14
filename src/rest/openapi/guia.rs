//! Schemas of guias: request bodies and answers.

use super::adolescente::Adolescente;
use super::processo::Tribunal;
use super::texts::{
    CodigoTpu, CpfSemMascara, Data, DataHora, DataHoraMinuto, Descricao, Nome, NumeroCnjSemMascara,
    NumeroDaGuia,
};
use super::words::{
    MotivoBaixaGuia, OrigemGuia, SimOuNao, SituacaoGuia, SituacaoProcesso, TipoGuia, TipoProcesso,
};
use utoipa::ToSchema;

/// Por que a guia se baixa.
#[derive(ToSchema)]
#[schema(examples(json!({ "motivo": "EXTINTA" })))]
pub struct BaixaDeGuia {
    motivo: Option<MotivoBaixaGuia>,
}

/// Uma guia. O que não tem valor, não é da espécie, ou quem chama não pode ver, não vem.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Guia {
    #[schema(minimum = 1, examples(1))]
    id: i64,
    numero_guia: NumeroDaGuia,
    tipo_guia: TipoGuia,
    situacao_guia: SituacaoGuia,
    motivo_baixa: Option<MotivoBaixaGuia>,
    data_baixa: Option<DataHora>,
    /// O primeiro dia em que a medida já não pode vigorar.
    vence_em: Option<Data>,
    /// Ainda ativa, embora o seu tempo tenha passado.
    vencida: bool,
    /// Cresce a cada alteração; é a de `ETag`.
    #[schema(minimum = 1, examples(1))]
    versao: i32,
    tribunal: Tribunal,
    origem_guia: Option<OrigemGuia>,
    data_emissao: DataHoraMinuto,
    magistrado: Option<Nome>,
    /// Só com o papel pse-dados-sensiveis.
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Option<CpfSemMascara>,
    serventuario: Option<Nome>,
    /// Só com o papel pse-dados-sensiveis.
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Option<CpfSemMascara>,
    serventuario_cargo: Nome,
    codigo_tpu_medida: CodigoTpu,
    /// O texto do código TPU, quando conhecido.
    #[schema(examples("Advertência"))]
    medida: Option<String>,
    data_sentenca: Option<Data>,
    houve_internacao: Option<SimOuNao>,
    data_inicio_internacao: Option<Data>,
    data_fim_internacao: Option<Data>,
    data_transito_julgado: Option<Data>,
    /// Em dias.
    #[schema(minimum = 1, maximum = 90, examples(50))]
    prazo: Option<i32>,
    data_decisao_internacao_sancao: Option<Data>,
    /// Escrito assim no sistema de origem.
    data_decisao_unifcacao_de_medidas: Option<Data>,
    medida_resultante_unificacao: Option<Descricao>,
    /// As guias que uma unificadora uniu.
    lista_numero_da_guia_definitiva: Option<Vec<NumeroDaGuia>>,
    adolescente: Adolescente,
    processo_conhecimento: Option<ProcessoDaGuia>,
    processo_execucao: Option<ProcessoDaGuia>,
    atos_infracionais: Vec<AtoInfracional>,
    documentos_instruir_guia: Option<Vec<DocumentoDaGuia>>,
}

/// O processo de que uma guia fala.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ProcessoDaGuia {
    #[schema(minimum = 1, maximum = 2_147_483_647, examples(1))]
    id: i64,
    numero_processo: NumeroCnjSemMascara,
    tipo_processo: TipoProcesso,
    situacao_processo: SituacaoProcesso,
}

/// Um ato infracional de uma guia.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct AtoInfracional {
    /// Ausente num ensaio.
    #[schema(minimum = 1, examples(1))]
    id: Option<i64>,
    codigo_tpu: CodigoTpu,
    descricao: Option<Descricao>,
    local_fato: Option<Descricao>,
    data_fato: Option<Data>,
}

/// Um documento que acompanha uma guia.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct DocumentoDaGuia {
    /// Ausente num ensaio.
    #[schema(minimum = 1, examples(1))]
    id: Option<i64>,
    tipo_documento: super::words::TipoDocumento,
    identificador_doc_autos: Option<Nome>,
}
