//! The queue between who reads and the trail: records wait here for a moment, so that
//! one statement writes those of many calls.
//!
//! A call takes its place in the queue before it reads anything: when there is none it
//! waits, so nothing is shown that the trail will not tell.

use super::model::NovoRegistro;
use super::{selo, store};
use crate::db::Db;
use crate::error::{Error, Falha};
use crate::metricas::Metricas;
use std::sync::Arc;
use std::sync::mpsc as parada;
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Calls that may be under way or waiting to be written.
const VAGAS: usize = 8192;
/// How long a record waits for company.
const JANELA: Duration = Duration::from_millis(100);
/// How long a call waits for a place, and a stop for the queue to empty.
const ESPERA: Duration = Duration::from_secs(5);
const ENTRE_TENTATIVAS: Duration = Duration::from_millis(250);
const ENTRE_SELOS: Duration = Duration::from_secs(1);

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
        let (selador, fim) = parada::channel();
        let (selos, contadas) = (db.clone(), metricas.clone());
        thread::spawn(move || selar(&selos, &contadas, &fim));
        thread::spawn(move || escrever(&db, &metricas, recepcao));
        Self(Some(Fila { envio, _selador: Arc::new(selador) }))
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
        match timeout(ESPERA, fila.envio.clone().reserve_owned()).await {
            Ok(Ok(vaga)) => Ok(Vaga(Some(vaga))),
            _ => {
                let mensagem =
                    "a trilha de auditoria não pode ser gravada; tente de novo em instantes";
                Err(Error::falha(Falha::Indisponivel, mensagem))
            }
        }
    }

    /// Waits until everything that was told is written. False when it was not in time.
    pub async fn esvaziar(&self) -> bool {
        let Some(fila) = &self.0 else { return true };
        let (aviso, avisado) = oneshot::channel();
        let esvaziada = async {
            fila.envio.send(Mensagem::Avisar(aviso)).await.is_ok() && avisado.await.is_ok()
        };
        timeout(2 * ESPERA, esvaziada).await.unwrap_or(false)
    }
}

fn escrever(db: &Db, metricas: &Metricas, mut fila: mpsc::Receiver<Mensagem>) {
    while let Some(primeira) = fila.blocking_recv() {
        // Who waits for the end of the queue is not kept waiting for company.
        if matches!(primeira, Mensagem::Registros(_)) {
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
        for lote in registros.chunks(store::LOTE) {
            gravar(db, metricas, lote);
            metricas.auditou(lote.len());
        }
        for aviso in avisos {
            // Who waited may have gone.
            let _ = aviso.send(());
        }
    }
}

/// Again and again, until the database takes it: meanwhile the queue fills, and calls wait.
fn gravar(db: &Db, metricas: &Metricas, lote: &[NovoRegistro]) {
    let mut avisado = false;
    let mut tentar = |trabalho: &dyn Fn(&Db) -> Result<i64, Error>| loop {
        match trabalho(db) {
            Ok(valor) => return valor,
            Err(error) => {
                metricas.nao_auditou();
                if !std::mem::replace(&mut avisado, true) {
                    let (falha, _) = error.publica();
                    tracing::warn!(
                        codigo = falha.nome(),
                        "the audit trail could not be written; trying again"
                    );
                }
                thread::sleep(ENTRE_TENTATIVAS);
            }
        }
    };
    // The numbers first: a batch that is sent twice is written once.
    let primeiro = tentar(&|db| db.como_auditor(store::numeros));
    tentar(&|db| db.como_auditor(|conn| store::acrescentar(conn, primeiro, lote)));
}

fn selar(db: &Db, metricas: &Metricas, fim: &parada::Receiver<()>) {
    let mut avisado = false;
    while fim.recv_timeout(ENTRE_SELOS) == Err(parada::RecvTimeoutError::Timeout) {
        match selo::selar(db) {
            Ok(selados) => {
                metricas.selou(selados);
                avisado = false;
            }
            Err(error) if !avisado => {
                let (falha, _) = error.publica();
                tracing::warn!(
                    codigo = falha.nome(),
                    "the audit trail could not be sealed; trying again"
                );
                avisado = true;
            }
            Err(_) => {}
        }
    }
}
