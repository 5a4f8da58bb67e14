//! One subscription, from its opening on.

use crate::auth::Ator;
use crate::call::Chamada;
use crate::db::feed::{Foto, Lugar};
use crate::db::{Caller, Lane};
use crate::error::{Error, Falha};
use crate::graphql::execution::{Desfecho, Servico, pedir};
use crate::graphql::protocol::http::request::Pronta;
use crate::graphql::schema::feeds::{Fato, Passagem, Pergunta};
use crate::graphql_types::loaders::Loaders;
use async_graphql::Response;
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt, stream};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// After a failure of the database.
const RETOMADA: Duration = Duration::from_millis(500);
/// So many events of one subscription are answered at once.
const SIDE_BY_SIDE: usize = 16;
/// So many failures later an event is told with what could be had of it.
const TENTATIVAS: u32 = 20;

pub struct Aberta {
    servico: Servico,
    ator: Ator,
    /// The id of the request that it came by: each event that is told is a call of its own.
    correlacao: String,
    pronta: Pronta,
    pergunta: Pergunta,
    /// What was over when it began, if it began with what is new.
    antes: Option<Foto>,
    /// Up to where the feed has been read.
    lugar: Lugar,
    horizonte: watch::Receiver<u64>,
    lidos: VecDeque<Fato>,
    /// The answers to the next events, which are handed over before any other is read.
    answered: VecDeque<Desfecho>,
}

impl Aberta {
    /// Validates, and takes the position: whatever is committed after this is told.
    pub async fn abrir(
        servico: Servico,
        chamada: Chamada,
        pronta: Pronta,
    ) -> Result<Self, Desfecho> {
        let (ator, correlacao) = (chamada.ator().clone(), chamada.rastro.correlacao().to_owned());
        let passagem = Arc::new(Passagem::abertura());
        let resposta = rodar(&servico, chamada, &pronta, Arc::clone(&passagem)).await;
        if let Some(recusada) = resposta {
            return Err(Desfecho { data: None, ..Desfecho::de(recusada) });
        }
        let nota = match &*passagem {
            Passagem::Abertura(nota) => nota.get().cloned(),
            Passagem::Entrega(_) => None,
        };
        let nada = || Error::falha(Falha::DocumentoInvalido, "a subscription não pede nada");
        let (pergunta, desde) = nota.ok_or_else(|| Desfecho::recusa(&nada()))?;
        let horizonte = servico.app.db.horizonte();
        let foto = servico.app.db.ler(&ator, Foto::tirar).await;
        let foto = foto.map_err(|error| Desfecho::recusa(&error))?;
        let (lugar, antes) = match desde {
            None => (Lugar::antes_de(foto.horizonte), Some(foto)),
            // Of another database, or of this one before it was put back to an older state.
            Some(lugar) if lugar.xid >= foto.proxima => {
                let mensagem = "o cursor está adiante do fluxo; recomece sem `desde`";
                return Err(Desfecho::recusa(&Error::falha(Falha::EntradaInvalida, mensagem)));
            }
            Some(lugar) => (lugar, None),
        };
        let (lidos, answered) = Default::default();
        Ok(Self {
            servico,
            ator,
            correlacao,
            pronta,
            pergunta,
            antes,
            lugar,
            horizonte,
            lidos,
            answered,
        })
    }

    /// Everything from here on, in the order of the feed.
    pub fn desfechos(self) -> impl Stream<Item = Desfecho> {
        stream::unfold(self, |mut aberta| async {
            let desfecho = aberta.proximo().await;
            Some((desfecho, aberta))
        })
    }

    /// Asked only when what came before was handed over.
    async fn proximo(&mut self) -> Desfecho {
        loop {
            if let Some(desfecho) = self.answered.pop_front() {
                return desfecho;
            }
            if !self.lidos.is_empty() {
                self.answer().await;
                continue;
            }
            let horizonte = *self.horizonte.borrow_and_update();
            if self.lugar < Lugar::antes_de(horizonte) {
                self.ler_ate(horizonte).await;
            } else if self.horizonte.changed().await.is_err() {
                // Only when the server is gone.
                std::future::pending::<()>().await;
            }
        }
    }

    async fn ler_ate(&mut self, horizonte: u64) {
        let leituras = &self.servico.sessoes.leituras;
        let (db, pergunta) = (&self.servico.app.db, &self.pergunta);
        match leituras.ler(db, &self.ator, pergunta, self.lugar, horizonte).await {
            Ok(pagina) => {
                let novos = pagina.fatos.iter().filter(|(lugar, _)| {
                    self.antes.as_ref().is_none_or(|foto| !foto.tinha(lugar.xid))
                });
                self.lidos.extend(novos.map(|(_, fato)| fato.clone()));
                self.lugar = pagina.ate;
            }
            // Told by `db`, once.
            Err(Error::Falha(Falha::Indisponivel, _)) => sleep(RETOMADA).await,
            Err(error) => {
                let (falha, _) = error.publica();
                tracing::warn!(codigo = falha.nome(), "a feed could not be read");
                sleep(RETOMADA).await;
            }
        }
    }

    /// The next few events side by side: each waits for its turn and for the trail, so that one
    /// after the other a subscription would fall behind those who write.
    async fn answer(&mut self) {
        let few = self.lidos.len().min(SIDE_BY_SIDE);
        let facts: Vec<Fato> = self.lidos.drain(..few).collect();
        let answers = join_all(facts.into_iter().map(|fato| self.contar(fato))).await;
        self.answered.extend(answers);
    }

    /// Runs the operation on one row. While the database does not answer, it waits:
    /// an event told without its processo is half lost.
    async fn contar(&self, fato: Fato) -> Desfecho {
        let chamada = self.chamar().await;
        chamada.rastro.leu(&fato);
        let mut tentativas = 0;
        loop {
            let passagem = Arc::new(Passagem::Entrega(fato.clone()));
            // A few at a time in all: a thousand subscribers wake up at once, and what
            // they ask for must leave connections to the requests.
            let entregas = &self.servico.sessoes.entregas;
            let vez = entregas.acquire(&Caller::of(&self.ator), Lane::Alone).await;
            let resposta = rodar(&self.servico, chamada.clone(), &self.pronta, passagem).await;
            drop(vez);
            let desfecho = Desfecho::de(resposta.unwrap_or_default());
            let fora = |erro: &serde_json::Value| {
                let codigo = &erro["extensions"]["code"];
                *codigo == Falha::Indisponivel.nome()
                    || *codigo == Falha::Sobrecarregado.nome()
                    || *codigo == Falha::LimiteDeRequisicoes.nome()
            };
            tentativas += 1;
            if tentativas >= TENTATIVAS || !desfecho.errors.iter().any(fora) {
                desfecho.anotar(&chamada.rastro);
                // Not sent before it is recorded, however long that takes.
                let mut written = chamada.encerrar(200);
                while written.wait().await.is_err() {
                    sleep(RETOMADA).await;
                }
                return desfecho;
            }
            sleep(RETOMADA).await;
        }
    }

    /// Nothing is read before the trail can record it, nor for a caller that has to wait.
    async fn chamar(&self) -> Chamada {
        let chamada = self.servico.entrar(self.ator.clone(), self.correlacao.clone());
        chamada.rastro.delivers();
        while chamada.admitir().await.is_err() {
            sleep(RETOMADA).await;
        }
        chamada
    }
}

/// The first answer of the operation, if there is one.
async fn rodar(
    servico: &Servico,
    chamada: Chamada,
    pronta: &Pronta,
    passagem: Arc<Passagem>,
) -> Option<Response> {
    let request = pedir(Loaders::for_request(chamada), pronta).data(passagem);
    servico.executor.schema().execute_stream(request).next().await
}
