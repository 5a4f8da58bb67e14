//! What lasts longer than a request: how many there may be, and when each must end.

use crate::auth::{Ator, Auth, TRIBUNAL};
use crate::config::Assinaturas;
use crate::db::{Bounds, Permits};
use crate::error::Falha;
use crate::graphql::execution::feed_reads::Leituras;
use crate::readiness::Readiness;
use actix_web::dev::ServerHandle;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep};

/// With what the server takes to learn of it, a revocation acts within ten seconds.
const CONFERENCIA: Duration = Duration::from_secs(5);
/// Deliveries under way at once, in the whole process.
const ENTREGAS: usize = 4;
/// How long a conversation of several calls, such as the reception of a processo, may go on once
/// the server is to end.
const CONVERSATION: Duration = Duration::from_secs(120);
/// How long a server that must stop at once lets its sockets say so.
const DESPEDIDA: Duration = Duration::from_secs(1);

/// The sockets and event streams that are open.
pub struct Sessoes {
    pub limites: Assinaturas,
    pub(crate) leituras: Leituras,
    pub(crate) entregas: Permits,
    por_cliente: Arc<Mutex<HashMap<String, u32>>>,
    encerrando: watch::Sender<bool>,
}

/// One of them; its place is free again when this is dropped.
pub struct Vaga {
    por_cliente: Arc<Mutex<HashMap<String, u32>>>,
    cliente: String,
}

impl Sessoes {
    pub fn novas(limites: Assinaturas) -> Self {
        Self {
            limites,
            leituras: Leituras::default(),
            entregas: Permits::new(Bounds::of(ENTREGAS, ENTREGAS)),
            por_cliente: Arc::default(),
            encerrando: watch::Sender::new(false),
        }
    }

    /// A place for a credential, unless it has all that it may have.
    pub fn vaga(&self, ator: &Ator) -> Option<Vaga> {
        let cliente = ator.credencial().to_owned();
        let mut por_cliente = self.por_cliente.lock().unwrap_or_else(PoisonError::into_inner);
        let quantas = por_cliente.entry(cliente.clone()).or_default();
        if *quantas >= self.limites.conexoes_por_credencial {
            return None;
        }
        *quantas += 1;
        Some(Vaga { por_cliente: Arc::clone(&self.por_cliente), cliente })
    }

    /// Ends when the server begins to.
    pub async fn encerramento(&self) {
        let mut encerrando = self.encerrando.subscribe();
        let _ = encerrando.wait_for(|encerrando| *encerrando).await;
    }

    fn vazias(&self) -> bool {
        self.por_cliente.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Drop for Vaga {
    fn drop(&mut self) {
        let mut por_cliente = self.por_cliente.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(quantas) = por_cliente.get_mut(&self.cliente) {
            *quantas -= 1;
            if *quantas == 0 {
                por_cliente.remove(&self.cliente);
            }
        }
    }
}

/// How a server ends that was told to.
pub struct Ending {
    pub readiness: Readiness,
    /// How long it still serves once it is not ready, so that whoever hands out its requests
    /// learns of that before a connection is refused.
    pub pause: Duration,
    /// The process ends at the latest so long after the pause, whatever is under way.
    pub at_the_latest: Duration,
}

/// SIGTERM lets what is under way finish, SIGINT and SIGQUIT do not; sockets are told
/// of either, so that their clients resume elsewhere.
pub fn encerrar_com_sinais(
    servidor: ServerHandle,
    sessoes: Arc<Sessoes>,
    ending: Ending,
) -> std::io::Result<()> {
    let mut sinais = Sinais {
        termine: signal(SignalKind::terminate())?,
        interrompa: signal(SignalKind::interrupt())?,
        saia: signal(SignalKind::quit())?,
    };
    actix_web::rt::spawn(async move {
        let com_calma = sinais.esperar().await;
        ending.readiness.drain();
        let pause = if com_calma { ending.pause } else { Duration::ZERO };
        exit_after(pause, ending.at_the_latest, ending.readiness.clone());
        sleep(pause).await;
        let begun = Instant::now();
        while com_calma && ending.readiness.in_conversation() && begun.elapsed() < CONVERSATION {
            sleep(Duration::from_millis(50)).await;
        }
        sessoes.encerrando.send_replace(true);
        let prazo = Instant::now() + DESPEDIDA;
        while !com_calma && !sessoes.vazias() && Instant::now() < prazo {
            sleep(Duration::from_millis(10)).await;
        }
        servidor.stop(com_calma).await;
    });
    Ok(())
}

/// A thread of its own: what keeps the process from ending may keep the runtime from running.
/// Conversations that go on have their time before what is left has its own.
fn exit_after(pause: Duration, at_the_latest: Duration, readiness: Readiness) {
    let wait = move || {
        thread::sleep(pause);
        let begun = std::time::Instant::now();
        while readiness.in_conversation() && begun.elapsed() < CONVERSATION {
            thread::sleep(Duration::from_millis(50));
        }
        thread::sleep(at_the_latest);
        tracing::error!("what was under way did not end in time; exiting");
        std::process::exit(1);
    };
    if let Err(error) = thread::Builder::new().name("elos-exit".into()).spawn(wait) {
        tracing::error!(%error, "nothing sees to it that the process ends in time");
    }
}

struct Sinais {
    termine: Signal,
    interrompa: Signal,
    saia: Signal,
}

impl Sinais {
    async fn esperar(&mut self) -> bool {
        tokio::select! {
            _ = self.termine.recv() => true,
            _ = self.interrompa.recv() => false,
            _ = self.saia.recv() => false,
        }
    }
}

/// Why a session does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fim {
    TokenExpirado,
    /// Revoked, or allowed other things than it was.
    CredencialMudou,
    SemComoConferir,
}

/// Watches over the token that a session was opened with.
pub struct Vigia {
    auth: web::Data<Auth>,
    headers: HeaderMap,
    ator: Ator,
    expira: DateTime<Utc>,
    relogio: fn() -> DateTime<Utc>,
}

impl Vigia {
    pub fn nova(
        auth: web::Data<Auth>,
        headers: &HeaderMap,
        (ator, expira): (Ator, DateTime<Utc>),
        relogio: fn() -> DateTime<Utc>,
    ) -> Self {
        let mut de_quem_e = HeaderMap::new();
        for nome in [AUTHORIZATION, TRIBUNAL] {
            if let Some(valor) = headers.get(&nome) {
                de_quem_e.insert(nome, valor.clone());
            }
        }
        Self { auth, headers: de_quem_e, ator, expira, relogio }
    }

    /// Ends when the session must.
    pub async fn fim(&self) -> Fim {
        let resta = (self.expira - (self.relogio)()).to_std().unwrap_or_default();
        tokio::select! {
            () = sleep(resta) => Fim::TokenExpirado,
            fim = self.conferir() => fim,
        }
    }

    async fn conferir(&self) -> Fim {
        let mut rondas = interval_at(Instant::now() + CONFERENCIA, CONFERENCIA);
        loop {
            rondas.tick().await;
            match self.auth.autenticar_ate(&self.headers).await {
                Ok((ator, _)) if ator.pode_o_mesmo_que(&self.ator) => {}
                Ok(_) => return Fim::CredencialMudou,
                Err(recusado) => {
                    return match recusado.error.publica().0 {
                        Falha::Indisponivel => Fim::SemComoConferir,
                        _ => Fim::CredencialMudou,
                    };
                }
            }
        }
    }
}
