//! Detects poolers that do not keep sessions.
//!
//! The tribunal and the role of a session decide whose rows it sees. A pooler that gives each
//! transaction another backend (PgBouncer with `pool_mode = transaction`) mixes sessions up: one
//! connection sees the settings of another. Therefore each session is marked with a unique value
//! and the pid of its backend. A connection that finds another value or another pid is not in its
//! own session.

use super::health::Health;
use super::listener::SetOnDrop;
use super::socket::{self, Socket, Sockets};
use super::{ConnectError, Db, Sql, unavailable};
use crate::error::Error;
use ahash::{HashSet, HashSetExt};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Pause between two probes while the server runs.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// Time limit of one probe statement.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// Interval at which the probe thread checks whether it must stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// The error message that the check statement raises when the mark is missing.
const MARK_MISSING: &str = "elos: another session";
/// The order in which the two connections check their marks. A pooler that assigns backends in
/// rotation cannot match this order.
const PROBE_ORDER: [usize; 10] = [0, 1, 0, 0, 1, 1, 0, 1, 1, 0];

/// The value with which one session was marked.
#[derive(Debug)]
pub(super) struct Mark(Uuid);

impl Mark {
    /// Marks the session of `conn`. This and [`Self::check`] use the simple protocol, in which one
    /// message is one transaction that no pooler can split.
    fn set(conn: &mut PgConnection) -> QueryResult<Self> {
        let mark = Self(Uuid::new_v4());
        conn.batch_execute(&format!(
            "SELECT set_config('elos.session', '{}:' || pg_backend_pid(), false)",
            mark.0
        ))?;
        Ok(mark)
    }

    /// Checks that `conn` is still in the marked session.
    ///
    /// # Errors
    /// [`ConnectError::TransactionPooler`] if it is in another session; any other error means that
    /// the connection is unusable.
    pub(super) fn check(&self, conn: &mut PgConnection) -> Result<(), ConnectError> {
        let result = conn.batch_execute(&format!(
            "DO $$ BEGIN IF current_setting('elos.session', true) IS DISTINCT FROM '{}:' || pg_backend_pid() \
             THEN RAISE EXCEPTION '{MARK_MISSING}'; END IF; END $$",
            self.0
        ));
        result.map_err(|error| match &error {
            DatabaseError(_, info) if info.message() == MARK_MISSING => {
                ConnectError::TransactionPooler
            }
            _ => error.into(),
        })
    }
}

/// Two connections that check alternately whether each is in its own session.
struct Probe([(PgConnection, Arc<Socket>, Mark); 2]);

impl Probe {
    fn open(sockets: &Sockets, url: &str) -> Result<Self, ConnectError> {
        let open = || {
            let (mut conn, socket) = sockets.connect(url)?;
            let mark = {
                let _deadline = socket.set_deadline(Instant::now() + PROBE_TIMEOUT);
                conn.batch_execute("SET application_name = 'elos-session'")?;
                Mark::set(&mut conn)?
            };
            Ok::<_, ConnectError>((conn, socket, mark))
        };
        Ok(Self([open()?, open()?]))
    }

    fn check(&mut self) -> Result<(), ConnectError> {
        PROBE_ORDER.into_iter().try_for_each(|which| {
            let (conn, socket, mark) = &mut self.0[which];
            let _deadline = socket.set_deadline(Instant::now() + PROBE_TIMEOUT);
            mark.check(conn)
        })
    }
}

/// Checks that connections to `url` keep their sessions.
pub fn check_session_affinity(url: &str) -> Result<(), ConnectError> {
    let sockets = Arc::new(Sockets::default());
    socket::watch(&sockets);
    check_affinity(&sockets, url)
}

/// Like [`check_session_affinity`], with sockets whose deadlines [`socket::watch`] already
/// enforces.
pub(super) fn check_affinity(sockets: &Sockets, url: &str) -> Result<(), ConnectError> {
    Probe::open(sockets, url)?.check()
}

/// The backends that the connections of this process use. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Backends(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pids: Mutex<HashSet<i32>>,
    /// Incremented when a connection is found dead or in another session. Each connection is then
    /// checked before its next use. A check at every use would cost a third of a point query.
    check_generation: AtomicU64,
}

impl Default for Backends {
    fn default() -> Self {
        let (pids, check_generation) = (Mutex::new(HashSet::new()), AtomicU64::new(0));
        Self(Arc::new(Shared { pids, check_generation }))
    }
}

/// A claim on a backend, released when its connection is dropped.
#[derive(Debug)]
pub(super) struct BackendClaim {
    backends: Backends,
    pid: i32,
}

impl Backends {
    /// Marks the session of a new connection and claims its backend. If another connection already
    /// uses the backend, a pooler shares it, and the claim fails: a pooler that keeps sessions
    /// never gives one backend to two connections.
    pub(super) fn claim(
        &self,
        conn: &mut PgConnection,
    ) -> Result<(Mark, BackendClaim), ConnectError> {
        let mark = Mark::set(conn)?;
        let pid: i32 = Sql::new("SELECT pg_backend_pid()").row(conn)?;
        if !self.pids().insert(pid) {
            return Err(ConnectError::TransactionPooler);
        }
        let claim = BackendClaim { backends: self.clone(), pid };
        mark.check(conn)?;
        Ok((mark, claim))
    }

    /// The current value of the counter. A connection that was checked at this value needs no
    /// further check.
    pub(super) fn check_generation(&self) -> u64 {
        self.0.check_generation.load(Ordering::Acquire)
    }

    /// Makes every connection be checked before its next use, because one of them failed.
    pub(super) fn request_check(&self) {
        self.0.check_generation.fetch_add(1, Ordering::AcqRel);
    }

    fn pids(&self) -> MutexGuard<'_, HashSet<i32>> {
        self.0.pids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BackendClaim {
    fn drop(&mut self) {
        self.backends.pids().remove(&self.pid);
    }
}

/// Watches whether the sessions behind the database URLs are kept.
pub(super) struct PoolerWatch {
    urls: Vec<String>,
    health: Arc<Health>,
    lost: AtomicBool,
}

impl PoolerWatch {
    pub(super) const fn of(urls: Vec<String>, health: Arc<Health>) -> Self {
        Self { urls, health, lost: AtomicBool::new(false) }
    }

    /// Fails while sessions are not kept, so that no connection is handed out.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.lost.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(unavailable()),
        }
    }

    /// Probes every URL once and returns whether sessions are lost. `None` means unknown: an
    /// unreachable database says nothing about its sessions. The connections stay open while they
    /// work, so that the probe of a URL costs only ten small statements.
    fn probe_all(&self, probes: &mut Vec<Option<Probe>>) -> Option<bool> {
        probes.resize_with(self.urls.len(), || None);
        let (mut lost, mut known) = (false, true);
        for (url, slot) in self.urls.iter().zip(probes) {
            let probe = slot.take().map_or_else(|| Probe::open(&self.health.sockets, url), Ok);
            match probe.and_then(|mut probe| probe.check().map(|()| probe)) {
                Ok(probe) => *slot = Some(probe),
                Err(ConnectError::TransactionPooler) => lost = true,
                Err(_) => known = false,
            }
        }
        (lost || known).then_some(lost)
    }
}

impl Db {
    /// Whether a pooler mixes up the sessions of this server. While it does, the server refuses
    /// every request.
    pub fn sessions_lost(&self) -> bool {
        self.pooler_watch.lost.load(Ordering::Acquire)
    }

    /// Starts a thread that probes every two seconds whether sessions are kept, until the current
    /// runtime ends.
    pub fn watch_sessions(&self) {
        let stopped = Arc::new(AtomicBool::new(false));
        let (db, stop_flag) = (self.clone(), Arc::clone(&stopped));
        let watch = thread::Builder::new().name("elos-session".into());
        if let Err(error) = watch.spawn(move || db.probe_repeatedly(&stop_flag)) {
            tracing::error!(%error, "could not start the thread that probes the sessions");
        }
        actix_web::rt::spawn(async move {
            let _stop = SetOnDrop(stopped);
            std::future::pending::<()>().await;
        });
    }

    fn probe_repeatedly(&self, stopped: &AtomicBool) {
        let mut probes = Vec::new();
        while !stopped.load(Ordering::Relaxed) {
            if let Some(lost) = self.pooler_watch.probe_all(&mut probes) {
                self.set_lost(lost);
            }
            let checks = PROBE_INTERVAL.as_millis() / STOP_CHECK_INTERVAL.as_millis();
            for _ in 0..checks {
                if !stopped.load(Ordering::Relaxed) {
                    thread::sleep(STOP_CHECK_INTERVAL);
                }
            }
        }
    }

    fn set_lost(&self, lost: bool) {
        let before = self.pooler_watch.lost.load(Ordering::Acquire);
        match (before, lost) {
            (false, true) => tracing::error!(
                "a pooler between this server and PostgreSQL gives each transaction another session; nothing is served until it does not (pool_mode = session)"
            ),
            (true, false) => tracing::info!("sessions are kept again"),
            _ => {}
        }
        if before != lost {
            // Every connection must check its session before its next use.
            self.health.backends.request_check();
        }
        self.pooler_watch.lost.store(lost, Ordering::Release);
    }
}
