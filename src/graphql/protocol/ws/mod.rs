//! graphql-transport-ws: queries, mutations and subscriptions over one WebSocket.
//!
//! `socket.rs` is the conversation, `mensagem.rs` its words, `motivo.rs` how it ends, `intake.rs` how
//! much may come before it begins.

mod intake;
mod message;
mod close_reason;
mod socket;

use crate::auth::Auth;
use crate::graphql::execution::{Desfecho, Servico};
use crate::http::origin::AllowedOrigins;
use crate::http::request;
use actix_web::guard::GuardContext;
use actix_web::http::header::{SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use close_reason::Motivo;
use intake::Acknowledged;
use socket::Socket;

const SUBPROTOCOLO: &str = "graphql-transport-ws";
/// Of one message, whole or in pieces.
const MENSAGEM_MAXIMA: usize = 1024 * 1024;

/// Whether a request asks for a WebSocket.
pub fn e_websocket(ctx: &GuardContext<'_>) -> bool {
    let upgrade = ctx.head().headers().get(UPGRADE);
    upgrade.is_some_and(|valor| valor.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub async fn abrir(
    req: HttpRequest,
    payload: web::Payload,
    servico: web::Data<Servico>,
    auth: web::Data<Auth>,
    origins: web::Data<AllowedOrigins>,
) -> actix_web::Result<HttpResponse> {
    if let Err(error) = origins.check(req.headers()) {
        return Ok(HttpResponse::Forbidden().json(Desfecho::recusa(&error)));
    }
    let acknowledged = Acknowledged::default();
    let payload = intake::bounded(&req, payload, &acknowledged).await?;
    let (resposta, conexao, mensagens) =
        actix_ws::handle_with_protocols(&req, payload, &[SUBPROTOCOLO])?;
    if !resposta.headers().contains_key(SEC_WEBSOCKET_PROTOCOL) {
        let fechar = conexao.close(Some(Motivo::SubprotocoloInaceitavel.into()));
        actix_web::rt::spawn(fechar);
        return Ok(resposta);
    }
    let mensagens = mensagens
        .max_frame_size(MENSAGEM_MAXIMA)
        .aggregate_continuations()
        .max_continuation_size(MENSAGEM_MAXIMA);
    let pedido = (req.headers().clone(), request::correlacao(&req));
    let socket = Socket::novo(Servico::clone(&servico), auth, pedido, (conexao, acknowledged));
    actix_web::rt::spawn(socket.atender(mensagens));
    Ok(resposta)
}
