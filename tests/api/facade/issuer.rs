//! A token issuer that counts its requests, and that fails when a test says so.

use crate::issuer::token;
use crate::support::signer;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use elos::auth::signer::Signer;
use elos::auth::{AuthOptions, Basic};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// The way in which the issuer answers requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Up,
    /// Answers 503.
    Down,
    /// Reads the request, and answers when the behaviour changes.
    Silent,
}

pub struct State {
    pub behaviour: Behaviour,
    /// The lifetime that the issuer states for a token, in seconds.
    pub lifetime: f64,
    /// The client that tokens name instead of the requester, if set.
    pub token_client: Option<&'static str>,
    /// The number of requests for tokens, by client.
    pub asked: HashMap<String, usize>,
    open: HashMap<String, usize>,
    /// The largest number of simultaneous requests of one client.
    pub max_concurrent_of_one: usize,
    /// The largest number of simultaneous requests of all clients.
    pub max_concurrent: usize,
}

pub struct Issuer {
    pub iss: String,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Issuer {
    /// The secret of each client is `certo` and its name.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let iss = format!("http://{}", listener.local_addr().unwrap());
        let (asked, open) = Default::default();
        let state = State {
            behaviour: Behaviour::Up,
            lifetime: 300.0,
            token_client: None,
            asked,
            open,
            max_concurrent_of_one: 0,
            max_concurrent: 0,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let (of_server, name) = (Arc::clone(&shared), iss.clone());
        std::thread::spawn(move || {
            let key = Arc::new(signer());
            for stream in listener.incoming().map(Result::unwrap) {
                let (shared, iss) = (Arc::clone(&of_server), name.clone());
                let key = Arc::clone(&key);
                std::thread::spawn(move || answer(&stream, &iss, &key, &shared));
            }
        });
        Self { iss, shared }
    }

    pub fn options(&self) -> AuthOptions {
        let mut options = AuthOptions::new(self.iss.clone(), vec!["elos".into()]);
        options.tramita.basic = Some(Basic::default());
        options
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
    }

    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.0.lock().unwrap())
    }

    /// Returns the number of requests for the token of a client.
    pub fn asked(&self, client: &str) -> usize {
        self.read(|state| state.asked.get(client).copied().unwrap_or(0))
    }
}

fn answer(stream: &TcpStream, iss: &str, key: &Signer, (state, changed): &(Mutex<State>, Condvar)) {
    let mut reader = BufReader::new(stream);
    let (mut path, mut basic, mut length) = (String::new(), String::new(), 0);
    for line in reader.by_ref().lines().map_while(Result::ok) {
        let lower = line.to_ascii_lowercase();
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        } else if line.is_empty() {
            break;
        } else if lower.starts_with("authorization: basic ") {
            line["authorization: basic ".len()..].clone_into(&mut basic);
        } else if let Some(bytes) = lower.strip_prefix("content-length: ") {
            length = bytes.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let (status, body) = match path.as_str() {
        "/.well-known/openid-configuration" => (
            200,
            json!({ "issuer": iss, "jwks_uri": format!("{iss}/keys"), "token_endpoint": format!("{iss}/token") }),
        ),
        "/keys" => {
            let mut jwk = json!(key.public_key());
            jwk["kid"] = json!("k");
            (200, json!({ "keys": [jwk] }))
        }
        "/token" => {
            let text = BASE64_STANDARD.decode(basic).unwrap();
            let text = String::from_utf8(text).unwrap();
            let (client, secret) = text.split_once(':').unwrap();
            assert_eq!(body, b"grant_type=client_credentials");
            give(client, secret, iss, key, state, changed)
        }
        _ => (404, Value::Null),
    };
    let body = body.to_string();
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn give(
    client: &str,
    secret: &str,
    iss: &str,
    key: &Signer,
    state: &Mutex<State>,
    changed: &Condvar,
) -> (u16, Value) {
    let mut state = state.lock().unwrap();
    *state.asked.entry(client.to_owned()).or_default() += 1;
    let open = state.open.entry(client.to_owned()).or_default();
    *open += 1;
    let (of_one, of_all) = (*open, state.open.values().sum::<usize>());
    state.max_concurrent_of_one = state.max_concurrent_of_one.max(of_one);
    state.max_concurrent = state.max_concurrent.max(of_all);
    let mut state =
        changed.wait_while(state, |state| state.behaviour == Behaviour::Silent).unwrap();
    *state.open.get_mut(client).unwrap() -= 1;
    if state.behaviour == Behaviour::Down {
        return (503, Value::Null);
    }
    if secret != format!("certo{client}") {
        return (401, json!({ "error": "invalid_client" }));
    }
    let now = chrono::Local::now().timestamp();
    let azp = state.token_client.unwrap_or(client);
    let claims = json!({ "iss": iss, "sub": azp, "azp": azp, "aud": "elos", "exp": now + 300, "tribunal": "8.20",
        "realm_access": { "roles": ["pse-consulta"] } });
    let token = token("k", key, &json!({}), &claims);
    (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": state.lifetime }))
}
