//! Connections: how many there may be, how much of what their clients send is looked at before
//! it is answered, and that clients read what they ask for.
//!
//! The server's HTTP library answers one request of a connection after the other into a buffer
//! without end, whether or not the client takes any of it. So before each request is looked at, it
//! is seen whether the client has taken enough of the answers before; one that has not is hung up
//! on.

mod listen;
mod paced;

pub use listen::Listening;

use crate::auth::PeerCertificate;
use crate::config::Connections;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse};
use futures_util::{StreamExt, stream};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{setsockopt, sockopt};
use paced::{Answering, Flow, Paced, Transport};
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// What the kernel keeps of answers that a client has not taken; twice as much, as it counts.
const SEND_BUFFER: usize = 512 * 1024;
/// TCP has patience for as long with a client that takes nothing of what it is sent.
#[cfg(target_os = "linux")]
const STALLED_IN_MILLISECONDS: u32 = 10_000;
/// So many requests of one connection are answered before others have their turn: a client may send
/// thousands at once, and a thread answers them without pause.
const AT_A_TURN: u32 = 8;
/// Said to those who are one too many, with nothing of their request read.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Length: 39\r\n\r\nh\xc3\xa1 conex\xc3\xb5es demais; tente mais tarde\n";

/// Stands on a connection whose TLS ends here.
pub struct OverTls;

/// Those that are open. Cheap to clone: all clones count together.
#[derive(Clone)]
pub struct Register(Arc<Open>);

struct Open {
    bounds: Connections,
    all: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl Register {
    pub fn new(bounds: Connections) -> Self {
        let (all, by_address) = (AtomicUsize::new(0), Mutex::default());
        Self(Arc::new(Open { bounds, all, by_address }))
    }

    /// Takes a new connection in, or tells it that it is one too many.
    fn admit<S: Transport>(&self, io: &Paced<S>, data: &mut Extensions) {
        let (transport, stream) = (io.get_ref(), io.get_ref().tcp());
        if let Some(certificate) = transport.certificate() {
            data.insert(PeerCertificate(certificate));
        }
        if !transport.is_plain() {
            data.insert(OverTls);
        }
        // What cannot be set stays as it is by default.
        let _ = setsockopt(stream, sockopt::SndBuf, &SEND_BUFFER);
        #[cfg(target_os = "linux")]
        let _ = setsockopt(stream, sockopt::TcpUserTimeout, &STALLED_IN_MILLISECONDS);
        let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
        let socket = std::net::TcpStream::from(socket);
        let place = stream.peer_addr().ok().and_then(|peer| self.place(peer.ip().to_canonical()));
        match place {
            Some(place) => {
                let (flow, answered) = (Rc::clone(io.flow()), Cell::default());
                data.insert(Connection { socket, flow, answered, _place: place });
            }
            None => {
                // Within TLS it would be noise.
                let _ = transport.is_plain().then(|| stream.try_write(FULL));
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
    }

    /// A place among those that may be open.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let open = &self.0;
        let counted = !open.bounds.proxies.contains(&address);
        if counted {
            let mut by_address = open.by_address();
            let of_address = by_address.entry(address).or_default();
            if *of_address >= open.bounds.per_address {
                tracing::warn!(%address, "too many connections of one address; if it is a proxy, name it in ELOS_PROXIES");
                return None;
            }
            *of_address += 1;
        }
        let place = Place { open: Arc::clone(open), address: counted.then_some(address) };
        if open.all.fetch_add(1, Ordering::Relaxed) >= open.bounds.at_most {
            tracing::warn!("too many connections");
            return None;
        }
        Some(place)
    }
}

impl Open {
    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Given back by dropping it.
struct Place {
    open: Arc<Open>,
    address: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.all.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let mut by_address = self.open.by_address();
        if let Some(of_address) = by_address.get_mut(&address) {
            *of_address = of_address.saturating_sub(1);
            if *of_address == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// One that is open, for as long as it is.
struct Connection {
    /// The same socket, by a descriptor of its own.
    socket: std::net::TcpStream,
    flow: Rc<Flow>,
    /// How many requests were answered in this turn.
    answered: Cell<u32>,
    _place: Place,
}

impl Connection {
    /// Whether the client leaves more unread than it should before it asks for more. Until then
    /// the kernel takes what is written.
    fn is_clogged(&self) -> bool {
        let mut sockets = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        matches!(poll(&mut sockets, PollTimeout::ZERO), Ok(0))
    }

    /// Whether the turn is over with this request.
    fn ends_turn(&self) -> bool {
        self.answered.set((self.answered.get() + 1) % AT_A_TURN);
        self.answered.get() == 0
    }
}

pin_project! {
    /// The body of an answer: its request is being answered until it is sent.
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

/// Wraps every request: hangs up on a client that asks on and does not read, and lets others have
/// their turn.
pub async fn only_readers<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answered<EitherBody<B, BoxBody>>>, actix_web::Error> {
    let answering = begin(&mut req);
    if req.conn_data::<Connection>().is_some_and(Connection::ends_turn) {
        tokio::task::yield_now().await;
    }
    let clogged = req.conn_data::<Connection>().filter(|connection| connection.is_clogged());
    let response = match clogged {
        None => next.call(req).await?.map_into_left_body(),
        Some(connection) => {
            let _ = connection.socket.shutdown(Shutdown::Both);
            tracing::info!("hung up on a client that asks on and does not read");
            // Nobody reads it.
            let answer = HttpResponse::ServiceUnavailable().force_close().finish();
            req.into_response(answer).map_into_right_body()
        }
    };
    Ok(response.map_body(|_, body| Answered { body, answering }))
}

/// From now on the request is being answered, and nothing is read of its connection but its body.
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

/// As many descriptors as the system lets the program have: each connection takes two.
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
    fn places_are_bounded_and_given_back() {
        let address = |last| IpAddr::from([127, 0, 0, last]);
        let proxies = [address(9)].into();
        let register = Register::new(Connections { at_most: 4, per_address: 2, proxies });
        let first = register.place(address(1)).unwrap();
        let _second = register.place(address(1)).unwrap();
        assert!(register.place(address(1)).is_none());
        drop(first);
        let _third = register.place(address(1)).unwrap();
        // A proxy is bounded by all.
        let of_proxy: Vec<_> = (0..2).map(|_| register.place(address(9)).unwrap()).collect();
        assert!(register.place(address(9)).is_none());
        assert!(register.place(address(2)).is_none());
        drop(of_proxy);
        let of_proxy: Vec<_> = (0..2).map(|_| register.place(address(9)).unwrap()).collect();
        drop(of_proxy);
        assert!(register.place(address(2)).is_some());
        assert_eq!(register.0.by_address().len(), 1);
    }

    #[test]
    fn what_a_full_server_says_is_as_long_as_it_says() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
