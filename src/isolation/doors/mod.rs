//! The two doors, tried in the program: requests of A's client about B's rows, each through its
//! route, its token and its handler, on the one connection that has the throw-away rows.

mod graphql;
mod identity;
mod rest;
mod values;

use super::catalog::Relation;
use super::functions::Secrets;
use super::report::{Kind, Report};
use super::world::World;
use super::{Options, probe};
use crate::auth::Auth;
use crate::call::App;
use crate::config::Documentos as Limits;
use crate::db::{Db, credentials};
use crate::error::Error;
use crate::graphql::execution::Servico;
use crate::graphql::execution::coalesce::Carona;
use crate::graphql::execution::documents::Documentos;
use crate::graphql::execution::executor::Executor;
use crate::graphql::protocol::session_registry::Sessoes;
use crate::graphql::{self as door};
use crate::http::request;
use crate::server;
use crate::value::regras::Regras;
use actix_web::dev::Service;
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{App as Actix, test, web};
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use identity::Identity;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Of one operation; in a debug build on a busy machine it takes a while.
const TIME: Duration = Duration::from_secs(30);

/// One request, as any client may send it.
pub struct Request {
    kind: Kind,
    /// The operation, by its name in the schema or its route.
    operation: String,
    method: Method,
    path: String,
    media: &'static str,
    body: String,
}

/// What the doors are tried on.
pub struct Tried<'a> {
    pub relations: &'a [Relation],
    pub world: &'a World,
    pub options: Options,
}

/// Sends every request as A's client; `conn` has the rows, in a transaction that is not committed.
pub fn try_doors(
    conn: PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    tried: &Tried<'_>,
) -> anyhow::Result<()> {
    let mut requests = graphql::requests(&door::sdl(), &tried.world.b)?;
    requests.extend(rest::requests(&crate::rest::openapi::documento(), &tried.world.b)?);
    bar.inc_length(requests.len() as u64);
    let db = Db::within(conn, TIME, tried.options.unfiltered);
    actix_web::rt::System::new().block_on(send_all(db, report, bar, tried, &requests))
}

async fn send_all(
    db: Db,
    report: &mut Report,
    bar: &ProgressBar,
    tried: &Tried<'_>,
    requests: &[Request],
) -> anyhow::Result<()> {
    let limits = Limits { custo_maximo: u64::MAX, ..Limits::default() };
    let documentos = Documentos::novos(&door::sdl(), &limits)?;
    // The trail of what is tried would be one of the rows that are looked at.
    let app = App::novo(db.clone(), Regras::default(), tried.options.agora)
        .sem_auditoria()
        .com_documentos(limits)
        .com_ausencias_por_minuto(0);
    let identity = Identity::new(tried.options.agora)?;
    let credenciais = credentials::do_banco(&db)?;
    credentials::reler(db.clone(), credenciais.clone());
    let auth = Auth::novo(identity.options(), credenciais);
    let sessoes = Arc::new(Sessoes::novas(app.assinaturas));
    let app = web::Data::new(app);
    let servico = Servico {
        executor: Arc::new(Executor::novo(door::schema())),
        documentos: Arc::new(documentos),
        carona: Arc::new(Carona::default()),
        app: app.clone().into_inner(),
        sessoes,
    };
    let service = Actix::new()
        .wrap(from_fn(request::acompanhar))
        .app_data(web::Data::new(servico))
        .app_data(app)
        .app_data(web::Data::new(auth))
        .configure(server::doors);
    let service = test::init_service(service).await;
    let send = async |request: &Request, token: &str| -> anyhow::Result<Answer> {
        let answer = match service.call(signed(request, token).to_request()).await {
            Ok(answer) => answer,
            Err(error) => {
                let status = error.as_response_error().status_code().as_u16();
                return Ok(Answer { status, document: false, text: String::new() });
            }
        };
        let status = answer.status().as_u16();
        let media = answer.headers().get(header::CONTENT_TYPE);
        let document = media.is_some_and(|media| media == "application/pdf");
        let bytes = actix_web::body::to_bytes(answer.into_body()).await;
        let bytes = bytes.map_err(|_| anyhow::anyhow!("uma resposta quebrou-se"))?;
        Ok(Answer { status, document, text: String::from_utf8_lossy(&bytes).into_owned() })
    };
    let (a, b) = (tried.world.a.tribunal, tried.world.b.tribunal);
    let (a, b) = (identity.token(a)?, identity.token(b)?);
    let secrets = Secrets::of(tried.world, tried.relations);
    let untouched = fingerprint(&db, tried)?;
    // Of each operation, whether its own tribunal is shown something of what it asks for.
    let mut shown: BTreeMap<(Kind, &str), bool> = BTreeMap::new();
    for request in requests {
        db.mark().map_err(|error| lost(&error))?;
        let answer = send(request, &a).await?;
        let crossed =
            crossed(request, &answer, &secrets).or_else(|| match fingerprint(&db, tried) {
                Ok(now) if now == untouched => None,
                Ok(_) => Some("mudou linha de outro tribunal".into()),
                Err(error) => Some(format!("não se pôde provar: {error}")),
            });
        db.undo().map_err(|error| lost(&error))?;
        report.count("cliente de A", request.kind, &request.operation, crossed);

        let shown = shown.entry((request.kind, &request.operation)).or_default();
        if !*shown {
            db.mark().map_err(|error| lost(&error))?;
            let answer = send(request, &b).await?;
            *shown = answer.tells(request, &secrets) || fingerprint(&db, tried)? != untouched;
            db.undo().map_err(|error| lost(&error))?;
        }
        bar.inc(1);
    }
    for ((kind, operation), shown) in shown {
        match shown {
            true => report.count("cliente de B", Kind::Own, operation, None),
            false => report.unshown.push(format!("{}: {operation}", kind.label())),
        }
    }
    Ok(())
}

/// What a request was answered.
struct Answer {
    status: u16,
    /// It is one to be printed, of what the path names.
    document: bool,
    text: String,
}

impl Answer {
    /// It shows something of B that was not in the question. What a document shows is packed: that
    /// there is one says enough.
    fn tells(&self, request: &Request, secrets: &Secrets) -> bool {
        self.document || !secrets.told(&self.text, &asked(request)).is_empty()
    }
}

/// How the answer to A crosses, if it does: it tells of B what was not asked, or what was asked
/// made the server fail.
fn crossed(request: &Request, answer: &Answer, secrets: &Secrets) -> Option<String> {
    let Answer { status, text, .. } = answer;
    if answer.tells(request, secrets) {
        return Some(format!("a resposta ({status}) disse o que é de outro tribunal"));
    }
    (*status >= 500 || text.contains("\"ERRO_INTERNO\""))
        .then(|| format!("não se pôde provar: respondeu {status}"))
}

fn asked(request: &Request) -> String {
    format!("{} {}", request.path, request.body)
}

/// The request, as the client with this token sends it.
fn signed(request: &Request, token: &str) -> test::TestRequest {
    let sent = test::TestRequest::default()
        .method(request.method.clone())
        .uri(&request.path)
        .insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
        .insert_header((
            header::ACCEPT,
            "application/graphql-response+json, application/json, */*",
        ));
    match request.body.is_empty() {
        true => sent,
        false => sent
            .insert_header((header::CONTENT_TYPE, request.media))
            .set_payload(request.body.clone()),
    }
}

fn lost(error: &Error) -> anyhow::Error {
    let (_, message) = error.publica();
    anyhow::anyhow!("a conexão das linhas de prova falhou: {message}")
}

/// What B's rows are like.
fn fingerprint(db: &Db, tried: &Tried<'_>) -> anyhow::Result<String> {
    let mut rows = Vec::new();
    for relation in tried.relations.iter().filter(|relation| relation.part.is_none()) {
        for row in tried.world.b.of(relation) {
            let Some(only) = relation.named(row) else { continue };
            rows.push(format!("(SELECT x::text FROM {} x WHERE {only})", relation.path()));
        }
    }
    let sql = format!("SELECT md5(concat_ws('|', {})) AS t", rows.join(", "));
    let read = |conn: &mut PgConnection| {
        conn.batch_execute("SET LOCAL ROLE elos_dono")?;
        Ok(probe::text(conn, &sql)?)
    };
    db.between(read).map_err(|error| lost(&error))
}
