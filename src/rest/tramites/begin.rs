//! Begins calls to the Tramita API. The real platform's client repeats the IDT of the path in the
//! query, and writes booleans as PHP does.

use super::refusal::TramitaError;
use crate::auth::Papel;
use crate::call::Call;
use crate::command::Mode;
use crate::http::request;
use crate::rest::page::invalid;
use crate::rest::{Params, key};
use crate::tramite::{EstruturaAddress, rules};
use actix_web::HttpRequest;

/// Begins a call to a route without query parameters.
pub async fn begin_read(req: &HttpRequest, papel: Papel) -> Result<Call, TramitaError> {
    let (call, params) = begin_with_params(req, papel).await?;
    params.finish()?;
    Ok(call)
}

/// Begins a write. Reads the idempotency key and `simular`, which asks for a dry run.
pub async fn begin_write(req: &HttpRequest) -> Result<(Call, Mode), TramitaError> {
    let (call, mut params) = begin_with_params(req, Papel::Integracao).await?;
    // A HEAD gets the headers of the GET and changes nothing, so it runs as a dry run.
    let dry_run = boolean(&mut params, "simular")?.unwrap_or(false) || request::is_head(req);
    params.finish()?;
    Ok((call, Mode { dry_run, key: key(req)? }))
}

/// Begins a call, and drops the `IDT` that the query repeats from the path.
pub async fn begin_with_params(
    req: &HttpRequest,
    papel: Papel,
) -> Result<(Call, Params), TramitaError> {
    let (call, mut params) = Call::begin_with_params(req, papel).await?;
    if request::route(req).contains("/{idt}") {
        while params.take_raw("IDT").is_some() {}
    }
    Ok((call, params))
}

/// Reads a boolean parameter: `true` or `false`, or `1` or `0`.
pub fn boolean(params: &mut Params, name: &str) -> Result<Option<bool>, TramitaError> {
    match params.take(name).as_deref().map(str::trim) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(invalid(name, "use true ou false, ou 1 ou 0").into()),
    }
}

/// Reads the address of an estrutura: `repositorio:numero`, or the number alone for the Poder
/// Judiciário. A client may instead send each value in its own parameter, as PHP writes a nested
/// filter.
pub fn estrutura(
    params: &mut Params,
    name: &str,
) -> Result<Option<EstruturaAddress>, TramitaError> {
    let nested = |field: &str| format!("{name}[{field}]");
    let (repositorio_key, numero_key) = (
        nested("identificacaoDoRepositorioDeEstruturas"),
        nested("numeroDeIdentificacaoDaEstrutura"),
    );
    let parts = (params.take(&repositorio_key), params.take(&numero_key));
    let text = params.take(name);
    let (repositorio, numero) = match (&text, &parts) {
        (None, (None, None)) => return Ok(None),
        (Some(text), (None, None)) => text.trim().split_once(':').unwrap_or(("1", text.trim())),
        (None, (repositorio, Some(numero))) => {
            (repositorio.as_deref().unwrap_or("1").trim(), numero.trim())
        }
        (None, (Some(_), None)) => {
            return Err(invalid(&numero_key, "dê também o número da estrutura").into());
        }
        _ => return Err(invalid(name, "dê a estrutura uma vez só").into()),
    };
    let Ok(repositorio) = repositorio.parse() else {
        return Err(invalid(name, "use repositorio:numero").into());
    };
    if let Some(refusal) = rules::estrutura_numero(numero) {
        return Err(invalid(name, &refusal.mensagem).into());
    }
    Ok(Some(EstruturaAddress { repositorio, numero: numero.to_owned() }))
}
