//! graphql-sse, in its mode of distinct connections: an operation is answered by a
//! stream of events, `next` for each result and `complete` at its end.
//!
//! A stream that ends without `complete` was cut (the server stops, a connection broke): the
//! client asks again, with the `desde` of what it got last. One whose token is over is complete:
//! it would only be refused again.

use super::response::{EVENT_STREAM, Forma};
use crate::call::Chamada;
use crate::error::{Error, Falha};
use crate::graphql::execution::{Desfecho, Iniciada, Servico};
use crate::graphql::protocol::http::request::Pronta;
use crate::graphql::protocol::session_registry::{self, Vaga, Vigia};
use crate::http::request;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};

const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
/// Shorter than what proxies let a connection be silent.
const SINAL_DE_VIDA: Duration = Duration::from_secs(12);

pub async fn responder(
    servico: Servico,
    chamada: Chamada,
    pronta: Pronta,
    vigia: Vigia,
    forma: Forma,
) -> HttpResponse {
    let Some(vaga) = servico.sessoes.vaga(chamada.ator()) else {
        let mensagem = "a credencial já tem todas as conexões que pode ter; feche alguma";
        return forma.recusar(&Error::falha(Falha::Indisponivel, mensagem));
    };
    match servico.iniciar(chamada, pronta).await {
        Iniciada::Respondida(desfecho) => responder_uma(&desfecho),
        Iniciada::Assinada(aberta) => {
            let sinais = interval_at(Instant::now() + SINAL_DE_VIDA, SINAL_DE_VIDA);
            let fim = Box::pin(async move {
                tokio::select! {
                    fim = vigia.fim() => fim != session_registry::Fim::SemComoConferir,
                    () = servico.sessoes.encerramento() => false,
                }
            });
            let desfechos = aberta.desfechos().boxed();
            let fluxo = Fluxo { desfechos, fim, sinais, _vaga: vaga };
            cabecalho().streaming(stream::unfold(Some(fluxo), Fluxo::proximo))
        }
    }
}

/// What is answered once.
pub fn responder_uma(desfecho: &Desfecho) -> HttpResponse {
    let mut answer = cabecalho().body([evento(desfecho).as_ref(), COMPLETE].concat());
    // A stream is 200 whatever it tells; the trail tells what came of it.
    answer.extensions_mut().insert(request::Outcome(desfecho.status()));
    answer
}

fn cabecalho() -> actix_web::HttpResponseBuilder {
    let mut resposta = HttpResponse::Ok();
    resposta.insert_header((header::CONTENT_TYPE, EVENT_STREAM));
    // For nginx, which would hold events back until there are enough of them.
    resposta.insert_header((HeaderName::from_static("x-accel-buffering"), "no"));
    resposta
}

/// JSON of one line, whatever it holds.
fn evento(desfecho: &Desfecho) -> Bytes {
    let json = serde_json::to_string(desfecho).unwrap_or_default();
    format!("event: next\ndata: {json}\n\n").into()
}

/// Whether the client is told that there is no more.
type Fim = std::pin::Pin<Box<dyn Future<Output = bool>>>;

struct Fluxo {
    desfechos: BoxStream<'static, Desfecho>,
    fim: Fim,
    sinais: Interval,
    _vaga: Vaga,
}

impl Fluxo {
    /// Asked only when the client has taken what came before.
    async fn proximo(aberto: Option<Self>) -> Option<(Result<Bytes, Infallible>, Option<Self>)> {
        let mut fluxo = aberto?;
        let bytes = tokio::select! {
            biased;
            completo = &mut fluxo.fim => {
                return completo.then(|| (Ok(Bytes::from_static(COMPLETE)), None));
            }
            desfecho = fluxo.desfechos.next() => evento(&desfecho?),
            _ = fluxo.sinais.tick() => Bytes::from_static(b":\n\n"),
        };
        Some((Ok(bytes), Some(fluxo)))
    }
}
