//! What the resolvers of a hop ask of the database, and how it is read.

use crate::call::Chamada;
use crate::db::{Leitura, Relation};
use crate::error::Error;
use ahash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::any::{Any, TypeId, type_name};
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

pub type Resposta<R> = Result<Option<<R as Relation>::Value>, Error>;

/// What the resolvers of one answer ask, by the kind of relation.
#[derive(Default)]
pub struct Perguntas(Mutex<Vec<Fila>>);

type Servir = fn(&mut [(&Chamada, &mut Fila)], &mut Leitura, bool) -> Result<(), Error>;

/// The questions of one kind, whichever it is.
struct Fila {
    tipo: TypeId,
    /// Serves queues of this kind.
    servir: Servir,
    /// How many are new.
    novas: usize,
    /// A [`FilaDe`] of the kind.
    perguntas: Box<dyn Any + Send>,
}

struct FilaDe<R: Relation> {
    novas: Vec<R>,
    /// None while it is not known.
    respostas: HashMap<R, Option<Resposta<R>>>,
    esperam: Vec<Waker>,
}

impl Perguntas {
    /// What `key` leads to, once it is known.
    pub async fn responder<R: Relation>(&self, key: R) -> Resposta<R> {
        poll_fn(|cx| self.perguntar(&key, cx)).await
    }

    fn perguntar<R: Relation>(&self, key: &R, cx: &Context<'_>) -> Poll<Resposta<R>> {
        let mut filas = self.filas();
        let tipo = TypeId::of::<R>();
        let onde = filas.iter().position(|fila| fila.tipo == tipo).unwrap_or_else(|| {
            let perguntas = Box::new(FilaDe::<R>::default());
            filas.push(Fila { tipo, servir: servir_as::<R>, novas: 0, perguntas });
            filas.len() - 1
        });
        let fila = &mut filas[onde];
        let perguntas = fila.de::<R>();
        let resposta = perguntas.perguntar(key, cx);
        fila.novas = perguntas.novas.len();
        resposta
    }

    /// Nobody waits any more.
    pub fn esquecer(&self) {
        self.filas().clear();
    }

    fn filas(&self) -> MutexGuard<'_, Vec<Fila>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Servidas {
    /// Something was waited for.
    pub alguma: bool,
    /// For a reason that may be one question's own; not for want of time or of a connection.
    pub falhou: bool,
    /// The snapshot ended before its answers: they are to be read again.
    pub again: bool,
}

/// Reads everything that is waited for, for all who ask: one statement a kind.
pub fn servir(
    perguntam: &[(Chamada, Arc<Perguntas>)],
    leitura: &mut Leitura,
    so_a_raiz: bool,
) -> Servidas {
    let mut todas: Vec<_> =
        perguntam.iter().map(|(chamada, perguntas)| (chamada, perguntas.filas())).collect();
    let novas = |filas: &[Fila]| filas.iter().map(|fila| fila.novas).sum::<usize>();
    // Whoever reads one thing reads it in one statement, whatever the others read.
    let so_esta = so_a_raiz && todas.iter().all(|(_, filas)| novas(filas) <= 1);
    let mut servidas = Servidas { alguma: false, falhou: false, again: false };
    loop {
        let pendente = |fila: &&mut Fila| fila.novas > 0;
        let mut primeira = todas.iter().flat_map(|(_, filas)| filas.iter());
        let Some(tipo) = primeira.find(|fila| fila.novas > 0).map(|fila| fila.tipo) else {
            return servidas;
        };
        let mut juntas: Vec<(&Chamada, &mut Fila)> = todas
            .iter_mut()
            .filter_map(|(chamada, filas)| {
                let fila = filas.iter_mut().find(|fila| fila.tipo == tipo).filter(pendente)?;
                Some((*chamada, fila))
            })
            .collect();
        servidas.alguma = true;
        let servir = juntas[0].1.servir;
        let lidas = servir(&mut juntas, leitura, so_esta);
        servidas.falhou |= matches!(lidas, Err(Error::Interno(_)));
        servidas.again |= leitura.again();
    }
}

/// Each call is noted for itself; what two of them ask is read once.
fn servir_as<R: Relation>(
    juntas: &mut [(&Chamada, &mut Fila)],
    leitura: &mut Leitura,
    so_esta: bool,
) -> Result<(), Error> {
    let mut pedidas = Vec::with_capacity(juntas.len());
    for (chamada, fila) in juntas {
        fila.novas = 0;
        let perguntas = fila.de::<R>();
        let novas = mem::take(&mut perguntas.novas);
        pedidas.push((*chamada, perguntas, novas));
    }
    let keys: Vec<R> = match &*pedidas {
        [] => return Ok(()),
        [(.., novas)] => novas.clone(),
        varias => {
            let mut vistas = HashSet::new();
            let todas = varias.iter().flat_map(|(.., novas)| novas);
            todas.filter(|key| vistas.insert(*key)).cloned().collect()
        }
    };
    let lidas = leitura.ler(type_name::<R>(), so_esta, |sessao| R::load(sessao, &keys));
    match lidas {
        Ok(valores) => {
            for (chamada, perguntas, novas) in pedidas {
                let lidos: Vec<_> = novas.iter().filter_map(|key| valores.get(key)).collect();
                chamada.rastro.leu(&lidos);
                perguntas.responder(novas, |key| Ok(valores.get(key).cloned()));
            }
            Ok(())
        }
        Err(error) => {
            for (_, perguntas, novas) in pedidas {
                perguntas.responder(novas, |_| Err(error.clone()));
            }
            Err(error)
        }
    }
}

impl Fila {
    fn de<R: Relation>(&mut self) -> &mut FilaDe<R> {
        self.perguntas.downcast_mut().expect("the key is the type")
    }
}

impl<R: Relation> Default for FilaDe<R> {
    fn default() -> Self {
        Self { novas: Vec::new(), respostas: HashMap::new(), esperam: Vec::new() }
    }
}

impl<R: Relation> FilaDe<R> {
    fn perguntar(&mut self, key: &R, cx: &Context<'_>) -> Poll<Resposta<R>> {
        if let Some(Some(resposta)) = self.respostas.get(key) {
            return Poll::Ready(resposta.clone());
        }
        if let Entry::Vacant(nova) = self.respostas.entry(key.clone()) {
            self.novas.push(nova.key().clone());
            nova.insert(None);
        }
        // Fields of one parent wait by the same waker.
        if !self.esperam.last().is_some_and(|ultimo| ultimo.will_wake(cx.waker())) {
            self.esperam.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn responder(&mut self, novas: Vec<R>, resposta: impl Fn(&R) -> Resposta<R>) {
        for key in novas {
            let resposta = resposta(&key);
            self.respostas.insert(key, Some(resposta));
        }
        self.esperam.drain(..).for_each(Waker::wake);
    }
}
