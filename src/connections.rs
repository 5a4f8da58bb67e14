//! Connections: how many there may be, and that their clients read what they ask for.
//!
//! The server's HTTP library answers one request of a connection after the other into a buffer
//! without end, and looks for more of them without pause, whether or not the client takes any of
//! it. So before each request is looked at, it is seen whether the client has taken enough of the
//! answers before; one that has not is hung up on.

use crate::auth::PeerCertificate;
use crate::config::Connections;
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{setsockopt, sockopt};
use std::any::Any;
use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the kernel keeps of answers that a client has not taken; twice as much, as it counts.
const SEND_BUFFER: usize = 512 * 1024;
/// TCP has patience for as long with a client that takes nothing of what it is sent.
#[cfg(target_os = "linux")]
const STALLED_IN_MILLISECONDS: u32 = 10_000;
/// Said to those who are one too many, with nothing of their request read.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Length: 39\r\n\r\nh\xc3\xa1 conex\xc3\xb5es demais; tente mais tarde\n";

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
    pub fn admit(&self, io: &dyn Any, data: &mut Extensions) {
        let tls = io.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref());
        let plain = io.downcast_ref::<TcpStream>();
        let Some(stream) = plain.or(tls.map(|(stream, _)| stream)) else { return };
        let shown = tls.and_then(|(_, session)| session.peer_certificates()?.first());
        if let Some(certificate) = shown {
            data.insert(PeerCertificate(certificate.to_vec()));
        }
        // What cannot be set stays as it is by default.
        let _ = setsockopt(stream, sockopt::SndBuf, &SEND_BUFFER);
        #[cfg(target_os = "linux")]
        let _ = setsockopt(stream, sockopt::TcpUserTimeout, &STALLED_IN_MILLISECONDS);
        let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
        let socket = std::net::TcpStream::from(socket);
        let place = stream.peer_addr().ok().and_then(|peer| self.place(peer.ip().to_canonical()));
        match place {
            Some(place) => drop(data.insert(Connection { socket, _place: place })),
            None => {
                // Within TLS it would be noise.
                let _ = plain.map(|stream| stream.try_write(FULL));
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
    _place: Place,
}

impl Connection {
    /// Whether the client leaves more unread than it should before it asks for more. Until then
    /// the kernel takes what is written.
    fn is_clogged(&self) -> bool {
        let mut sockets = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        matches!(poll(&mut sockets, PollTimeout::ZERO), Ok(0))
    }
}

/// Wraps every request: hangs up on a client that asks on and does not read.
pub async fn only_readers<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let clogged = req.conn_data::<Connection>().filter(|connection| connection.is_clogged());
    let Some(connection) = clogged else { return Ok(next.call(req).await?.map_into_left_body()) };
    let _ = connection.socket.shutdown(Shutdown::Both);
    tracing::info!("hung up on a client that asks on and does not read");
    // Nobody reads it.
    let answer = HttpResponse::ServiceUnavailable().force_close().finish();
    Ok(req.into_response(answer).map_into_right_body())
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
