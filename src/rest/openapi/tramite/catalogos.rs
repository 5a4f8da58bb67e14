//! Parameters and answers of the catalogue routes of the Tramita API.

use super::super::texts::{HipoteseLegalTexto, NumeroDaEstrutura};
use super::answers::responses;
use std::collections::BTreeMap;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr};
use utoipa::{IntoParams, IntoResponses, ToSchema};

responses! {
    Saude, Repositorios, EstruturaVista, PaginaDeEstruturas, Especies, Hipoteses, Motivos,
}

/// O servidor está pronto.
#[derive(ToSchema)]
pub struct Saude {
    #[schema(examples("pronto"))]
    situacao: String,
}

/// Os repositórios de estruturas.
#[derive(ToSchema)]
pub struct Repositorios(Vec<Repositorio>);

/// Um repositório de estruturas.
#[derive(ToSchema)]
pub struct Repositorio {
    #[schema(minimum = 1, examples(1))]
    id: i32,
    #[schema(examples("Poder Judiciário"))]
    nome: String,
    ativo: bool,
}

/// Uma unidade de um repositório, com a sua hierarquia.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct EstruturaVista {
    numero_de_identificacao_da_estrutura: NumeroDaEstrutura,
    nome: String,
    /// O número, se ninguém disse a sigla.
    sigla: String,
    ativo: bool,
    /// Está ativa e pode receber.
    apto_para_receber_tramites: bool,
    /// O código da unidade no sistema do órgão; vazio, se ninguém o disse.
    codigo_no_orgao_entidade: String,
    /// As unidades de que é parte, da imediata à mais alta.
    hierarquia: Vec<NivelDaHierarquia>,
}

/// Uma unidade de que outra é parte.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NivelDaHierarquia {
    numero_de_identificacao_da_estrutura: NumeroDaEstrutura,
    nome: String,
    sigla: String,
}

/// Estruturas de uma página, e quantas há em todas.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PaginaDeEstruturas {
    #[schema(minimum = 0)]
    total_de_registros: i64,
    estruturas: Vec<EstruturaVista>,
}

/// As espécies documentais.
#[derive(ToSchema)]
pub struct Especies {
    especies: Vec<EspecieVista>,
}

/// Uma espécie documental.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct EspecieVista {
    #[schema(minimum = 1, examples(31))]
    codigo: i32,
    #[schema(examples("Ofício"))]
    nome_no_produtor: String,
}

/// As hipóteses legais de sigilo.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Hipoteses {
    hipoteses_legais: Vec<HipoteseVista>,
}

/// Uma hipótese legal de sigilo.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct HipoteseVista {
    #[schema(minimum = 1, examples(3))]
    identificacao: i32,
    nome: String,
    /// Está em uso.
    status: bool,
    base_legal: Option<HipoteseLegalTexto>,
}

/// Os motivos de urgência, cada um no lugar do seu código.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Motivos {
    motivos_urgencia: Vec<MotivoVisto>,
}

/// Um motivo de urgência.
#[derive(ToSchema)]
pub struct MotivoVisto {
    #[schema(examples("Cumprimento de decisão judicial"))]
    descricao: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActiveQuery {
    /// Só o que está em uso, ou só o que não está; também como 1 e 0.
    ativos: Option<bool>,
    /// O mesmo, com outro nome.
    ativo: Option<bool>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RepositorioPath {
    /// O repositório; 1 é o Poder Judiciário.
    #[param(minimum = 1, maximum = 2_147_483_647, example = 1)]
    repositorio: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EstruturaPath {
    /// O repositório; 1 é o Poder Judiciário.
    #[param(minimum = 1, maximum = 2_147_483_647, example = 1)]
    repositorio: i64,
    /// O número da estrutura.
    #[param(pattern = "^[0-9]{1,10}$", example = "820")]
    numero: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct EstruturasQuery {
    /// O mesmo que no caminho.
    #[param(minimum = 1, maximum = 2_147_483_647, example = 1)]
    identificacao_do_repositorio_de_estruturas: Option<i64>,
    /// Com este número.
    #[param(pattern = "^[0-9]{1,10}$", example = "820")]
    numero_de_identificacao_da_estrutura: Option<String>,
    /// Com este trecho no nome.
    #[param(pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$", example = "Tribunal")]
    nome: Option<String>,
    /// Com esta sigla.
    #[param(pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$", example = "TJRN")]
    sigla: Option<String>,
    /// Abaixo desta, em qualquer nível.
    #[param(pattern = "^[0-9]{1,10}$", example = "820")]
    numero_de_identificacao_da_estrutura_raiz_da_consulta: Option<String>,
    /// Se falso, também as que não estão em uso; também como 1 e 0.
    apenas_ativas: Option<bool>,
    /// Só as que podem enviar.
    permite_envio: Option<bool>,
    /// Só as que podem receber.
    permite_recebimento: Option<bool>,
    /// Quantas pular.
    #[param(minimum = 0, maximum = 2_147_483_647, example = 0)]
    registro_inicial: Option<i64>,
    /// Quantas mostrar; se falta, 200.
    #[param(minimum = 1, maximum = 1000, example = 100)]
    quantidade_de_registros: Option<i64>,
}
