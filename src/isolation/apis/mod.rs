//! Tries the GraphQL, REST and Tramita APIs inside this program. A client of tribunal A asks about
//! rows of tribunal B. Each request goes through its route, token and handler, on the one
//! connection that can see the throw-away rows.

mod graphql;
mod identity;
mod rest;
mod values;

use super::functions::Secrets;
use super::report::{Kind, Report};
use super::{Options, Survey, probe};
use crate::auth::Auth;
use crate::call::App;
use crate::config::{DocumentSettings, Http, Subscriptions};
use crate::db::{Db, credentials};
use crate::error::Error;
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::documents::Documents;
use crate::graphql::execution::executor::Executor;
use crate::graphql::protocol::Protocols;
use crate::http::request;
use crate::server;
use crate::value::rules::RuleSwitches;
use actix_web::dev::Service;
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{App as Actix, test, web};
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use identity::Identity;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time limit of one statement. A debug build on a busy machine is slow.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request as any client may send it.
pub struct Request {
    kind: Kind,
    /// The name of the operation in the GraphQL schema, or its `operationId` in the OpenAPI
    /// document.
    operation: String,
    method: Method,
    /// The path and the query string.
    path: String,
    media: &'static str,
    /// Empty for a request without a body.
    body: String,
}

/// Sends every request as a client of A and, as a control, as a client of B until the operation
/// shows B a value. `conn` holds the throw-away rows in a transaction that is never committed.
pub(super) fn try_apis(
    conn: PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    survey: &Survey,
    options: Options,
) -> anyhow::Result<()> {
    let mut requests = graphql::requests(&crate::graphql::sdl(), &survey.test_rows.b)?;
    requests.extend(rest::requests(&crate::rest::openapi::render(), &survey.test_rows.b)?);
    bar.inc_length(requests.len() as u64);
    let db = Db::in_outer_transaction(conn, TIMEOUT, options.skip_tribunal_filter);
    actix_web::rt::System::new().block_on(send_all(db, report, bar, survey, options, &requests))
}

async fn send_all(
    db: Db,
    report: &mut Report,
    bar: &ProgressBar,
    survey: &Survey,
    options: Options,
    requests: &[Request],
) -> anyhow::Result<()> {
    let limits = DocumentSettings { max_cost: u64::MAX, ..DocumentSettings::default() };
    let documents = Documents::new(&crate::graphql::sdl(), &limits)?;
    // The audit trail is off, because its threads would write through the same connection, between
    // these savepoints.
    let app = App::new(db.clone(), RuleSwitches::default(), options.now)
        .without_audit()
        .with_absences_per_minute(0);
    let identity = Identity::new(options.now)?;
    let credentials = credentials::from_database(&db)?;
    credentials::reload(db.clone(), credentials.clone());
    let auth = Auth::new(identity.options(), credentials);
    let app = web::Data::new(app);
    let executor = Executor::new(crate::graphql::schema());
    let graphql = GraphqlService::new(executor, documents, app.clone().into_inner());
    let protocols = Protocols::new(Subscriptions::default(), Http::default());
    let service = Actix::new()
        .wrap(from_fn(request::track))
        .app_data(web::Data::new(graphql))
        .app_data(web::Data::new(protocols))
        .app_data(app)
        .app_data(web::Data::new(auth))
        .configure(server::api_routes);
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
    let (a, b) = (survey.test_rows.a.tribunal, survey.test_rows.b.tribunal);
    let (a, b) = (identity.token(a), identity.token(b));
    let untouched = fingerprint(&db, survey)?;
    // Maps each operation to whether it showed B a value of its own rows, or changed one.
    let mut shown: BTreeMap<(Kind, &str), bool> = BTreeMap::new();
    for request in requests {
        db.savepoint().map_err(|error| lost(&error))?;
        let answer = send(request, &a).await?;
        let crossed =
            crossed(request, &answer, &survey.secrets).or_else(|| match fingerprint(&db, survey) {
                Ok(now) if now == untouched => None,
                Ok(_) => Some("mudou linha de outro tribunal".into()),
                Err(error) => Some(format!("não se pôde provar: {error}")),
            });
        db.rollback_to_savepoint().map_err(|error| lost(&error))?;
        report.count("cliente de A", request.kind, &request.operation, crossed);

        let shown = shown.entry((request.kind, &request.operation)).or_default();
        if !*shown {
            db.savepoint().map_err(|error| lost(&error))?;
            let answer = send(request, &b).await?;
            *shown = answer.discloses(request, &survey.secrets)
                || fingerprint(&db, survey)? != untouched;
            db.rollback_to_savepoint().map_err(|error| lost(&error))?;
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

/// The answer to a request.
struct Answer {
    status: u16,
    /// The answer is a PDF, made from the object that the path names.
    document: bool,
    text: String,
}

impl Answer {
    /// Whether the answer shows a value of B that the request did not state. The text of a PDF is
    /// compressed, so the existence of one counts.
    fn discloses(&self, request: &Request, secrets: &Secrets) -> bool {
        self.document || !secrets.disclosed(&self.text, &request_text(request)).is_empty()
    }
}

/// Describes how the answer to A crosses, or returns `None`. It crosses if it shows something of B
/// that the request did not state. A failure of the server also counts, because it proves nothing.
fn crossed(request: &Request, answer: &Answer, secrets: &Secrets) -> Option<String> {
    let Answer { status, text, .. } = answer;
    if answer.discloses(request, secrets) {
        return Some(format!("a resposta ({status}) disse o que é de outro tribunal"));
    }
    (*status >= 500 || text.contains("\"ERRO_INTERNO\""))
        .then(|| format!("não se pôde provar: respondeu {status}"))
}

fn request_text(request: &Request) -> String {
    format!("{} {}", request.path, request.body)
}

/// The request as the client with this token sends it.
fn signed(request: &Request, token: &str) -> test::TestRequest {
    let http = test::TestRequest::default()
        .method(request.method.clone())
        .uri(&request.path)
        .insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
        .insert_header((
            header::ACCEPT,
            "application/graphql-response+json, application/json, */*",
        ));
    match request.body.is_empty() {
        true => http,
        false => http
            .insert_header((header::CONTENT_TYPE, request.media))
            .set_payload(request.body.clone()),
    }
}

fn lost(error: &Error) -> anyhow::Error {
    let (_, message) = error.log_and_redact();
    anyhow::anyhow!("a conexão das linhas de prova falhou: {message}")
}

/// A hash of B's throw-away rows, which changes when any of them changes. It leaves out the copies
/// in partitions.
fn fingerprint(db: &Db, survey: &Survey) -> anyhow::Result<String> {
    let mut rows = Vec::new();
    for relation in survey.relations.iter().filter(|relation| relation.part.is_none()) {
        for row in survey.test_rows.b.of(relation) {
            let Some(condition) = relation.named(row) else { continue };
            rows.push(format!("(SELECT x::text FROM {} x WHERE {condition})", relation.path()));
        }
    }
    let sql = format!("SELECT md5(concat_ws('|', {})) AS t", rows.join(", "));
    let read = |conn: &mut PgConnection| {
        conn.batch_execute("SET LOCAL ROLE elos_dono")?;
        Ok(probe::text(conn, &sql)?)
    };
    db.with_login_conn(read).map_err(|error| lost(&error))
}
