//! `GET /api/v1/estatisticas`, as JSON and as CSV.

pub mod answer;
mod csv;

use super::envelope::{self, RestError};
use super::openapi::estatistica::EstatisticasQuery;
use super::openapi::json_or_csv::JsonOrCsv;
use super::openapi::refusals::Refusals;
use super::{Params, guias, page, processos};
use crate::auth::Scope;
use crate::call::Call;
use crate::db::BatchKey;
use crate::estatisticas::service::{Question, READERS, count_absent, prepare};
use crate::estatisticas::store::Counted;
use crate::estatisticas::{AlvoEstatistico, DimensaoEstatistica};
use crate::http::semantics::list_items;
use actix_web::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse};
use answer::{Estatisticas, GrupoEstatistico, dimension_name};

const CSV: &str = "text/csv";

/// `GET /estatisticas`. A caller that sees rows gets exact counts of them; one with `pse-estatistica`
/// gets protected figures.
#[utoipa::path(
    get,
    path = "/api/v1/estatisticas",
    operation_id = "estatisticas",
    tag = "Estatísticas",
    summary = "Contagens e tempos, em grupos.",
    description = "Do que quem chama vê, exatos. Com o papel pse-estatistica, de todos os tribunais: \
        contagens arredondadas ao acaso a múltiplos de 3, sem os grupos de menos de 5 nem os que os \
        revelariam, quartis só de 20 linhas ou mais, no máximo 3 dimensões (contando TRIBUNAL com \
        ORGAO e ANO com MES), e só as dimensões como condição. Em CSV com `Accept: text/csv` ou `formato=csv`.",
    params(EstatisticasQuery),
    responses(JsonOrCsv, Refusals)
)]
pub async fn count(req: HttpRequest) -> Result<HttpResponse, RestError> {
    let (call, mut params) = Call::begin_with_one_of(&req, &READERS).await?;
    let question = question(&mut params, &call)?;
    let as_csv = as_csv(&req, &mut params)?;
    params.finish()?;
    let query = prepare(&call, question)?;
    let by = query.by.clone();
    let groups = call.read(move |session| BatchKey::load_one(session, &query)).await?;
    let groups = groups.unwrap_or_default();
    // A list counts nobody as absent, however narrow its filter, and so neither does this.
    count_absent(&call, 0, &groups)?;
    let mut response = if as_csv {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
            .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"estatisticas.csv\""))
            .body(csv::write(&by, &groups))
    } else {
        let groups = groups.iter().map(|group| GrupoEstatistico::new(group, &by)).collect();
        envelope::success((call.app.now)(), &Estatisticas(groups), &[])
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

fn question(params: &mut Params, call: &Call) -> Result<Question, RestError> {
    let targets = (AlvoEstatistico::ALL, AlvoEstatistico::text as fn(_) -> _);
    let target = params.word("de", targets)?.ok_or_else(|| page::invalid("de", "é obrigatório"))?;
    let Some(by) = params.take("por") else {
        return Err(page::invalid("por", "é obrigatório; separe as dimensões por vírgula"));
    };
    let by = by.split(',').map(dimension).collect::<Result<Vec<_>, _>>()?;
    let mut values = Vec::new();
    for &dimension in DimensaoEstatistica::ALL {
        if let Some(value) = params.take(&dimension_name(dimension)) {
            values.push((dimension, Some(value.trim().to_owned())));
        }
    }
    // A caller without rows may not state a condition on a row: those parameters stay unknown.
    let counted = match target {
        _ if call.actor().scope() == Scope::Estatistica => None,
        AlvoEstatistico::Processos => {
            let filter = processos::read::filter(params, call.actor())?;
            Some(Counted::Processos(Box::new(filter)))
        }
        AlvoEstatistico::Guias => {
            let filter = guias::filter(params, call.app.rules)?;
            Some(Counted::Guias(Box::new(filter)))
        }
        AlvoEstatistico::Vinculos | AlvoEstatistico::Adolescentes => None,
    };
    Ok(Question { target, by, counted, values, times: true })
}

fn dimension(text: &str) -> Result<DimensaoEstatistica, RestError> {
    super::word("por", text, DimensaoEstatistica::ALL, DimensaoEstatistica::text)
}

/// Whether the answer is CSV. `formato` decides; without it, `Accept` decides.
fn as_csv(req: &HttpRequest, params: &mut Params) -> Result<bool, RestError> {
    match params.take("formato").as_deref() {
        Some("csv") => return Ok(true),
        Some("json") => return Ok(false),
        Some(_) => return Err(page::invalid("formato", "use json ou csv")),
        None => {}
    }
    let ranges = list_items(req.headers(), ACCEPT);
    let types = ranges.map(|range| range.split(';').next().unwrap_or_default().trim());
    let mut known = types.filter(|media| {
        [CSV, "application/json", "application/*", "*/*"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(media))
    });
    Ok(known.next().is_some_and(|first| first.eq_ignore_ascii_case(CSV)))
}
