//! Carries an operation out, whatever protocol it came by.

pub mod blocking;
pub mod coalesce;
pub mod documents;
pub mod executor;
pub mod feed_reads;
pub mod subscription;

use super::execution::coalesce::Carona;
use super::execution::documents::Documentos;
use super::execution::executor::Executor;
use super::execution::subscription::Aberta;
use super::protocol::http::request::Pronta;
use super::protocol::session_registry::Sessoes;
use super::schema::errors::ErroDeCampo;
use crate::audit::{CanalAuditoria, EspecieAuditoria};
use crate::auth::Ator;
use crate::call::record::{Entrada, Rastro};
use crate::call::{App, Chamada};
use crate::error::{Error, Falha};
use crate::graphql_types::json::Resposta;
use crate::graphql_types::loaders::Loaders;
use crate::http::body::Room;
use actix_web::web::Bytes;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::sync::Arc;

/// What an operation runs on. Cheap to clone.
#[derive(Clone)]
pub struct Servico {
    pub executor: Arc<Executor>,
    pub documentos: Arc<Documentos>,
    pub app: Arc<App>,
    pub sessoes: Arc<Sessoes>,
    pub carona: Arc<Carona>,
}

/// What came of it, as it is answered; keys of `data` stand in the order of the selection.
#[derive(Debug, Serialize)]
pub struct Desfecho {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
    /// Written where it was made; none when the request was refused before anything ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Extensions>,
    /// In how many seconds it is worth trying again, if that is known.
    #[serde(skip)]
    pub retry_after: Option<u32>,
    /// What it takes of the memory for large answers.
    #[serde(skip)]
    pub room: Option<Room>,
}

/// `data` of so many bytes is not copied any more.
const LARGE: usize = 64 * 1024;

/// An answer in bytes.
pub enum Written {
    Whole(Vec<u8>),
    Parts([Bytes; 3]),
}

#[derive(Debug, Serialize)]
pub struct Extensions {
    cost: Custo,
}

#[derive(Debug, Serialize)]
struct Custo {
    requested: u64,
    limit: u64,
}

/// An operation answers once or, if it is a subscription, for as long as it lasts.
pub enum Iniciada {
    Respondida(Desfecho),
    Assinada(Box<Aberta>),
}

impl Servico {
    /// A call whose operation is not read yet.
    pub fn entrar(&self, ator: Ator, correlacao: String) -> Chamada {
        let entrada = Entrada {
            canal: CanalAuditoria::Graphql,
            operacao: "(ilegível)".into(),
            especie: EspecieAuditoria::Leitura,
            correlacao,
        };
        Chamada::nova(Arc::clone(&self.app), ator, entrada)
    }

    pub async fn iniciar(&self, chamada: Chamada, pronta: Pronta) -> Iniciada {
        if pronta.tipo() != OperationType::Subscription {
            return Iniciada::Respondida(self.executar(chamada, &pronta).await);
        }
        match Aberta::abrir(self.clone(), chamada, pronta).await {
            Ok(aberta) => Iniciada::Assinada(Box::new(aberta)),
            Err(recusada) => Iniciada::Respondida(recusada),
        }
    }

    /// A query or a mutation, to its end: what the answer shows is in the trail.
    pub async fn executar(&self, chamada: Chamada, pronta: &Pronta) -> Desfecho {
        let ended = chamada.clone();
        let room = chamada.app.answers.reserve(pronta.custo, chamada.ator().credencial()).await;
        let (room, desfecho) = match room {
            Ok(room) => (room, self.run(chamada, pronta).await),
            Err(error) => (None, Desfecho::recusa(&error)),
        };
        let desfecho = desfecho.of(&ended);
        match ended.encerrar(desfecho.status()).wait().await {
            Ok(()) => Desfecho { room, ..desfecho },
            Err(error) => Desfecho::recusa(&error),
        }
    }

    async fn run(&self, chamada: Chamada, pronta: &Pronta) -> Desfecho {
        match pronta.tipo() {
            OperationType::Query => blocking::responder(self, chamada, pronta)
                .await
                .unwrap_or_else(|error| Desfecho::recusa(&error)),
            _ => {
                let request = pedir(Loaders::for_request(chamada), pronta);
                Desfecho::de(self.executor.schema().execute(request).await)
            }
        }
    }
}

/// With what resolvers look for; the loaders are of this one answer.
pub fn pedir(loaders: Loaders, pronta: &Pronta) -> Request {
    nomear(loaders.chamada(), pronta);
    pronta.request().data(loaders)
}

/// Tells the trail what is asked.
pub fn nomear(chamada: &Chamada, pronta: &Pronta) {
    chamada.rastro.nomear(pronta.operacao(), pronta.especie());
}

impl Desfecho {
    pub fn recusa(error: &Error) -> Self {
        let (falha, mensagem) = error.publica();
        Self { retry_after: error.esperar(), ..Self::da_falha(falha, &mensagem) }
    }

    pub fn da_falha(falha: Falha, mensagem: &str) -> Self {
        Self::do_codigo(falha.nome(), falha.status(), mensagem)
    }

    pub fn do_codigo(codigo: &str, status: u16, mensagem: &str) -> Self {
        let extensions = json!({ "code": codigo, "status": status });
        let errors = vec![json!({ "message": mensagem, "extensions": extensions })];
        Self { errors, data: None, extensions: None, retry_after: None, room: None }
    }

    /// What is wrong, for people.
    pub fn mensagens(&self) -> String {
        let mensagens = self.errors.iter().filter_map(|erro| erro["message"].as_str());
        mensagens.collect::<Vec<_>>().join("; ")
    }

    /// Tells what it cost, of what it may.
    pub fn com_custo(&mut self, requested: u64, limit: u64) {
        self.extensions = Some(Extensions { cost: Custo { requested, limit } });
    }

    /// That of the answer if it came by HTTP.
    pub fn status(&self) -> u16 {
        match (&self.data, self.errors.first()) {
            (None, Some(erro)) => status_de(erro),
            _ => 200,
        }
    }

    /// As JSON; large `data` is not copied.
    pub fn escrito(mut self) -> serde_json::Result<Written> {
        let Some(data) = self.data.take_if(|data| data.get().len() > LARGE) else {
            return serde_json::to_vec(&self).map(Written::Whole);
        };
        let mut before = b"{".to_vec();
        if !self.errors.is_empty() {
            before.extend_from_slice(b"\"errors\":");
            serde_json::to_writer(&mut before, &self.errors)?;
            before.push(b',');
        }
        before.extend_from_slice(b"\"data\":");
        let mut after = Vec::new();
        if let Some(extensions) = &self.extensions {
            after.extend_from_slice(b",\"extensions\":");
            serde_json::to_writer(&mut after, extensions)?;
        }
        after.push(b'}');
        let data = Box::<str>::from(data).into_boxed_bytes();
        let data = match self.room {
            Some(room) => room.hold(data),
            None => data.into(),
        };
        Ok(Written::Parts([before.into(), data, after.into()]))
    }

    /// As the call may have it; the trail is told what of it failed.
    pub fn of(self, call: &Chamada) -> Self {
        // Of what was not looked up there is no part to answer, unless something was written.
        let outcome = match call.refused().filter(|_| !call.rastro.gravou()) {
            Some(error) => Self::recusa(&error),
            None => self,
        };
        outcome.anotar(&call.rastro);
        outcome
    }

    /// Tells the trail what of it failed.
    pub fn anotar(&self, rastro: &Rastro) {
        self.errors.iter().for_each(|erro| rastro.falhou(status_de(erro)));
    }

    pub fn de(response: Response) -> Self {
        let Response { data, errors, .. } = response;
        let errors: Vec<Value> = errors.iter().map(com_codigo).collect();
        let do_pedido = |erro: &Value| erro["extensions"]["status"] == 400;
        // The request's own fault, found before anything ran: such an answer has no `data`.
        let recusada = !errors.is_empty()
            && data == async_graphql::Value::Null
            && errors.iter().all(do_pedido);
        if recusada {
            return Self { errors, data: None, extensions: None, retry_after: None, room: None };
        }
        match to_raw_value(&Resposta(&data)) {
            Ok(data) => {
                Self { errors, data: Some(data), extensions: None, retry_after: None, room: None }
            }
            Err(error) => Self::recusa(&Error::interno(error)),
        }
    }
}

fn status_de(erro: &Value) -> u16 {
    erro["extensions"]["status"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(500)
}

/// Resolvers and scalars give their errors a code; what comes without is the framework's.
fn com_codigo(error: &ServerError) -> Value {
    let mut erro = serde_json::to_value(error).unwrap_or_else(|_| json!({}));
    if erro["extensions"].get("code").is_none() {
        let tem_caminho = !error.path.is_empty();
        let falha = if tem_caminho { Falha::EntradaInvalida } else { Falha::DocumentoInvalido };
        erro["extensions"]["code"] = falha.nome().into();
        erro["extensions"]["status"] = falha.status().into();
    }
    // The field that failed, when the path in the error is only of one above it.
    let extensions = erro["extensions"].as_object_mut();
    if let Some(caminho) = extensions.and_then(|todas| todas.shift_remove(ErroDeCampo::CAMINHO)) {
        erro["path"] = caminho;
    }
    erro
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_same_whole_and_in_parts() {
        let answer = |length: usize, errors: bool, cost: bool| {
            let data = to_raw_value(&"x".repeat(length)).unwrap();
            let errors = if errors { vec![json!({ "message": "m" })] } else { Vec::new() };
            let mut answer = Desfecho {
                errors,
                data: Some(data),
                extensions: None,
                retry_after: None,
                room: None,
            };
            if cost {
                answer.com_custo(1, 2);
            }
            answer
        };
        for (length, large) in [(10, false), (LARGE, true)] {
            for (errors, cost) in [(false, false), (true, false), (false, true), (true, true)] {
                let whole = serde_json::to_vec(&answer(length, errors, cost)).unwrap();
                match answer(length, errors, cost).escrito().unwrap() {
                    Written::Whole(bytes) => assert!(!large && bytes == whole),
                    Written::Parts(parts) => assert!(large && parts.concat() == whole),
                }
            }
        }
    }
}
