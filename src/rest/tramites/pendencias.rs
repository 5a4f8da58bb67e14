//! The long poll by which the platform's client learns about its pendências.

use super::answer::PendenciaEsperada;
use super::answered;
use super::begin::begin_with_params;
use super::refusal::TramitaError;
use crate::auth::Papel;
use crate::call::Call;
use crate::db::Session;
use crate::db::list::offset_page;
use crate::error::Error;
use crate::rest::openapi::tramite::PendenciaQuery;
use crate::rest::openapi::tramite::refusals::TramitaRefusals;
use crate::rest::page::invalid;
use crate::tramite::store::{TramiteFilter, Tramites};
use crate::tramite::{Idt, Tramite};
use crate::value::field::parse_digits;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};

/// Longest time that a poll is held. The client waits for 300 seconds.
const MAX_HOLD: Duration = Duration::from_secs(280);
/// Shortest time between two reads of the database for one poll, however often something changes.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// Number of polls held at once. Further ones are answered at once.
static HELD_POLLS: Semaphore = Semaphore::const_new(256);

/// `GET /pendencias`: the first pendência after the last one that the client received, or none once
/// the time is over.
#[utoipa::path(
    get,
    path = "/pendencias",
    operation_id = "esperarPendencia",
    tag = "Tramita",
    summary = "Espera a próxima pendência de quem chama.",
    description = "A primeira de IDT maior que `idTramiteDaPendenciaRecebida`, assim que haja uma; se em 280 s \
        não há, ou se o servidor vai encerrar, `encontrou` é falso. É a que se configura no SEI como \
        `WebServicePendencias`.",
    params(PendenciaQuery),
    responses(PendenciaEsperada, TramitaRefusals)
)]
pub async fn wait(req: HttpRequest) -> Result<HttpResponse, TramitaError> {
    let (call, mut params) = begin_with_params(&req, Papel::Consulta).await?;
    let received = params.take("idTramiteDaPendenciaRecebida");
    let received = match received.as_deref().map(|text| parse_digits::<Idt>(text.trim())) {
        None => 0,
        Some(Some(idt)) => idt,
        Some(None) => {
            return Err(invalid("idTramiteDaPendenciaRecebida", "esperava um número").into());
        }
    };
    params.finish()?;
    // Without the server's background tasks nothing would wake the poll.
    let followed = call.app.readiness.has_watcher();
    let found = match HELD_POLLS.try_acquire() {
        Ok(_permit) if followed => wait_after(&call, received).await?,
        _ => next(&call, received).await?,
    };
    Ok(answered(&PendenciaEsperada::new(found.as_deref())))
}

async fn wait_after(call: &Call, received: Idt) -> Result<Option<Arc<Tramite>>, Error> {
    let deadline = Instant::now() + MAX_HOLD;
    let mut feed = call.app.db.horizon();
    loop {
        feed.borrow_and_update();
        if let Some(found) = next(call, received).await? {
            return Ok(Some(found));
        }
        let something_changed = async {
            sleep(MIN_INTERVAL).await;
            feed.changed().await.is_ok()
        };
        let changed = tokio::select! {
            changed = something_changed => changed,
            () = sleep_until(deadline) => false,
            () = call.app.readiness.until_draining() => false,
        };
        if !changed {
            return Ok(None);
        }
    }
}

async fn next(call: &Call, received: Idt) -> Result<Option<Arc<Tramite>>, Error> {
    let filter = TramiteFilter {
        pendencia: Some(false),
        after_idt: Some(received),
        ..TramiteFilter::default()
    };
    let list = Tramites::All(Box::new(filter));
    let read = move |session: &mut Session<'_>| Ok(offset_page(session, &list, 0, 1)?.0);
    Ok(call.read(read).await?.pop())
}
