//! Whether a connection keeps its session.
//!
//! A session's tribunal and role decide whose rows it sees. A pooler that gives every transaction
//! another backend (PgBouncer's `pool_mode = transaction`) mixes sessions up: what one connection
//! sets, another finds. So each session is marked with a value of its own that names its backend:
//! where a connection finds another value, or another backend, it is not in its own session.

use super::health::Health;
use super::listener::AoSair;
use super::socket::{self, Socket, Sockets};
use super::{ConexaoRecusada, Db, Sql, indisponivel};
use crate::error::Error;
use ahash::{HashSet, HashSetExt};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::Integer;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Between two looks, while the server runs.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// How long PostgreSQL may take to answer the smallest of statements.
const ANSWER: Duration = Duration::from_secs(5);
/// How soon a thread that is told to stop does.
const STEP: Duration = Duration::from_millis(100);
/// What PostgreSQL says when a mark is not there.
const LOST: &str = "elos: another session";
/// Who asks, of two connections: no pooler that gives backends in turn fits this order.
const ORDER: [usize; 10] = [0, 1, 0, 0, 1, 1, 0, 1, 1, 0];

/// What one session was marked with.
#[derive(Debug)]
pub(super) struct Mark(Uuid);

impl Mark {
    /// Marks the session of `conn`. By the simple protocol, as all here: one message is one
    /// transaction, of which no pooler can make two.
    fn set(conn: &mut PgConnection) -> QueryResult<Self> {
        let mark = Self(Uuid::new_v4());
        conn.batch_execute(&format!(
            "SELECT set_config('elos.session', '{}:' || pg_backend_pid(), false)",
            mark.0
        ))?;
        Ok(mark)
    }

    /// Whether `conn` still is in the session that was marked. An error is either
    /// [`ConexaoRecusada::TransactionPooler`] or that the connection is no good.
    pub(super) fn check(&self, conn: &mut PgConnection) -> Result<(), ConexaoRecusada> {
        let asked = conn.batch_execute(&format!(
            "DO $$ BEGIN IF current_setting('elos.session', true) IS DISTINCT FROM '{}:' || pg_backend_pid() \
             THEN RAISE EXCEPTION '{LOST}'; END IF; END $$",
            self.0
        ));
        asked.map_err(|error| match &error {
            DatabaseError(_, told) if told.message() == LOST => ConexaoRecusada::TransactionPooler,
            _ => error.into(),
        })
    }
}

/// Two connections that are asked in turn whether each is in its own session.
struct Probe([(PgConnection, Arc<Socket>, Mark); 2]);

impl Probe {
    fn open(sockets: &Sockets, url: &str) -> Result<Self, ConexaoRecusada> {
        let open = || {
            let (mut conn, socket) = sockets.connect(url)?;
            let mark = {
                let _waiting = socket.wait_until(Instant::now() + ANSWER);
                conn.batch_execute("SET application_name = 'elos-session'")?;
                Mark::set(&mut conn)?
            };
            Ok::<_, ConexaoRecusada>((conn, socket, mark))
        };
        Ok(Self([open()?, open()?]))
    }

    fn ask(&mut self) -> Result<(), ConexaoRecusada> {
        ORDER.into_iter().try_for_each(|which| {
            let (conn, socket, mark) = &mut self.0[which];
            let _waiting = socket.wait_until(Instant::now() + ANSWER);
            mark.check(conn)
        })
    }
}

/// Refuses an address behind which sessions are not kept.
pub fn sessions_kept(url: &str) -> Result<(), ConexaoRecusada> {
    let sockets = Arc::new(Sockets::default());
    socket::watch(&sockets);
    kept(&sockets, url)
}

/// The same, over sockets whose deadlines are seen to.
pub(super) fn kept(sockets: &Sockets, url: &str) -> Result<(), ConexaoRecusada> {
    Probe::open(sockets, url)?.ask()
}

/// The backends that connections of this process have. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Backends(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pids: Mutex<HashSet<i32>>,
    /// Grows each time that a connection was found dead, or in another session: each is then
    /// asked before it is used again. Asking every time costs a third of a point query.
    doubt: AtomicU64,
}

impl Default for Backends {
    fn default() -> Self {
        let (pids, doubt) = (Mutex::new(HashSet::new()), AtomicU64::new(0));
        Self(Arc::new(Shared { pids, doubt }))
    }
}

/// A backend, for as long as a connection has it.
#[derive(Debug)]
pub(super) struct Held {
    backends: Backends,
    pid: i32,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

impl Backends {
    /// Marks the session of a connection that was just opened. A backend that another
    /// connection has is not its own: a pooler that keeps sessions lends none twice.
    pub(super) fn claim(&self, conn: &mut PgConnection) -> Result<(Mark, Held), ConexaoRecusada> {
        let mark = Mark::set(conn)?;
        let Backend { pid } = Sql::new("SELECT pg_backend_pid() AS pid").get_result(conn)?;
        if !self.pids().insert(pid) {
            return Err(ConexaoRecusada::TransactionPooler);
        }
        let held = Held { backends: self.clone(), pid };
        mark.check(conn)?;
        Ok((mark, held))
    }

    /// Which doubt there is by now.
    pub(super) fn doubt(&self) -> u64 {
        self.0.doubt.load(Ordering::Acquire)
    }

    /// Something is wrong with one connection, or with all.
    pub(super) fn suspect(&self) {
        self.0.doubt.fetch_add(1, Ordering::AcqRel);
    }

    fn pids(&self) -> MutexGuard<'_, HashSet<i32>> {
        self.0.pids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.backends.pids().remove(&self.pid);
    }
}

/// What is known of the sessions behind an address.
pub(super) struct SessionWatch {
    urls: Vec<String>,
    health: Arc<Health>,
    lost: AtomicBool,
}

impl SessionWatch {
    pub(super) const fn of(urls: Vec<String>, health: Arc<Health>) -> Self {
        Self { urls, health, lost: AtomicBool::new(false) }
    }

    /// Refuses to hand out a connection while sessions are not kept.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.lost.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(indisponivel()),
        }
    }

    /// Looks once by every address; the connections stay open while they are good, so that a look
    /// costs ten small statements. That a database is not there says nothing of its sessions.
    fn look(&self, kept: &mut Vec<Option<Probe>>) -> Option<bool> {
        kept.resize_with(self.urls.len(), || None);
        let (mut lost, mut known) = (false, true);
        for (url, kept) in self.urls.iter().zip(kept) {
            let probe = kept.take().map_or_else(|| Probe::open(&self.health.sockets, url), Ok);
            match probe.and_then(|mut probe| probe.ask().map(|()| probe)) {
                Ok(probe) => *kept = Some(probe),
                Err(ConexaoRecusada::TransactionPooler) => lost = true,
                Err(_) => known = false,
            }
        }
        (lost || known).then_some(lost)
    }
}

impl Db {
    /// Whether sessions are mixed up between this server and its database: then it serves nothing.
    pub fn sessions_lost(&self) -> bool {
        self.session.lost.load(Ordering::Acquire)
    }

    /// Looks again and again whether sessions are kept, for as long as the runtime that this is
    /// called in.
    pub fn watch_sessions(&self) {
        let stopped = Arc::new(AtomicBool::new(false));
        let (db, seen) = (self.clone(), Arc::clone(&stopped));
        let watch = thread::Builder::new().name("elos-session".into());
        if let Err(error) = watch.spawn(move || db.look_again_and_again(&seen)) {
            tracing::error!(%error, "nobody looks whether sessions are kept");
        }
        actix_web::rt::spawn(async move {
            let _stop = AoSair(stopped);
            std::future::pending::<()>().await;
        });
    }

    fn look_again_and_again(&self, stopped: &AtomicBool) {
        let mut kept = Vec::new();
        while !stopped.load(Ordering::Relaxed) {
            if let Some(lost) = self.session.look(&mut kept) {
                self.tell(lost);
            }
            let steps = BETWEEN_LOOKS.as_millis() / STEP.as_millis();
            for _ in 0..steps {
                if !stopped.load(Ordering::Relaxed) {
                    thread::sleep(STEP);
                }
            }
        }
    }

    fn tell(&self, lost: bool) {
        let before = self.session.lost.load(Ordering::Acquire);
        match (before, lost) {
            (false, true) => tracing::error!(
                "a pooler between this server and PostgreSQL gives each transaction another session; nothing is served until it does not (pool_mode = session)"
            ),
            (true, false) => tracing::info!("sessions are kept again"),
            _ => {}
        }
        if before != lost {
            // Each connection is asked whether it is in its own session before it is used again.
            self.health.backends.suspect();
        }
        self.session.lost.store(lost, Ordering::Release);
    }
}
