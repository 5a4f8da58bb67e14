//! Batches the reads of one request: what many resolvers ask is asked of PostgreSQL once.
//!
//! A query's reads are served where it runs (`hop.rs`). What a mutation or an event answers
//! is read after the write, each batch for itself, by the loaders of the crate `dataloader`.

use super::batch::{Perguntas, Resposta};
use crate::call::Chamada;
use crate::db::Relation;
use crate::error::{Error, Falha};
use dataloader::BatchFn;
use dataloader::cached::Loader;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Lives for one request: shared between two, it would show the rows of one to the other.
pub struct Loaders {
    chamada: Chamada,
    por: Por,
    objetos: AtomicUsize,
}

/// Who serves what is asked.
enum Por {
    Hop(Arc<Perguntas>),
    /// One loader per kind of relation, made when first asked.
    Loaders(PorTipo),
}

type PorTipo = Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>;

/// The most objects that the lists of one answer may have, all together: nested
/// pages multiply, and a client that asks for seven levels asks for gigabytes.
const OBJETOS_MAXIMO: usize = 50_000;

type LoaderDe<R> = Loader<R, Resposta<R>, Batch<R>>;

/// How many times a loader lets the other resolvers of its level speak before
/// it asks. The runtime limits how many of them speak in one turn, so a wide
/// level needs several.
const TURNOS: usize = 32;

struct Batch<R> {
    chamada: Chamada,
    relation: PhantomData<fn() -> R>,
}

impl<R: Relation> BatchFn<R, Resposta<R>> for Batch<R> {
    async fn load(&mut self, keys: &[R]) -> HashMap<R, Resposta<R>> {
        let perguntas = keys.to_vec();
        match self.chamada.ler(move |sessao| R::load(sessao, &perguntas)).await {
            Ok(mut valores) => {
                keys.iter().map(|key| (key.clone(), Ok(valores.remove(key)))).collect()
            }
            Err(error) => keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect(),
        }
    }
}

impl Loaders {
    pub fn for_request(chamada: Chamada) -> Self {
        Self { chamada, por: Por::Loaders(Mutex::default()), objetos: AtomicUsize::new(0) }
    }

    /// For a query on its thread.
    pub(crate) fn no_hop(chamada: Chamada, perguntas: Arc<Perguntas>) -> Self {
        Self { chamada, por: Por::Hop(perguntas), objetos: AtomicUsize::new(0) }
    }

    pub const fn chamada(&self) -> &Chamada {
        &self.chamada
    }

    /// The value of a relation, batched with the equal questions of this request.
    pub async fn load<R: Relation>(&self, key: R) -> Result<Option<R::Value>, Error> {
        match &self.por {
            Por::Hop(perguntas) => perguntas.responder(key).await,
            Por::Loaders(por_tipo) => {
                self.loader::<R>(por_tipo).try_load(key).await.map_err(Error::interno)?
            }
        }
    }

    /// What `key` names; counted when it is not there.
    pub async fn named<R: Relation>(&self, key: R) -> Result<Option<R::Value>, Error> {
        self.chamada.naming(1)?;
        self.chamada.found(self.load(key).await?)
    }

    /// What no object could be named by.
    pub fn unnamed<T>(&self) -> Result<Option<T>, Error> {
        self.chamada.naming(1)?;
        self.chamada.found(None)
    }

    /// Counts the objects of one more page against what an answer may have.
    pub fn gastar(&self, objetos: usize) -> Result<(), Error> {
        let antes = self.objetos.fetch_add(objetos, Ordering::Relaxed);
        if antes + objetos <= OBJETOS_MAXIMO {
            return Ok(());
        }
        let mensagem = format!(
            "a resposta teria mais de {OBJETOS_MAXIMO} objetos; peça páginas menores ou menos níveis"
        );
        Err(Error::falha(Falha::CustoExcedeLimite, mensagem))
    }

    fn loader<R: Relation>(&self, por_tipo: &PorTipo) -> LoaderDe<R> {
        let mut por_tipo = por_tipo.lock().unwrap_or_else(PoisonError::into_inner);
        let novo = || -> Box<dyn Any + Send + Sync> {
            let chamada = self.chamada.clone();
            let loader = Loader::new(Batch::<R> { chamada, relation: PhantomData });
            Box::new(loader.with_max_batch_size(usize::MAX).with_yield_count(TURNOS))
        };
        let guardado = por_tipo.entry(TypeId::of::<R>()).or_insert_with(novo);
        guardado.downcast_ref::<LoaderDe<R>>().expect("the key is the type").clone()
    }
}
