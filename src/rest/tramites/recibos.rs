//! Handlers that read recibos.

use super::super::Call;
use super::super::openapi::tramite::TramitePath;
use super::super::openapi::tramite::refusals::{Conflict, NotFound, TramitaRefusals};
use super::answer::{ReciboDeConclusao, ReciboDeEnvio, recibo_de_envio};
use super::begin::begin_read;
use super::refusal::TramitaError;
use super::steps::advance;
use super::{answered, idt};
use crate::auth::Papel;
use crate::command::Mode;
use crate::db::Session;
use crate::error::{Error, Failure};
use crate::http::request;
use crate::tramite::rules::{self, ParteDoTramite};
use crate::tramite::{Componente, Idt, ReceberRecibo, Tramite, store};
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

/// `GET /tramites/{idt}/recibo`. The first read by the remetente moves the trâmite from situação 5
/// to 6. A read by the destinatário changes nothing.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/recibo",
    operation_id = "receberReciboDeConclusao",
    tag = "Tramita",
    summary = "Mostra o recibo de conclusão.",
    description = "Lido pelo remetente na situação 5, o trâmite passa à 6; depois, e pelo destinatário, não \
        muda nada.",
    params(TramitePath),
    responses(ReciboDeConclusao, TramitaRefusals, NotFound, Conflict)
)]
pub async fn of_conclusao(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let call = begin_read(&req, Papel::Consulta).await?;
    let idt = idt(&path)?;
    let (tramite, componentes) = with_componentes(&call, idt).await?;
    let remetente = tramite.party(call.actor().tribunal()) == Some(ParteDoTramite::Remetente);
    // A HEAD gets the headers of the GET and changes nothing.
    if remetente && tramite.recibo_entregue_em.is_none() && !request::is_head(&req) {
        let step = advance(&call, ReceberRecibo { idt: tramite.idt }, Mode::default()).await?;
        return Ok(answered(&ReciboDeConclusao::new(&step.tramite, &componentes)));
    }
    match tramite.recibo_em {
        Some(_) => Ok(answered(&ReciboDeConclusao::new(&tramite, &componentes))),
        None => Err(rules::transicao_nao_permitida(&tramite).into()),
    }
}

async fn with_componentes(
    call: &Call,
    idt: Idt,
) -> Result<(Tramite, Arc<Vec<Componente>>), TramitaError> {
    let read = move |session: &mut Session<'_>| {
        let Some(tramite) = store::visible_tramite(session, idt)? else { return Ok(None) };
        Ok(Some((tramite, store::componentes(session, idt)?)))
    };
    let found = call.read(read).await?;
    found.ok_or_else(|| rules::tramite_visivel().into())
}

/// `GET /tramites/{idt}/recibo-de-envio`, for the remetente, from situação 2 on.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/recibo-de-envio",
    operation_id = "verReciboDeEnvio",
    tag = "Tramita",
    summary = "Mostra o recibo de envio, ao remetente.",
    description = "Da situação 2 em diante; antes, diz que arquivos faltam.",
    params(TramitePath),
    responses(ReciboDeEnvio, TramitaRefusals, NotFound, Conflict)
)]
pub async fn of_envio(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let call = begin_read(&req, Papel::Consulta).await?;
    let idt = idt(&path)?;
    let (tramite, componentes) = with_componentes(&call, idt).await?;
    if tramite.party(call.actor().tribunal()) == Some(ParteDoTramite::Destinatario) {
        let message = "o recibo de envio é do remetente do trâmite";
        return Err(Error::failure(Failure::SemPermissao, message).into());
    }
    let Some(complete) = tramite.completo_em else {
        return Err(rules::incomplete_envio(&tramite, &componentes).into());
    };
    let signer = call.app.signer.as_deref();
    Ok(answered(&recibo_de_envio(&tramite, &componentes, complete, signer)?))
}
