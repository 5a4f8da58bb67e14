//! Probes the health of the database four times a second, on a separate connection.
//!
//! `/readyz` reports the last result, so no request waits for a probe. If PostgreSQL does not
//! answer the probe in time, this module treats it as silent and shuts down all connections to it.
//! The statements that wait on them then fail, and new connections go to whichever host of the URL
//! answers.

use super::login::{DatabaseRole, Login};
use super::manager::Manager;
use super::measures::Measures;
use super::outages::Outages;
use super::pooler::Backends;
use super::socket::{self, Socket, Sockets};
use super::{ConnectError, Db, Sql};
use crate::error::Outage;
use crate::readiness::{Flag, Readiness};
use diesel::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// Maximum age of a successful probe. After that, the database counts as not answering.
const MAX_AGE: Duration = Duration::from_secs(1);
/// Time limit of the probe statement. After that, this module treats PostgreSQL as silent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(4);

/// The state of one database, shared by all connections to it.
pub(super) struct Health {
    pub(super) sockets: Arc<Sockets>,
    pub(super) outages: Outages,
    pub(super) backends: Backends,
    pub(super) measures: Measures,
    start: Instant,
    /// Time of the last answer, in milliseconds after `start`; zero means never.
    answered_at: AtomicU64,
    writable: Flag,
}

impl Health {
    pub(super) fn new() -> Arc<Self> {
        let sockets = Arc::new(Sockets::default());
        socket::watch(&sockets);
        Arc::new(Self {
            sockets,
            outages: Outages::default(),
            backends: Backends::default(),
            measures: Measures::default(),
            start: Instant::now(),
            answered_at: AtomicU64::new(0),
            writable: Flag::default(),
        })
    }

    fn answers(&self) -> bool {
        let answered_at = self.answered_at.load(Ordering::Acquire);
        let now = self.now();
        answered_at > 0 && u128::from(now.saturating_sub(answered_at)) <= MAX_AGE.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

impl Db {
    /// Starts the probe thread, which runs until the last clone of this `Db` is dropped, and makes
    /// its results conditions of readiness.
    pub fn watch(&self, readiness: &Readiness) {
        let (answers, writable) = (Arc::downgrade(&self.health), self.health.writable.clone());
        readiness.require("banco", "o banco de dados não responde", move || {
            answers.upgrade().is_some_and(|health| health.answers())
        });
        readiness
            .require("escrita", "o banco de dados só aceita leituras", move || writable.get());
        let (login, health) = (self.notifier.login().clone(), Arc::downgrade(&self.health));
        let spawned =
            thread::Builder::new().name("elos-health".into()).spawn(move || probe(&login, &health));
        if let Err(error) = spawned {
            tracing::error!(%error, "could not start the thread that probes the database");
        }
    }

    /// Whether an outage is under way and has been logged, so that the failures it causes need not
    /// be logged.
    pub fn outage_logged(&self) -> bool {
        self.health.outages.any()
    }

    pub fn measures(&self) -> Measures {
        self.health.measures.clone()
    }
}

fn probe(login: &Login, health: &Weak<Health>) {
    let mut connection = None;
    while let Some(health) = health.upgrade() {
        let started_at = Instant::now();
        if let Err(error) = probe_once(login, &health, &mut connection) {
            connection = None;
            health.answered_at.store(0, Ordering::Release);
            health.backends.request_check();
            health.outages.record_failure(Outage::Unreachable, &error.to_string());
        }
        health.outages.log_due(health.answers());
        drop(health);
        thread::sleep(PROBE_INTERVAL.saturating_sub(started_at.elapsed()));
    }
}

/// Sends one probe, on a new connection if there is none.
fn probe_once(
    login: &Login,
    health: &Arc<Health>,
    connection: &mut Option<(PgConnection, Arc<Socket>)>,
) -> Result<(), ConnectError> {
    if connection.is_none() {
        let manager = Manager::new(
            login.clone(),
            DatabaseRole::App,
            SILENCE_TIMEOUT,
            None,
            Arc::clone(health),
        );
        let (mut pg, socket) = manager.open()?;
        Sql::new("SET application_name = 'elos-saude'").execute(&mut pg)?;
        *connection = Some((pg, socket));
    }
    let Some((pg, socket)) = connection else { return Ok(()) };
    let answer = {
        let _deadline = socket.set_deadline(Instant::now() + SILENCE_TIMEOUT);
        writable(pg)
    };
    match answer {
        Ok(writable) => {
            health.answered_at.store(health.now(), Ordering::Release);
            health.writable.set(writable);
            if !writable {
                // Reconnect for the next probe: another host of the URL may accept writes now.
                *connection = None;
            }
            Ok(())
        }
        Err(_) if socket.closed() => {
            health.sockets.close_all();
            Err(ConnectError::Unresponsive)
        }
        Err(error) => Err(error.into()),
    }
}

fn writable(pg: &mut PgConnection) -> QueryResult<bool> {
    Sql::new("SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'")
        .row(pg)
}
