//! A small client of graphql-transport-ws.

use super::NO_MAXIMO;
use crate::support::App;
use serde_json::{Value, json};
use std::net::TcpStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

pub const SUBPROTOCOLO: &str = "graphql-transport-ws";

pub struct Ws(pub WebSocket<TcpStream>);

/// What comes next on a socket.
#[derive(Debug, PartialEq)]
pub enum Recebido {
    Mensagem(Value),
    Fechado(u16, String),
    /// Without a word.
    Cortado,
}

impl Ws {
    pub fn ligar(base: &str, headers: &[(&'static str, &str)]) -> Self {
        Self::com_id(base, headers).0
    }

    /// With the id of the request that opened it.
    pub fn com_id(base: &str, headers: &[(&'static str, &str)]) -> (Self, String) {
        let endereco = base.trim_start_matches("http://");
        let stream = TcpStream::connect(endereco).unwrap();
        stream.set_read_timeout(Some(NO_MAXIMO)).unwrap();
        stream.set_write_timeout(Some(NO_MAXIMO)).unwrap();
        let mut pedido = format!("ws://{endereco}/graphql").into_client_request().unwrap();
        for (nome, valor) in headers {
            pedido.headers_mut().append(*nome, valor.parse().unwrap());
        }
        let (ws, resposta) = tungstenite::client(pedido, stream).unwrap();
        let id = resposta.headers().get("x-request-id");
        (Self(ws), id.map_or_else(String::new, |id| id.to_str().unwrap().to_owned()))
    }

    /// Open, and nothing said yet.
    pub fn aberto(app: &App) -> Self {
        Self::ligar(&app.base, &[("sec-websocket-protocol", SUBPROTOCOLO)])
    }

    /// Open, and known to be of this client.
    #[track_caller]
    pub fn de(app: &App, cliente: &str) -> Self {
        let mut ws = Self::aberto(app);
        ws.iniciar(&app.token(cliente));
        assert_eq!(ws.mensagem(), json!({ "type": "connection_ack" }));
        ws
    }

    pub fn iniciar(&mut self, token: &str) {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.mandar(&json!({ "type": "connection_init", "payload": payload }));
    }

    /// Whether the answer to `connection_init` is that it may stay.
    pub fn foi_aceito(&mut self) -> bool {
        self.receber() == Recebido::Mensagem(json!({ "type": "connection_ack" }))
    }

    pub fn mandar(&mut self, mensagem: &Value) {
        self.texto(&mensagem.to_string());
    }

    pub fn texto(&mut self, texto: &str) {
        self.0.send(Message::text(texto)).unwrap();
    }

    pub fn pedir(&mut self, id: &str, query: &str, variables: &Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.mandar(&json!({ "id": id, "type": "subscribe", "payload": payload }));
    }

    /// Subscribes, and comes back when the subscription stands.
    #[track_caller]
    pub fn assinar(&mut self, id: &str, query: &str, variables: &Value) {
        self.pedir(id, query, variables);
        self.mandar(&json!({ "type": "ping", "payload": { "id": id } }));
        assert_eq!(self.mensagem(), json!({ "type": "pong", "payload": { "id": id } }));
    }

    pub fn receber(&mut self) -> Recebido {
        loop {
            match self.0.read() {
                Ok(Message::Text(texto)) => {
                    return Recebido::Mensagem(serde_json::from_str(&texto).unwrap());
                }
                Ok(Message::Close(Some(quadro))) => {
                    return Recebido::Fechado(quadro.code.into(), quadro.reason.to_string());
                }
                Ok(Message::Close(None)) => return Recebido::Fechado(1005, String::new()),
                Ok(_) => {}
                Err(Error::Io(erro)) if erro.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came in {NO_MAXIMO:?}")
                }
                Err(_) => return Recebido::Cortado,
            }
        }
    }

    #[track_caller]
    pub fn mensagem(&mut self) -> Value {
        match self.receber() {
            Recebido::Mensagem(mensagem) => mensagem,
            outro => panic!("{outro:?} instead of a message"),
        }
    }

    /// The `data` of the next result of a subscription, which has no errors.
    #[track_caller]
    pub fn dados(&mut self, id: &str) -> Value {
        let mut mensagem = self.mensagem();
        assert_eq!(
            (&mensagem["type"], &mensagem["id"]),
            (&json!("next"), &json!(id)),
            "{mensagem}"
        );
        assert_eq!(mensagem["payload"].get("errors"), None, "{mensagem}");
        mensagem["payload"]["data"].take()
    }

    /// How it was closed, whatever was said before.
    #[track_caller]
    pub fn fechamento(&mut self) -> (u16, String) {
        loop {
            match self.receber() {
                Recebido::Mensagem(_) => {}
                Recebido::Fechado(codigo, motivo) => return (codigo, motivo),
                Recebido::Cortado => panic!("cut, not closed"),
            }
        }
    }
}
