//! How the server learns that something was committed, here or by another instance.
//!
//! After a commit one task per process sends NOTIFY, without payload and outside the
//! transaction, where it would make commits wait for each other. One thread with a
//! connection of its own listens, and looks every second regardless: a notification
//! is only a reason to look sooner, so none that is lost loses anything. Where LISTEN is
//! refused (a standby, a proxy) it goes on looking.

use super::feed::Foto;
use super::health::Health;
use super::held_feed::HeldFeed;
use super::login::{Login, PapelDoBanco};
use super::manager::Manager;
use super::socket::Socket;
use super::{ConexaoRecusada, Db, Sql};
use crate::error::Outage;
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// Commits within this time are told of together.
const ENTRE_AVISOS: Duration = Duration::from_millis(20);
/// libpq's socket is out of reach, so it is asked; that is one system call.
const ENTRE_CONSULTAS: Duration = Duration::from_millis(20);
/// As long as nobody subscribes.
const SEM_PRESSA: Duration = Duration::from_millis(200);
/// A transaction that ends without a NOTIFY also moves the horizonte.
const OLHAR: Duration = Duration::from_secs(1);
/// Between two connections that fail: at first, and at last.
const RELIGAR: Duration = Duration::from_millis(250);
const RELIGAR_NO_MAXIMO: Duration = Duration::from_secs(2);
/// Between two tries to listen where that is refused.
const LISTEN_AGAIN: Duration = Duration::from_secs(30);
/// How long PostgreSQL may take to answer the smallest of statements.
const ANSWER: Duration = Duration::from_secs(5);

/// What of the feed all clones of a [`Db`] share.
pub(super) struct Avisos {
    login: Login,
    pendente: Notify,
    horizonte: watch::Sender<u64>,
}

impl Avisos {
    pub(super) fn novos(login: Login) -> Self {
        Self { login, pendente: Notify::new(), horizonte: watch::Sender::new(0) }
    }

    pub(super) const fn login(&self) -> &Login {
        &self.login
    }

    /// Something was committed.
    pub(super) fn avisar(&self) {
        self.pendente.notify_one();
    }
}

impl Db {
    /// Up to where the feeds can be read; changes when there may be more.
    pub fn horizonte(&self) -> watch::Receiver<u64> {
        self.avisos.horizonte.subscribe()
    }

    /// Tells and listens for as long as the runtime that this is called in.
    pub fn acompanhar_fluxo(&self) {
        let parado = Arc::new(AtomicBool::new(false));
        let (avisos, parou) = (Arc::clone(&self.avisos), Arc::clone(&parado));
        let health = Arc::clone(&self.health);
        let escuta = thread::Builder::new().name("elos-fluxo".into());
        if let Err(erro) = escuta.spawn(move || escutar(&avisos, &health, &parou)) {
            tracing::error!(%erro, "nobody listens to the feed");
        }
        let (db, ao_sair) = (self.clone(), AoSair(parado));
        actix_web::rt::spawn(async move {
            let _ao_sair = ao_sair;
            loop {
                db.avisos.pendente.notified().await;
                let db = db.clone();
                let notificar =
                    move || db.como_servidor(|conn| Sql::new("NOTIFY elos_fluxo").execute(conn));
                // One that fails is made up for by the look that the others take every second.
                let _ = tokio::task::spawn_blocking(notificar).await;
                tokio::time::sleep(ENTRE_AVISOS).await;
            }
        });
    }
}

/// Tells a thread that the runtime which started it is gone.
pub(super) struct AoSair(pub(super) Arc<AtomicBool>);

impl Drop for AoSair {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn escutar(avisos: &Avisos, health: &Arc<Health>, parado: &AtomicBool) {
    let mut pausa = RELIGAR;
    while !parado.load(Ordering::Relaxed) {
        let inicio = Instant::now();
        let Err(causa) = ouvir(avisos, health, parado) else { return };
        health.listening.set(0);
        health.outages.failed(Outage::Unreachable, &causa.to_string());
        if inicio.elapsed() > RELIGAR_NO_MAXIMO {
            pausa = RELIGAR;
        }
        thread::sleep(pausa);
        pausa = (pausa * 2).min(RELIGAR_NO_MAXIMO);
    }
}

/// Looks first, so that nothing told while nobody listened is missed.
fn ouvir(
    avisos: &Avisos,
    health: &Arc<Health>,
    parado: &AtomicBool,
) -> Result<(), ConexaoRecusada> {
    let (login, health_of_it) = (avisos.login.clone(), Arc::clone(health));
    let gerente = Manager::novo(login, PapelDoBanco::App, super::TEMPO, None, health_of_it);
    let (mut conn, socket) = gerente.abrir()?;
    answered(&socket, || Sql::new("SET application_name = 'elos-fluxo'").execute(&mut conn))?;
    let mut listener = Listener::default();
    let mut held = HeldFeed::default();
    while !parado.load(Ordering::Relaxed) {
        listener.listen(&mut conn, &socket, health);
        let foto = answered(&socket, || Foto::do_banco(&mut conn))?;
        answered(&socket, || held.look(&mut conn, &foto, health))?;
        let horizonte = foto.horizonte;
        avisos.horizonte.send_if_modified(|antes| std::mem::replace(antes, horizonte) != horizonte);
        let olhou = Instant::now();
        while !parado.load(Ordering::Relaxed) && olhou.elapsed() < OLHAR {
            if listener.listening && answered(&socket, || avisada(&mut conn))? {
                break;
            }
            let ninguem = avisos.horizonte.receiver_count() == 0;
            thread::sleep(if ninguem { SEM_PRESSA } else { ENTRE_CONSULTAS });
        }
    }
    Ok(())
}

fn answered<T>(socket: &Socket, ask: impl FnOnce() -> T) -> T {
    let _waiting = socket.wait_until(Instant::now() + ANSWER);
    ask()
}

/// Whether LISTEN was accepted, on this connection.
#[derive(Default)]
struct Listener {
    listening: bool,
    tried: Option<Instant>,
}

impl Listener {
    /// Where it is refused the connection stays, and is looked through every second. That it was
    /// lost, if that is why, is found out by who looks next.
    fn listen(&mut self, conn: &mut PgConnection, socket: &Socket, health: &Health) {
        if self.listening || self.tried.is_some_and(|tried| tried.elapsed() < LISTEN_AGAIN) {
            return;
        }
        match answered(socket, || Sql::new("LISTEN elos_fluxo").execute(conn)) {
            Ok(_) => {
                self.listening = true;
                health.listening.set(1);
                if self.tried.is_some() {
                    tracing::info!("LISTEN is accepted again");
                }
            }
            Err(cause) => {
                health.listening.set(0);
                if self.tried.is_none() {
                    tracing::warn!(%cause, "LISTEN is refused: the feed is looked at every second");
                }
            }
        }
        self.tried = Some(Instant::now());
    }
}

/// Takes in every notification that has come; whether there was one.
fn avisada(conn: &mut PgConnection) -> QueryResult<bool> {
    let mut houve = false;
    for aviso in conn.notifications_iter() {
        aviso?;
        houve = true;
    }
    Ok(houve)
}
