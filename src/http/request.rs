//! What every request has, whichever door it comes through: an id, a span for the logs,
//! headers, and an end that the trail and the metrics are told of.

use crate::call::{App, Chamada};
use crate::error::{Error, Falha};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use std::time::{Duration, Instant};
use tracing::{Instrument, field};
use uuid::Uuid;

/// The request's id, always a new one: a client's would cover many requests, or another's. Its
/// own, if it is a UUID, stands beside it in the logs.
pub const CABECALHO: HeaderName = HeaderName::from_static("x-request-id");

/// What a path that no route has is called: the path itself may name a person.
const DESCONHECIDA: &str = "(desconhecida)";

struct Correlacao(String);

/// The status of what came of a request, where that of its answer is another.
pub struct Outcome(pub u16);

/// A HEAD, which is carried out as the GET that it asks about. It changes nothing.
pub struct HeadOnly;

/// Whether the request is a HEAD, whatever its method says by now.
pub fn is_head(req: &HttpRequest) -> bool {
    req.extensions().contains::<HeadOnly>()
}

/// The method that the client asked by.
pub fn method(req: &HttpRequest) -> &Method {
    if is_head(req) { &Method::HEAD } else { req.method() }
}

/// Until when a request is better answered late than refused, because its client cannot come back.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Instant);

impl Deadline {
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// That of a request, if it has one.
pub fn deadline(req: &HttpRequest) -> Option<Deadline> {
    req.extensions().get::<Deadline>().copied()
}

/// A client that looks things up before its time is refused no faster than this: some ask again at
/// once, whatever `Retry-After` says.
const REFUSED_IN: Duration = Duration::from_millis(500);

/// How a door says that it cannot answer.
type Refuse = fn(&Error) -> HttpResponse;

/// A call, and how its door refuses what the trail did not take.
struct Noted(Chamada, Refuse);

/// Wraps every request. What it shows is in the trail before it leaves.
pub async fn acompanhar<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let inicio = Instant::now();
    let id = Uuid::new_v4().to_string();
    req.extensions_mut().insert(Correlacao(id.clone()));
    let metodo = metodo(method(req.request()));
    let span = tracing::info_span!("request", id, method = metodo, client_id = field::Empty);
    if let Some(do_cliente) = dada(req.headers()) {
        span.record("client_id", field::display(do_cliente));
    }
    let app = req.app_data::<web::Data<App>>().cloned();
    let resposta = next.call(req).instrument(span.clone()).await?;

    let rota = rota(resposta.request());
    let noted = resposta.request().extensions_mut().remove::<Noted>();
    let refused = match noted {
        None => None,
        Some(Noted(chamada, refuse)) => {
            if chamada.refused().is_some() {
                tokio::time::sleep(REFUSED_IN).await;
            }
            let outcome = resposta.response().extensions().get::<Outcome>().map(|o| o.0);
            let mut written = chamada.encerrar(outcome.unwrap_or(resposta.status().as_u16()));
            let deadline = deadline(resposta.request());
            loop {
                match written.wait().await {
                    Ok(()) => break None,
                    // Each time it is waited for anew.
                    Err(_) if deadline.is_some_and(|d| !d.left().is_zero()) && !written.lost() => {}
                    Err(error) => break Some(refuse(&error)),
                }
            }
        }
    };
    let mut resposta = match refused {
        None => resposta.map_into_left_body(),
        Some(refusal) => resposta.into_response(refusal).map_into_right_body(),
    };
    let status = resposta.status().as_u16();
    let duracao = inicio.elapsed();
    let mut told = false;
    if let Some(app) = app {
        app.metricas.respondeu(metodo, &rota, status, duracao);
        // Of an instance that is not ready, `/readyz` says so several times a second.
        told = status == 503 && (app.db.outage_told() || rota.starts_with("/readyz"));
    }
    span.in_scope(|| {
        let ms = u64::try_from(duracao.as_millis()).unwrap_or(u64::MAX);
        match status {
            0..=399 => tracing::debug!(rota, status, ms, "answered"),
            400..=499 => tracing::info!(rota, status, ms, "refused"),
            _ if told => tracing::debug!(rota, status, ms, "failed"),
            _ => tracing::warn!(rota, status, ms, "failed"),
        }
    });
    if let Ok(valor) = HeaderValue::from_str(&id) {
        resposta.headers_mut().insert(CABECALHO, valor);
    }
    Ok(resposta)
}

/// One of a few words: a method is whatever text a client makes it.
fn metodo(metodo: &Method) -> &'static str {
    match *metodo {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "OUTRO",
    }
}

fn dada(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(CABECALHO)?.to_str().ok()?.parse().ok()
}

/// The template of the route; never the path.
pub fn rota(req: &HttpRequest) -> String {
    req.match_pattern().unwrap_or_else(|| DESCONHECIDA.to_owned())
}

/// Where an address is not UTF-8, a name in it would be read as another.
fn check_utf8(part: &str, place: &str) -> Result<(), Error> {
    let bytes: Vec<u8> = percent_decode_str(part).collect();
    let Err(error) = std::str::from_utf8(&bytes) else { return Ok(()) };
    let byte = bytes[error.valid_up_to()];
    let mensagem = format!(
        "o endereço não é UTF-8: tem, {place} de `?`, o byte %{byte:02X}, que não é de caractere nenhum"
    );
    Err(Error::falha(Falha::EntradaInvalida, mensagem))
}

/// The path is UTF-8.
pub fn check_path(req: &HttpRequest) -> Result<(), Error> {
    check_utf8(req.uri().path(), "antes")
}

/// The parameters of a query string, which is UTF-8.
pub fn parametros(query: &str) -> Result<Vec<(String, String)>, Error> {
    check_utf8(query, "depois")?;
    let lidos = web::Query::<Vec<(String, String)>>::from_query(query);
    lidos
        .map(web::Query::into_inner)
        .map_err(|_| Error::falha(Falha::EntradaInvalida, "a query string está malformada"))
}

/// The id of the request.
pub fn correlacao(req: &HttpRequest) -> String {
    req.extensions().get::<Correlacao>().map_or_else(String::new, |id| id.0.clone())
}

/// Whether it is known who makes the request.
pub fn is_known(req: &HttpRequest) -> bool {
    req.extensions().contains::<Noted>()
}

/// Who is charged for what the request takes: its credential or, before that is known, the address
/// that it comes from. No credential has a blank in its name.
pub fn caller(req: &HttpRequest) -> String {
    if let Some(Noted(chamada, _)) = req.extensions().get::<Noted>() {
        return chamada.ator().credencial().to_owned();
    }
    let address = req.peer_addr().map(|peer| peer.ip().to_canonical());
    address.map_or_else(|| "address unknown".to_owned(), |address| format!("address {address}"))
}

/// The call that the request turned out to be, recorded when it is over; by `refuse`, if the trail
/// does not take it.
pub fn anotar(req: &HttpRequest, chamada: &Chamada, refuse: Refuse) {
    req.extensions_mut().insert(Noted(chamada.clone(), refuse));
}

/// The request is tried again: the call that it turned out to be is over.
pub fn forget(req: &HttpRequest) {
    req.extensions_mut().remove::<Noted>();
}
