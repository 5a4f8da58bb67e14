//! The five requests.

use crate::Worker;
use crate::database::{Connection, Json};
use crate::token::Caller;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_postgres::error::SqlState;

/// A refusal: its status and a word.
#[derive(Debug)]
pub struct Refused(StatusCode, &'static str);
type Answer = Result<HttpResponse, Refused>;

const BAD: Refused = Refused(StatusCode::BAD_REQUEST, "BAD_REQUEST");

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Self {
        eprintln!("the database refused: {error:?}");
        Self(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(self.1)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.0
    }

    fn error_response(&self) -> HttpResponse {
        let body = format!("{{\"errors\":[{{\"message\":\"{self}\"}}]}}");
        HttpResponse::build(self.0).content_type("application/json").body(body)
    }
}

#[derive(Deserialize)]
struct Body<V> {
    variables: V,
}

fn variables<'a, V: Deserialize<'a>>(body: &'a [u8]) -> Result<V, Refused> {
    serde_json::from_slice::<Body<V>>(body).map(|it| it.variables).map_err(|_| BAD)
}

#[derive(Deserialize)]
struct Numero<'a> {
    numero: &'a str,
}

#[derive(Deserialize)]
struct Identificador<'a> {
    identificador: &'a str,
}

#[derive(Deserialize)]
struct After<'a> {
    after: &'a str,
}

impl After<'_> {
    /// A cursor is the instant in microseconds, and the id.
    fn place(&self) -> Result<(SystemTime, i64), Refused> {
        let (micros, id) = self.after.split_once(',').ok_or(BAD)?;
        let since = Duration::from_micros(micros.parse().map_err(|_| BAD)?);
        Ok((UNIX_EPOCH.checked_add(since).ok_or(BAD)?, id.parse().map_err(|_| BAD)?))
    }
}

#[derive(Deserialize)]
struct Registration<'a> {
    numero: &'a str,
    #[serde(borrow)]
    adolescentes: Vec<&'a str>,
    /// The idempotency key. `None` if the registration has none.
    chave: Option<&'a str>,
}

fn caller(
    worker: &Worker,
    request: &HttpRequest,
    allowed: fn(&Caller) -> bool,
) -> Result<Rc<Caller>, Refused> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let caller = header
        .and_then(|it| worker.verifier.caller(it))
        .ok_or(Refused(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"))?;
    if allowed(&caller) { Ok(caller) } else { Err(Refused(StatusCode::FORBIDDEN, "FORBIDDEN")) }
}

/// The answer whose body is the pieces, one after the other.
fn written(pieces: &[&[u8]]) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(pieces.concat())
}

/// The JSON of the first column, or null without a row.
fn json(row: Option<&tokio_postgres::Row>) -> &[u8] {
    row.map_or(b"null", |row| row.get::<_, Json>(0).0)
}

pub async fn processo(worker: Data<Worker>, request: HttpRequest, body: Bytes) -> Answer {
    let caller = caller(&worker, &request, Caller::may_read)?;
    let Numero { numero } = variables(&body)?;
    let connection = worker.database.least_busy();
    let row = connection.ask(&caller, &connection.processo, &[&numero]).await?;
    Ok(written(&[br#"{"data":{"processo":"#, json(row.as_ref()), b"}}"]))
}

pub async fn processos(worker: Data<Worker>, request: HttpRequest, body: Bytes) -> Answer {
    let caller = caller(&worker, &request, Caller::may_read)?;
    let (at, id) = variables::<After>(&body)?.place()?;
    let connection = worker.database.least_busy();
    let row = connection.ask(&caller, &connection.processos, &[&at, &id]).await?;
    Ok(written(&[br#"{"data":{"processos":{"nodes":"#, json(row.as_ref()), b"}}}"]))
}

pub async fn adolescente(worker: Data<Worker>, request: HttpRequest, body: Bytes) -> Answer {
    let caller = caller(&worker, &request, Caller::may_read)?;
    let Identificador { identificador } = variables(&body)?;
    let connection = worker.database.least_busy();
    let row = connection.ask(&caller, &connection.adolescente, &[&identificador]).await?;
    Ok(written(&[br#"{"data":{"adolescente":"#, json(row.as_ref()), b"}}"]))
}

pub async fn page(worker: Data<Worker>, request: HttpRequest, body: Bytes) -> Answer {
    let caller = caller(&worker, &request, Caller::may_read)?;
    let (at, id) = variables::<After>(&body)?.place()?;
    let connection = worker.database.least_busy();
    let row = connection.ask(&caller, &connection.page, &[&at, &id]).await?.ok_or(BAD)?;
    let total = row.get::<_, i64>(0).to_string();
    let nodes: Json = row.get(1);
    Ok(written(&[
        br#"{"data":{"processos":{"totalCount":"#,
        total.as_bytes(),
        br#","nodes":"#,
        nodes.0,
        b"}}}",
    ]))
}

pub async fn register(worker: Data<Worker>, request: HttpRequest, body: Bytes) -> Answer {
    let caller = caller(&worker, &request, Caller::may_write)?;
    let Registration { numero, adolescentes, chave } = variables(&body)?;
    let connection = worker.database.least_busy();
    let row = match chave.map(|key| <[u8; 32]>::from(Sha256::digest(key))) {
        None => {
            connection
                .ask(
                    &caller,
                    &connection.register,
                    &[&caller.tribunal, &numero, &adolescentes, &caller.sub, &caller.azp],
                )
                .await
        }
        Some(key) => {
            let input = input_hash(numero, &adolescentes);
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
                &caller.tribunal,
                &numero,
                &adolescentes,
                &caller.sub,
                &caller.azp,
                &key.as_slice(),
                &input.as_slice(),
            ];
            match connection.ask(&caller, &connection.register_keyed, &parameters).await {
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                    return replayed(connection, &caller, &key, &input).await;
                }
                result => result,
            }
        }
    };
    match row {
        Ok(Some(row)) => Ok(registered(row.get(0))),
        Ok(None) => Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "ADOLESCENTE_NAO_ENCONTRADO")),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Err(TAKEN),
        Err(error) => Err(error.into()),
    }
}

const TAKEN: Refused = Refused(StatusCode::CONFLICT, "PROCESSO_JA_EXISTE");

fn registered(processo: Json) -> HttpResponse {
    written(&[br#"{"data":{"cadastrarProcesso":"#, processo.0, b"}}"])
}

fn input_hash(numero: &str, adolescentes: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(numero);
    for adolescente in adolescentes {
        hash.update([0]);
        hash.update(adolescente);
    }
    hash.finalize().into()
}

/// Answers a known key as the first time, or refuses it if its input was another one then.
async fn replayed(connection: &Connection, caller: &Caller, key: &[u8], input: &[u8]) -> Answer {
    let row = connection
        .ask(caller, &connection.remembered, &[&caller.azp, &key, &input])
        .await?
        .ok_or(TAKEN)?;
    if row.get(1) {
        Ok(registered(row.get(0)))
    } else {
        Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, "CHAVE_IDEMPOTENCIA_REUTILIZADA"))
    }
}
