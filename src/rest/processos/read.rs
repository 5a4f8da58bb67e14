//! Handlers that read processos.

use super::super::envelope::{self, RestError};
use super::super::openapi::envelope::{RespostaDeProcesso, RespostaDeProcessos};
use super::super::openapi::parameters::{
    PageQuery, ProcessoIdPath, ProcessoNumeroPath, ProcessosQuery,
};
use super::super::openapi::refusals::{NotFound, Refusals};
use super::super::page::{PageRequest, PaginaDeProcessos, invalid};
use super::super::{Call, Params};
use super::{answer, numero_from_path, respond};
use crate::auth::{Actor, Papel, Scope};
use crate::db::group_by_key;
use crate::db::list::offset_page;
use crate::error::{Error, Failure, Refusal};
use crate::filters::ProcessoFilter;
use crate::guia::SituacaoGuia;
use crate::processo::store::{self, OrderField, Processos};
use crate::processo::{
    NumeroProcesso, Processo, ProcessoId, SituacaoProcesso, TipoProcesso, rules,
};
use crate::value::field::parse_digits;
use crate::value::tribunal::Tribunal;
use actix_web::{HttpRequest, HttpResponse, web};

/// E4: `GET /processos/{id}`.
#[utoipa::path(
    get,
    path = "/api/v1/processos/{id}",
    operation_id = "processoPorId",
    tag = "Processos",
    summary = "Um processo, pelo id.",
    description = "O de outro tribunal é como se não existisse.",
    params(ProcessoIdPath),
    responses(RespostaDeProcesso, Refusals, NotFound)
)]
pub async fn by_code(req: HttpRequest, code: web::Path<String>) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let Some(code) = parse_digits(&code).map(ProcessoId) else {
        return Err(invalid("id", "esperava um número inteiro"));
    };
    let found = call.read(move |session| Ok(store::by_code(session, code)?)).await?;
    let absent = || rest_error(rules::r1_processo_visivel().at(["id"]).hint("confira o id"));
    respond(&call, &found.ok_or_else(absent)?).await
}

/// E8: `GET /processos/numero-processo/{numeroProcesso}`.
#[utoipa::path(
    get,
    path = "/api/v1/processos/numero-processo/{numeroProcesso}",
    operation_id = "processoPorNumero",
    tag = "Processos",
    summary = "Um processo, pelo número.",
    description = "O de outro tribunal é como se não existisse.",
    params(ProcessoNumeroPath),
    responses(RespostaDeProcesso, Refusals, NotFound)
)]
pub async fn by_numero(
    req: HttpRequest,
    numero: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let numero = numero_from_path(&numero)?;
    let requested = numero.clone();
    let found = call.read(move |session| Ok(store::by_numero(session, &requested)?)).await?;
    respond(&call, &found.ok_or_else(|| absent(&call, &numero))?).await
}

/// E7: `GET /processos/apuracao/numero-processo/{numeroProcesso}`: the apuração, by its own numero
/// or by the one of an execução (R22).
#[utoipa::path(
    get,
    path = "/api/v1/processos/apuracao/numero-processo/{numeroProcesso}",
    operation_id = "apuracaoPorNumero",
    tag = "Processos",
    summary = "A apuração, pelo seu número ou pelo da execução.",
    description = "Com o número de uma execução, responde a apuração de que ela decorre.",
    params(ProcessoNumeroPath),
    responses(RespostaDeProcesso, Refusals, NotFound)
)]
pub async fn apuracao(
    req: HttpRequest,
    numero: web::Path<String>,
) -> Result<HttpResponse, RestError> {
    let call = Call::begin_read(&req, Papel::Consulta).await?;
    let numero = numero_from_path(&numero)?;
    let requested = numero.clone();
    let find = move |session: &mut crate::db::Session<'_>| {
        let found = store::by_numero(session, &requested)?;
        Ok(match found {
            Some(Processo {
                tipo: TipoProcesso::Execucao,
                numero_referencia: Some(origem),
                ..
            }) => store::by_numero(session, &origem)?,
            other => other,
        })
    };
    let found = call.read(find).await?;
    respond(&call, &found.ok_or_else(|| absent(&call, &numero))?).await
}

/// E1: `GET /processos`, as a Spring `Page`.
#[utoipa::path(
    get,
    path = "/api/v1/processos",
    operation_id = "processos",
    tag = "Processos",
    summary = "Os processos do tribunal, por página.",
    description = "As condições se somam.",
    params(ProcessosQuery, PageQuery),
    responses(RespostaDeProcessos, Refusals)
)]
pub async fn list(req: HttpRequest) -> Result<HttpResponse, RestError> {
    let (call, mut params) = Call::begin_with_params(&req, Papel::Consulta).await?;
    let filter = filter(&mut params, call.actor())?;
    let page = PageRequest::read(&mut params)?;
    let (field, descending) = order(&mut params)?;
    params.finish()?;

    let list = Processos { filter, field, descending, then: Vec::new() };
    let PageRequest { number, size } = page;
    let ((processos, vinculos), total) = call
        .read(move |session| {
            let (processos, total) = offset_page(session, &list, number * size, size)?;
            let ids: Vec<_> = processos.iter().map(|processo| processo.id).collect();
            Ok(((processos, store::vinculos_of(session, &ids)?), total))
        })
        .await?;
    let by_processo = group_by_key(vinculos);
    let show = |processo: &std::sync::Arc<Processo>| {
        let vinculos = by_processo.get(&processo.id).map_or(&[][..], Vec::as_slice);
        answer::Processo::new(processo, vinculos, &call.record)
    };
    let content = processos.iter().map(show).collect();
    Ok(envelope::success((call.app.now)(), &PaginaDeProcessos::new(page, content, total), &[]))
}

/// R1, R2: all filters apply together. A caller of one tribunal may not name another (403),
/// although a row of another tribunal counts as absent.
pub fn filter(params: &mut Params, actor: &Actor) -> Result<ProcessoFilter, RestError> {
    let mut filter = ProcessoFilter::default();
    if let Some(text) = params.take("codigoTribunal") {
        let Some(tribunal) = Tribunal::from_text(&text) else {
            return Err(invalid(
                "codigoTribunal",
                "tribunal desconhecido; use, por exemplo, 20 ou 8.20",
            ));
        };
        if matches!(actor.scope(), Scope::Tribunal(code) if code != tribunal.code) {
            let message = "Tribunal informado não é o do usuário";
            return Err(Error::failure(Failure::SemPermissao, message).into());
        }
        filter.tribunal = Some(tribunal.code);
    }
    filter.adolescente = params.parse("identificadorAdolescente")?;
    let situacoes = (SituacaoProcesso::ALL, SituacaoProcesso::text as fn(_) -> _);
    filter.situacao = params.word("situacaoProcesso", situacoes)?.map(|situacao| vec![situacao]);
    let types = (TipoProcesso::ALL, TipoProcesso::text as fn(_) -> _);
    filter.tipo = params.word("tipoProcesso", types)?.map(|tipo| vec![tipo]);
    let guias = (SituacaoGuia::ALL, SituacaoGuia::text as fn(_) -> _);
    filter.situacao_guia = params.word("situacaoGuia", guias)?;
    Ok(filter)
}

fn order(params: &mut Params) -> Result<(OrderField, bool), RestError> {
    let Some(text) = params.take("sort") else { return Ok((OrderField::Code, false)) };
    let (field, direction) = text.split_once(',').unwrap_or((&text, "asc"));
    let field = match field.trim() {
        "id" => OrderField::Code,
        "numeroProcesso" => OrderField::Numero,
        "dataCadastro" => OrderField::CriadoEm,
        _ => return Err(invalid("sort", "use id, numeroProcesso ou dataCadastro, e asc ou desc")),
    };
    match direction.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok((field, false)),
        "desc" => Ok((field, true)),
        _ => Err(invalid("sort", "o sentido é asc ou desc")),
    }
}

/// One answer for a processo that does not exist and for one of another tribunal, so that the
/// answer does not tell them apart. A numero that no processo can have (R4) gets its own refusal.
fn absent(call: &Call, numero: &NumeroProcesso) -> RestError {
    rest_error(rules::r1_r4_processo_do_numero(numero, call.app.rules))
}

fn rest_error(refusal: Refusal) -> RestError {
    RestError::from(Error::from(refusal)).with_field_names(super::body::field_name)
}
