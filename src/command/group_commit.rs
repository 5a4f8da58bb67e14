//! Writes of one kind that wait together are done in one transaction.
//!
//! A transaction ends by waiting for the disk, and a statement of ten rows costs little more than
//! one of one row. So a write goes when a place is free, with all of its kind and credential that
//! wait for one; each is judged, answered and noted in the trail for itself. One that finds a
//! place free goes at once, alone. What fails for all may have been the fault of one of them:
//! nothing of it stays, and each is tried alone.

use super::{Comando, Desfecho, Juntos, Ler, Pedido, registrar};
use crate::auth::Ator;
use crate::call::App;
use crate::db::{Lane, Sessao, Waiting, indisponivel};
use crate::error::Error;
use crate::value::resource::Rastreavel;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many share a transaction at most: each waits for all.
const TURMA_MAXIMA: usize = 16;

/// How long those that go together wait for what another transaction has: longer, and each
/// waits for itself.
const ESPERA: Duration = Duration::from_millis(100);

/// Who waits to write, by kind and credential.
#[derive(Default)]
pub struct Turmas {
    /// Each a [`Fila`] of its kind, never empty.
    filas: Mutex<HashMap<Qual, Box<dyn Any + Send>>>,
}

/// Which line: the kind of write, the tribunal, and the credential, so that none waits behind another's.
type Qual = (TypeId, i16, Arc<str>);

type Fila<C, L, U> = Vec<EmFila<C, L, U>>;

struct EmFila<C: Comando, L, U> {
    pedido: Pedido<C, L>,
    desde: Instant,
    envio: oneshot::Sender<Noticia<C, U>>,
    _waiting: Waiting,
}

/// What one that waits comes to know.
enum Noticia<C: Comando, U> {
    Feita(Result<Desfecho<C, U>, Error>),
    /// Nothing was done of it yet.
    Sozinha,
}

impl Turmas {
    fn filas(&self) -> MutexGuard<'_, HashMap<Qual, Box<dyn Any + Send>>> {
        self.filas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does `pedido` in one transaction with others like it, or alone.
pub(super) async fn escrever<C, L, U>(
    app: &Arc<App>,
    pedido: Pedido<C, L>,
    juntos: Juntos<C>,
) -> Result<Desfecho<C, U>, Error>
where
    C: Comando,
    L: Ler<C, U>,
    U: Rastreavel + Send + 'static,
{
    let sozinha = pedido.clone();
    let waiting = app.db.wait(&pedido.contexto.autor)?;
    match entrar(app, pedido, waiting, juntos).await {
        Ok(Noticia::Feita(desfecho)) => desfecho,
        Ok(Noticia::Sozinha) => {
            let autor = sozinha.contexto.autor.clone();
            app.db.escrever(&autor, move |sessao| sozinha.executar(sessao, None)).await
        }
        // It is not known what was done of it.
        Err(_) => Err(indisponivel()),
    }
}

/// Joins those that wait; the first of them sets out.
fn entrar<C, L, U>(
    app: &Arc<App>,
    pedido: Pedido<C, L>,
    waiting: Waiting,
    juntos: Juntos<C>,
) -> oneshot::Receiver<Noticia<C, U>>
where
    C: Comando,
    L: Ler<C, U>,
    U: Rastreavel + Send + 'static,
{
    let (envio, chegada) = oneshot::channel();
    let ator = pedido.contexto.autor.clone();
    let chave = (TypeId::of::<(C, L, U)>(), pedido.contexto.tribunal, ator.shared_credencial());
    let desde = Instant::now();
    let este = EmFila { pedido, desde, envio, _waiting: waiting };
    match app.turmas.filas().entry(chave.clone()) {
        Entry::Occupied(mut fila) => {
            let fila: &mut Fila<C, L, U> =
                fila.get_mut().downcast_mut().expect("the key is the type");
            fila.push(este);
            return chegada;
        }
        Entry::Vacant(vazia) => vazia.insert(Box::new(vec![este])),
    };
    let app = Arc::clone(app);
    let partida = Partida::<C, L, U> { app, chave, ator, desde, esperam: true, tipo: PhantomData };
    tokio::spawn(partida.partir(juntos));
    chegada
}

/// Of which kind of writes.
type De<C, L, U> = PhantomData<fn() -> (C, L, U)>;

/// Sees to it that those who wait set out. Dropped before, each goes alone.
struct Partida<C: Comando, L: Ler<C, U>, U: Send + 'static> {
    app: Arc<App>,
    chave: Qual,
    ator: Ator,
    /// How long the first of them has waited.
    desde: Instant,
    /// There are some, and no other sees to them.
    esperam: bool,
    tipo: De<C, L, U>,
}

impl<C: Comando, L: Ler<C, U>, U: Rastreavel + Send + 'static> Partida<C, L, U> {
    async fn partir(self, juntos: Juntos<C>) {
        let (app, tribunal) = (Arc::clone(&self.app), self.chave.1);
        let permit = match app.db.permit_of_counted(&self.ator, Lane::Write, self.desde).await {
            Ok(permit) => permit,
            Err(error) => {
                let cansados = |fila: Fila<C, L, U>| {
                    fila.into_iter().partition(|um| app.db.esperou_demais(um.desde))
                };
                for um in self.tirar(juntos, cansados) {
                    // Who does not wait any more has no use for it.
                    let _ = um.envio.send(Noticia::Feita(Err(error.clone())));
                }
                return;
            }
        };
        let turma = self.tirar(juntos, |mut fila| {
            let restam = fila.split_off(fila.len().min(TURMA_MAXIMA));
            (fila, restam)
        });
        // Who left before it was done wants it done no more.
        let ficaram = turma.into_iter().filter(|um| !um.envio.is_closed());
        let (pedidos, envios): (Vec<_>, Vec<_>) = ficaram.map(|um| (um.pedido, um.envio)).unzip();
        let turma = Turma { envios, a_confirmar: Arc::default() };
        let a_confirmar = Arc::clone(&turma.a_confirmar);
        let escrever = move |sessao: &mut Sessao<'_>| {
            let feitas = fazer(sessao, pedidos, juntos)?;
            a_confirmar.store(true, Ordering::Release);
            Ok(feitas)
        };
        app.db.escrever_na(permit, tribunal, escrever, move |feitas| turma.contar(feitas));
    }

    /// Takes out those who go, the first of what `separar` makes of all; for the others, another
    /// sets out.
    fn tirar(
        mut self,
        juntos: Juntos<C>,
        separar: impl FnOnce(Fila<C, L, U>) -> (Fila<C, L, U>, Fila<C, L, U>),
    ) -> Fila<C, L, U> {
        let vao = {
            let mut filas = self.app.turmas.filas();
            let (vao, restam) = separar(remover(&mut filas, &self.chave));
            self.esperam = !restam.is_empty();
            if let Some(primeiro) = restam.first() {
                self.desde = primeiro.desde;
                filas.insert(self.chave.clone(), Box::new(restam));
            }
            vao
        };
        if self.esperam {
            tokio::spawn(self.partir(juntos));
        }
        vao
    }
}

impl<C: Comando, L: Ler<C, U>, U: Send + 'static> Drop for Partida<C, L, U> {
    fn drop(&mut self) {
        if self.esperam {
            let fila: Fila<C, L, U> = remover(&mut self.app.turmas.filas(), &self.chave);
            for um in fila {
                let _ = um.envio.send(Noticia::Sozinha);
            }
        }
    }
}

fn remover<C: Comando, L: Ler<C, U>, U: Send + 'static>(
    filas: &mut HashMap<Qual, Box<dyn Any + Send>>,
    chave: &Qual,
) -> Fila<C, L, U> {
    let fila = filas.remove(chave).and_then(|fila| fila.downcast().ok());
    fila.map(|fila| *fila).unwrap_or_default()
}

/// Those that went together, to be told what came of it. Dropped before, each goes alone.
struct Turma<C: Comando, U> {
    envios: Vec<oneshot::Sender<Noticia<C, U>>>,
    /// All is done but COMMIT: only it can tell whether anything stays.
    a_confirmar: Arc<AtomicBool>,
}

impl<C: Comando, U> Turma<C, U> {
    fn contar(mut self, feitas: Result<Vec<Desfecho<C, U>>, Error>) {
        let quantos = self.envios.len();
        let error = match feitas {
            Ok(desfechos) => {
                for (envio, desfecho) in self.envios.drain(..).zip(desfechos) {
                    let _ = envio.send(Noticia::Feita(Ok(desfecho)));
                }
                return;
            }
            Err(error) => error,
        };
        // What is ours was refused by a database that is alive: COMMIT too.
        let desfeita =
            !self.a_confirmar.load(Ordering::Acquire) || matches!(error, Error::Interno(_));
        if quantos > 1 && desfeita {
            tracing::warn!(quantos, "writes that went together failed; each is tried alone");
            return self.a_confirmar.store(false, Ordering::Release);
        }
        for envio in self.envios.drain(..) {
            let _ = envio.send(Noticia::Feita(Err(error.clone())));
        }
    }
}

impl<C: Comando, U> Drop for Turma<C, U> {
    fn drop(&mut self) {
        if !self.a_confirmar.load(Ordering::Acquire) {
            for envio in self.envios.drain(..) {
                let _ = envio.send(Noticia::Sozinha);
            }
        }
    }
}

/// Does all of them: what each came to, in their order.
fn fazer<C, L, U>(
    sessao: &mut Sessao<'_>,
    pedidos: Vec<Pedido<C, L>>,
    juntos: Juntos<C>,
) -> Result<Vec<Desfecho<C, U>>, Error>
where
    C: Comando,
    L: Ler<C, U>,
    U: Rastreavel,
{
    if pedidos.len() > 1 {
        sessao.esperar_no_maximo(ESPERA)?;
    }
    let (mut comandos, mut contextos, mut restos) = (Vec::new(), Vec::new(), Vec::new());
    for Pedido { comando, contexto, resto } in pedidos {
        comandos.push(comando);
        contextos.push(contexto);
        restos.push(resto);
    }
    let julgados = juntos(sessao, comandos.into_iter().zip(&contextos).collect())?;
    let desfechos = julgados.into_iter().zip(restos);
    let desfechos: Vec<Desfecho<C, U>> = desfechos
        .map(|(julgado, resto)| resto.ler(sessao, julgado, false))
        .collect::<Result<_, _>>()?;
    registrar(sessao, desfechos.iter().flatten())?;
    Ok(desfechos)
}
