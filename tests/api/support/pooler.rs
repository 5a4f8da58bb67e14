//! A connection pooler between a server and PostgreSQL. In transaction mode it gives each
//! transaction of a client to any free backend, like PgBouncer with `pool_mode = transaction`. In
//! session mode a client keeps its backend. A test can change the mode.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The startup message of a client: protocol, user and database.
type Startup = Vec<u8>;

struct Shared {
    socket: PathBuf,
    by_transaction: AtomicBool,
    /// Free backends by the startup message of their session. The oldest is used first, so that a
    /// client does not get its last backend again.
    free: Mutex<HashMap<Startup, Vec<Backend>>>,
    /// The messages of a backend after its start. The pooler repeats them to every client with the
    /// same startup message.
    greeting: Mutex<HashMap<Startup, Vec<u8>>>,
}

pub struct Pooler {
    shared: Arc<Shared>,
    port: u16,
}

struct Backend(UnixStream);

/// One message, with its type and its length.
struct Message(Vec<u8>);

impl Message {
    fn kind(&self) -> u8 {
        self.0[0]
    }

    /// Returns whether this is a ReadyForQuery without an open transaction.
    fn is_idle(&self) -> bool {
        self.kind() == b'Z' && self.0[5] == b'I'
    }
}

fn message(from: &mut impl Read) -> io::Result<Message> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut whole = head.to_vec();
    whole.resize(1 + length, 0);
    from.read_exact(&mut whole[5..])?;
    Ok(Message(whole))
}

/// Reads the startup message, which has no type byte. Declines TLS.
fn startup(client: &mut TcpStream) -> io::Result<Startup> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut whole = length.to_vec();
        whole.resize(u32::from_be_bytes(length) as usize, 0);
        client.read_exact(&mut whole[4..])?;
        match u32::from_be_bytes([whole[4], whole[5], whole[6], whole[7]]) {
            // These are the codes of SSLRequest and GSSENCRequest.
            80_877_103 | 80_877_104 => client.write_all(b"N")?,
            _ => return Ok(whole),
        }
    }
}

impl Pooler {
    /// Starts a pooler in front of the PostgreSQL at this socket.
    pub fn start(socket: PathBuf, by_transaction: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            socket,
            by_transaction: AtomicBool::new(by_transaction),
            free: Mutex::default(),
            greeting: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                // A client that disconnects is not an error.
                thread::spawn(move || drop(serve(&shared, client)));
            }
        });
        Self { shared, port }
    }

    /// Returns the URL of the same database and role through this pooler.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// Changes the mode from the next transaction on.
    pub fn by_transaction(&self, by_transaction: bool) {
        self.shared.by_transaction.store(by_transaction, Ordering::SeqCst);
        // A pooler in session mode resets a backend before it gives it to another client.
        self.shared.free.lock().unwrap().clear();
    }
}

impl Shared {
    /// Returns a free backend, or a new one.
    fn take(&self, startup: &Startup) -> io::Result<Backend> {
        let free = self
            .free
            .lock()
            .unwrap()
            .get_mut(startup)
            .filter(|free| !free.is_empty())
            .map(|free| free.remove(0));
        match free {
            Some(backend) => Ok(backend),
            None => self.open(startup),
        }
    }

    fn open(&self, startup: &Startup) -> io::Result<Backend> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.write_all(startup)?;
        let mut said = Vec::new();
        loop {
            let message = message(&mut stream)?;
            let (failed, ready) = (message.kind() == b'E', message.kind() == b'Z');
            said.extend(message.0);
            if failed {
                return Err(io::Error::other("refused"));
            }
            if ready {
                break;
            }
        }
        self.greeting.lock().unwrap().entry(startup.clone()).or_insert(said);
        Ok(Backend(stream))
    }

    fn release(&self, startup: &Startup, backend: Backend) {
        self.free.lock().unwrap().entry(startup.clone()).or_default().push(backend);
    }
}

fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let startup = startup(&mut client)?;
    let mut held = Some(shared.take(&startup)?);
    let greeting = shared.greeting.lock().unwrap()[&startup].clone();
    client.write_all(&greeting)?;
    let served = exchange(shared, &startup, &mut client, &mut held);
    // Close the backend with its client, because the settings of the session are those of the
    // client.
    if let Some(Backend(stream)) = held {
        stream.shutdown(Shutdown::Both)?;
    }
    served
}

fn exchange(
    shared: &Shared,
    startup: &Startup,
    client: &mut TcpStream,
    held: &mut Option<Backend>,
) -> io::Result<()> {
    loop {
        if shared.by_transaction.load(Ordering::SeqCst)
            && let Some(backend) = held.take()
        {
            shared.release(startup, backend);
        }
        // Keep the backend until it is idle, because a transaction needs one backend.
        loop {
            let asked = message(client)?;
            if asked.kind() == b'X' {
                return Ok(());
            }
            if held.is_none() {
                *held = Some(shared.take(startup)?);
            }
            let Some(Backend(stream)) = held.as_mut() else { return Ok(()) };
            stream.write_all(&asked.0)?;
            // The client waits for a response only after a Query, a Sync or a FunctionCall.
            if !matches!(asked.kind(), b'Q' | b'S' | b'F') {
                continue;
            }
            let mut idle = false;
            loop {
                let answer = message(stream)?;
                let ready = answer.kind() == b'Z';
                idle |= answer.is_idle();
                client.write_all(&answer.0)?;
                if ready {
                    break;
                }
            }
            if idle {
                break;
            }
        }
    }
}
