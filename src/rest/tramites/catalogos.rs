//! The catalogues that the órgãos' systems read.

use super::super::openapi::tramite::catalogos::{
    ActiveQuery, Especies, EstruturaPath, EstruturaVista, EstruturasQuery, Hipoteses, Motivos,
    PaginaDeEstruturas, RepositorioPath, Repositorios, Saude,
};
use super::super::openapi::tramite::refusals::{NotFound, TramitaRefusals, Unavailable};
use super::super::page::invalid;
use super::super::{Call, Params};
use super::begin::boolean;
use super::refusal::TramitaError;
use super::retry::RetryWhileUnavailable;
use super::{ok, resource};
use crate::auth::Papel;
use crate::call::App;
use crate::catalogo::store::{
    EstruturaByAddress, EstruturaFilter, Estruturas, HierarquiaOf, Items,
};
use crate::catalogo::{EstruturaDoCatalogo, ItemDoCatalogo, TipoDeCatalogo};
use crate::db::list::offset_page;
use crate::db::{Relation, Session};
use crate::error::{CodigoErro, Error, Failure, Refusal};
use crate::tramite::EstruturaAddress;
use crate::value::field::parse_digits;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use std::sync::Arc;

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

/// `GET /healthcheck`: whether this instance can take requests. The route ignores credentials.
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
        None => Ok(ok(&json!({ "situacao": "pronto" }))),
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
    description = "Pelo id.",
    params(ActiveQuery),
    responses(Repositorios, TramitaRefusals)
)]
pub async fn repositorios(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::Repositorio).await?;
    let to_json = |item: &Arc<ItemDoCatalogo>| json!({ "id": item.codigo, "nome": item.nome, "ativo": item.ativo });
    Ok(ok(&items.iter().map(to_json).collect()))
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
    let to_json =
        |item: &Arc<ItemDoCatalogo>| json!({ "codigo": item.codigo, "nomeNoProdutor": item.nome });
    Ok(ok(&json!({ "especies": items.iter().map(to_json).collect::<Value>() })))
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
    let to_json = |item: &Arc<ItemDoCatalogo>| {
        let mut hipotese =
            json!({ "identificacao": item.codigo, "nome": item.nome, "status": item.ativo });
        if let Some(base) = &item.base_legal {
            hipotese["baseLegal"] = json!(base);
        }
        hipotese
    };
    Ok(ok(&json!({ "hipotesesLegais": items.iter().map(to_json).collect::<Value>() })))
}

/// `GET /motivosUrgencia`.
#[utoipa::path(
    get,
    path = "/motivosUrgencia",
    operation_id = "listarMotivosDeUrgencia",
    tag = "Tramita",
    summary = "Lista os motivos de urgência.",
    description = "O código de cada um é o seu lugar na lista, a contar de 1.",
    responses(Motivos, TramitaRefusals)
)]
pub async fn motivos(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let items = items(&req, TipoDeCatalogo::MotivoDeUrgencia).await?;
    let to_json = |item: &Arc<ItemDoCatalogo>| json!({ "descricao": item.nome });
    Ok(ok(&json!({ "motivosUrgencia": items.iter().map(to_json).collect::<Value>() })))
}

/// Answers with a whole catalogue, or without `ativos` with its active items only.
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
    Ok(ok(&show(&found, ancestors.as_ref().map_or(&[], |ancestors| ancestors.as_slice()))))
}

fn unknown() -> TramitaError {
    let message = "a estrutura não está no repositório";
    let mut refusal = Refusal::new(CodigoErro::EstruturaInvalida, "S0", message);
    refusal.status = 404;
    refusal.at(["caminho", "numero"]).into()
}

/// `GET …/estruturas-organizacionais`: search by name, sigla or position in the hierarchy, in
/// pages.
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
    let to_json = |row: &Arc<EstruturaDoCatalogo>| {
        let ancestors = ancestors.get(&HierarquiaOf(row.id));
        show(row, ancestors.map_or(&[], |ancestors| ancestors.as_slice()))
    };
    let views: Value = rows.iter().map(to_json).collect();
    Ok(ok(&json!({ "totalDeRegistros": total, "estruturas": views })))
}

fn show(estrutura: &EstruturaDoCatalogo, ancestors: &[EstruturaDoCatalogo]) -> Value {
    let level = |another: &EstruturaDoCatalogo| {
        json!({
            "numeroDeIdentificacaoDaEstrutura": another.numero,
            "nome": another.nome,
            "sigla": another.sigla(),
        })
    };
    json!({
        "numeroDeIdentificacaoDaEstrutura": estrutura.numero,
        "nome": estrutura.nome,
        "sigla": estrutura.sigla(),
        "ativo": estrutura.ativa,
        "aptoParaReceberTramites": estrutura.can_receive(),
        "codigoNoOrgaoEntidade": estrutura.codigo_no_orgao.as_deref().unwrap_or(""),
        "hierarquia": ancestors.iter().map(level).collect::<Value>(),
    })
}
