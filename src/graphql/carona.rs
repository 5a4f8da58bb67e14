//! Equal queries of one credential that wait together go together.
//!
//! A query makes its hop when a place is free, and there are hardly more places than processors:
//! more hops at a time only make each slower. Under load a tribunal's system asks the same with other
//! values again and again; whoever comes while another waits with the same document and the same
//! rights goes with it. They would see the same rows, and a level of all of them costs little
//! more than a level of one. A query that finds a place free goes at once, alone.

use super::document::preparar::Preparado;
use super::operacao::Desfecho;
use super::perguntas::Perguntas;
use crate::app::Chamada;
use crate::auth::Ator;
use crate::db::Lugares;
use async_graphql::Request;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tracing::Span;

/// How many share a hop at most: each waits until what all of them ask is read.
const TURMA_MAXIMA: usize = 16;

/// A query on its way.
pub struct Viajante {
    pub chamada: Chamada,
    pub preparado: Arc<Preparado>,
    pub request: Request,
    pub perguntas: Arc<Perguntas>,
    pub span: Span,
    pub envio: oneshot::Sender<Noticia>,
}

/// What one that waits comes to know.
pub enum Noticia {
    Respondida(Desfecho),
    /// What failed for all may have been the fault of another: to be tried alone.
    Sozinha,
    /// Who waited for all does not any more: it is for this one to.
    Espere(Espera),
}

/// Who waits for a hop, by document and rights.
#[derive(Default)]
pub struct Carona {
    pub lugares: Lugares,
    filas: Mutex<HashMap<Chave, VecDeque<Viajante>>>,
}

/// The address of the document, which those that wait keep; and who asks.
type Chave = (usize, Ator);

/// Waits for all that ask the same. Dropped before they go, it passes to another of them.
pub struct Espera {
    carona: Arc<Carona>,
    chave: Chave,
}

impl Carona {
    /// Joins those that ask the same; or is the first of them, to wait for all.
    pub fn entrar(self: &Arc<Self>, viajante: Viajante) -> Option<(Espera, Viajante)> {
        let documento = Arc::as_ptr(&viajante.preparado) as usize;
        let chave = (documento, viajante.chamada.ator().clone());
        match self.filas().entry(chave) {
            Entry::Occupied(mut fila) => {
                fila.get_mut().push_back(viajante);
                None
            }
            Entry::Vacant(fila) => {
                let chave = fila.key().clone();
                fila.insert(VecDeque::new());
                Some((Espera { carona: Arc::clone(self), chave }, viajante))
            }
        }
    }

    fn filas(&self) -> MutexGuard<'_, HashMap<Chave, VecDeque<Viajante>>> {
        self.filas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Espera {
    /// Goes, with `primeiro` and as many of the others as fit.
    pub fn partir(self, primeiro: Viajante) -> Vec<Viajante> {
        let mut turma = vec![primeiro];
        if let Some(fila) = self.carona.filas().get_mut(&self.chave) {
            // Who left is not to be noted as having seen anything.
            fila.retain(|viajante| !viajante.envio.is_closed());
            let cabem = fila.len().min(TURMA_MAXIMA - 1);
            turma.extend(fila.drain(..cabem));
        }
        turma
    }
}

/// The next of those that are left waits for them.
impl Drop for Espera {
    fn drop(&mut self) {
        let mut filas = self.carona.filas();
        let Some(fila) = filas.get_mut(&self.chave) else { return };
        while let Some(proximo) = fila.pop_front() {
            if proximo.envio.is_closed() {
                continue;
            }
            drop(filas);
            let (carona, chave) = (Arc::clone(&self.carona), self.chave.clone());
            // Who left just now passes it on, by dropping it.
            let _ = proximo.envio.send(Noticia::Espere(Self { carona, chave }));
            return;
        }
        filas.remove(&self.chave);
    }
}
