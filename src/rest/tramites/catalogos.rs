//! Catalogues as the systems of órgãos read them.

use super::super::openapi::tramite::catalogos::{
    Ativas, DaEstrutura, DoRepositorio, Especies, EstruturaVista, FiltroDeEstruturas, Hipoteses,
    Motivos, PaginaDeEstruturas, Repositorios, Saude,
};
use super::super::openapi::tramite::refusals::{DoTramita, ForaDoAr, SemTramite};
use super::super::page::invalido;
use super::super::{Chamada, Parametros};
use super::entry::boolean;
use super::patience::Patient;
use super::refusal::Recusado;
use super::{ok, recurso};
use crate::auth::Papel;
use crate::call::App;
use crate::catalogo::store::{EstruturaPorEndereco, Estruturas, Filtro, HierarquiaDe, Itens};
use crate::catalogo::{EstruturaDoCatalogo, ItemDoCatalogo, TipoDeCatalogo};
use crate::db::list::deslocada;
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::tramite::EnderecoDeEstrutura;
use crate::value::field::natural;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most that one catalogue answers at once.
const TODOS: i64 = 10_000;
/// Of units, unless the call says how many.
const PAGINA: i64 = 200;
const PAGINA_MAXIMA: i64 = 1_000;

pub fn recursos(config: &mut web::ServiceConfig) {
    const ESTRUTURAS: &str = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais";
    const ESTRUTURA: &str =
        "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais/{numero}";
    config.service(recurso("/healthcheck", "GET").get(healthcheck));
    // Who receives asks for them too, and an error would be a refusal.
    let recursos = [
        recurso("/repositorios-de-estruturas", "GET").get(repositorios),
        recurso(ESTRUTURAS, "GET").get(estruturas),
        recurso(ESTRUTURA, "GET").get(estrutura),
        recurso("/especies", "GET").get(especies),
        recurso("/hipoteses", "GET").get(hipoteses),
        recurso("/motivosUrgencia", "GET").get(motivos),
    ];
    for recurso in recursos {
        config.service(recurso.wrap(Patient));
    }
}

/// `GET /healthcheck`: whether this instance should be sent requests. It asks nobody who they are.
#[utoipa::path(
    get,
    path = "/healthcheck",
    operation_id = "verSaude",
    tag = "Tramita",
    summary = "Diz se o servidor está pronto.",
    description = "Não pede credencial, e não olha a que vier.",
    responses(Saude, ForaDoAr),
    security(())
)]
pub async fn healthcheck(app: web::Data<App>) -> Result<HttpResponse, Recusado> {
    match app.readiness.unmet().first() {
        None => Ok(ok(&json!({ "situacao": "pronto" }))),
        Some(unmet) => Err(Error::falha(Falha::Indisponivel, unmet.reason).into()),
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
    params(Ativas),
    responses(Repositorios, DoTramita)
)]
pub async fn repositorios(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let itens = itens(&req, TipoDeCatalogo::Repositorio).await?;
    let um = |item: &Arc<ItemDoCatalogo>| json!({ "id": item.codigo, "nome": item.nome, "ativo": item.ativo });
    Ok(ok(&itens.iter().map(um).collect()))
}

/// `GET /especies`.
#[utoipa::path(
    get,
    path = "/especies",
    operation_id = "listarEspecies",
    tag = "Tramita",
    summary = "Lista as espécies documentais.",
    description = "Pelo código; sem `ativos`, só as ativas.",
    params(Ativas),
    responses(Especies, DoTramita)
)]
pub async fn especies(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let itens = itens(&req, TipoDeCatalogo::Especie).await?;
    let um =
        |item: &Arc<ItemDoCatalogo>| json!({ "codigo": item.codigo, "nomeNoProdutor": item.nome });
    Ok(ok(&json!({ "especies": itens.iter().map(um).collect::<Value>() })))
}

/// `GET /hipoteses`.
#[utoipa::path(
    get,
    path = "/hipoteses",
    operation_id = "listarHipoteses",
    tag = "Tramita",
    summary = "Lista as hipóteses legais de sigilo.",
    description = "Pelo código; sem `ativos`, só as ativas.",
    params(Ativas),
    responses(Hipoteses, DoTramita)
)]
pub async fn hipoteses(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let itens = itens(&req, TipoDeCatalogo::HipoteseLegal).await?;
    let uma = |item: &Arc<ItemDoCatalogo>| {
        let mut hipotese =
            json!({ "identificacao": item.codigo, "nome": item.nome, "status": item.ativo });
        if let Some(base) = &item.base_legal {
            hipotese["baseLegal"] = json!(base);
        }
        hipotese
    };
    Ok(ok(&json!({ "hipotesesLegais": itens.iter().map(uma).collect::<Value>() })))
}

/// `GET /motivosUrgencia`.
#[utoipa::path(
    get,
    path = "/motivosUrgencia",
    operation_id = "listarMotivosDeUrgencia",
    tag = "Tramita",
    summary = "Lista os motivos de urgência.",
    description = "O código de cada um é o seu lugar na lista, a contar de 1.",
    responses(Motivos, DoTramita)
)]
pub async fn motivos(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let itens = itens(&req, TipoDeCatalogo::MotivoDeUrgencia).await?;
    let um = |item: &Arc<ItemDoCatalogo>| json!({ "descricao": item.nome });
    Ok(ok(&json!({ "motivosUrgencia": itens.iter().map(um).collect::<Value>() })))
}

/// A whole catalogue; unless the call says otherwise, what is in use.
async fn itens(
    req: &HttpRequest,
    tipo: TipoDeCatalogo,
) -> Result<Vec<Arc<ItemDoCatalogo>>, Recusado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(req, Papel::Consulta).await?;
    let ativos = boolean(&mut parametros, "ativos")?.or(boolean(&mut parametros, "ativo")?);
    parametros.terminar()?;
    let lista = Itens { tipo, ativos: Some(ativos.unwrap_or(true)) };
    let ler = move |sessao: &mut Sessao<'_>| Ok(deslocada(sessao, &lista, 0, TODOS)?.0);
    Ok(chamada.ler(ler).await?)
}

/// The number of a unit.
fn unit(parametros: &mut Parametros, nome: &str) -> Result<Option<String>, Recusado> {
    match parametros.tirar(nome) {
        Some(numero) if numero.len() > 10 || natural::<u64>(&numero).is_none() => {
            Err(invalido(nome, "são até 10 dígitos").into())
        }
        numero => Ok(numero),
    }
}

fn number(
    parametros: &mut Parametros,
    nome: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, Recusado> {
    let Some(texto) = parametros.tirar(nome) else { return Ok(None) };
    match natural(texto.trim()) {
        Some(n) if range.contains(&n) => Ok(Some(n)),
        _ => {
            let mensagem = format!("vai de {} a {}", range.start(), range.end());
            Err(invalido(nome, &mensagem).into())
        }
    }
}

/// `GET …/estruturas-organizacionais/{numero}`. Unknown is the platform's `0055`.
#[utoipa::path(
    get,
    path = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais/{numero}",
    operation_id = "verEstrutura",
    tag = "Tramita",
    summary = "Mostra uma estrutura, com a sua hierarquia.",
    description = "A hierarquia vai da imediata à mais alta. Desconhecida, é a recusa `0055`.",
    params(DaEstrutura),
    responses(EstruturaVista, DoTramita, SemTramite)
)]
pub async fn estrutura(
    req: HttpRequest,
    caminho: web::Path<(String, String)>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    parametros.terminar()?;
    let (repositorio, numero) = caminho.into_inner();
    // What is no number names no repositório.
    let endereco =
        natural(&repositorio).map(|repositorio| EnderecoDeEstrutura { repositorio, numero });
    let Some(endereco) = endereco else { return Err(desconhecida()) };
    let ler = move |sessao: &mut Sessao<'_>| {
        let achada =
            EstruturaPorEndereco::load_one(sessao, &EstruturaPorEndereco(endereco.clone()))?;
        let Some(achada) = achada else { return Ok(None) };
        let acima = HierarquiaDe::load_one(sessao, &HierarquiaDe(achada.id))?;
        Ok(Some((achada, acima)))
    };
    let achada = chamada.ler(ler).await?;
    let (achada, acima) = achada.ok_or_else(desconhecida)?;
    Ok(ok(&mostrar(&achada, acima.as_ref().map_or(&[], |acima| acima.as_slice()))))
}

fn desconhecida() -> Recusado {
    let mensagem = "a estrutura não está no repositório";
    let mut recusa = Recusa::nova(CodigoErro::EstruturaInvalida, "S0", mensagem);
    recusa.status = 404;
    recusa.em(["caminho", "numero"]).into()
}

/// `GET …/estruturas-organizacionais`, by name, sigla or place, in pages.
#[utoipa::path(
    get,
    path = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais",
    operation_id = "procurarEstruturas",
    tag = "Tramita",
    summary = "Procura estruturas num repositório.",
    description = "Pelo nome; acentos e maiúsculas não contam. `registroInicial` conta de 0.",
    params(DoRepositorio, FiltroDeEstruturas),
    responses(PaginaDeEstruturas, DoTramita)
)]
pub async fn estruturas(
    req: HttpRequest,
    caminho: web::Path<String>,
) -> Result<HttpResponse, Recusado> {
    let (chamada, mut parametros) = Chamada::entrar_com_parametros(&req, Papel::Consulta).await?;
    let Some(repositorio) = natural::<i32>(&caminho).filter(|repositorio| *repositorio > 0) else {
        return Err(invalido("repositorio", "vai de 1 a 2147483647").into());
    };
    let dito = parametros.tirar("identificacaoDoRepositorioDeEstruturas");
    if dito.is_some_and(|dito| natural(dito.trim()) != Some(repositorio)) {
        let nome = "identificacaoDoRepositorioDeEstruturas";
        return Err(invalido(nome, "não é o repositório do caminho").into());
    }
    let raiz = unit(&mut parametros, "numeroDeIdentificacaoDaEstruturaRaizDaConsulta")?;
    let filtro = Filtro {
        repositorio: Some(repositorio),
        numero: unit(&mut parametros, "numeroDeIdentificacaoDaEstrutura")?,
        nome: parametros.tirar("nome").filter(|nome| !nome.trim().is_empty()),
        sigla: parametros.tirar("sigla").filter(|sigla| !sigla.trim().is_empty()),
        raiz: raiz.map(|numero| EnderecoDeEstrutura { repositorio, numero }),
        // What is not in use is shown only to who asks for it.
        ativas: boolean(&mut parametros, "apenasAtivas")?.unwrap_or(true).then_some(true),
        permite_envio: boolean(&mut parametros, "permiteEnvio")?.filter(|permite| *permite),
        permite_recebimento: boolean(&mut parametros, "permiteRecebimento")?
            .filter(|permite| *permite),
    };
    let pular = number(&mut parametros, "registroInicial", 0..=2_147_483_647)?.unwrap_or(0);
    let quantas = number(&mut parametros, "quantidadeDeRegistros", 1..=PAGINA_MAXIMA)?;
    parametros.terminar()?;
    let lista = Estruturas::Todas(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| {
        let (linhas, total) = deslocada(sessao, &lista, pular, quantas.unwrap_or(PAGINA))?;
        let chaves: Vec<_> = linhas.iter().map(|linha| HierarquiaDe(linha.id)).collect();
        let acima = HierarquiaDe::load(sessao, &chaves)?;
        Ok((linhas, total, acima))
    };
    let (linhas, total, acima) = chamada.ler(ler).await?;
    let uma = |linha: &Arc<EstruturaDoCatalogo>| {
        let acima = acima.get(&HierarquiaDe(linha.id));
        mostrar(linha, acima.map_or(&[], |acima| acima.as_slice()))
    };
    let vistas: Value = linhas.iter().map(uma).collect();
    Ok(ok(&json!({ "totalDeRegistros": total, "estruturas": vistas })))
}

fn mostrar(estrutura: &EstruturaDoCatalogo, acima: &[EstruturaDoCatalogo]) -> Value {
    let nivel = |outra: &EstruturaDoCatalogo| {
        json!({
            "numeroDeIdentificacaoDaEstrutura": outra.numero,
            "nome": outra.nome,
            "sigla": outra.sigla(),
        })
    };
    json!({
        "numeroDeIdentificacaoDaEstrutura": estrutura.numero,
        "nome": estrutura.nome,
        "sigla": estrutura.sigla(),
        "ativo": estrutura.ativa,
        "aptoParaReceberTramites": estrutura.apta_a_receber(),
        "codigoNoOrgaoEntidade": estrutura.codigo_no_orgao.as_deref().unwrap_or(""),
        "hierarquia": acima.iter().map(nivel).collect::<Value>(),
    })
}
