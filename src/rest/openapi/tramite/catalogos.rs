//! Parameters of the catalogue routes of the Tramita API.

use utoipa::IntoParams;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActiveQuery {
    /// Só o que está em uso, ou só o que não está; também como 1 e 0.
    ativos: Option<bool>,
    /// O mesmo que `ativos`.
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
    /// O repositório, o mesmo que no caminho.
    #[param(minimum = 1, maximum = 2_147_483_647, example = 1)]
    identificacao_do_repositorio_de_estruturas: Option<i64>,
    /// Só a que tem este número.
    #[param(pattern = "^[0-9]{1,10}$", example = "820")]
    numero_de_identificacao_da_estrutura: Option<String>,
    /// Só as que têm este trecho no nome.
    #[param(pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$", example = "Tribunal")]
    nome: Option<String>,
    /// Só as que têm esta sigla.
    #[param(pattern = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,40}$", example = "TJRN")]
    sigla: Option<String>,
    /// Só as que estão abaixo desta estrutura, em qualquer nível.
    #[param(pattern = "^[0-9]{1,10}$", example = "820")]
    numero_de_identificacao_da_estrutura_raiz_da_consulta: Option<String>,
    /// Se falso, também as que não estão em uso; também como 1 e 0.
    apenas_ativas: Option<bool>,
    /// Só as que podem enviar.
    permite_envio: Option<bool>,
    /// Só as que podem receber.
    permite_recebimento: Option<bool>,
    /// Quantas estruturas pular.
    #[param(minimum = 0, maximum = 2_147_483_647, example = 0)]
    registro_inicial: Option<i64>,
    /// Quantas estruturas mostrar; se falta, 200.
    #[param(minimum = 1, maximum = 1000, example = 100)]
    quantidade_de_registros: Option<i64>,
}
