//! The routes and the HTTP server, the same in production and in tests.

mod heartbeat;
mod middleware;
mod observe;
mod service_manager;
mod shutdown;
mod unknown;

use crate::audit::AuditTrail;
use crate::auth::Auth;
use crate::auth::signer::Signer;
use crate::call::App;
use crate::config::{self, Config, ConfigError, Http, Subscriptions, Switch};
use crate::db::{Db, credentials};
use crate::error::{Error, Failure};
use crate::graphql::execution::GraphqlService;
use crate::graphql::execution::documents::Documents;
use crate::graphql::execution::executor::Executor;
use crate::graphql::protocol::{Protocols, graphiql};
use crate::http::body::pieces;
use crate::http::connections::{
    ConnectionLimits, ConnectionRegistry, Listeners, close_unread, raise_descriptor_limit,
};
use crate::http::origin::{AllowedOrigins, only_loopback};
use crate::http::tls::Tls;
use crate::http::{request, semantics, trace};
use crate::readiness::{self, Readiness};
use crate::rest::docs::Docs;
use crate::telemetry::metrics::{Metrics, TextForm};
use crate::{graphql, rest, tramite, work};
use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::guard::fn_guard;
use actix_web::http::header;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::web::Bytes;
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context;
use chrono::{DateTime, Utc};
use heartbeat::Heartbeats;
pub use service_manager::ServiceManager;
use shutdown::ShutdownPlan;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{self, Instant};

#[cfg(feature = "dev-issuer")]
use crate::auth::issuer;
#[cfg(feature = "dev-issuer")]
use crate::auth::issuer::Issuer;

/// Settings of the GraphQL API.
#[derive(Default)]
pub struct GraphqlSettings {
    pub subscriptions: Subscriptions,
    pub documents: config::DocumentSettings,
    pub http: Http,
}

impl GraphqlSettings {
    /// Takes the settings from the configuration. `introspection` applies if the configuration
    /// does not say whether the schema can be introspected.
    pub fn of(config: &Config, introspection: bool) -> Result<Self, ConfigError> {
        Ok(Self {
            subscriptions: config.subscriptions,
            documents: config.document_settings(introspection)?,
            http: config.http,
        })
    }
}

/// The parts from which the server is built.
pub struct Parts {
    pub app: App,
    pub auth: Auth,
    pub graphql: GraphqlSettings,
    /// The listener for TLS, in addition to plain HTTP, if TLS is served.
    pub tls: Option<(TcpListener, Tls)>,
    pub graphiql: bool,
    /// Whether the server answers only requests for loopback host names. It then also allows pages of
    /// loopback origins.
    pub loopback_only: bool,
    /// Origins whose pages may send requests (CORS).
    pub cors: Vec<String>,
    pub connections: ConnectionLimits,
    /// The listener for `/metrics`, if metrics are served.
    pub metrics: Option<TcpListener>,
    /// Time in which the server still accepts requests after SIGTERM, while `/readyz` already
    /// fails.
    pub drain_delay: Duration,
    /// The development issuer, if it runs. `/` then redirects to GraphiQL.
    #[cfg(feature = "dev-issuer")]
    pub issuer: Option<Issuer>,
}

/// Seconds that running requests have to finish once the server accepts no new ones.
const SHUTDOWN_TIMEOUT_SECONDS: u64 = 15;
/// The limit on the whole shutdown after the drain delay and the conversations. It includes the
/// time for writing the audit trail. With a drain delay of five seconds and no conversation the
/// total is 29 seconds.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(24);
/// The default drain delay of `elos serve`.
pub const DRAIN_DELAY: Duration = Duration::from_secs(5);
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// Creates the [`App`] with the settings of the configuration.
pub fn app(config: &Config, db: Db, signer: Option<Signer>, now: fn() -> DateTime<Utc>) -> App {
    App::new(db, config.rules, now)
        .with_signer(signer)
        .with_body_memory(config.http.body_memory_mib)
        .with_relaxed_audit(config.relaxed_trail)
        .with_access_log(config.access_log == Switch::On)
        .with_absences_per_minute(config.absences_per_minute)
}

/// Binds the address of `/metrics`, so that a port in use is reported before the server serves.
/// `None` if metrics are not served.
pub fn listen_metrics(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(bind) = config.metrics_bind else { return Ok(None) };
    let listener = TcpListener::bind(bind);
    listener.map(Some).with_context(|| format!("não foi possível escutar em {bind} (/metrics)"))
}

/// Starts to export traces, if the configuration names a collector.
pub fn start_traces(config: &Config) -> anyhow::Result<()> {
    match &config.otlp_url {
        Some(url) => crate::trace::start(url, config.otlp_sample),
        None => Ok(()),
    }
}

/// Binds the address for TLS and loads the certificate. `None` if TLS is not served.
pub fn listen_tls(config: &Config) -> anyhow::Result<Option<(TcpListener, Tls)>> {
    let Some((bind, files)) = &config.tls else { return Ok(None) };
    let tls = Tls::read(files.clone())?;
    let listener = TcpListener::bind(bind);
    let listener = listener.with_context(|| format!("não foi possível escutar em {bind} (TLS)"))?;
    Ok(Some((listener, tls)))
}

/// Serves until a signal, and returns when the audit trail is written or the time for that is over.
/// After SIGTERM the running requests finish first; SIGINT and SIGQUIT stop the server at once.
/// `ready` runs once the server serves.
pub fn run(parts: Parts, listener: TcpListener, ready: impl FnOnce()) -> anyhow::Result<()> {
    let audit = parts.app.audit.clone();
    actix_web::rt::System::new().block_on(async {
        let server = serve(parts, listener)?;
        ready();
        until_end(server, &audit).await?;
        crate::trace::stop();
        Ok(())
    })
}

/// Waits until the server has stopped and the audit trail is written or the time for that is over.
pub async fn until_end(server: Server, audit: &AuditTrail) -> std::io::Result<()> {
    server.await?;
    if !audit.flush().await {
        tracing::error!("the audit trail of the last reads could not be written");
    }
    Ok(())
}

/// Starts the server and the background tasks. A signal stops the server: see `shutdown.rs`.
pub fn serve(parts: Parts, listener: TcpListener) -> std::io::Result<Server> {
    let Parts { app: App { rules, .. }, graphiql, .. } = &parts;
    let readiness = start_readiness_checks(&parts);
    tracing::info!(regras = ?rules, graphiql, "serving");
    let schema = graphql::schema();
    let sdl = graphql::sdl_of(&schema);
    let documents = Documents::new(&sdl, &parts.graphql.documents);
    let marked = SdlFile::new(graphql::mark_semantic_non_null(&sdl));
    let sdl = web::Data::new(Sdl { plain: SdlFile::new(sdl), marked });
    let documents = documents.map_err(std::io::Error::other)?;
    observe::register(&parts.app, &parts.auth);
    if let Some(listener) = parts.metrics {
        serve_metrics(listener, parts.app.metrics.clone(), readiness.clone())?;
    }
    expire_tramites(parts.app.clone());
    credentials::reload(parts.app.db.clone(), parts.auth.credentials().clone());
    parts.app.db.follow_feed();
    parts.app.db.watch_sessions();
    parts.app.db.watch_structure();
    let protocols = Protocols::new(parts.graphql.subscriptions, parts.graphql.http);
    let sessions = Arc::clone(&protocols.sessions);
    let protocols = web::Data::new(protocols);
    let app = web::Data::new(parts.app);
    let executor = Executor::new(schema);
    let service = GraphqlService::new(executor, documents, app.clone().into_inner());
    let service = web::Data::new(service);
    let auth = web::Data::new(parts.auth);
    let ready = web::Data::new(readiness.clone());
    let (graphiql, cors) = (parts.graphiql, parts.cors);
    let loopback_only = parts.loopback_only;
    raise_descriptor_limit();
    let registry = ConnectionRegistry::new(parts.connections);
    let origins = web::Data::new(AllowedOrigins::new(&cors, loopback_only));
    let docs = Docs::new(auth.token_url());
    #[cfg(feature = "dev-issuer")]
    let issuer = parts.issuer.map(web::Data::new);

    let heartbeats = Heartbeats::default();
    let of_worker = heartbeats.clone();

    let threads = app.db.max_connections();
    let application = move || {
        of_worker.begin();
        let mut routes = Actix::new()
            .wrap(Condition::new(origins.is_any_allowed(), cors_for(&origins)))
            .wrap(Condition::new(loopback_only, from_fn(only_loopback)))
            .wrap(headers())
            .wrap(from_fn(request::track))
            .wrap(from_fn(middleware::http_semantics))
            .wrap(from_fn(readiness::close_while_draining))
            .wrap(from_fn(close_unread))
            .app_data(ready.clone())
            .app_data(sdl.clone())
            .app_data(service.clone())
            .app_data(protocols.clone())
            .app_data(app.clone())
            .app_data(auth.clone())
            .app_data(origins.clone())
            .service(web::resource("/schema.graphql").get(graphql_schema))
            .configure(probes)
            .configure(|config| docs.clone().routes(config))
            .configure(api_routes);
        if graphiql {
            routes = routes.configure(graphiql::routes);
        }
        #[cfg(feature = "dev-issuer")]
        if let Some(issuer) = &issuer {
            routes = routes
                .app_data(issuer.clone())
                .configure(issuer::routes)
                .service(web::redirect("/", "/graphiql").see_other());
        }
        routes
    };
    // A blocking task obtains a connection or a permit first, so additional threads would have
    // nothing to do.
    let mut server = Server::build()
        .worker_max_blocking_threads(threads + work::max_parallel() as usize)
        .shutdown_timeout(SHUTDOWN_TIMEOUT_SECONDS)
        .disable_signals();
    let listeners = Listeners { registry, ending: server.graceful_shutdown_signal() };
    if let Some((listener, tls)) = parts.tls {
        tls.watch();
        let config = tls.config().map_err(std::io::Error::other)?;
        server = listeners.clone().tls(server, listener, config, application.clone())?;
    }
    let server = listeners.plain(server, listener, application)?.run();
    if let Some(manager) = ServiceManager::from_environment() {
        actix_web::rt::spawn(manager.report(readiness.clone(), heartbeats));
    }
    let plan =
        ShutdownPlan { readiness, drain_delay: parts.drain_delay, exit_after: SHUTDOWN_DEADLINE };
    shutdown::shut_down_on_signals(server.handle(), sessions, plan)?;
    Ok(server)
}

/// Registers the conditions under which this instance is ready for requests, and starts to check
/// them. Further conditions belong here, or in code that has the [`Readiness`] of the [`App`].
fn start_readiness_checks(parts: &Parts) -> Readiness {
    let readiness = parts.app.readiness.clone();
    let db = parts.app.db.clone();
    readiness.require(
        "sessoes",
        "um pooler entre o servidor e o PostgreSQL troca de sessão a cada transação: use pool_mode = session",
        move || !db.sessions_lost(),
    );
    let credentials = parts.auth.credentials().clone();
    readiness.require("credenciais", "as credenciais não puderam ser lidas do banco", move || {
        credentials.are_fresh()
    });
    let keys = parts.auth.keys().clone();
    keys.spawn_refresh();
    // Without the keys the server can still answer callers with a registered certificate, and
    // callers that it verified earlier.
    readiness.require_for_operator(
        "chaves",
        "as chaves do emissor de tokens não puderam ser lidas",
        move || keys.has_keys(),
    );
    parts.app.db.watch(&readiness);
    let audit = parts.app.audit.clone();
    readiness.require(
        "trilha",
        "a trilha de auditoria não pode ser gravada: até que possa, nada se lê",
        move || audit.is_writable(),
    );
    let db = parts.app.db.clone();
    readiness.require_for_operator(
        "estrutura",
        "o banco não está como as migrações o fazem: o log diz onde; rode `elos migrate repair`",
        move || db.structure_holds(),
    );
    readiness.spawn_watcher();
    readiness
}

/// Adds the routes of the GraphQL API and the REST API. They need [`GraphqlService`],
/// [`Protocols`], [`App`] and [`Auth`] in `app_data`, and WebSockets also need [`AllowedOrigins`].
pub fn api_routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/graphql")
            .route(web::post().to(graphql::protocol::http::respond))
            .route(
                web::get()
                    .guard(fn_guard(graphql::protocol::ws::is_websocket))
                    .to(graphql::protocol::ws::open),
            )
            .route(web::get().to(graphql::protocol::http::respond))
            .default_service(web::to(graphql::protocol::http::method_not_allowed)),
    );
    rest::routes(config);
}

/// Returns the default headers. Caches must not keep confidential content, and its address must not
/// reach other sites as a referrer.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}

/// Allows pages of these origins to send requests with a token and to read the answers.
fn cors_for(allowed: &web::Data<AllowedOrigins>) -> Cors {
    let allowed = allowed.clone();
    Cors::default()
        .allowed_origin_fn(move |origin, _| allowed.contains(origin))
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allow_any_header()
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            request::REQUEST_ID_HEADER,
            trace::TRACERESPONSE,
            header::HeaderName::from_static("idempotent-replayed"),
        ])
        .max_age(3600)
}

/// Serves `/metrics` on an address of its own, because metrics are not for clients. `/readyz` and
/// `/healthz` are served there too, on a thread that requests of clients cannot occupy.
fn serve_metrics(
    listener: TcpListener,
    metrics: Metrics,
    readiness: Readiness,
) -> std::io::Result<()> {
    let server = HttpServer::new(move || {
        let metrics = metrics.clone();
        let readiness = web::Data::new(readiness.clone());
        let text = move |req: HttpRequest| {
            let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
            let form = TextForm::accepted(accept.unwrap_or_default());
            let text = metrics.text(form);
            async move { HttpResponse::Ok().content_type(form.media_type()).body(text) }
        };
        Actix::new()
            .app_data(readiness)
            .service(web::resource("/metrics").get(text))
            .configure(probes)
    });
    actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(())
}

/// Cancels expired trâmites once a minute.
fn expire_tramites(app: App) {
    actix_web::rt::spawn(async move {
        let mut interval = time::interval_at(Instant::now() + EXPIRY_INTERVAL, EXPIRY_INTERVAL);
        loop {
            interval.tick().await;
            match tramite::service::expire(&app).await {
                // `db` logs an outage once, so it is not logged here.
                Ok(0) | Err(Error::Failure(Failure::Indisponivel, _)) => {}
                Ok(count) => tracing::info!(quantos = count, "trâmites expired"),
                Err(error) => {
                    let (failure, _) = error.log_and_redact();
                    tracing::warn!(codigo = failure.name(), "could not expire the trâmites");
                }
            }
        }
    });
}

/// Adds the routes by which an orchestrator asks whether this instance runs and is ready. They need
/// [`Readiness`] in `app_data`.
fn probes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/healthz").get(healthz))
        .service(web::resource("/readyz").get(readiness::readyz))
        .service(web::resource("/readyz/tramita").get(readiness::readyz_tramita));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// The SDL, as it is and with `@semanticNonNull`.
struct Sdl {
    plain: SdlFile,
    marked: SdlFile,
}

/// A text and its entity tag, computed once.
struct SdlFile(Bytes, String);

impl SdlFile {
    fn new(sdl: String) -> Self {
        let etag = semantics::etag(sdl.as_bytes());
        Self(sdl.into(), etag)
    }
}

/// What a client may ask of the SDL.
#[derive(serde::Deserialize)]
struct SdlOptions {
    #[serde(rename = "semanticNonNull")]
    semantic_non_null: Option<String>,
}

async fn graphql_schema(sdl: web::Data<Sdl>, options: web::Query<SdlOptions>) -> HttpResponse {
    let SdlFile(text, etag) = match options.semantic_non_null.as_deref() {
        Some("1") => &sdl.marked,
        _ => &sdl.plain,
    };
    HttpResponse::Ok()
        .content_type("application/graphql; charset=utf-8")
        .insert_header((header::ETAG, etag.as_str()))
        .body(pieces::answer([Bytes::clone(text)]))
}
