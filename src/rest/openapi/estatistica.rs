//! Schemas and parameters of statistics.

use super::texts::{Identificador, NumeroCnj, NumeroDaGuia};
use super::words::{
    AlvoEstatistico, SexoBiologico, SituacaoGuia, SituacaoProcesso, TipoGuia, TipoProcesso,
};
use utoipa::{IntoParams, ToSchema};

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct EstatisticasQuery {
    /// O que se conta.
    de: AlvoEstatistico,
    /// As dimensões, 1 a 5, separadas por vírgula e sem repetição; cada grupo tem um valor de cada
    /// uma. Com o papel pse-estatistica, no máximo 3, com as da condição. Nem toda dimensão serve a
    /// todo alvo.
    #[param(
        pattern = "^(TRIBUNAL|TIPO|SITUACAO|ORGAO|ANO|MES|MEDIDA|MOTIVO_BAIXA|FAIXA_ETARIA|SEXO)(,(TRIBUNAL|TIPO|SITUACAO|ORGAO|ANO|MES|MEDIDA|MOTIVO_BAIXA|FAIXA_ETARIA|SEXO)){0,4}$",
        example = "TRIBUNAL,ANO"
    )]
    por: String,
    /// `json` ou `csv`; ausente, decide `Accept`.
    #[param(pattern = "^(json|csv)$", example = "json")]
    formato: Option<String>,
    /// Só deste tribunal: o código.
    #[param(pattern = "^8[0-9]{2}$", example = "820")]
    tribunal: Option<String>,
    /// Só deste tipo de processo ou espécie de guia.
    #[param(max_length = 40, example = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL")]
    tipo: Option<String>,
    /// Só nesta situação.
    #[param(max_length = 40, example = "ATIVO")]
    situacao: Option<String>,
    /// Só deste órgão.
    #[param(max_length = 40, example = "1001")]
    orgao: Option<String>,
    /// Só deste ano.
    #[param(pattern = "^[0-9]{4}$", example = "2024")]
    ano: Option<String>,
    /// Só deste mês, AAAA-MM.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}$", example = "2024-05")]
    mes: Option<String>,
    /// Só desta medida: o código TPU.
    #[param(max_length = 40, example = "12345")]
    medida: Option<String>,
    /// Só baixadas por este motivo.
    #[param(max_length = 40, example = "EXTINTA")]
    motivo_baixa: Option<String>,
    /// Só desta faixa etária.
    #[param(pattern = "^(ATE_11|12_A_14|15_A_17|18_A_20|21_OU_MAIS)$", example = "15_A_17")]
    faixa_etaria: Option<String>,
    /// Só deste sexo biológico.
    sexo: Option<SexoBiologico>,
    /// Como em `GET /processos`; com `de=PROCESSOS`.
    #[param(pattern = "^(8\\.?)?(0[1-9]|1[0-9]|2[0-7])$|^[1-9]$", example = "820")]
    codigo_tribunal: Option<String>,
    /// Como em `GET /processos` e `GET /guias`.
    identificador_adolescente: Option<Identificador>,
    /// Como em `GET /processos`; com `de=PROCESSOS`.
    situacao_processo: Option<SituacaoProcesso>,
    /// Como em `GET /processos`; com `de=PROCESSOS`.
    tipo_processo: Option<TipoProcesso>,
    /// Como em `GET /processos` e `GET /guias`.
    situacao_guia: Option<SituacaoGuia>,
    /// Como em `GET /guias`; com `de=GUIAS`.
    numero_guia: Option<NumeroDaGuia>,
    /// Como em `GET /guias`; com `de=GUIAS`.
    numero_processo: Option<NumeroCnj>,
    /// Como em `GET /guias`; com `de=GUIAS`.
    tipo_guia: Option<TipoGuia>,
}

/// O valor de cada dimensão pedida; falta se as linhas não têm nenhum.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ChavesEstatisticas {
    #[schema(examples("820"))]
    tribunal: Option<String>,
    tipo: Option<String>,
    situacao: Option<String>,
    orgao: Option<String>,
    ano: Option<String>,
    mes: Option<String>,
    medida: Option<String>,
    motivo_baixa: Option<String>,
    faixa_etaria: Option<String>,
    sexo: Option<String>,
}
