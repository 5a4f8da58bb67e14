//! A query runs where its connection is: on one blocking thread, from the first field to the last.
//!
//! The executor goes as far as it can. When no resolver can go on without something of the
//! database, everything they wait for is a level of the answer: each kind of relation is read
//! in one statement, and the executor goes on. So what is read is planned by what asks for it:
//! whatever the shape of the operation, it is one hop, one connection and, when it takes more
//! than one statement, one snapshot.
//!
//! Equal queries of one credential that wait for a place go in one hop (`carona.rs`): a
//! level of all of them is one level, read once.

use super::coalesce::{Noticia, Viajante};
use super::executor::{Consulta, Executor};
use super::{Desfecho, Servico, nomear};
use crate::audit::unavailable;
use crate::call::Chamada;
use crate::db::{Lane, Leitura, PATIENCE};
use crate::error::Error;
use crate::graphql::protocol::http::request::Pronta;
use crate::graphql_types::batch::{Perguntas, servir};
use crate::graphql_types::loaders::Loaders;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::RecvError;
use tokio::time::{timeout, timeout_at};

/// A document whose hop took longer than this goes alone the next time: each would wait for all.
const DEMORA: Duration = Duration::from_millis(100);

/// Answers a query.
pub async fn responder(
    servico: &Servico,
    chamada: Chamada,
    pronta: &Pronta,
) -> Result<Desfecho, Error> {
    chamada.admitir().await?;
    let desde = Instant::now();
    let tried = !pronta.preparado().demorada();
    if tried {
        if let Some(desfecho) = acompanhada(servico, &chamada, pronta, desde).await? {
            return Ok(desfecho);
        }
        chamada.rastro.recomecar();
    }
    sozinha(servico, &chamada, pronta, desde, tried).await
}

/// With those that ask the same; nothing, when it is to be tried alone.
async fn acompanhada(
    servico: &Servico,
    chamada: &Chamada,
    pronta: &Pronta,
    desde: Instant,
) -> Result<Option<Desfecho>, Error> {
    let (viajante, mut chegada) = viajante(chamada, pronta);
    let member = servico.carona.enter(&servico.executor, go, viajante)?;
    let noticia = match timeout(PATIENCE, &mut chegada).await {
        Ok(noticia) => noticia,
        Err(_) => {
            member.urge();
            let db = &chamada.app.db;
            match timeout_at(db.patience_ends(desde).into(), &mut chegada).await {
                Ok(noticia) => noticia,
                Err(_) if member.leave() => return Err(db.waited_too_long(chamada.ator())),
                // It has a place; what it does there has a bound of its own.
                Err(_) => told(chamada, &mut chegada).await,
            }
        }
    };
    member.answered();
    match noticia {
        Ok(Noticia::Respondida(desfecho)) => Ok(Some(desfecho)),
        // Without news, the hop broke off: it may have been another that broke it.
        Ok(Noticia::Sozinha) | Err(_) => Ok(None),
    }
}

/// Carefully, if it was tried already; if not, when its snapshot ends before it.
async fn sozinha(
    servico: &Servico,
    chamada: &Chamada,
    pronta: &Pronta,
    desde: Instant,
    tried: bool,
) -> Result<Desfecho, Error> {
    let mut careful = tried;
    loop {
        let (viajante, mut chegada) = viajante(chamada, pronta);
        let permit = chamada.app.db.permit(chamada.ator(), Lane::Alone, desde).await?;
        let (executor, db) = (Arc::clone(&servico.executor), chamada.app.db.clone());
        permit.spawn(Box::new(move |place| {
            let leitura = db.leitura(place, viajante.chamada.ator(), careful);
            go(&executor, vec![viajante], leitura);
        }));
        match told(chamada, &mut chegada).await {
            Ok(Noticia::Respondida(desfecho)) => return Ok(desfecho),
            Ok(Noticia::Sozinha) if !careful => {
                careful = true;
                chamada.rastro.recomecar();
            }
            _ => return Err(Error::interno(anyhow::anyhow!("a hop of one that left nobody"))),
        }
    }
}

/// What came of it. An answer whose record is not written in time is not waited for.
async fn told(
    chamada: &Chamada,
    chegada: &mut oneshot::Receiver<Noticia>,
) -> Result<Noticia, RecvError> {
    loop {
        let patience = chamada.rastro.patience();
        if patience.is_zero() {
            return Ok(Noticia::Respondida(Desfecho::recusa(&unavailable())));
        }
        if let Ok(noticia) = timeout(patience, &mut *chegada).await {
            return noticia;
        }
    }
}

/// An answer that leaves once what it shows is in the trail: so its caller is woken once, not
/// once for the answer and once for the record. Dropped without a call, it is refused.
struct Answer(Option<(oneshot::Sender<Noticia>, Desfecho)>);

impl Answer {
    fn of(chamada: &Chamada, desfecho: Desfecho, envio: oneshot::Sender<Noticia>) {
        // A caller that disconnected saw nothing; the call's end says so to the trail.
        if envio.is_closed() {
            return;
        }
        let desfecho = desfecho.of(chamada);
        let status = desfecho.status();
        let mut answer = Self(Some((envio, desfecho)));
        let leave = move || {
            if let Some((envio, desfecho)) = answer.0.take() {
                let _ = envio.send(Noticia::Respondida(desfecho));
            }
        };
        chamada.encerrar_then(status, Box::new(leave));
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some((envio, _)) = self.0.take() {
            let refused = Desfecho::recusa(&unavailable());
            let _ = envio.send(Noticia::Respondida(refused));
        }
    }
}

fn viajante(chamada: &Chamada, pronta: &Pronta) -> (Viajante, oneshot::Receiver<Noticia>) {
    let (envio, chegada) = oneshot::channel();
    let perguntas = Arc::new(Perguntas::default());
    let loaders = Loaders::no_hop(chamada.clone(), Arc::clone(&perguntas));
    let (chamada, span) = (chamada.clone(), tracing::Span::current());
    nomear(&chamada, pronta);
    let preparado = Arc::clone(pronta.preparado());
    let consulta = Consulta { preparado, variaveis: pronta.variaveis().clone(), loaders };
    (Viajante { chamada, consulta, perguntas, span, envio }, chegada)
}

/// A hop of all of them. A panic was logged where it was raised; those who wait have not deserved
/// it.
fn go(executor: &Executor, turma: Vec<Viajante>, leitura: Leitura) {
    let _ = catch_unwind(AssertUnwindSafe(|| viajar(executor, turma, leitura)));
}

/// Answers all of them, each as soon as it is ready.
fn viajar(executor: &Executor, turma: Vec<Viajante>, mut leitura: Leitura) {
    let Some(preparado) = turma.first().map(|primeiro| Arc::clone(&primeiro.consulta.preparado))
    else {
        return;
    };
    let (inicio, quantos) = (Instant::now(), turma.len());
    let (falhou, again) = (Cell::new(false), Cell::new(false));
    let mut perguntam = Vec::with_capacity(quantos);
    let mut viagens = Vec::with_capacity(quantos);
    for Viajante { chamada, consulta, perguntas, span, envio } in turma {
        perguntam.push((chamada, perguntas));
        viagens.push(Some((Box::pin(executor.consultar(consulta)), span, envio)));
    }
    let todas = poll_fn(|cx| {
        let mut faltam = false;
        for (viagem, (chamada, perguntas)) in viagens.iter_mut().zip(&perguntam) {
            let Some((resposta, span, _)) = viagem else { continue };
            let Poll::Ready(resposta) = span.in_scope(|| resposta.as_mut().poll(cx)) else {
                faltam = true;
                continue;
            };
            let desfecho = Desfecho::de(resposta);
            let repetir =
                (quantos > 1 && falhou.get() || again.get()) && !desfecho.errors.is_empty();
            // What was asked for a part that is not in the answer.
            perguntas.esquecer();
            if let Some((.., envio)) = viagem.take() {
                match repetir {
                    // The caller may have gone.
                    true => drop(envio.send(Noticia::Sozinha)),
                    false => Answer::of(chamada, desfecho, envio),
                }
            }
        }
        if faltam { Poll::Pending } else { Poll::Ready(()) }
    });
    let so_a_raiz = preparado.custo.so_a_raiz();
    conduzir(todas, || {
        let servidas = servir(&perguntam, &mut leitura, so_a_raiz);
        falhou.set(falhou.get() || servidas.falhou);
        again.set(again.get() || servidas.again);
        servidas.alguma
    });
    preparado.demorou(inicio.elapsed() > DEMORA);
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
                    if std::mem::replace(&mut passou, true) {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
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
