//! The catalogues that the órgãos' systems read.

use super::super::answer::answer;
use super::super::openapi::texts::{HipoteseLegalTexto, NumeroDaEstrutura};
use super::super::openapi::tramite::catalogos::{
    ActiveQuery, EstruturaPath, EstruturasQuery, RepositorioPath,
};
use super::super::openapi::tramite::refusals::{NotFound, TramitaRefusals, Unavailable};
use super::super::page::invalid;
use super::super::{Call, Params};
use super::begin::boolean;
use super::refusal::TramitaError;
use super::retry::RetryWhileUnavailable;
use super::{answered, resource};
use crate::auth::Papel;
use crate::call::App;
use crate::catalogo::store::{
    EstruturaByAddress, EstruturaFilter, Estruturas, HierarquiaOf, Items,
};
use crate::catalogo::{EstruturaDoCatalogo, ItemDoCatalogo, TipoDeCatalogo};
use crate::db::list::offset_page;
use crate::db::{BatchKey, Session};
use crate::error::{CodigoErro, Error, Failure, Refusal};
use crate::tramite::EstruturaAddress;
use crate::value::field::parse_digits;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Largest number of items in the answer about one catalogue.
const MAX_ITEMS: i64 = 10_000;
/// Number of estruturas on a page when the call gives none.
const PAGE_SIZE: i64 = 200;
const MAX_PAGE_SIZE: i64 = 1_000;

pub fn resources(config: &mut web::ServiceConfig) {
    const ESTRUTURAS: &str = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais";
    const ESTRUTURA: &str =
        "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais/{numero}";
    config.service(resource("/healthcheck", "GET").get(healthcheck));
    // The systems that receive trâmites call these routes too, and an error would make them refuse
    // a trâmite. So a call waits here as it does on the other Tramita routes.
    let resources = [
        resource("/repositorios-de-estruturas", "GET").get(repositorios),
        resource(ESTRUTURAS, "GET").get(estruturas),
        resource(ESTRUTURA, "GET").get(estrutura),
        resource("/especies", "GET").get(especies),
        resource("/hipoteses", "GET").get(hipoteses),
        resource("/motivosUrgencia", "GET").get(motivos),
    ];
    for resource in resources {
        config.service(resource.wrap(RetryWhileUnavailable));
    }
}

/// `GET /healthcheck`: whether this instance is ready, as `/readyz` answers. The route ignores
/// credentials.
#[utoipa::path(
    get,
    path = "/healthcheck",
    operation_id = "verSaude",
    tag = "Tramita",
    summary = "Diz se o servidor está pronto.",
    description = "Não pede credencial, e não olha a que vier.",
    responses(Saude, Unavailable),
    security(())
)]
pub async fn healthcheck(app: web::Data<App>) -> Result<HttpResponse, TramitaError> {
    match app.readiness.unmet().first() {
        None => Ok(answered(&Saude { situacao: "pronto" })),
        Some(unmet) => Err(Error::failure(Failure::Indisponivel, unmet.reason).into()),
    }
}

/// `GET /repositorios-de-estruturas`.
#[utoipa::path(
    get,
    path = "/repositorios-de-estruturas",
    operation_id = "listarRepositorios",
    tag = "Tramita",
    summary = "Lista os repositórios de estruturas.",
    description = "Pelo id; sem `ativos`, só os ativos.",
    params(ActiveQuery),
    responses(Repositorios, TramitaRefusals)
)]
pub async fn repositorios(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::Repositorio).await?;
    Ok(answered(&Repositorios(items.iter().map(|item| Repositorio::new(item)).collect())))
}

/// `GET /especies`.
#[utoipa::path(
    get,
    path = "/especies",
    operation_id = "listarEspecies",
    tag = "Tramita",
    summary = "Lista as espécies documentais.",
    description = "Pelo código; sem `ativos`, só as ativas.",
    params(ActiveQuery),
    responses(Especies, TramitaRefusals)
)]
pub async fn especies(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::Especie).await?;
    Ok(answered(&Especies::new(&items)))
}

/// `GET /hipoteses`.
#[utoipa::path(
    get,
    path = "/hipoteses",
    operation_id = "listarHipoteses",
    tag = "Tramita",
    summary = "Lista as hipóteses legais de sigilo.",
    description = "Pelo código; sem `ativos`, só as ativas.",
    params(ActiveQuery),
    responses(Hipoteses, TramitaRefusals)
)]
pub async fn hipoteses(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::HipoteseLegal).await?;
    Ok(answered(&Hipoteses::new(&items)))
}

/// `GET /motivosUrgencia`.
#[utoipa::path(
    get,
    path = "/motivosUrgencia",
    operation_id = "listarMotivosDeUrgencia",
    tag = "Tramita",
    summary = "Lista os motivos de urgência.",
    description = "O código de cada um é o seu lugar na lista, a contar de 1. Todos são ativos: com `ativos=false`, a lista vem vazia.",
    params(ActiveQuery),
    responses(Motivos, TramitaRefusals)
)]
pub async fn motivos(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::MotivoDeUrgencia).await?;
    Ok(answered(&Motivos::new(&items)))
}

/// Reads the active items of a catalogue or, with `ativos=false`, the inactive ones.
async fn items(
    req: &HttpRequest,
    tipo: TipoDeCatalogo,
) -> Result<Vec<Arc<ItemDoCatalogo>>, TramitaError> {
    let (call, mut params) = Call::begin_with_params(req, Papel::Consulta).await?;
    let ativos = boolean(&mut params, "ativos")?.or(boolean(&mut params, "ativo")?);
    params.finish()?;
    let list = Items { tipo, ativos: Some(ativos.unwrap_or(true)) };
    let read = move |session: &mut Session<'_>| Ok(offset_page(session, &list, 0, MAX_ITEMS)?.0);
    Ok(call.read(read).await?)
}

/// Reads the number of an estrutura: up to 10 digits.
fn unit(params: &mut Params, name: &str) -> Result<Option<String>, TramitaError> {
    match params.take(name) {
        Some(numero) if numero.len() > 10 || parse_digits::<u64>(&numero).is_none() => {
            Err(invalid(name, "são até 10 dígitos").into())
        }
        numero => Ok(numero),
    }
}

fn number(
    params: &mut Params,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, TramitaError> {
    let Some(text) = params.take(name) else { return Ok(None) };
    match parse_digits(text.trim()) {
        Some(n) if range.contains(&n) => Ok(Some(n)),
        _ => {
            let message = format!("vai de {} a {}", range.start(), range.end());
            Err(invalid(name, &message).into())
        }
    }
}

/// `GET …/estruturas-organizacionais/{numero}`. An unknown estrutura gets the platform's code
/// `0055`.
#[utoipa::path(
    get,
    path = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais/{numero}",
    operation_id = "verEstrutura",
    tag = "Tramita",
    summary = "Mostra uma estrutura, com a sua hierarquia.",
    description = "A hierarquia vai da imediata à mais alta. Desconhecida, é a recusa `0055`.",
    params(EstruturaPath),
    responses(EstruturaVista, TramitaRefusals, NotFound)
)]
pub async fn estrutura(
    req: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, TramitaError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let (repositorio, numero) = path.into_inner();
    // A text that is not a number cannot be a repositório.
    let address =
        parse_digits(&repositorio).map(|repositorio| EstruturaAddress { repositorio, numero });
    let Some(address) = address else { return Err(unknown()) };
    let read = move |session: &mut Session<'_>| {
        let found = EstruturaByAddress::load_one(session, &EstruturaByAddress(address.clone()))?;
        let Some(found) = found else { return Ok(None) };
        let ancestors = HierarquiaOf::load_one(session, &HierarquiaOf(found.id))?;
        Ok(Some((found, ancestors)))
    };
    let found = call.read(read).await?;
    let (found, ancestors) = found.ok_or_else(unknown)?;
    Ok(answered(&EstruturaVista::new(&found, ancestors.as_ref())))
}

fn unknown() -> TramitaError {
    let message = "a estrutura não está no repositório";
    let mut refusal = Refusal::new(CodigoErro::EstruturaInvalida, "S0", message);
    refusal.status = 404;
    refusal.at(["caminho", "numero"]).into()
}

/// `GET …/estruturas-organizacionais`: search by number, name, sigla, position in the hierarchy or
/// what an estrutura may do, in pages.
#[utoipa::path(
    get,
    path = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais",
    operation_id = "procurarEstruturas",
    tag = "Tramita",
    summary = "Procura estruturas num repositório.",
    description = "Pelo nome; acentos e maiúsculas não contam. `registroInicial` conta de 0.",
    params(RepositorioPath, EstruturasQuery),
    responses(PaginaDeEstruturas, TramitaRefusals)
)]
pub async fn estruturas(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let (call, mut params) = Call::begin_with_params(&req, Papel::Consulta).await?;
    let Some(repositorio) = parse_digits::<i32>(&path).filter(|repositorio| *repositorio > 0)
    else {
        return Err(invalid("repositorio", "vai de 1 a 2147483647").into());
    };
    let repeated = params.take("identificacaoDoRepositorioDeEstruturas");
    if repeated.is_some_and(|text| parse_digits(text.trim()) != Some(repositorio)) {
        let name = "identificacaoDoRepositorioDeEstruturas";
        return Err(invalid(name, "não é o repositório do caminho").into());
    }
    let root = unit(&mut params, "numeroDeIdentificacaoDaEstruturaRaizDaConsulta")?;
    let filter = EstruturaFilter {
        repositorio: Some(repositorio),
        numero: unit(&mut params, "numeroDeIdentificacaoDaEstrutura")?,
        nome: params.take("nome").filter(|nome| !nome.trim().is_empty()),
        sigla: params.take("sigla").filter(|sigla| !sigla.trim().is_empty()),
        root: root.map(|numero| EstruturaAddress { repositorio, numero }),
        // Inactive estruturas are shown only on request.
        ativas: boolean(&mut params, "apenasAtivas")?.unwrap_or(true).then_some(true),
        permite_envio: boolean(&mut params, "permiteEnvio")?.filter(|allows| *allows),
        permite_recebimento: boolean(&mut params, "permiteRecebimento")?.filter(|allows| *allows),
    };
    let offset = number(&mut params, "registroInicial", 0..=2_147_483_647)?.unwrap_or(0);
    let count = number(&mut params, "quantidadeDeRegistros", 1..=MAX_PAGE_SIZE)?;
    params.finish()?;
    let list = Estruturas::All(Box::new(filter));
    let read = move |session: &mut Session<'_>| {
        let (rows, total) = offset_page(session, &list, offset, count.unwrap_or(PAGE_SIZE))?;
        let keys: Vec<_> = rows.iter().map(|row| HierarquiaOf(row.id)).collect();
        let ancestors = HierarquiaOf::load(session, &keys)?;
        Ok((rows, total, ancestors))
    };
    let (rows, total, ancestors) = call.read(read).await?;
    let view = |row: &Arc<EstruturaDoCatalogo>| {
        EstruturaVista::new(row, ancestors.get(&HierarquiaOf(row.id)))
    };
    Ok(answered(&PaginaDeEstruturas::new(rows.iter().map(view).collect(), total)))
}

/// O servidor está pronto.
#[derive(Serialize, ToSchema)]
pub struct Saude {
    #[schema(examples("pronto"))]
    situacao: &'static str,
}

/// Os repositórios de estruturas.
#[derive(Serialize, ToSchema)]
pub struct Repositorios(Vec<Repositorio>);

answer! {
    /// Um repositório de estruturas.
    pub struct Repositorio from (item: &ItemDoCatalogo) {
        #[schema(minimum = 1, examples(1))]
        id: i32 = item.codigo,
        #[schema(examples("Poder Judiciário"))]
        nome: String = item.nome.clone(),
        ativo: bool = item.ativo,
    }
}

answer! {
    /// Uma unidade de um repositório, com a sua hierarquia.
    pub struct EstruturaVista from (e: &EstruturaDoCatalogo, ancestors: Option<&Arc<Vec<EstruturaDoCatalogo>>>) {
        numero_de_identificacao_da_estrutura: NumeroDaEstrutura = NumeroDaEstrutura(e.numero.clone()),
        nome: String = e.nome.clone(),
        /// O número, se ninguém disse a sigla.
        sigla: String = e.sigla().to_owned(),
        ativo: bool = e.ativa,
        /// Está ativa e pode receber.
        apto_para_receber_tramites: bool = e.can_receive(),
        /// O código da unidade no sistema do órgão; vazio, se ninguém o disse.
        codigo_no_orgao_entidade: String = e.codigo_no_orgao.clone().unwrap_or_default(),
        /// As unidades de que é parte, da imediata à mais alta.
        hierarquia: Vec<NivelDaHierarquia> =
            ancestors.into_iter().flat_map(|all| all.iter()).map(NivelDaHierarquia::new).collect(),
    }
}

answer! {
    /// Uma unidade de que outra é parte.
    pub struct NivelDaHierarquia from (e: &EstruturaDoCatalogo) {
        numero_de_identificacao_da_estrutura: NumeroDaEstrutura = NumeroDaEstrutura(e.numero.clone()),
        nome: String = e.nome.clone(),
        sigla: String = e.sigla().to_owned(),
    }
}

answer! {
    /// Estruturas de uma página, e quantas há em todas.
    pub struct PaginaDeEstruturas from (rows: Vec<EstruturaVista>, total: i64) {
        #[schema(minimum = 0)]
        total_de_registros: i64 = total,
        estruturas: Vec<EstruturaVista> = rows,
    }
}

answer! {
    /// As espécies documentais.
    pub struct Especies from (items: &[Arc<ItemDoCatalogo>]) {
        especies: Vec<EspecieVista> = items.iter().map(|item| EspecieVista::new(item)).collect(),
    }
}

answer! {
    /// Uma espécie documental.
    pub struct EspecieVista from (item: &ItemDoCatalogo) {
        #[schema(minimum = 1, examples(31))]
        codigo: i32 = item.codigo,
        #[schema(examples("Ofício"))]
        nome_no_produtor: String = item.nome.clone(),
    }
}

answer! {
    /// As hipóteses legais de sigilo.
    pub struct Hipoteses from (items: &[Arc<ItemDoCatalogo>]) {
        hipoteses_legais: Vec<HipoteseVista> = items.iter().map(|item| HipoteseVista::new(item)).collect(),
    }
}

answer! {
    /// Uma hipótese legal de sigilo.
    pub struct HipoteseVista from (item: &ItemDoCatalogo) {
        #[schema(minimum = 1, examples(3))]
        identificacao: i32 = item.codigo,
        nome: String = item.nome.clone(),
        /// Está em uso.
        status: bool = item.ativo,
        base_legal: Option<HipoteseLegalTexto> = item.base_legal.clone().map(HipoteseLegalTexto),
    }
}

answer! {
    /// Os motivos de urgência, cada um no lugar do seu código.
    pub struct Motivos from (items: &[Arc<ItemDoCatalogo>]) {
        motivos_urgencia: Vec<MotivoVisto> = items.iter().map(|item| MotivoVisto::new(item)).collect(),
    }
}

answer! {
    /// Um motivo de urgência.
    pub struct MotivoVisto from (item: &ItemDoCatalogo) {
        #[schema(examples("Cumprimento de decisão judicial"))]
        descricao: String = item.nome.clone(),
    }
}
