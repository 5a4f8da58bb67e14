//! The queue between who reads and the trail: records wait here for a moment, so that
//! one statement writes those of many calls.
//!
//! A call takes its place in the queue before it reads anything: when there is none, or
//! what is in it has waited for long, the call waits, so nothing is shown that the trail
//! will not tell.

use super::model::NovoRegistro;
use super::{selo, store};
use crate::db::Db;
use crate::error::{Error, Falha};
use crate::metricas::Metricas;
use std::sync::Arc;
use std::sync::mpsc as parada;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

/// Calls that may be under way or waiting to be written.
const VAGAS: usize = 32_768;
/// Records that are company enough.
const CHEIA: usize = 1024;
/// How long a record waits for company.
const JANELA: Duration = Duration::from_millis(250);
/// What is not written by then keeps others from reading.
const ATRASO: Duration = Duration::from_secs(1);
/// How long a call waits for a place.
const ESPERA: Duration = Duration::from_secs(5);
/// How long a stop waits for the queue to empty: more than one statement may take.
const ESVAZIAR: Duration = Duration::from_secs(20);
const ENTRE_TENTATIVAS: Duration = Duration::from_millis(250);
const ENTRE_SELOS: Duration = Duration::from_secs(10);
/// What one statement writes at most, in keys of records: it must end long before its time.
const RECURSOS: usize = 50_000;
/// A record that the database, alive, refused so often is not one that it takes.
const TENTATIVAS: u32 = 5;

enum Mensagem {
    Registros(Vec<NovoRegistro>),
    /// Everything before this is written.
    Avisar(oneshot::Sender<()>),
}

/// Where calls are remembered. Cheap to clone; the threads end with the last clone.
#[derive(Clone)]
pub struct Auditoria(Option<Fila>);

#[derive(Clone)]
struct Fila {
    envio: mpsc::Sender<Mensagem>,
    /// Since when the writer is at what it took out of the queue last.
    desde: watch::Receiver<Option<Instant>>,
    /// The sealer stops when this is gone.
    _selador: Arc<parada::Sender<()>>,
}

/// One place in the queue.
pub struct Vaga(Option<mpsc::OwnedPermit<Mensagem>>);

impl Vaga {
    pub(super) fn contar(self, registros: Vec<NovoRegistro>) {
        if let (Some(vaga), false) = (self.0, registros.is_empty()) {
            vaga.send(Mensagem::Registros(registros));
        }
    }
}

impl Auditoria {
    /// Starts writing, and sealing what is written.
    pub fn iniciar(db: Db, metricas: Metricas) -> Self {
        let (envio, recepcao) = mpsc::channel(VAGAS);
        let (escrevendo, desde) = watch::channel(None);
        let (selador, fim) = parada::channel();
        let (selos, contadas) = (db.clone(), metricas.clone());
        thread::spawn(move || selar(&selos, &contadas, &fim));
        thread::spawn(move || escrever(&Escritor { db, metricas }, &escrevendo, recepcao));
        Self(Some(Fila { envio, desde, _selador: Arc::new(selador) }))
    }

    /// Remembers nothing of what is read: to measure what remembering costs.
    pub const fn nenhuma() -> Self {
        Self(None)
    }

    /// Whether anything is remembered.
    pub const fn escreve(&self) -> bool {
        self.0.is_some()
    }

    /// A place for one call; waits for one when there is none.
    pub async fn vaga(&self) -> Result<Vaga, Error> {
        let Some(fila) = &self.0 else { return Ok(Vaga(None)) };
        let em_dia = |desde: &Option<Instant>| desde.is_none_or(|desde| desde.elapsed() < ATRASO);
        let esperar = async {
            if !em_dia(&fila.desde.borrow()) {
                let _ = fila.desde.clone().wait_for(em_dia).await;
            }
            fila.envio.clone().reserve_owned().await
        };
        match timeout(ESPERA, esperar).await {
            Ok(Ok(vaga)) => Ok(Vaga(Some(vaga))),
            _ => {
                let mensagem =
                    "a trilha de auditoria não pode ser gravada; tente de novo em instantes";
                Err(Error::falha(Falha::Indisponivel, mensagem))
            }
        }
    }

    /// A place, if there is one at once: for who cannot wait any more.
    pub(super) fn vaga_ja(&self) -> Option<Vaga> {
        let Some(fila) = &self.0 else { return Some(Vaga(None)) };
        fila.envio.clone().try_reserve_owned().ok().map(|vaga| Vaga(Some(vaga)))
    }

    /// Waits until everything that was told is written. False when it was not in time.
    pub async fn esvaziar(&self) -> bool {
        let Some(fila) = &self.0 else { return true };
        let (aviso, avisado) = oneshot::channel();
        let esvaziada = async {
            fila.envio.send(Mensagem::Avisar(aviso)).await.is_ok() && avisado.await.is_ok()
        };
        timeout(ESVAZIAR, esvaziada).await.unwrap_or(false)
    }
}

struct Escritor {
    db: Db,
    metricas: Metricas,
}

fn escrever(
    escritor: &Escritor,
    escrevendo: &watch::Sender<Option<Instant>>,
    mut fila: mpsc::Receiver<Mensagem>,
) {
    while let Some(primeira) = fila.blocking_recv() {
        escrevendo.send_replace(Some(Instant::now()));
        // Who waits for the end of the queue is not kept waiting for company; nor is there
        // any to wait for in a queue that is filling.
        if matches!(primeira, Mensagem::Registros(_)) && fila.len() < CHEIA {
            thread::sleep(JANELA);
        }
        let (mut registros, mut avisos) = (Vec::new(), Vec::new());
        let mut proxima = Some(primeira);
        while let Some(mensagem) = proxima {
            match mensagem {
                Mensagem::Registros(novos) => registros.extend(novos),
                Mensagem::Avisar(aviso) => avisos.push(aviso),
            }
            proxima = fila.try_recv().ok();
        }
        let mut resto = registros.as_slice();
        while !resto.is_empty() {
            let (lote, depois) = resto.split_at(cabem(resto));
            escritor.gravar(lote);
            resto = depois;
        }
        escrevendo.send_replace(None);
        for aviso in avisos {
            // Who waited may have gone.
            let _ = aviso.send(());
        }
    }
}

/// How many of the first records one statement takes; at least one.
fn cabem(registros: &[NovoRegistro]) -> usize {
    let mut recursos = 0;
    let dentro = registros.iter().take(store::LOTE).take_while(|registro| {
        recursos += registro.recursos.len();
        recursos <= RECURSOS
    });
    dentro.count().max(1)
}

impl Escritor {
    /// Until the database has it: meanwhile calls wait. A batch that it refuses is written
    /// by halves, so that one record does not keep the others.
    fn gravar(&self, lote: &[NovoRegistro]) {
        let mut refusas = 0;
        loop {
            match self.tentar(lote) {
                Ok(()) => return self.metricas.auditou(lote.len()),
                Err(Error::Falha(..)) => {}
                Err(_) if lote.len() > 1 => {
                    let (antes, depois) = lote.split_at(lote.len() / 2);
                    self.gravar(antes);
                    return self.gravar(depois);
                }
                Err(_) => refusas += 1,
            }
            if refusas == TENTATIVAS {
                let correlacao = lote.first().map(|registro| registro.correlacao.as_str());
                tracing::error!(
                    correlacao,
                    "the database does not take a record of the audit trail"
                );
                return;
            }
            self.metricas.nao_auditou();
            tracing::debug!(
                registros = lote.len(),
                "the audit trail could not be written; trying again"
            );
            thread::sleep(ENTRE_TENTATIVAS);
        }
    }

    /// One batch, under numbers of its own. A broken connection leaves open whether it was
    /// written: it is sent again under the same ones, and stands once.
    fn tentar(&self, lote: &[NovoRegistro]) -> Result<(), Error> {
        let primeiro = self.db.como_auditor(store::numeros)?;
        loop {
            match self.db.como_auditor(|conn| store::acrescentar(conn, primeiro, lote)) {
                Ok(escritos) if escritos == lote.len() => return Ok(()),
                // Written by the time before, or somebody else's numbers.
                Ok(_) => {
                    let nossos = |conn: &mut _| store::sao_do_lote(conn, primeiro, lote);
                    return match self.db.como_auditor(nossos)? {
                        true => Ok(()),
                        false => Err(Error::falha(Falha::Indisponivel, "os números são de outro")),
                    };
                }
                Err(Error::Falha(..)) => {
                    self.metricas.nao_auditou();
                    // Told by `db`, once.
                    tracing::debug!("the database is not there for the audit trail; trying again");
                    thread::sleep(ENTRE_TENTATIVAS);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn selar(db: &Db, metricas: &Metricas, fim: &parada::Receiver<()>) {
    while fim.recv_timeout(ENTRE_SELOS) == Err(parada::RecvTimeoutError::Timeout) {
        match selo::selar(db) {
            Ok(selados) => metricas.selou(selados),
            // Told by `db`, once.
            Err(Error::Falha(Falha::Indisponivel, _)) => {}
            Err(error) => {
                let (falha, _) = error.publica();
                tracing::warn!(codigo = falha.nome(), "the audit trail could not be sealed");
            }
        }
    }
}
