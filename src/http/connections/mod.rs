//! Limits connections: their number, how much of a client's input is read before it is answered,
//! and how much output a client may leave unread.
//!
//! actix-http writes the answers of a connection into an unbounded buffer, whether or not the
//! client reads them. The middleware [`close_unread`] therefore checks before each request that the
//! client has read enough of the earlier answers. If it has not, the middleware closes the
//! connection.

mod limits;
mod listen;
mod paced;

pub use limits::ConnectionLimits;
pub use listen::Listeners;

use crate::auth::PeerCertificate;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse};
use futures_util::{StreamExt, stream};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{Shutdown as ShutdownBoth, setsockopt, shutdown, sockopt};
use paced::{Answering, Flow, Paced, Transport};
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Size of the kernel's buffer for answers that the client has not read. The kernel doubles this
/// value.
const SEND_BUFFER: usize = 512 * 1024;
/// Time after which TCP gives up on a client that does not acknowledge what the server sends.
#[cfg(target_os = "linux")]
const STALLED_IN_MILLISECONDS: u32 = 10_000;
/// Number of requests of one connection that are answered before other tasks run. A client may send
/// thousands at once, and the thread would answer them without a pause.
const REQUESTS_PER_TURN: u32 = 8;
/// The answer to a connection beyond the limit. The server reads nothing of its request.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Length: 39\r\n\r\nh\xc3\xa1 conex\xc3\xb5es demais; tente mais tarde\n";

/// Marks a connection that this server itself serves over TLS.
pub struct OverTls;

/// Counts the open connections. Cloning is cheap, and all clones share the counts.
#[derive(Clone)]
pub struct ConnectionRegistry(Arc<Counts>);

struct Counts {
    limits: ConnectionLimits,
    all: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl ConnectionRegistry {
    pub fn new(limits: ConnectionLimits) -> Self {
        let (all, by_address) = (AtomicUsize::new(0), Mutex::default());
        Self(Arc::new(Counts { limits, all, by_address }))
    }

    /// Registers a new connection, or closes it if there are too many, or if too few descriptors
    /// are left to register it.
    fn admit<S: Transport>(&self, io: &Paced<S>, data: &mut Extensions) {
        let (transport, stream) = (io.get_ref(), io.get_ref().tcp());
        if let Some(certificate) = transport.certificate() {
            data.insert(PeerCertificate(certificate));
        }
        if !transport.is_plain() {
            data.insert(OverTls);
        }
        // If an option cannot be set, the default applies.
        let _ = setsockopt(stream, sockopt::SndBuf, &SEND_BUFFER);
        #[cfg(target_os = "linux")]
        let _ = setsockopt(stream, sockopt::TcpUserTimeout, &STALLED_IN_MILLISECONDS);
        let duplicate = || {
            let duplicate = stream.as_fd().try_clone_to_owned();
            let logged = duplicate.inspect_err(|error| {
                tracing::warn!(%error, "closed a connection that cannot have a second descriptor");
            });
            logged.ok().map(std::net::TcpStream::from)
        };
        let permit =
            stream.peer_addr().ok().and_then(|peer| self.acquire(peer.ip().to_canonical()));
        match permit.and_then(|permit| Some((permit, duplicate()?))) {
            Some((permit, socket)) => {
                let (flow, answered) = (Rc::clone(io.flow()), Cell::default());
                data.insert(Connection { socket, flow, answered, _permit: permit });
            }
            None => {
                // On a TLS connection the client could not read the plain text.
                let _ = transport.is_plain().then(|| stream.try_write(FULL));
                let _ = shutdown(stream.as_fd().as_raw_fd(), ShutdownBoth::Both);
            }
        }
    }

    /// Counts a connection from `address`. Returns `None` if a limit is reached.
    fn acquire(&self, address: IpAddr) -> Option<ConnectionPermit> {
        let counts = &self.0;
        let counted = !counts.limits.proxies.contains(&address);
        if counted {
            let mut by_address = counts.by_address();
            let of_address = by_address.entry(address).or_default();
            if *of_address >= counts.limits.per_address {
                tracing::warn!(%address, "too many connections of one address; if it is a proxy, name it in ELOS_PROXIES");
                return None;
            }
            *of_address += 1;
        }
        let permit =
            ConnectionPermit { counts: Arc::clone(counts), address: counted.then_some(address) };
        if counts.all.fetch_add(1, Ordering::Relaxed) >= counts.limits.max_total {
            tracing::warn!("too many connections");
            return None;
        }
        Some(permit)
    }
}

impl Counts {
    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A counted connection. The count decreases when this value is dropped.
struct ConnectionPermit {
    counts: Arc<Counts>,
    address: Option<IpAddr>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.counts.all.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let mut by_address = self.counts.by_address();
        if let Some(of_address) = by_address.get_mut(&address) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// The data of an open connection. It is dropped when the connection closes.
struct Connection {
    /// A second descriptor of the same socket.
    socket: std::net::TcpStream,
    flow: Rc<Flow>,
    /// Number of requests that were answered since other tasks last ran.
    answered: Cell<u32>,
    _permit: ConnectionPermit,
}

impl Connection {
    /// Returns whether the client has left so much unread that the kernel takes no more output.
    fn is_stalled(&self) -> bool {
        let mut sockets = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        matches!(poll(&mut sockets, PollTimeout::ZERO), Ok(0))
    }

    /// Counts a request, and returns whether other tasks must run first.
    fn should_yield(&self) -> bool {
        self.answered.set((self.answered.get() + 1) % REQUESTS_PER_TURN);
        self.answered.get() == 0
    }
}

pin_project! {
    /// The body of an answer. Its request ends when the body has been sent or dropped.
    pub struct Answered<B> {
        #[pin]
        body: B,
        answering: Option<Answering>,
    }
}

impl<B: MessageBody> MessageBody for Answered<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(cx)
    }
}

/// Middleware for every request: closes the connection of a client that sends requests without
/// reading the answers, and lets other tasks run after every eight requests.
pub async fn close_unread<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answered<EitherBody<B, BoxBody>>>, actix_web::Error> {
    let answering = begin(&mut req);
    if req.conn_data::<Connection>().is_some_and(Connection::should_yield) {
        tokio::task::yield_now().await;
    }
    let stalled = req.conn_data::<Connection>().filter(|connection| connection.is_stalled());
    let response = match stalled {
        None => next.call(req).await?.map_into_left_body(),
        Some(connection) => {
            let _ = connection.socket.shutdown(Shutdown::Both);
            tracing::info!(
                "closed the connection of a client that sends requests without reading the answers"
            );
            // The connection is closed, so nobody reads this answer.
            let answer = HttpResponse::ServiceUnavailable().force_close().finish();
            req.into_response(answer).map_into_right_body()
        }
    };
    Ok(response.map_body(|_, body| Answered { body, answering }))
}

/// Marks the request as being answered. Until the answer ends, only the body of the request is read
/// from the connection.
fn begin(req: &mut ServiceRequest) -> Option<Answering> {
    let flow = Rc::clone(&req.conn_data::<Connection>()?.flow);
    let headers = req.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse().ok());
    let (chunked, upgraded) = (req.chunked().unwrap_or(false), req.head().upgrade());
    let body = match length {
        _ if chunked || upgraded => u64::MAX,
        length => length.unwrap_or(0),
    };
    let answering = flow.begin(body);
    if chunked {
        let flow = Rc::clone(answering.flow());
        let mut payload = req.take_payload();
        let body = stream::poll_fn(move |cx| {
            let next = payload.poll_next_unpin(cx);
            if matches!(next, Poll::Ready(None)) {
                flow.end_body();
            }
            next
        });
        req.set_payload(Payload::Stream { payload: Box::pin(body) });
    }
    Some(answering)
}

/// Raises the limit of file descriptors to the maximum that the system allows. Each connection
/// takes two.
pub fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raise = |(_, most)| setrlimit(Resource::RLIMIT_NOFILE, most, most);
    if let Err(error) = getrlimit(Resource::RLIMIT_NOFILE).and_then(raise) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_limited_and_returned() {
        let address = |last| IpAddr::from([127, 0, 0, last]);
        let proxies = [address(9)].into();
        let registry =
            ConnectionRegistry::new(ConnectionLimits { max_total: 4, per_address: 2, proxies });
        let first = registry.acquire(address(1)).unwrap();
        let _second = registry.acquire(address(1)).unwrap();
        assert!(registry.acquire(address(1)).is_none());
        drop(first);
        let _third = registry.acquire(address(1)).unwrap();
        // A proxy is subject only to the limit on all connections.
        let of_proxy: Vec<_> = (0..2).map(|_| registry.acquire(address(9)).unwrap()).collect();
        assert!(registry.acquire(address(9)).is_none());
        assert!(registry.acquire(address(2)).is_none());
        drop(of_proxy);
        let of_proxy: Vec<_> = (0..2).map(|_| registry.acquire(address(9)).unwrap()).collect();
        drop(of_proxy);
        assert!(registry.acquire(address(2)).is_some());
        assert_eq!(registry.0.by_address().len(), 1);
    }

    #[test]
    fn a_connection_without_a_second_descriptor_is_closed() {
        use nix::sys::resource::{Resource, setrlimit};
        use std::io::Read;
        use std::net::TcpStream;
        use std::process::Command;
        const ALONE: &str = "ELOS_TEST_ALONE";
        // The limit holds for the whole process, so this test needs one of its own.
        if std::env::var_os(ALONE).is_none() {
            let name =
                "http::connections::tests::a_connection_without_a_second_descriptor_is_closed";
            let mut alone = Command::new(std::env::current_exe().unwrap());
            let output = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && told.contains("1 passed"), "{told}");
            return;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (accepted, _) = listener.accept().await.unwrap();
            let registry = ConnectionRegistry::new(ConnectionLimits {
                max_total: 4,
                per_address: 4,
                proxies: [].into(),
            });
            setrlimit(Resource::RLIMIT_NOFILE, 0, 0).unwrap();
            let (io, mut data) = (Paced::new(accepted), Extensions::new());
            registry.admit(&io, &mut data);
            let mut answer = Vec::new();
            client.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
            client.read_to_end(&mut answer).unwrap();
            assert_eq!(answer, FULL);
            assert!(data.get::<Connection>().is_none());
            assert_eq!(registry.0.all.load(Ordering::Relaxed), 0);
            assert!(registry.0.by_address().is_empty());
        });
    }

    #[test]
    fn the_refusal_of_a_full_server_has_the_right_length() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
