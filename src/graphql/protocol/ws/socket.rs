//! One socket: who it is, what it asks, what it is answered.
//!
//! One task reads and writes; each operation has its own, and hands what it has to say
//! over a short queue. Who does not read fills it, and with it stops its operations:
//! nothing piles up, and after a while the socket is closed.

use super::close_reason::Motivo;
use super::intake::{self, Acknowledged};
use super::message::{DoCliente, DoServidor, Headers};
use crate::auth::{Ator, Auth, TRIBUNAL};
use crate::call::{App, Chamada};
use crate::error::{Error, Falha};
use crate::graphql::execution::{Desfecho, Iniciada, Servico};
use crate::graphql::protocol::http::parameters::Text;
use crate::graphql::protocol::http::request::{Lido, Pronta};
use crate::graphql::protocol::session_registry::{Fim, Vaga, Vigia};
use crate::http::body::SMALL;
use crate::work::INLINE;
use crate::work::shares::Share;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::rt;
use actix_web::web::{self, Bytes};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Closed, ProtocolError, Session};
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

/// Between two pings; who answers none of two, nor says anything else, is gone.
const SINAL_DE_VIDA: Duration = Duration::from_secs(12);
const SILENCIO: Duration = Duration::from_secs(30);
/// How long the other side may take to close, once told to.
const DESPEDIDA: Duration = Duration::from_secs(1);
/// Results that wait to be sent, of all operations together.
const FILA: usize = 8;

pub struct Socket {
    servico: Servico,
    auth: web::Data<Auth>,
    /// Of the request that opened it: a token may have come there.
    headers: HeaderMap,
    /// The id of that request, and so of every operation.
    correlacao: String,
    conexao: Session,
    acknowledged: Acknowledged,
    ator: Option<Ator>,
    fim: Pin<Box<dyn Future<Output = Fim>>>,
    vaga: Option<Vaga>,
    operacoes: HashMap<String, Operacao>,
    /// How many operations it has had.
    serie: u64,
    fila: mpsc::Sender<Envio>,
    envios: mpsc::Receiver<Envio>,
}

/// Stops when dropped.
struct Operacao {
    serie: u64,
    tarefa: JoinHandle<()>,
}

impl Drop for Operacao {
    fn drop(&mut self) {
        self.tarefa.abort();
    }
}

/// What an operation has to say. The series tells it from an older one of the same id.
struct Envio {
    id: String,
    serie: u64,
    dito: Dito,
}

enum Dito {
    Proximo(Desfecho),
    Recusa(Vec<Value>),
    Fim,
}

type Seguir = Result<(), Option<Motivo>>;

impl Socket {
    pub fn novo(
        servico: Servico,
        auth: web::Data<Auth>,
        (headers, correlacao): (HeaderMap, String),
        (conexao, acknowledged): (Session, Acknowledged),
    ) -> Self {
        let (fila, envios) = mpsc::channel(FILA);
        let (ator, vaga, fim) = (None, None, Box::pin(std::future::pending()));
        let operacoes = HashMap::new();
        let serie = 0;
        Self {
            servico,
            auth,
            headers,
            correlacao,
            conexao,
            acknowledged,
            ator,
            fim,
            vaga,
            operacoes,
            serie,
            fila,
            envios,
        }
    }

    pub async fn atender(mut self, mut mensagens: AggregatedMessageStream) {
        let Err(motivo) = self.conversar(&mut mensagens).await else { return };
        let Self { conexao, .. } = self;
        let Some(motivo) = motivo else { return };
        // Who does not read gets it, perhaps, when its connection ends.
        let fechando = rt::spawn(conexao.close(Some(motivo.into())));
        // Closed with bytes still to be read, TCP would take the reason back.
        let ate_o_fim = async { while let Some(Ok(_)) = mensagens.recv().await {} };
        let _ = timeout(DESPEDIDA, ate_o_fim).await;
        drop(fechando);
    }

    /// Until there is a reason to end, or nobody left to tell it to.
    async fn conversar(&mut self, mensagens: &mut AggregatedMessageStream) -> Seguir {
        let espera = Duration::from_secs(self.servico.sessoes.limites.espera_init.into());
        let inicio_ate = Instant::now() + espera;
        let mut sinais = interval_at(Instant::now() + SINAL_DE_VIDA, SINAL_DE_VIDA);
        let mut ouvido = Instant::now();
        let sessoes = self.servico.sessoes.clone();
        let encerramento = sessoes.encerramento();
        tokio::pin!(encerramento);
        loop {
            tokio::select! {
                biased;
                () = &mut encerramento => return Err(Some(Motivo::Encerrando)),
                fim = &mut self.fim => return Err(Some(fim.into())),
                () = sleep_until(inicio_ate), if self.ator.is_none() => {
                    return Err(Some(Motivo::DemorouAIniciar));
                }
                _ = sinais.tick() => {
                    if ouvido.elapsed() > SILENCIO {
                        return Err(None);
                    }
                    let parado = self.parado();
                    a_tempo(self.conexao.ping(b""), parado).await?;
                }
                Some(envio) = self.envios.recv() => self.repassar(envio).await?,
                mensagem = mensagens.recv() => {
                    ouvido = Instant::now();
                    self.receber(mensagem).await?;
                }
            }
        }
    }

    async fn receber(
        &mut self,
        mensagem: Option<Result<AggregatedMessage, ProtocolError>>,
    ) -> Seguir {
        let texto = match mensagem {
            None => return Err(None),
            Some(Ok(AggregatedMessage::Text(texto))) => texto,
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                let parado = self.parado();
                return a_tempo(self.conexao.pong(&bytes), parado).await;
            }
            Some(Ok(AggregatedMessage::Pong(_))) => return Ok(()),
            Some(Ok(AggregatedMessage::Close(_))) => return Err(Some(Motivo::Tchau)),
            Some(Ok(AggregatedMessage::Binary(_))) => {
                return Err(Some(Motivo::MensagemInvalida));
            }
            Some(Err(ProtocolError::Io(error))) if intake::is_too_much(&error) => {
                return Err(Some(Motivo::MensagemGrande));
            }
            Some(Err(ProtocolError::Overflow)) => return Err(Some(Motivo::MensagemGrande)),
            Some(Err(_)) => return Err(Some(Motivo::ErroDeProtocolo)),
        };
        let (mensagem, share) = self.ler(texto.into_bytes()).await?;
        match mensagem {
            DoCliente::Iniciar(dados) => self.iniciar(dados).await,
            DoCliente::Ping(payload) => {
                self.enviar(&DoServidor::Pong { payload: payload.as_deref() }).await
            }
            DoCliente::Pong => Ok(()),
            DoCliente::Assinar { id, lido } => {
                let with_share = |mut lido: Lido| {
                    lido.share = share.map(Arc::new);
                    lido
                };
                self.assinar(id, lido.map(with_share)).await
            }
            DoCliente::Completar { id } => {
                self.operacoes.remove(&id);
                Ok(())
            }
        }
    }

    /// What the client says, and its place in memory if it is large enough to be charged for.
    async fn ler(&self, texto: Bytes) -> Result<(DoCliente, Option<Share>), Option<Motivo>> {
        let read = |texto: &Bytes| DoCliente::ler(texto).ok_or(Some(Motivo::MensagemInvalida));
        if texto.len() <= SMALL {
            return Ok((read(&texto)?, None));
        }
        let App { bodies, work, .. } = &*self.servico.app;
        let Some(ator) = &self.ator else {
            return match texto.len() > INLINE {
                true => Err(Some(Motivo::MensagemGrande)),
                false => Ok((read(&texto)?, None)),
            };
        };
        let cheio = |_| Some(Motivo::Cheio);
        let share = bodies.reserve(texto.len(), ator.credencial()).await.map_err(cheio)?;
        let mensagem = match texto.len() > INLINE {
            true => work.run(ator.credencial(), move || read(&texto)).await.map_err(cheio)??,
            false => read(&texto)?,
        };
        Ok((mensagem, Some(share)))
    }

    /// Who it is: by the token of the message or, without one, of the request.
    async fn iniciar(&mut self, Headers(headers): Headers) -> Seguir {
        if self.ator.is_some() {
            return Err(Some(Motivo::JaIniciada));
        }
        for (nome, valor) in headers {
            let do_token = nome.eq_ignore_ascii_case(AUTHORIZATION.as_str());
            let Text::Given(valor) = valor else { return Err(Some(Motivo::Recusado)) };
            let valor = HeaderValue::from_str(&valor).map_err(|_| Some(Motivo::Recusado))?;
            match do_token {
                true => drop(self.headers.insert(AUTHORIZATION, valor)),
                // Beside that of the request it is one too many, and refused as two headers are.
                false => self.headers.append(TRIBUNAL, valor),
            }
        }
        let identidade = self.auth.autenticar_ate(&self.headers).await;
        let identidade = identidade.map_err(|recusado| match recusado.error.publica().0 {
            Falha::Indisponivel => Motivo::SemComoConferir,
            _ => Motivo::Recusado,
        })?;
        let ator = identidade.0.clone();
        let vaga = self.servico.sessoes.vaga(&ator);
        self.vaga = Some(vaga.ok_or(Motivo::ConexoesDemais)?);
        let relogio = self.servico.app.agora;
        let vigia = Vigia::nova(self.auth.clone(), &self.headers, identidade, relogio);
        self.fim = Box::pin(async move { vigia.fim().await });
        self.ator = Some(ator);
        self.acknowledged.set();
        self.enviar(&DoServidor::ConnectionAck).await
    }

    async fn assinar(&mut self, id: String, lido: Result<Lido, Error>) -> Seguir {
        let Some(ator) = self.ator.clone() else { return Err(Some(Motivo::SemIniciar)) };
        if self.operacoes.contains_key(&id) {
            return Err(Some(Motivo::IdEmUso));
        }
        let chamada = self.servico.entrar(ator, self.correlacao.clone());
        let maximo = self.servico.sessoes.limites.operacoes_por_conexao;
        let pronta = match self.operacoes.len() {
            n if n >= maximo => {
                let mensagem =
                    format!("a conexão já tem {maximo} operações; encerre alguma ou abra outra");
                Err(Desfecho::da_falha(Falha::CustoExcedeLimite, &mensagem))
            }
            _ => match lido {
                Ok(lido) => lido.preparar(&self.servico, chamada.ator().credencial()).await,
                Err(error) => Err(Desfecho::recusa(&error)),
            },
        };
        let pronta = match pronta {
            Ok(pronta) => pronta,
            Err(recusada) => {
                let _nothing_shown = chamada.encerrar(recusada.status());
                return self.recusar(&id, &recusada).await;
            }
        };
        self.serie += 1;
        let voz = Voz { id: id.clone(), serie: self.serie, fila: self.fila.clone() };
        let tarefa = match pronta.tipo() {
            // Opened here and now: who is answered a ping sent after it knows that it stands.
            OperationType::Subscription => {
                match self.servico.iniciar(chamada.clone(), pronta).await {
                    Iniciada::Respondida(recusada) => {
                        let _nothing_shown = chamada.encerrar(recusada.status());
                        return self.recusar(&id, &recusada).await;
                    }
                    Iniciada::Assinada(aberta) => {
                        let _nothing_shown = chamada.encerrar(200);
                        rt::spawn(voz.contar(aberta.desfechos()))
                    }
                }
            }
            _ => rt::spawn(voz.responder(self.servico.clone(), chamada, pronta)),
        };
        self.operacoes.insert(id, Operacao { serie: self.serie, tarefa });
        Ok(())
    }

    /// What an operation says goes out, unless the client has done with it.
    async fn repassar(&mut self, Envio { id, serie, dito }: Envio) -> Seguir {
        if self.operacoes.get(&id).is_none_or(|operacao| operacao.serie != serie) {
            return Ok(());
        }
        if !matches!(dito, Dito::Proximo(_)) {
            self.operacoes.remove(&id);
        }
        match &dito {
            Dito::Proximo(payload) => self.enviar(&DoServidor::Next { id: &id, payload }).await,
            Dito::Recusa(payload) => self.enviar(&DoServidor::Error { id: &id, payload }).await,
            Dito::Fim => self.enviar(&DoServidor::Complete { id: &id }).await,
        }
    }

    async fn recusar(&mut self, id: &str, recusada: &Desfecho) -> Seguir {
        self.enviar(&DoServidor::Error { id, payload: &recusada.errors }).await
    }

    async fn enviar(&mut self, mensagem: &DoServidor<'_>) -> Seguir {
        let parado = self.parado();
        a_tempo(self.conexao.text(mensagem.texto()), parado).await
    }

    /// How long what is sent may wait to be taken.
    fn parado(&self) -> Duration {
        Duration::from_secs(self.servico.sessoes.limites.envio_parado.into())
    }
}

async fn a_tempo(envio: impl Future<Output = Result<(), Closed>>, prazo: Duration) -> Seguir {
    match timeout(prazo, envio).await {
        Ok(enviado) => enviado.map_err(|_| None),
        Err(_) => Err(Some(Motivo::Parado)),
    }
}

/// By which an operation speaks.
struct Voz {
    id: String,
    serie: u64,
    fila: mpsc::Sender<Envio>,
}

impl Voz {
    async fn dizer(&self, dito: Dito) {
        // Without the socket nobody hears it, and the task is about to be stopped.
        let _ = self.fila.send(Envio { id: self.id.clone(), serie: self.serie, dito }).await;
    }

    async fn responder(self, servico: Servico, chamada: Chamada, pronta: Pronta) {
        let desfecho = servico.executar(chamada, &pronta).await;
        if desfecho.data.is_none() {
            return self.dizer(Dito::Recusa(desfecho.errors)).await;
        }
        self.dizer(Dito::Proximo(desfecho)).await;
        self.dizer(Dito::Fim).await;
    }

    async fn contar(self, desfechos: impl futures_util::Stream<Item = Desfecho>) {
        tokio::pin!(desfechos);
        while let Some(desfecho) = desfechos.next().await {
            self.dizer(Dito::Proximo(desfecho)).await;
        }
        self.dizer(Dito::Fim).await;
    }
}
