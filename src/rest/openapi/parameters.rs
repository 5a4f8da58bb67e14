//! Parameters in the path, the query and the headers. The examples come from the demo data.

use super::texts::{Cpf, Data, Identificador, Nome, NumeroCnj, NumeroDaGuia};
use super::words::{
    EspecieDeGuia, NovaSituacao, NovaSituacaoDaGuia, SituacaoGuia, SituacaoProcesso, TipoGuia,
    TipoProcesso,
};
use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProcessoIdPath {
    /// O `id` do processo.
    #[param(minimum = 1, maximum = 2_147_483_647, example = 96)]
    id: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub struct ProcessoNumeroPath {
    /// Número do processo, com ou sem a máscara.
    #[param(example = "8000096-72.2022.8.20.0001")]
    numero_processo: NumeroCnj,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct IdentificadorPath {
    /// Identificador do adolescente.
    #[param(example = "202500000058")]
    identificador: Identificador,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub struct VinculoPath {
    /// Identificador do adolescente.
    #[param(example = "202500000140")]
    identificador_adolescente: Identificador,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CpfPath {
    /// CPF do adolescente, com ou sem a máscara.
    #[param(example = "990.000.058-76")]
    cpf: Cpf,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub struct GuiaPdfPath {
    /// A espécie da guia.
    #[param(example = "definitiva")]
    especie: EspecieDeGuia,
    /// Número da guia.
    numero_guia: NumeroDaGuia,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SituacaoPath {
    /// A situação a que o processo passa.
    situacao: NovaSituacao,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
pub struct GuiaPath {
    /// Número da guia.
    numero_guia: NumeroDaGuia,
    /// A situação a que a guia passa.
    situacao: NovaSituacaoDaGuia,
}

/// The query parameter that makes a write a dry run. Every write takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRunQuery {
    /// Aplica todas as regras e não grava nada.
    simular: Option<bool>,
}

/// The header of the idempotency key. Every write takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// Nome desta tentativa. Repetida em 24 horas com a mesma entrada, não se faz de novo: a
    /// resposta é a de antes.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[ -~]*[!-~][ -~]*$",
        example = "cadastro-0001"
    )]
    chave: Option<String>,
}

/// The header of the version that the client expects. A write that checks versions takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// A versão lida, como veio em `ETag` ou como um proxy a devolve (`W/"3"`, `"3-gzip"`). Se o objeto mudou desde então, 412.
    #[param(
        rename = "If-Match",
        pattern = "^(\\*|(W/)?\"[1-9][0-9]*(-gzip|-br|-zstd)?\")$",
        example = "*"
    )]
    versao: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// A página, a contar de 0.
    #[param(minimum = 0, maximum = 2_147_483_647, default = 0, example = 0)]
    page: Option<i32>,
    /// Quantos por página.
    #[param(minimum = 1, maximum = 1000, default = 100, example = 20)]
    size: Option<i32>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ProcessosQuery {
    /// Tribunal: `20`, `820` ou `8.20`. Só com o papel pse-nacional pode ser outro que não o de
    /// quem chama.
    #[param(pattern = "^(8\\.?)?(0[1-9]|1[0-9]|2[0-7])$|^[1-9]$", example = "820")]
    codigo_tribunal: Option<String>,
    /// Só os que têm vínculo, ativo ou encerrado, com este adolescente.
    identificador_adolescente: Option<Identificador>,
    /// Só os que estão nesta situação.
    situacao_processo: Option<SituacaoProcesso>,
    /// Só os desta natureza.
    tipo_processo: Option<TipoProcesso>,
    /// Só os que têm alguma guia nesta situação.
    situacao_guia: Option<SituacaoGuia>,
    /// Campo e sentido da ordem.
    #[param(
        pattern = "^(id|numeroProcesso|dataCadastro)(,(asc|desc))?$",
        default = "id,asc",
        example = "dataCadastro,desc"
    )]
    sort: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct GuiasQuery {
    /// Só a que tem este número.
    numero_guia: Option<NumeroDaGuia>,
    /// Só as deste adolescente.
    identificador_adolescente: Option<Identificador>,
    /// Só as deste processo, de conhecimento ou de execução.
    numero_processo: Option<NumeroCnj>,
    /// Só as desta espécie.
    tipo_guia: Option<TipoGuia>,
    /// Só as que estão nesta situação.
    situacao_guia: Option<SituacaoGuia>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct SimilarityQuery {
    /// Nome, ou nome social.
    nome: Nome,
    /// Sobrenome.
    sobrenome: Option<Nome>,
    /// Nome da mãe.
    nome_mae: Option<Nome>,
    /// Data de nascimento.
    data_nascimento: Option<Data>,
    /// Quantos, no máximo.
    #[param(minimum = 1, maximum = 50, default = 10, example = 10)]
    limite: Option<i32>,
}
