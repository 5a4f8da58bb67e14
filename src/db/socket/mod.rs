//! Client-side deadlines for PostgreSQL: this module shuts down the socket of a connection when a
//! wait passes its deadline.
//!
//! libpq waits in `poll` for as long as the server is connected but silent, and Diesel exposes
//! neither the socket nor libpq's handle. The server enforces `statement_timeout`, and `PQcancel`
//! needs an answer of the server, so neither helps against a silent server. `tcp_user_timeout` and
//! keepalives help only if the server's kernel is silent too. `shutdown` on the socket ends the
//! wait: `poll` returns, libpq reads the end of the stream, and the call fails as if the server had
//! closed the connection.
//!
//! The socket is found among the open files of the process (`/proc/self/fd`), among those opened
//! while the connection was established:
//! * over TCP, it is the socket whose `TCP_USER_TIMEOUT` has the value that only this connection
//!   requested in its connection string (`connect_options`);
//! * over a Unix socket, which has no such option, it is the only new socket whose peer is a
//!   PostgreSQL socket. These connections are established one at a time. If another part of the
//!   process opens one at the same moment, the attempt is repeated; after a few attempts the
//!   connection has no deadlines.
//!
//! The descriptor is duplicated by sending it to the own process over a socket pair (`SCM_RIGHTS`),
//! because that turns a descriptor number into an owned descriptor without `unsafe`. Holding a
//! duplicate ensures that, at the deadline, the descriptor still refers to the same socket and not
//! to a file opened later under the same number.
//!
//! Without `/proc` (macOS) no socket is found, and only libpq's own timeouts apply.

#[cfg(target_os = "linux")]
mod linux;

use diesel::{ConnectionResult, PgConnection};
use nix::sys::socket::{Shutdown, shutdown};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Interval at which deadlines are checked, and thus the largest delay of a shutdown.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Values of [`Socket::deadline`] that are not a time: nobody waits, or the socket was shut down.
const IDLE: u64 = 0;
const CLOSED: u64 = u64::MAX;

/// The socket of one connection and the deadline of the current wait for it.
#[derive(Debug)]
pub(super) struct Socket {
    /// `None` if the socket was not found: then no deadline applies.
    fd: Option<OwnedFd>,
    /// Milliseconds since [`millis`] was first called, or [`IDLE`], or [`CLOSED`].
    deadline: AtomicU64,
}

/// The sockets of all connections to one database.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<Vec<Weak<Socket>>>);

/// A wait with a deadline. Dropping it ends the wait and restores the deadline of an outer wait.
pub(super) struct DeadlineGuard<'a> {
    socket: &'a Socket,
    outer: u64,
    until: u64,
}

impl Socket {
    /// A socket without deadlines, for a connection that was not opened by [`Sockets::connect`].
    pub(super) const fn unwatched() -> Self {
        Self { fd: None, deadline: AtomicU64::new(IDLE) }
    }

    /// Begins a wait: until the result is dropped, the socket is shut down at `deadline`.
    pub(super) fn set_deadline(&self, deadline: Instant) -> DeadlineGuard<'_> {
        let until = millis(deadline);
        let outer = self.deadline.swap(until, Ordering::AcqRel);
        if outer == CLOSED {
            self.deadline.store(CLOSED, Ordering::Release);
        }
        DeadlineGuard { socket: self, outer, until }
    }

    /// Whether the socket was shut down, by a deadline or by [`Sockets::close_all`].
    pub(super) fn closed(&self) -> bool {
        self.deadline.load(Ordering::Acquire) == CLOSED
    }

    fn close(&self) {
        self.deadline.store(CLOSED, Ordering::Release);
        if let Some(fd) = &self.fd {
            // Ignore the error: the server may already have closed the connection.
            let _ = shutdown(fd.as_raw_fd(), Shutdown::Both);
        }
    }

    fn close_if_late(&self, now: u64) {
        let until = self.deadline.load(Ordering::Acquire);
        let late = until != IDLE && until != CLOSED && now > until;
        // If the wait ends between the load and the exchange, the exchange fails and the
        // connection stays usable.
        let ours =
            || self.deadline.compare_exchange(until, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        if late && ours().is_ok() {
            self.close();
        }
    }
}

impl Drop for DeadlineGuard<'_> {
    fn drop(&mut self) {
        // The exchange fails if the socket was shut down meanwhile, so that `CLOSED` stays.
        let _ = self.socket.deadline.compare_exchange(
            self.until,
            self.outer,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }
}

impl Sockets {
    /// Opens a connection with the defaults of `connect_options`, whose `connect_timeout` applies
    /// to each host.
    pub(super) fn connect(&self, url: &str) -> ConnectionResult<(PgConnection, Arc<Socket>)> {
        #[cfg(target_os = "linux")]
        let (connection, fd) = linux::establish(url)?;
        #[cfg(not(target_os = "linux"))]
        let (connection, fd) = {
            let conninfo = super::connect_options::with_defaults(url, 0).0;
            (diesel::Connection::establish(&conninfo)?, None)
        };
        let socket = Arc::new(Socket { fd, deadline: AtomicU64::new(IDLE) });
        let mut sockets = self.lock();
        sockets.retain(|socket| socket.strong_count() > 0);
        sockets.push(Arc::downgrade(&socket));
        Ok((connection, socket))
    }

    /// Shuts down every socket, also those in use: a silent server will not answer their
    /// statements.
    pub(super) fn close_all(&self) {
        self.lock().iter().filter_map(Weak::upgrade).for_each(|socket| socket.close());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Socket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Enforces the deadlines of these sockets until `sockets` is dropped. One thread serves the whole
/// process.
pub(super) fn watch(sockets: &Arc<Sockets>) {
    static WATCHED: LazyLock<Mutex<Vec<Weak<Sockets>>>> = LazyLock::new(|| {
        let started = thread::Builder::new().name("elos-deadlines".into()).spawn(|| {
            loop {
                thread::sleep(CHECK_INTERVAL);
                let now = millis(Instant::now());
                let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
                watched.retain(|sockets| sockets.strong_count() > 0);
                for sockets in watched.iter().filter_map(Weak::upgrade) {
                    let all = sockets.lock();
                    all.iter().filter_map(Weak::upgrade).for_each(|one| one.close_if_late(now));
                }
            }
        });
        if let Err(error) = started {
            tracing::error!(%error, "could not start the thread that enforces the deadlines of the database");
        }
        Mutex::default()
    });
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(sockets));
}

/// Milliseconds on the clock of the process. The result is at least 1, so it is never [`IDLE`].
fn millis(at: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let since = at.saturating_duration_since(*START).as_millis();
    u64::try_from(since).unwrap_or(CLOSED - 2) + 1
}
