//! Handlers of the steps of a trâmite: the send, and the later steps of its parties.

use super::super::answer::to_json;
use super::super::json_fields::{JsonBody, Limits};
use super::super::openapi::parameters::{DryRunQuery, IdempotencyKey};
use super::super::openapi::tramite::answers::MetadadosDoTramite;
use super::super::openapi::tramite::refusals::{
    BadBody, Conflict, MethodDisabled, NotFound, TramitaRefusals, Unprocessable,
};
use super::super::openapi::tramite::{EnvioDeProcesso, TramitePath};
use super::super::{Call, mark_replayed};
use super::answer::{self, EnvioFeito, PassoDado};
use super::begin::begin_write;
use super::body::{self, NovaRecusa, NovoRecibo};
use super::refusal::TramitaError;
use super::{answered, idt, ok_of_parts};
use crate::command::{self, Command, Done, Mode};
use crate::db::Session;
use crate::error::{Error, Failure};
use crate::tramite::service::{Enviado, StepTaken};
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, ReceberTramite, RecusarTramite, Tramite, store,
};
use crate::value::rules::UnknownFields;
use actix_web::{HttpRequest, HttpResponse, web};

/// Limits of the body of a send, which may hold thousands of documents with their history.
const ENVIO_LIMITS: Limits = Limits { bytes: 4 * 1024 * 1024, values: 150_000 };

/// `POST /tramites/processo`.
#[utoipa::path(
    post, path = "/tramites/processo",
    operation_id = "enviarProcesso", tag = "Tramita",
    summary = "Envia um processo a outro órgão.",
    description = "O primeiro trâmite de um processo gera o seu NRE, que vai em todos os seguintes. A \
        resposta diz que arquivos faltam ao destinatário: mandam-se um a um, pelo ticket. Também \
        em `/tramite/processo`; todas as rotas do Tramita respondem ainda sob \
        `/interoperabilidade/rest/v3`.",
    params(DryRunQuery, IdempotencyKey),
    request_body = EnvioDeProcesso,
    responses(EnvioFeito, TramitaRefusals, NotFound, Conflict, BadBody, Unprocessable),
)]
pub async fn enviar(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    let command = JsonBody::read_limited(&req, payload, ENVIO_LIMITS, body::envio).await?;
    let read = |session: &mut Session<'_>, enviado: &Enviado| {
        store::componentes(session, enviado.tramite.idt)
    };
    let Done { effect: enviado, read: componentes, dry_run, is_replay } =
        command::execute(&call, command, mode, read).await?;
    let parts = componentes.len();
    let response = move || {
        let Enviado { tramite, warnings, .. } = &enviado;
        Ok(to_json(&EnvioFeito::new(tramite, &componentes, dry_run, warnings)))
    };
    Ok(mark_replayed(ok_of_parts(&call, parts, response).await?, is_replay))
}

/// The outcome of a step, or of a dry run of it.
pub struct Step {
    pub tramite: Tramite,
    pub dry_run: bool,
    pub is_replay: bool,
}

/// Runs a step. Returns an error if the step recorded a refusal.
pub async fn advance<C: Command<Effect = StepTaken>>(
    call: &Call,
    command: C,
    mode: Mode,
) -> Result<Step, TramitaError> {
    let done = command::execute(call, command, mode, |_: &mut Session<'_>, _| Ok(())).await?;
    match done.effect {
        StepTaken { refusal: Some(refusal), .. } => Err(refusal.into()),
        StepTaken { tramite, .. } => {
            Ok(Step { tramite, dry_run: done.dry_run, is_replay: done.is_replay })
        }
    }
}

fn situacao(Step { tramite, dry_run, is_replay }: &Step) -> HttpResponse {
    mark_replayed(situacao_of(tramite, *dry_run), *is_replay)
}

pub fn situacao_of(tramite: &Tramite, dry_run: bool) -> HttpResponse {
    answered(&PassoDado::new(tramite, dry_run))
}

/// `POST /tramites/{idt}/recebimento`: the destinatário receives the metadata.
#[utoipa::path(
    post,
    path = "/tramites/{idt}/recebimento",
    operation_id = "receberMetadados",
    tag = "Tramita",
    summary = "O destinatário recebe os metadados.",
    description = "Da situação 2 para a 3 e, sem arquivo a baixar, para a 4. Repetido depois, até a 6, responde o \
        mesmo.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    responses(MetadadosDoTramite, TramitaRefusals, NotFound, Conflict, Unprocessable)
)]
pub async fn receber(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    let step = advance(&call, ReceberTramite { idt: idt(&path)? }, mode).await?;
    // To read the metadata is to receive them, so a dry run does not show them.
    if step.dry_run {
        return Ok(situacao(&step));
    }
    let Step { tramite, is_replay, .. } = step;
    // Estimates the number of fields in the metadata: about 64 bytes each.
    let parts = tramite.metadados.as_ref().map_or(0, String::len) / 64;
    let response =
        ok_of_parts(&call, parts, move || Ok(answer::metadados(&tramite)?.into())).await?;
    Ok(mark_replayed(response, is_replay))
}

/// `POST /tramites/{idt}/recibo`: the destinatário confirms that it has everything.
#[utoipa::path(
    post, path = "/tramites/{idt}/recibo",
    operation_id = "enviarReciboDeConclusao", tag = "Tramita",
    summary = "O destinatário envia o recibo de conclusão.",
    description = "Da situação 4 para a 5.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    request_body = NovoRecibo,
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, BadBody, Unprocessable),
)]
pub async fn enviar_recibo(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    let idt = idt(&path)?;
    let mut body = JsonBody::read(&req, payload).await?;
    let read = NovoRecibo::read(&mut body);
    let malformed = body.finish(UnknownFields::Avisar).0;
    let command = EnviarRecibo { idt, malformed, ..read };
    Ok(situacao(&advance(&call, command, mode).await?))
}

/// `POST /tramites/{idt}/recusa`: the destinatário refuses the trâmite.
#[utoipa::path(
    post, path = "/tramites/{idt}/recusa",
    operation_id = "recusarTramite", tag = "Tramita",
    summary = "O destinatário recusa o trâmite.",
    description = "Da situação 2, 3 ou 4 para a 8.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    request_body = NovaRecusa,
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, BadBody, Unprocessable),
)]
pub async fn recusar(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    let idt = idt(&path)?;
    let mut body = JsonBody::read(&req, payload).await?;
    let read = NovaRecusa::read(&mut body);
    let malformed = body.finish(UnknownFields::Avisar).0;
    let command = RecusarTramite { idt, malformed, ..read };
    Ok(situacao(&advance(&call, command, mode).await?))
}

/// `POST /tramites/{idt}/ciencia`: the remetente acknowledges the refusal.
#[utoipa::path(
    post,
    path = "/tramites/{idt}/ciencia",
    operation_id = "darCiencia",
    tag = "Tramita",
    summary = "O remetente toma ciência da recusa.",
    description = "Da situação 8 para a 9.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, Unprocessable)
)]
pub async fn dar_ciencia(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    Ok(situacao(&advance(&call, DarCiencia { idt: idt(&path)? }, mode).await?))
}

/// `GET /tramites/{idt}/ciencia`, as on the real platform. This GET changes the situação, so a
/// setting can disable it.
#[utoipa::path(
    get,
    path = "/tramites/{idt}/ciencia",
    operation_id = "darCienciaPorGet",
    tag = "Tramita",
    summary = "O remetente toma ciência da recusa, como na plataforma.",
    description = "Um GET que muda a situação: prefira o POST. Pode estar desligado na configuração.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, Unprocessable, MethodDisabled)
)]
pub async fn ciencia_por_get(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    if !call.app.rules.ciencia_por_get {
        let message = "use POST para dar ciência";
        return Err(Error::failure(Failure::MetodoNaoPermitido, message).into());
    }
    Ok(situacao(&advance(&call, DarCiencia { idt: idt(&path)? }, mode).await?))
}

/// `DELETE /tramites/{idt}`: the remetente cancels the trâmite.
#[utoipa::path(
    delete,
    path = "/tramites/{idt}",
    operation_id = "cancelarTramite",
    tag = "Tramita",
    summary = "O remetente cancela o trâmite.",
    description = "Da situação 1, 2, 3 ou 4 para a 7.",
    params(TramitePath, DryRunQuery, IdempotencyKey),
    responses(PassoDado, TramitaRefusals, NotFound, Conflict, Unprocessable)
)]
pub async fn cancelar(
    req: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, TramitaError> {
    let (call, mode) = begin_write(&req).await?;
    Ok(situacao(&advance(&call, CancelarTramite { idt: idt(&path)? }, mode).await?))
}
