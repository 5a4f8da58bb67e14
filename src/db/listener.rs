//! Notifies this and the other instances of the server of commits.
//!
//! After a commit, one task per process sends NOTIFY without a payload. It does so outside the
//! transaction: inside, NOTIFY would make commits wait for each other. One thread listens on a
//! separate connection and also polls the horizon every second. A notification only triggers a poll
//! earlier, so a lost one loses no data. If PostgreSQL or a proxy refuses LISTEN, as on a standby,
//! the thread only polls.

use super::feed::PgSnapshot;
use super::feed_delay::HeldFeed;
use super::health::Health;
use super::login::{DatabaseRole, Login};
use super::manager::Manager;
use super::socket::Socket;
use super::{ConnectError, Db, Sql};
use crate::error::Outage;
use diesel::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// Pause after a NOTIFY, so that the commits meanwhile share the next one.
const NOTIFY_INTERVAL: Duration = Duration::from_millis(20);
/// Interval at which the thread asks libpq for notifications, while there are subscribers. The
/// thread cannot wait on the socket of libpq; asking costs one system call.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// The same interval while there are no subscribers.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_millis(200);
/// Interval at which the thread polls the horizon, because a transaction that ends without NOTIFY
/// moves it too.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Delay before reconnecting. It doubles after each failure, up to [`MAX_RECONNECT_DELAY`].
const RECONNECT_DELAY: Duration = Duration::from_millis(250);
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(2);
/// Delay before the thread tries LISTEN again after PostgreSQL refused it.
const LISTEN_RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// Time limit of one statement of the listener.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of the feed, shared by all clones of a [`Db`].
pub(super) struct Notifier {
    login: Login,
    pending: Notify,
    horizon: watch::Sender<u64>,
    /// The time of the last poll of the horizon.
    polled_at: Mutex<Instant>,
}

impl Notifier {
    pub(super) fn new(login: Login) -> Self {
        let (horizon, polled_at) = (watch::Sender::new(0), Mutex::new(Instant::now()));
        Self { login, pending: Notify::new(), horizon, polled_at }
    }

    pub(super) const fn login(&self) -> &Login {
        &self.login
    }

    /// Reports the end of a transaction.
    pub(super) fn notify(&self) {
        self.pending.notify_one();
    }
}

impl Db {
    /// The position up to which feeds can be read, or 0 before it is first read. The value changes
    /// when there may be new rows.
    pub fn horizon(&self) -> watch::Receiver<u64> {
        self.notifier.horizon.subscribe()
    }

    /// The time since the last poll of the horizon, or since the start.
    pub fn horizon_age(&self) -> Duration {
        self.notifier.polled_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Starts the task that sends NOTIFY and the thread that listens. Both run until the current
    /// runtime ends.
    pub fn follow_feed(&self) {
        let stopped = Arc::new(AtomicBool::new(false));
        let (notifier, stop_flag) = (Arc::clone(&self.notifier), Arc::clone(&stopped));
        let health = Arc::clone(&self.health);
        let listener = thread::Builder::new().name("elos-fluxo".into());
        if let Err(error) = listener.spawn(move || run_listener(&notifier, &health, &stop_flag)) {
            tracing::error!(erro = %error, "could not start the thread that listens to the feed");
        }
        let (db, on_exit) = (self.clone(), SetOnDrop(stopped));
        actix_web::rt::spawn(async move {
            let _on_exit = on_exit;
            loop {
                db.notifier.pending.notified().await;
                let db = db.clone();
                let notify =
                    move || db.with_server_conn(|conn| Sql::new("NOTIFY elos_fluxo").execute(conn));
                // If NOTIFY fails, other instances see the commit at their next poll, within a
                // second.
                let _ = tokio::task::spawn_blocking(notify).await;
                tokio::time::sleep(NOTIFY_INTERVAL).await;
            }
        });
    }
}

/// Sets a flag when it is dropped. A task that holds it thus tells a thread that the runtime has
/// ended.
pub(super) struct SetOnDrop(pub(super) Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn run_listener(notifier: &Notifier, health: &Arc<Health>, stopped: &AtomicBool) {
    let mut delay = RECONNECT_DELAY;
    while !stopped.load(Ordering::Relaxed) {
        let start = Instant::now();
        let Err(cause) = listen_once(notifier, health, stopped) else { return };
        health.measures.listening.set(0);
        health.outages.record_failure(Outage::Unreachable, &cause.to_string());
        if start.elapsed() > MAX_RECONNECT_DELAY {
            delay = RECONNECT_DELAY;
        }
        thread::sleep(delay);
        delay = (delay * 2).min(MAX_RECONNECT_DELAY);
    }
}

/// Listens on one connection until it fails or the server stops. It reads the horizon right after
/// LISTEN, so that it misses no commit from the time when nothing listened.
fn listen_once(
    notifier: &Notifier,
    health: &Arc<Health>,
    stopped: &AtomicBool,
) -> Result<(), ConnectError> {
    let (login, shared_health) = (notifier.login.clone(), Arc::clone(health));
    let manager =
        Manager::new(login, DatabaseRole::App, super::STATEMENT_TIMEOUT, None, shared_health);
    let (mut conn, socket) = manager.open()?;
    with_time_limit(&socket, || {
        Sql::new("SET application_name = 'elos-fluxo'").execute(&mut conn)
    })?;
    let mut listener = Listener::default();
    let mut held = HeldFeed::default();
    while !stopped.load(Ordering::Relaxed) {
        listener.listen(&mut conn, &socket, health);
        let snapshot = with_time_limit(&socket, || PgSnapshot::from_database(&mut conn))?;
        with_time_limit(&socket, || held.observe(&mut conn, &snapshot, health))?;
        let horizon = snapshot.horizon;
        notifier.horizon.send_if_modified(|before| std::mem::replace(before, horizon) != horizon);
        let polled_at = Instant::now();
        *notifier.polled_at.lock().unwrap_or_else(PoisonError::into_inner) = polled_at;
        while !stopped.load(Ordering::Relaxed) && polled_at.elapsed() < POLL_INTERVAL {
            if listener.listening && with_time_limit(&socket, || was_notified(&mut conn))? {
                break;
            }
            let no_receivers = notifier.horizon.receiver_count() == 0;
            thread::sleep(if no_receivers { IDLE_CHECK_INTERVAL } else { CHECK_INTERVAL });
        }
    }
    Ok(())
}

/// Runs `ask` with the time limit [`ANSWER_TIMEOUT`].
fn with_time_limit<T>(socket: &Socket, ask: impl FnOnce() -> T) -> T {
    let _deadline = socket.set_deadline(Instant::now() + ANSWER_TIMEOUT);
    ask()
}

/// The state of LISTEN on one connection: whether PostgreSQL accepted it, and the time of the last
/// attempt. The time is `None` before the first.
#[derive(Default)]
struct Listener {
    listening: bool,
    tried_at: Option<Instant>,
}

impl Listener {
    /// Tries LISTEN. If it fails, the connection is still used for polling. If it failed because
    /// the connection was lost, the next poll reports that.
    fn listen(&mut self, conn: &mut PgConnection, socket: &Socket, health: &Health) {
        if self.listening
            || self.tried_at.is_some_and(|tried_at| tried_at.elapsed() < LISTEN_RETRY_INTERVAL)
        {
            return;
        }
        match with_time_limit(socket, || Sql::new("LISTEN elos_fluxo").execute(conn)) {
            Ok(_) => {
                self.listening = true;
                health.measures.listening.set(1);
                if self.tried_at.is_some() {
                    tracing::info!("LISTEN is accepted again");
                }
            }
            Err(cause) => {
                health.measures.listening.set(0);
                if self.tried_at.is_none() {
                    tracing::warn!(%cause, "LISTEN is refused: the feed is looked at every second");
                }
            }
        }
        self.tried_at = Some(Instant::now());
    }
}

/// Consumes all pending notifications and returns whether there was one.
fn was_notified(conn: &mut PgConnection) -> QueryResult<bool> {
    let mut notified = false;
    for notification in conn.notifications_iter() {
        notification?;
        notified = true;
    }
    Ok(notified)
}
