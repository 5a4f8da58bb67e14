//! The floor of `script/bench`: its five requests in a server that does nothing else. It checks the
//! token, sets the tribunal, sends one prepared statement that builds the JSON, and hands the bytes
//! on. There is no GraphQL, no trail and no limit. The path says the kind of request; the body is
//! the one that elos gets, and its `query` is not read.
//!
//! `FLOOR_BIND`, `FLOOR_DATABASE` (as libpq writes it), `FLOOR_ISSUER` and `FLOOR_JWKS_FILE` are
//! its settings.

mod answer;
mod database;
mod statements;
mod token;

use actix_web::{App, HttpServer, web};
use database::Database;
use token::Verifier;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Error = Box<dyn std::error::Error>;

fn setting(name: &str) -> Result<String, Error> {
    std::env::var(name).map_err(|_| format!("{name} is missing").into())
}

/// What one worker thread has for itself.
struct Worker {
    database: Database,
    verifier: Verifier,
}

impl Worker {
    async fn start(database: String, issuer: String, jwks: String) -> Result<Self, Error> {
        Ok(Self {
            database: Database::connect(&database).await?,
            verifier: Verifier::new(&jwks, &issuer)?,
        })
    }
}

#[actix_web::main]
async fn main() -> Result<(), Error> {
    let database = setting("FLOOR_DATABASE")?;
    let issuer = setting("FLOOR_ISSUER")?;
    let jwks = std::fs::read_to_string(setting("FLOOR_JWKS_FILE")?)?;
    HttpServer::new(move || {
        let (database, issuer, jwks) = (database.clone(), issuer.clone(), jwks.clone());
        App::new()
            .data_factory(move || Worker::start(database.clone(), issuer.clone(), jwks.clone()))
            .route("/ready", web::get().to(async || "ready"))
            .route("/Q1", web::post().to(answer::processo))
            .route("/Q2", web::post().to(answer::processos))
            .route("/Q3", web::post().to(answer::adolescente))
            .route("/Q4", web::post().to(answer::page))
            .route("/M1", web::post().to(answer::register))
    })
    .bind(setting("FLOOR_BIND")?)?
    .run()
    .await?;
    Ok(())
}
