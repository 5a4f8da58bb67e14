//! A query runs where its connection is: on one blocking thread, from the first field to the last.
//!
//! The executor goes as far as it can. When no resolver can go on without something of the
//! database, everything they wait for is a level of the answer: each kind of relation is read
//! in one statement, and the executor goes on. So what is read is planned by what asks for it:
//! whatever the shape of the operation, it is one hop, one connection and, when it takes more
//! than one statement, one snapshot.

use super::Schema;
use super::loaders::Loaders;
use super::operacao::{Desfecho, pedir};
use crate::app::Chamada;
use crate::db::{Leitura, Relation};
use crate::error::Error;
use crate::graphql::http::pedido::Pronta;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Answers a query.
pub async fn responder(
    schema: &Schema,
    chamada: Chamada,
    pronta: &Pronta,
) -> Result<Desfecho, Error> {
    chamada.admitir().await?;
    let perguntas = Arc::new(Perguntas::default());
    let loaders = Loaders::no_hop(chamada.clone(), Arc::clone(&perguntas));
    let (schema, request) = (schema.clone(), pedir(loaders, pronta));
    let so_a_raiz = pronta.so_a_raiz();
    let (db, ator) = (chamada.app.db.clone(), chamada.ator().clone());
    let responder = move |leitura: &mut Leitura| {
        let servir = || perguntas.servir(&chamada, leitura, so_a_raiz);
        Desfecho::de(conduzir(schema.execute(request), servir))
    };
    db.responder(&ator, responder).await
}

/// What the resolvers of one answer ask, by the kind of relation.
#[derive(Default)]
pub struct Perguntas(Mutex<Vec<(TypeId, Box<dyn Fila>)>>);

/// The questions of one kind, whichever it is.
trait Fila: Any + Send {
    fn esperam(&self) -> usize;
    fn servir(&mut self, chamada: &Chamada, leitura: &mut Leitura, so_esta: bool);
}

struct FilaDe<R: Relation> {
    novas: Vec<R>,
    /// None while it is not known.
    respostas: HashMap<R, Option<Resposta<R>>>,
    esperam: Vec<Waker>,
}

pub type Resposta<R> = Result<Option<<R as Relation>::Value>, Error>;

impl Perguntas {
    /// What `key` leads to, once it is known.
    pub async fn responder<R: Relation>(&self, key: R) -> Resposta<R> {
        poll_fn(|cx| self.perguntar(&key, cx)).await
    }

    fn perguntar<R: Relation>(&self, key: &R, cx: &Context<'_>) -> Poll<Resposta<R>> {
        let mut filas = self.filas();
        let tipo = TypeId::of::<R>();
        let onde = filas.iter().position(|(outro, _)| *outro == tipo).unwrap_or_else(|| {
            filas.push((tipo, Box::new(FilaDe::<R>::default())));
            filas.len() - 1
        });
        let fila: &mut dyn Any = &mut *filas[onde].1;
        let fila = fila.downcast_mut::<FilaDe<R>>().expect("the key is the type");
        fila.perguntar(key, cx)
    }

    /// Reads everything that is waited for. False when nothing is.
    fn servir(&self, chamada: &Chamada, leitura: &mut Leitura, so_a_raiz: bool) -> bool {
        let mut filas = self.filas();
        let perguntas: usize = filas.iter().map(|(_, fila)| fila.esperam()).sum();
        for (_, fila) in filas.iter_mut().filter(|(_, fila)| fila.esperam() > 0) {
            fila.servir(chamada, leitura, so_a_raiz && perguntas == 1);
        }
        perguntas > 0
    }

    fn filas(&self) -> MutexGuard<'_, Vec<(TypeId, Box<dyn Fila>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl<R: Relation> Fila for FilaDe<R> {
    fn esperam(&self) -> usize {
        self.novas.len()
    }

    fn servir(&mut self, chamada: &Chamada, leitura: &mut Leitura, so_esta: bool) {
        let novas = mem::take(&mut self.novas);
        match chamada.ler_em(leitura, so_esta, &novas) {
            Ok(mut valores) => {
                for key in novas {
                    let valor = valores.remove(&key);
                    self.respostas.insert(key, Some(Ok(valor)));
                }
            }
            Err(error) => {
                let sem = novas.into_iter().map(|key| (key, Some(Err(error.clone()))));
                self.respostas.extend(sem);
            }
        }
        self.esperam.drain(..).for_each(Waker::wake);
    }
}

/// Drives `resposta` to its end on this thread. Each time it can go no further, `servir` reads
/// what it waits for; when that is nothing, the thread sleeps until something else wakes it.
fn conduzir<T>(resposta: impl Future<Output = T>, mut servir: impl FnMut() -> bool) -> T {
    let sinal = Arc::new(Sinal { acordado: AtomicBool::new(false), thread: thread::current() });
    let waker = Waker::from(Arc::clone(&sinal));
    let (mut cx, mut resposta) = (Context::from_waker(&waker), pin!(resposta));
    loop {
        if let Poll::Ready(pronta) = resposta.as_mut().poll(&mut cx) {
            return pronta;
        }
        while !sinal.acordado.swap(false, Ordering::Acquire) {
            if !servir() {
                thread::park();
            }
        }
    }
}

struct Sinal {
    acordado: AtomicBool,
    thread: Thread,
}

impl Wake for Sinal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.acordado.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn so_se_serve_quando_ninguem_pode_ir_adiante() {
        let servidas = Cell::new(0);
        let esperando = Cell::new(None::<Waker>);
        let passos = async {
            // Who says that it can go on is let go on.
            for _ in 0..3 {
                let mut passou = false;
                poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if mem::replace(&mut passou, true) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
            assert_eq!(servidas.get(), 0);
            poll_fn(|cx| {
                esperando.set(Some(cx.waker().clone()));
                if servidas.get() == 1 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        };
        conduzir(passos, || {
            servidas.set(servidas.get() + 1);
            esperando.take().map(Waker::wake).is_some()
        });
        assert_eq!(servidas.get(), 1);
    }

    #[test]
    fn quem_espera_por_outra_coisa_e_acordado() {
        let (envio, recepcao) = tokio::sync::oneshot::channel();
        let outro = thread::spawn(move || envio.send(7));
        assert_eq!(conduzir(recepcao, || false), Ok(7));
        outro.join().unwrap().unwrap();
    }
}
