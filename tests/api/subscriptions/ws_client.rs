//! A small client of graphql-transport-ws.

use super::MAX_WAIT;
use crate::support::App;
use serde_json::{Value, json};
use std::net::TcpStream;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

pub const SUBPROTOCOL: &str = "graphql-transport-ws";

pub struct Ws(pub WebSocket<TcpStream>);

/// The next event on a socket.
#[derive(Debug, PartialEq)]
pub enum Received {
    Message(Value),
    Closed(u16, String),
    /// The connection ended without a close frame.
    Cut,
}

impl Ws {
    pub fn connect(base: &str, headers: &[(&'static str, &str)]) -> Self {
        Self::with_id(base, headers).0
    }

    /// Connects, and returns the request id of the upgrade too.
    pub fn with_id(base: &str, headers: &[(&'static str, &str)]) -> (Self, String) {
        let address = base.trim_start_matches("http://");
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        let (ws, response) = tungstenite::client(request, stream).unwrap();
        let id = response.headers().get("x-request-id");
        (Self(ws), id.map_or_else(String::new, |id| id.to_str().unwrap().to_owned()))
    }

    /// Opens a socket that has sent no message yet.
    pub fn open(app: &App) -> Self {
        Self::connect(&app.base, &[("sec-websocket-protocol", SUBPROTOCOL)])
    }

    /// Opens an acknowledged socket of this client.
    #[track_caller]
    pub fn of(app: &App, client: &str) -> Self {
        let mut ws = Self::open(app);
        ws.init(&app.token(client));
        assert_eq!(ws.message(), json!({ "type": "connection_ack" }));
        ws
    }

    pub fn init(&mut self, token: &str) {
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        self.send(&json!({ "type": "connection_init", "payload": payload }));
    }

    /// Returns whether the next message acknowledges the connection.
    pub fn is_accepted(&mut self) -> bool {
        self.receive() == Received::Message(json!({ "type": "connection_ack" }))
    }

    pub fn send(&mut self, message: &Value) {
        self.text(&message.to_string());
    }

    pub fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    pub fn request(&mut self, id: &str, query: &str, variables: &Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "id": id, "type": "subscribe", "payload": payload }));
    }

    /// Subscribes and waits until the subscription is active.
    #[track_caller]
    pub fn subscribe(&mut self, id: &str, query: &str, variables: &Value) {
        self.request(id, query, variables);
        self.send(&json!({ "type": "ping", "payload": { "id": id } }));
        assert_eq!(self.message(), json!({ "type": "pong", "payload": { "id": id } }));
    }

    pub fn receive(&mut self) -> Received {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    return Received::Message(serde_json::from_str(&text).unwrap());
                }
                Ok(Message::Close(Some(frame))) => {
                    return Received::Closed(frame.code.into(), frame.reason.to_string());
                }
                Ok(Message::Close(None)) => return Received::Closed(1005, String::new()),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came in {MAX_WAIT:?}")
                }
                Err(_) => return Received::Cut,
            }
        }
    }

    #[track_caller]
    pub fn message(&mut self) -> Value {
        match self.receive() {
            Received::Message(message) => message,
            other => panic!("{other:?} instead of a message"),
        }
    }

    /// Returns the `data` of the next result, which must have no errors.
    #[track_caller]
    pub fn data(&mut self, id: &str) -> Value {
        let mut message = self.message();
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"].take()
    }

    /// Reads messages up to the close frame.
    #[track_caller]
    pub fn close_frame(&mut self) -> (u16, String) {
        loop {
            match self.receive() {
                Received::Message(_) => {}
                Received::Closed(code, reason) => return (code, reason),
                Received::Cut => panic!("cut, not closed"),
            }
        }
    }
}
