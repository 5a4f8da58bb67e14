//! The long poll by which the platform's client learns of what waits for it.

use super::entry::enter_with_query;
use super::ok;
use super::refusal::Recusado;
use crate::auth::Papel;
use crate::call::Chamada;
use crate::db::Sessao;
use crate::db::list::deslocada;
use crate::error::Error;
use crate::rest::openapi::tramite::EsperaDePendencia;
use crate::rest::openapi::tramite::answers::PendenciaEsperada;
use crate::rest::openapi::tramite::refusals::DoTramita;
use crate::rest::page::invalido;
use crate::tramite::store::{Filtro, Tramites};
use crate::tramite::{Idt, Tramite};
use crate::value::field::natural;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};

/// Its client waits for 300 seconds.
const HELD: Duration = Duration::from_secs(280);
/// Where much is written, what waits is looked at no more often than this.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// More are answered at once.
static HELD_AT_ONCE: Semaphore = Semaphore::const_new(256);

/// `GET /pendencias`: the first pendência after the one that was received last, or none in time.
#[utoipa::path(
    get,
    path = "/pendencias",
    operation_id = "esperarPendencia",
    tag = "Tramita",
    summary = "Espera a próxima pendência de quem chama.",
    description = "A primeira de IDT maior que `idTramiteDaPendenciaRecebida`, assim que haja uma; se em 280 s \
        não há, ou se o servidor vai encerrar, `encontrou` é falso. É a que se configura no SEI como \
        `WebServicePendencias`.",
    params(EsperaDePendencia),
    responses(PendenciaEsperada, DoTramita)
)]
pub async fn esperar(req: HttpRequest) -> Result<HttpResponse, Recusado> {
    let (chamada, mut parametros) = enter_with_query(&req, Papel::Consulta).await?;
    let recebida = parametros.tirar("idTramiteDaPendenciaRecebida");
    let recebida = match recebida.as_deref().map(|texto| natural::<Idt>(texto.trim())) {
        None => 0,
        Some(Some(idt)) => idt,
        Some(None) => {
            return Err(invalido("idTramiteDaPendenciaRecebida", "esperava um número").into());
        }
    };
    parametros.terminar()?;
    // Where nobody would tell that the server is about to end, nobody is kept waiting.
    let vigiado = chamada.app.readiness.is_followed();
    let achada = match HELD_AT_ONCE.try_acquire() {
        Ok(_place) if vigiado => esperar_depois_de(&chamada, recebida).await?,
        _ => proxima(&chamada, recebida).await?,
    };
    Ok(ok(&match achada {
        Some(tramite) => json!({
            "encontrou": true, "IDT": tramite.idt, "status": tramite.situacao.codigo(),
        }),
        None => json!({ "encontrou": false }),
    }))
}

async fn esperar_depois_de(
    chamada: &Chamada,
    recebida: Idt,
) -> Result<Option<Arc<Tramite>>, Error> {
    let prazo = Instant::now() + HELD;
    let mut fluxo = chamada.app.db.horizonte();
    loop {
        fluxo.borrow_and_update();
        if let Some(achada) = proxima(chamada, recebida).await? {
            return Ok(Some(achada));
        }
        let algo_mudou = async {
            sleep(BETWEEN_LOOKS).await;
            fluxo.changed().await.is_ok()
        };
        let mudou = tokio::select! {
            mudou = algo_mudou => mudou,
            () = sleep_until(prazo) => false,
            () = chamada.app.readiness.until_draining() => false,
        };
        if !mudou {
            return Ok(None);
        }
    }
}

async fn proxima(chamada: &Chamada, recebida: Idt) -> Result<Option<Arc<Tramite>>, Error> {
    let filtro =
        Filtro { pendencia: Some(false), depois_do_idt: Some(recebida), ..Filtro::default() };
    let lista = Tramites::Todos(Box::new(filtro));
    let ler = move |sessao: &mut Sessao<'_>| Ok(deslocada(sessao, &lista, 0, 1)?.0);
    Ok(chamada.ler(ler).await?.pop())
}
