//! A proxy in front of PostgreSQL. A test can make it silent, or make it close every connection.

use crate::support::Database;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

const OPEN: u8 = 0;
/// Accepts connections and bytes, and sends nothing.
const SILENT: u8 = 1;
/// Closes every connection at once.
const CLOSED: u8 = 2;

/// Changes the bytes of the client.
type Garble = fn(&mut [u8]);

pub struct Relay {
    port: u16,
    state: Arc<AtomicU8>,
    clients: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    pub fn new() -> Self {
        Self::garbling(|_| ())
    }

    /// Starts a relay that refuses LISTEN, as some proxies and standbys do.
    pub fn without_listen() -> Self {
        Self::garbling(|bytes| {
            let listen = b"LISTEN ";
            let found = bytes.windows(listen.len()).position(|window| window == listen);
            if let Some(at) = found {
                bytes[at..at + listen.len()].copy_from_slice(b"LISTEM ");
            }
        })
    }

    fn garbling(garble: Garble) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, clients) = (Arc::new(AtomicU8::new(OPEN)), Arc::<Mutex<Vec<_>>>::default());
        let (seen, kept) = (Arc::clone(&state), Arc::clone(&clients));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if seen.load(Ordering::SeqCst) == CLOSED {
                    continue;
                }
                let server = UnixStream::connect(Database::socket()).unwrap();
                kept.lock().unwrap().push(client.try_clone().unwrap());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let state = Arc::clone(&seen);
                std::thread::spawn(move || {
                    pass(from, &to, &state, garble);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let state = Arc::clone(&seen);
                std::thread::spawn(move || {
                    pass(server, &client, &state, |_| ());
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, state, clients }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn open(&self) {
        self.state.store(OPEN, Ordering::SeqCst);
    }

    /// Silences old and new connections.
    pub fn fall_silent(&self) {
        self.state.store(SILENT, Ordering::SeqCst);
    }

    pub fn shut(&self) {
        self.state.store(CLOSED, Ordering::SeqCst);
        for client in self.clients.lock().unwrap().drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

/// Passes bytes on while the relay is open. Bytes that arrive during the silence are lost.
fn pass(mut from: impl Read, mut to: impl Write, state: &AtomicU8, garble: Garble) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        garble(&mut bytes[..read]);
        if state.load(Ordering::SeqCst) == OPEN && to.write_all(&bytes[..read]).is_err() {
            return;
        }
    }
}

pub fn url(db: &Database, relays: &[&Relay]) -> String {
    let hosts: Vec<String> = relays.iter().map(|relay| relay.host()).collect();
    let database = db.name();
    format!("postgres://elos_teste@{}/{database}?target_session_attrs=read-write", hosts.join(","))
}
