//! An issuer that gives tokens to clients, counts how often it is asked, and fails when told to.

use crate::emissor::token;
use crate::support::assinante;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use elos::auth::signer::Assinante;
use elos::auth::{AuthOptions, Basic};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// What it does when a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Up,
    /// Answers 503.
    Down,
    /// Takes the request, and answers when the mood has changed.
    Silent,
}

pub struct State {
    pub mood: Mood,
    /// Seconds that a token is said to be good for.
    pub lifetime: f64,
    /// In whose name the token of a client is, if not in its own.
    pub in_the_name_of: Option<&'static str>,
    /// How often tokens were asked for, by client.
    pub asked: HashMap<String, usize>,
    open: HashMap<String, usize>,
    /// The most that were open at once, of one client and of all.
    pub most_of_one: usize,
    pub most: usize,
}

pub struct Issuer {
    pub iss: String,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Issuer {
    /// The secret of every client is `certo` and its name.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let iss = format!("http://{}", listener.local_addr().unwrap());
        let (asked, open) = Default::default();
        let state = State {
            mood: Mood::Up,
            lifetime: 300.0,
            in_the_name_of: None,
            asked,
            open,
            most_of_one: 0,
            most: 0,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let (of_server, name) = (Arc::clone(&shared), iss.clone());
        std::thread::spawn(move || {
            let key = Arc::new(assinante());
            for stream in listener.incoming().map(Result::unwrap) {
                let (shared, iss) = (Arc::clone(&of_server), name.clone());
                let key = Arc::clone(&key);
                std::thread::spawn(move || answer(&stream, &iss, &key, &shared));
            }
        });
        Self { iss, shared }
    }

    pub fn options(&self) -> AuthOptions {
        let mut options = AuthOptions::novas(self.iss.clone(), vec!["elos".into()]);
        options.facade.basic = Some(Basic::default());
        options
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
    }

    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.0.lock().unwrap())
    }

    /// How often the token of a client was asked for.
    pub fn asked(&self, client: &str) -> usize {
        self.read(|state| state.asked.get(client).copied().unwrap_or(0))
    }
}

fn answer(
    stream: &TcpStream,
    iss: &str,
    key: &Assinante,
    (state, changed): &(Mutex<State>, Condvar),
) {
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
            let mut jwk = json!(key.chave_publica());
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
    key: &Assinante,
    state: &Mutex<State>,
    changed: &Condvar,
) -> (u16, Value) {
    let mut state = state.lock().unwrap();
    *state.asked.entry(client.to_owned()).or_default() += 1;
    let open = state.open.entry(client.to_owned()).or_default();
    *open += 1;
    let (of_one, of_all) = (*open, state.open.values().sum::<usize>());
    state.most_of_one = state.most_of_one.max(of_one);
    state.most = state.most.max(of_all);
    let mut state = changed.wait_while(state, |state| state.mood == Mood::Silent).unwrap();
    *state.open.get_mut(client).unwrap() -= 1;
    if state.mood == Mood::Down {
        return (503, Value::Null);
    }
    if secret != format!("certo{client}") {
        return (401, json!({ "error": "invalid_client" }));
    }
    let now = chrono::Local::now().timestamp();
    let azp = state.in_the_name_of.unwrap_or(client);
    let claims = json!({ "iss": iss, "sub": azp, "azp": azp, "aud": "elos", "exp": now + 300, "tribunal": "8.20",
        "realm_access": { "roles": ["pse-consulta"] } });
    let token = token("k", key, &json!({}), &claims);
    (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": state.lifetime }))
}
