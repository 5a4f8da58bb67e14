//! Whether the database serves, asked four times a second on a connection of its own.
//!
//! What is found out is what `/readyz` says, so no request waits for it. A server that does not
//! answer this smallest of questions in time is silent: all connections to it are closed, so
//! that those who wait on one go on, and the next connections are made to whichever host of the
//! URL answers.

use super::login::{Login, PapelDoBanco};
use super::manager::Manager;
use super::outages::Outages;
use super::session::Backends;
use super::socket::{self, Socket, Sockets};
use super::{ConexaoRecusada, Db, Sql};
use crate::error::Outage;
use crate::readiness::{Flag, Readiness};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use prometheus_client::metrics::gauge::Gauge;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_millis(250);
/// A verdict older than this is none.
const FRESH: Duration = Duration::from_secs(1);
/// A server that does not answer `SELECT` by then does not answer at all.
const SILENT: Duration = Duration::from_secs(4);

/// What is known of one database, shared by all connections to it.
pub(super) struct Health {
    pub(super) sockets: Arc<Sockets>,
    pub(super) outages: Outages,
    pub(super) backends: Backends,
    /// Whether the feed is told of commits as they happen: LISTEN was accepted.
    pub(super) listening: Gauge,
    /// Since how many seconds one open transaction holds the feed back.
    pub(super) feed_held: Gauge,
    start: Instant,
    /// Milliseconds after `start` at which it last answered; zero is never.
    answered: AtomicU64,
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
            listening: Gauge::default(),
            feed_held: Gauge::default(),
            start: Instant::now(),
            answered: AtomicU64::new(0),
            writable: Flag::default(),
        })
    }

    fn answers(&self) -> bool {
        let answered = self.answered.load(Ordering::Acquire);
        let now = self.now();
        answered > 0 && u128::from(now.saturating_sub(answered)) <= FRESH.as_millis()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

/// What the database shows of itself; all clones of a gauge are one.
pub struct Gauges {
    pub listening: Gauge,
    pub feed_held: Gauge,
}

impl Db {
    /// Asks from here on, for as long as there is a clone of this, and makes what is found out
    /// conditions of being ready.
    pub fn watch(&self, readiness: &Readiness) {
        let (answers, writable) = (Arc::downgrade(&self.health), self.health.writable.clone());
        readiness.require("banco", "o banco de dados não responde", move || {
            answers.upgrade().is_some_and(|health| health.answers())
        });
        readiness
            .require("escrita", "o banco de dados só aceita leituras", move || writable.get());
        let (login, health) = (self.avisos.login().clone(), Arc::downgrade(&self.health));
        let spawned =
            thread::Builder::new().name("elos-health".into()).spawn(move || probe(&login, &health));
        if let Err(error) = spawned {
            tracing::error!(%error, "nobody asks whether the database serves");
        }
    }

    /// An outage is under way and was told: who fails for it need not tell again.
    pub fn outage_told(&self) -> bool {
        self.health.outages.any()
    }

    pub fn gauges(&self) -> Gauges {
        let Self { health, .. } = self;
        Gauges { listening: health.listening.clone(), feed_held: health.feed_held.clone() }
    }
}

fn probe(login: &Login, health: &Weak<Health>) {
    let mut connection = None;
    while let Some(health) = health.upgrade() {
        let begun = Instant::now();
        if let Err(refused) = ask(login, &health, &mut connection) {
            connection = None;
            health.answered.store(0, Ordering::Release);
            health.backends.suspect();
            health.outages.failed(Outage::Unreachable, &refused.to_string());
        }
        health.outages.tell(health.answers());
        drop(health);
        thread::sleep(PERIOD.saturating_sub(begun.elapsed()));
    }
}

/// Asks once, over a new connection if there is none.
fn ask(
    login: &Login,
    health: &Arc<Health>,
    connection: &mut Option<(PgConnection, Arc<Socket>)>,
) -> Result<(), ConexaoRecusada> {
    if connection.is_none() {
        let manager =
            Manager::novo(login.clone(), PapelDoBanco::App, SILENT, None, Arc::clone(health));
        let (mut pg, socket) = manager.abrir()?;
        Sql::new("SET application_name = 'elos-saude'").execute(&mut pg)?;
        *connection = Some((pg, socket));
    }
    let Some((pg, socket)) = connection else { return Ok(()) };
    let answer = {
        let _waiting = socket.wait_until(Instant::now() + SILENT);
        writable(pg)
    };
    match answer {
        Ok(writable) => {
            health.answered.store(health.now(), Ordering::Release);
            health.writable.set(writable);
            if !writable {
                // Another host of the URL may be the one that takes writes now.
                *connection = None;
            }
            Ok(())
        }
        Err(_) if socket.closed() => {
            health.sockets.close_all();
            Err(ConexaoRecusada::Silencio)
        }
        Err(error) => Err(error.into()),
    }
}

fn writable(pg: &mut PgConnection) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        writable: bool,
    }
    let ask = Sql::new(
        "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable",
    );
    Ok(ask.get_result::<Answer>(pg)?.writable)
}
