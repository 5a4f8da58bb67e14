//! Equal queries of one credential that wait together go together.
//!
//! A query makes its hop when a place is free, and there are about as many places as processors:
//! more hops at a time only make each slower. Under load a tribunal's system asks the same with other
//! values again and again; whoever waits longest takes along all that wait with the same document
//! and the same rights. They would see the same rows, and a level of all of them costs little
//! more than a level of one. A query that finds a place free goes at once, alone; and a hop that ends
//! leaves its place, its thread and its connection to those who wait.

use super::executor::Consulta;
use super::operacao::Desfecho;
use super::perguntas::Perguntas;
use crate::app::Chamada;
use crate::auth::{Ator, Escopo};
use crate::db::{Db, quantos_lugares};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tracing::Span;

/// How many share a hop at most: each waits until what all of them ask is read.
const TURMA_MAXIMA: usize = 16;

/// A query on its way.
pub struct Viajante {
    pub chamada: Chamada,
    pub consulta: Consulta,
    pub perguntas: Arc<Perguntas>,
    pub span: Span,
    pub envio: oneshot::Sender<Noticia>,
}

/// What one that waits comes to know.
pub enum Noticia {
    Respondida(Desfecho),
    /// What failed for all may have been the fault of another: to be tried alone.
    Sozinha,
    /// A place of its own, of one that had it and did not go.
    DeNovo(Lugar),
}

/// Where hops begin and queries wait: the tribunais', and the one of who sees them all, which has
/// other connections.
pub struct Carona {
    tribunais: Arc<Estacao>,
    nacional: Arc<Estacao>,
}

pub struct Estacao(Mutex<Espera>);

struct Espera {
    livres: usize,
    /// Whoever has waited longest comes first. Somebody waits only while no place is free.
    fila: VecDeque<Box<Viajante>>,
}

/// One of the hops under way at a time. Dropped before its hop, it passes to one that waits.
pub struct Lugar(Option<Arc<Estacao>>);

impl Carona {
    /// With fewer places than there are connections: the rest are for who does not wait in line.
    pub fn nova(db: &Db) -> Self {
        let estacao = |escopo| {
            let livres = quantos_lugares().min(db.conexoes_de(escopo) - 1).max(1);
            Arc::new(Estacao(Mutex::new(Espera { livres, fila: VecDeque::new() })))
        };
        Self { tribunais: estacao(Escopo::Tribunal(0)), nacional: estacao(Escopo::Nacional) }
    }

    pub fn estacao(&self, ator: &Ator) -> &Arc<Estacao> {
        match ator.escopo() {
            Escopo::Tribunal(_) => &self.tribunais,
            Escopo::Nacional => &self.nacional,
        }
    }
}

impl Estacao {
    /// A place, for who goes at once; or it waits.
    pub fn entrar(self: &Arc<Self>, viajante: Viajante) -> Option<(Lugar, Viajante)> {
        let mut espera = self.espera();
        if espera.livres == 0 {
            espera.fila.push_back(Box::new(viajante));
            return None;
        }
        espera.livres -= 1;
        Some((Lugar(Some(Arc::clone(self))), viajante))
    }

    /// If the one with these `perguntas` still waits: it, and those that go with it, to go without
    /// a place.
    pub fn sem_lugar(&self, perguntas: &Arc<Perguntas>) -> Vec<Viajante> {
        let turma = {
            let mut espera = self.espera();
            let onde = espera.fila.iter().position(|um| Arc::ptr_eq(&um.perguntas, perguntas));
            onde.map_or_else(Vec::new, |onde| espera.partir(onde))
        };
        os_que_esperam(turma)
    }

    fn espera(&self) -> MutexGuard<'_, Espera> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Espera {
    /// Takes out the one who is there, and as many of its like as fit.
    fn partir(&mut self, onde: usize) -> Vec<Viajante> {
        let mut turma: Vec<_> = self.fila.remove(onde).map(|um| *um).into_iter().collect();
        let mut n = 0;
        while let (Some(outro), true) = (self.fila.get(n), turma.len() < TURMA_MAXIMA) {
            match turma.first().is_some_and(|primeiro| outro.vai_com(primeiro)) {
                true => turma.extend(self.fila.remove(n).map(|um| *um)),
                false => n += 1,
            }
        }
        turma
    }
}

/// Who left is not to be noted as having seen anything.
fn os_que_esperam(mut turma: Vec<Viajante>) -> Vec<Viajante> {
    turma.retain(|viajante| !viajante.envio.is_closed());
    turma
}

impl Viajante {
    fn vai_com(&self, outro: &Self) -> bool {
        Arc::ptr_eq(&self.consulta.preparado, &outro.consulta.preparado)
            && self.chamada.ator() == outro.chamada.ator()
    }
}

impl Lugar {
    /// Its hop is over: the next to go, if anybody waits; otherwise it is free.
    pub fn proximos(&mut self) -> Vec<Viajante> {
        let Some(estacao) = self.0.clone() else { return Vec::new() };
        loop {
            let turma = {
                let mut espera = estacao.espera();
                if espera.fila.is_empty() {
                    espera.livres += 1;
                    self.0 = None;
                    return Vec::new();
                }
                espera.partir(0)
            };
            let turma = os_que_esperam(turma);
            if !turma.is_empty() {
                return turma;
            }
        }
    }
}

impl Drop for Lugar {
    fn drop(&mut self) {
        let Some(estacao) = self.0.take() else { return };
        loop {
            let proximo = {
                let mut espera = estacao.espera();
                let Some(proximo) = espera.fila.pop_front() else {
                    espera.livres += 1;
                    return;
                };
                proximo
            };
            let lugar = Self(Some(Arc::clone(&estacao)));
            match proximo.envio.send(Noticia::DeNovo(lugar)) {
                Ok(()) => return,
                // It left: the place comes back.
                Err(Noticia::DeNovo(mut lugar)) => lugar.0 = None,
                Err(_) => {}
            }
        }
    }
}
