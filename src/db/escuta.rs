//! How the server learns that something was committed, here or by another instance.
//!
//! After a commit one task per process sends NOTIFY, without payload and outside the
//! transaction, where it would make commits wait for each other. One thread with a
//! connection of its own listens, and looks every second regardless: a notification
//! is only a reason to look sooner, so none that is lost loses anything.

use super::fluxo::Foto;
use super::login::{Login, PapelDoBanco};
use super::manager::Manager;
use super::session::Backends;
use super::{ConexaoRecusada, Db, Sql};
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
const RELIGAR: Duration = Duration::from_millis(250);

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
        let escuta = thread::Builder::new().name("elos-fluxo".into());
        if let Err(erro) = escuta.spawn(move || escutar(&avisos, &parou)) {
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

fn escutar(avisos: &Avisos, parado: &AtomicBool) {
    let mut ligada = true;
    while !parado.load(Ordering::Relaxed) {
        let Err(_) = ouvir(avisos, parado, &mut ligada) else { return };
        if ligada {
            tracing::warn!("the connection that listens to the feed was lost");
            ligada = false;
        }
        thread::sleep(RELIGAR);
    }
}

/// Looks first, so that nothing told while nobody listened is missed.
fn ouvir(avisos: &Avisos, parado: &AtomicBool, ligada: &mut bool) -> Result<(), ConexaoRecusada> {
    let (papel, backends) = (PapelDoBanco::App, Backends::default());
    let mut conn =
        Manager::novo(avisos.login.clone(), papel, super::TEMPO, None, backends).abrir()?;
    Sql::new("SET application_name = 'elos-fluxo'").execute(&mut conn)?;
    Sql::new("LISTEN elos_fluxo").execute(&mut conn)?;
    *ligada = true;
    while !parado.load(Ordering::Relaxed) {
        let horizonte = Foto::do_banco(&mut conn)?.horizonte;
        avisos.horizonte.send_if_modified(|antes| std::mem::replace(antes, horizonte) != horizonte);
        let olhou = Instant::now();
        while !parado.load(Ordering::Relaxed) && olhou.elapsed() < OLHAR {
            if avisada(&mut conn)? {
                break;
            }
            let ninguem = avisos.horizonte.receiver_count() == 0;
            thread::sleep(if ninguem { SEM_PRESSA } else { ENTRE_CONSULTAS });
        }
    }
    Ok(())
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
