//! Equal queries of one credential that wait together go together.
//!
//! A query makes its hop when it has a place, and a credential has about as many places as there
//! are processors: more hops at a time only make each slower. Under load a tribunal's system asks the
//! same with other values again and again; whoever has a place takes along all that wait with the same
//! document and the same rights. They would see the same rows, and a level of all of them costs
//! little more than a level of one. A query that finds a place free goes at once, alone.

use super::Desfecho;
use super::executor::{Consulta, Executor};
use crate::auth::Ator;
use crate::call::Chamada;
use crate::db::{Db, Lane, Leitura, Queued, Run, Waiting};
use crate::error::Error;
use crate::graphql_types::batch::Perguntas;
use ahash::HashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
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
}

/// Answers those that go together.
pub type Go = fn(&Executor, Vec<Viajante>, Leitura);

/// The queries that wait for a place, by what they have in common.
#[derive(Default)]
pub struct Carona {
    groups: Mutex<HashMap<Key, Group>>,
    asked: AtomicU64,
}

/// The same credential with the same rights, and the same prepared document: those that wait keep
/// it where it is.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    ator: Ator,
    document: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.document.hash(state);
        self.ator.credencial().hash(state);
    }
}

struct Group {
    /// Whoever has waited longest comes first; never empty.
    waiting: VecDeque<(Viajante, Waiting)>,
    /// Which request for a place is theirs.
    number: u64,
    /// That request, once it is made.
    place: Option<Arc<Queued>>,
}

/// One query among those that wait; dropped, it waits no more.
pub struct Member {
    carona: Arc<Carona>,
    key: Key,
    /// None once it is known what came of it.
    perguntas: Option<Arc<Perguntas>>,
}

impl Carona {
    fn groups(&self) -> MutexGuard<'_, HashMap<Key, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins those that wait for the same or, if nobody does, asks for a place. Whoever has it
    /// goes, with all that go along.
    pub fn enter(
        self: &Arc<Self>,
        executor: &Arc<Executor>,
        go: Go,
        viajante: Viajante,
    ) -> Result<Member, Error> {
        let (ator, db) = (viajante.chamada.ator().clone(), viajante.chamada.app.db.clone());
        let waiting = db.wait(&ator)?;
        let document = Arc::as_ptr(&viajante.consulta.preparado) as usize;
        let key = Key { ator, document };
        let perguntas = Some(Arc::clone(&viajante.perguntas));
        let number = match self.groups().entry(key.clone()) {
            Entry::Occupied(mut group) => {
                group.get_mut().waiting.push_back((viajante, waiting));
                None
            }
            Entry::Vacant(none) => {
                let number = self.asked.fetch_add(1, Ordering::Relaxed);
                let waiting = VecDeque::from([(viajante, waiting)]);
                none.insert(Group { waiting, number, place: None });
                Some(number)
            }
        };
        if let Some(number) = number {
            self.ask_for_a_place(executor, go, &db, &key, number);
        }
        Ok(Member { carona: Arc::clone(self), key, perguntas })
    }

    fn ask_for_a_place(
        self: &Arc<Self>,
        executor: &Arc<Executor>,
        go: Go,
        db: &Db,
        key: &Key,
        number: u64,
    ) {
        let run: Run = {
            let (carona, executor) = (Arc::clone(self), Arc::clone(executor));
            let (db, key) = (db.clone(), key.clone());
            Box::new(move |place| {
                let (turma, more) = carona.take(&key, number);
                if let Some(number) = more {
                    carona.ask_for_a_place(&executor, go, &db, &key, number);
                }
                if !turma.is_empty() {
                    go(&executor, turma, db.leitura(place, &key.ator, false));
                }
            })
        };
        let queued = Arc::new(db.run(&key.ator, Lane::Query, run));
        if let Some(group) = self.groups().get_mut(key).filter(|group| group.number == number) {
            group.place = Some(queued);
        }
    }

    /// Those that go; and, for those that do not fit, the number of their request for a place.
    fn take(&self, key: &Key, number: u64) -> (Vec<Viajante>, Option<u64>) {
        let mut groups = self.groups();
        let mut turma = Vec::new();
        let Some(group) = groups.get_mut(key).filter(|group| group.number == number) else {
            return (turma, None);
        };
        while turma.len() < TURMA_MAXIMA
            && let Some((viajante, _)) = group.waiting.pop_front()
        {
            // A caller that left must not appear in the trail.
            if !viajante.envio.is_closed() {
                turma.push(viajante);
            }
        }
        let more = (!group.waiting.is_empty()).then(|| self.asked.fetch_add(1, Ordering::Relaxed));
        // What they wait by is dropped outside of the lock.
        let _place = match more {
            Some(number) => {
                group.number = number;
                group.place.take()
            }
            None => groups.remove(key).and_then(|group| group.place),
        };
        drop(groups);
        (turma, more)
    }

    /// Whether the one with these `perguntas` still waited; it does no more.
    fn leave(&self, key: &Key, perguntas: &Arc<Perguntas>) -> bool {
        let mut groups = self.groups();
        let Some(group) = groups.get_mut(key) else { return false };
        let at = group.waiting.iter().position(|(one, _)| Arc::ptr_eq(&one.perguntas, perguntas));
        let left = at.and_then(|at| group.waiting.remove(at));
        let group = if group.waiting.is_empty() { groups.remove(key) } else { None };
        drop(groups);
        // Both are dropped here, outside of the lock.
        drop(group);
        left.is_some()
    }
}

impl Member {
    /// It has waited long enough for company.
    pub fn urge(&self) {
        let place = self.carona.groups().get(&self.key).and_then(|group| group.place.clone());
        if let Some(place) = place {
            place.urge();
        }
    }

    /// Whether it still waited for a place; it does no more.
    pub fn leave(&self) -> bool {
        self.perguntas.as_ref().is_some_and(|perguntas| self.carona.leave(&self.key, perguntas))
    }

    /// What came of it is known.
    pub fn answered(mut self) {
        self.perguntas = None;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.leave();
    }
}
