//! The socket of a connection, and the one thing done to it from outside: it is closed when a
//! wait for PostgreSQL passes its deadline.
//!
//! libpq waits in `poll` for as long as the other side is there and says nothing, and Diesel
//! shows neither the socket nor libpq's handle. `statement_timeout` is kept by the server and
//! `PQcancel` asks the server, so neither helps with a server that is silent; `tcp_user_timeout`
//! and keepalives only help when its kernel is silent too. What ends such a wait is `shutdown`
//! on the socket: `poll` returns, libpq reads the end of the stream, and the call fails as one
//! on a connection that the server closed.
//!
//! The socket is found among the open files of the process (`/proc/self/fd`): one that was
//! opened while the connection was established and is
//! * over TCP, the one whose `TCP_USER_TIMEOUT` is the value that only this connection asked for
//!   in its connection string (`connect_options`);
//! * over a Unix socket, which has no such option, the only new one whose peer is a socket of
//!   PostgreSQL. These connections are established one at a time; should another part of the
//!   process open one at that moment, it is tried again, and after a few times goes without.
//!
//! The kernel hands a copy of the descriptor to its own process through a pair of sockets
//! (`SCM_RIGHTS`), the way to own one by its number without `unsafe`. A copy keeps the number
//! from being another file's by the time that the deadline passes.
//!
//! Without `/proc` (macOS) no socket is found, and only libpq's own timeouts hold.

#[cfg(target_os = "linux")]
mod linux;

use diesel::{ConnectionResult, PgConnection};
use nix::sys::socket::{Shutdown, shutdown};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How late a deadline may be noticed.
const TICK: Duration = Duration::from_millis(100);

const IDLE: u64 = 0;
const CLOSED: u64 = u64::MAX;

/// The socket of one connection, and until when somebody waits for it.
#[derive(Debug)]
pub(super) struct Socket {
    fd: Option<OwnedFd>,
    /// Milliseconds on the clock of the process, [`IDLE`] or [`CLOSED`].
    deadline: AtomicU64,
}

/// The sockets of all connections to one database.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<Vec<Weak<Socket>>>);

/// A wait that ends at its deadline; it is over when this is dropped.
pub(super) struct Waiting<'a> {
    socket: &'a Socket,
    before: u64,
    until: u64,
}

impl Socket {
    /// Of a connection that somebody else opened: no wait for it ends by a deadline.
    pub(super) const fn unwatched() -> Self {
        Self { fd: None, deadline: AtomicU64::new(IDLE) }
    }

    /// From here on, until what is returned is dropped, the socket is closed at `deadline`.
    pub(super) fn wait_until(&self, deadline: Instant) -> Waiting<'_> {
        let until = millis(deadline);
        let before = self.deadline.swap(until, Ordering::AcqRel);
        if before == CLOSED {
            self.deadline.store(CLOSED, Ordering::Release);
        }
        Waiting { socket: self, before, until }
    }

    /// Whether a wait for it ended by its deadline.
    pub(super) fn closed(&self) -> bool {
        self.deadline.load(Ordering::Acquire) == CLOSED
    }

    fn close(&self) {
        self.deadline.store(CLOSED, Ordering::Release);
        if let Some(fd) = &self.fd {
            // It may have been closed by the other side already.
            let _ = shutdown(fd.as_raw_fd(), Shutdown::Both);
        }
    }

    fn close_if_late(&self, now: u64) {
        let until = self.deadline.load(Ordering::Acquire);
        let late = until != IDLE && until != CLOSED && now > until;
        // Whoever stopped waiting at this very moment keeps the connection.
        let ours =
            || self.deadline.compare_exchange(until, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        if late && ours().is_ok() {
            self.close();
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Not when it was closed meanwhile: that stays.
        let _ = self.socket.deadline.compare_exchange(
            self.until,
            self.before,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }
}

impl Sockets {
    /// Connects with the defaults of `connect_options`, within its `connect_timeout` for each host.
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

    /// Closes every one, in use or not: what is on its way is answered by nobody.
    pub(super) fn close_all(&self) {
        self.lock().iter().filter_map(Weak::upgrade).for_each(|socket| socket.close());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Socket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sees to the deadlines of these sockets for as long as they are there. One thread does for the
/// process.
pub(super) fn watch(sockets: &Arc<Sockets>) {
    static WATCHED: LazyLock<Mutex<Vec<Weak<Sockets>>>> = LazyLock::new(|| {
        let started = thread::Builder::new().name("elos-deadlines".into()).spawn(|| {
            loop {
                thread::sleep(TICK);
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
            tracing::error!(%error, "no thread sees to the deadlines of the database");
        }
        Mutex::default()
    });
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(sockets));
}

/// Never [`IDLE`].
fn millis(at: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let since = at.saturating_duration_since(*START).as_millis();
    u64::try_from(since).unwrap_or(CLOSED - 2) + 1
}
