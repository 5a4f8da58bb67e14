//! The routes, and the server that answers them: the same in production and in tests.

use crate::audit::Auditoria;
use crate::auth::Auth;
use crate::call::App;
use crate::config::{Config, Connections};
use crate::db::credentials;
use crate::error::{Error, Falha};
use crate::graphql::execution::Servico;
use crate::graphql::execution::coalesce::Carona;
use crate::graphql::execution::documents::Documentos;
use crate::graphql::protocol::graphiql;
use crate::graphql::protocol::session_registry::{Ending, Sessoes};
use crate::http::body::pieces;
use crate::http::connections::{Listening, Register, only_readers, raise_descriptor_limit};
use crate::http::origin::{AllowedOrigins, only_loopback};
use crate::http::tls::Tls;
use crate::http::{front, request};
use crate::readiness::{self, Readiness};
use crate::rest::docs::Docs;
use crate::telemetry::metrics::{Metricas, TextForm};
use crate::{graphql, rest, tramite, work};
use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::guard::fn_guard;
use actix_web::http::header;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::web::Bytes;
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{self, Instant};

#[cfg(feature = "dev-issuer")]
use crate::auth::issuer;
#[cfg(feature = "dev-issuer")]
use crate::auth::issuer::Emissor;

/// What the server is made of, beyond what requests reach.
pub struct Partes {
    pub app: App,
    pub auth: Auth,
    /// Where TLS is served, if anywhere, beside plain HTTP.
    pub tls: Option<(TcpListener, Tls)>,
    pub graphiql: bool,
    /// Only names of this machine are answered.
    pub loopback_only: bool,
    /// Origins whose pages may call.
    pub cors: Vec<String>,
    pub connections: Connections,
    /// Where `/metrics` is asked for, if anywhere.
    pub metricas: Option<TcpListener>,
    /// How long it serves on after SIGTERM, when it is not ready any more.
    pub pause: Duration,
    /// `/` leads to GraphiQL; the development issuer is there.
    #[cfg(feature = "dev-issuer")]
    pub emissor: Option<Emissor>,
}

/// How long requests under way may go on once no new one is taken.
const ENCERRAR_EM_SEGUNDOS: u64 = 15;
/// With what the trail may take after them. A pause of five seconds before makes it 29.
const AT_THE_LATEST: Duration = Duration::from_secs(24);
/// The pause of `elos serve`, if nothing else is set.
pub const PAUSE: Duration = Duration::from_secs(5);
const RONDA: Duration = Duration::from_secs(60);

/// Where `/metrics` is to be asked for; a taken port is said before anything is started.
pub fn escutar_metricas(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(bind) = config.metrics_bind else { return Ok(None) };
    let escuta = TcpListener::bind(bind);
    escuta.map(Some).with_context(|| format!("não foi possível escutar em {bind} (/metrics)"))
}

/// Where TLS is to be served, with a certificate that serves.
pub fn listen_tls(config: &Config) -> anyhow::Result<Option<(TcpListener, Tls)>> {
    let Some((bind, files)) = &config.tls else { return Ok(None) };
    let tls = Tls::read(files.clone())?;
    let escuta = TcpListener::bind(bind);
    let escuta = escuta.with_context(|| format!("não foi possível escutar em {bind} (TLS)"))?;
    Ok(Some((escuta, tls)))
}

/// Serves until SIGINT or SIGTERM; what is under way finishes, and what was read is written.
pub fn rodar(partes: Partes, escuta: TcpListener, pronto: impl FnOnce()) -> anyhow::Result<()> {
    let auditoria = partes.app.auditoria.clone();
    actix_web::rt::System::new().block_on(async {
        let servidor = servir(partes, escuta)?;
        pronto();
        ate_o_fim(servidor, &auditoria).await?;
        Ok(())
    })
}

/// Until the server has ended, and what it let see is written.
pub async fn ate_o_fim(servidor: Server, auditoria: &Auditoria) -> std::io::Result<()> {
    servidor.await?;
    if !auditoria.esvaziar().await {
        tracing::error!("the audit trail of the last reads could not be written");
    }
    Ok(())
}

/// Serves until SIGINT or SIGTERM, then lets what is under way finish.
pub fn servir(partes: Partes, escuta: TcpListener) -> std::io::Result<Server> {
    let Partes { app: App { regras, .. }, graphiql, .. } = &partes;
    let readiness = preparar(&partes);
    tracing::info!(?regras, graphiql, "serving");
    let sdl = graphql::sdl();
    let documentos = Documentos::novos(&sdl, &partes.app.documentos);
    let etag = front::etag(sdl.as_bytes());
    let sdl = web::Data::new(Sdl(sdl.into(), etag));
    let documentos = Arc::new(documentos.map_err(std::io::Error::other)?);
    if let Some(escuta) = partes.metricas {
        servir_metricas(escuta, partes.app.metricas.clone(), readiness.clone())?;
    }
    rondar(partes.app.clone());
    credentials::reler(partes.app.db.clone(), partes.auth.credenciais().clone());
    partes.app.db.acompanhar_fluxo();
    partes.app.db.watch_sessions();
    partes.app.db.watch_structure();
    let sessoes = Arc::new(Sessoes::novas(partes.app.assinaturas));
    let ao_sinal = Arc::clone(&sessoes);
    let carona = Arc::new(Carona::default());
    let app = web::Data::new(partes.app);
    let servico = web::Data::new(Servico {
        executor: Arc::new(graphql::execution::executor::Executor::novo(graphql::schema())),
        documentos,
        app: app.clone().into_inner(),
        sessoes,
        carona,
    });
    let auth = web::Data::new(partes.auth);
    let pronto = web::Data::new(readiness.clone());
    let (graphiql, cors) = (partes.graphiql, partes.cors);
    let loopback_only = partes.loopback_only;
    raise_descriptor_limit();
    let register = Register::new(partes.connections);
    let origins = web::Data::new(AllowedOrigins::new(&cors));
    let docs = Docs::novo(auth.token_url());
    #[cfg(feature = "dev-issuer")]
    let emissor = partes.emissor.map(web::Data::new);

    let threads = app.db.conexoes_no_maximo();
    let doors = move || {
        let mut rotas = Actix::new()
            .wrap(Condition::new(!cors.is_empty(), origens(&cors)))
            .wrap(Condition::new(loopback_only, from_fn(only_loopback)))
            .wrap(cabecalhos())
            .wrap(from_fn(request::acompanhar))
            .wrap(from_fn(front::speak))
            .wrap(from_fn(readiness::close_while_draining))
            .wrap(from_fn(only_readers))
            .app_data(pronto.clone())
            .app_data(sdl.clone())
            .app_data(servico.clone())
            .app_data(app.clone())
            .app_data(auth.clone())
            .app_data(origins.clone())
            .service(web::resource("/schema.graphql").get(schema_graphql))
            .service(web::resource("/healthz").get(healthz))
            .service(web::resource("/readyz").get(readiness::readyz))
            .service(web::resource("/readyz/tramita").get(readiness::readyz_of_the_tramita))
            .configure(|config| docs.clone().rotas(config))
            .configure(doors);
        if graphiql {
            rotas = rotas.configure(graphiql::rotas);
        }
        #[cfg(feature = "dev-issuer")]
        if let Some(emissor) = &emissor {
            rotas = rotas
                .app_data(emissor.clone())
                .configure(issuer::rotas)
                .service(web::redirect("/", "/graphiql").see_other());
        }
        rotas
    };
    // What blocks has a connection or a turn first: there is no work for more threads.
    let mut servidor = Server::build()
        .worker_max_blocking_threads(threads + work::at_once() as usize)
        .shutdown_timeout(ENCERRAR_EM_SEGUNDOS)
        .disable_signals();
    let listening = Listening { register, ending: servidor.graceful_shutdown_signal() };
    if let Some((escuta, tls)) = partes.tls {
        tls.watch();
        let config = tls.config().map_err(std::io::Error::other)?;
        servidor = listening.clone().tls(servidor, escuta, config, doors.clone())?;
    }
    let servidor = listening.plain(servidor, escuta, doors)?.run();
    let ending = Ending { readiness, pause: partes.pause, at_the_latest: AT_THE_LATEST };
    graphql::protocol::session_registry::encerrar_com_sinais(servidor.handle(), ao_sinal, ending)?;
    Ok(servidor)
}

/// Starts what finds out whether this instance should be sent requests. Further conditions are
/// added here, or by whoever has the [`Readiness`] of the [`App`].
fn preparar(partes: &Partes) -> Readiness {
    let readiness = partes.app.readiness.clone();
    let db = partes.app.db.clone();
    readiness.require(
        "sessoes",
        "um pooler entre o servidor e o PostgreSQL troca de sessão a cada transação: use pool_mode = session",
        move || !db.sessions_lost(),
    );
    let chaves = partes.auth.chaves().clone();
    chaves.renovar();
    // Whoever is known by a certificate, or was before, is served without them.
    readiness.require_of_operator(
        "chaves",
        "as chaves do emissor de tokens não puderam ser lidas",
        move || chaves.tem(),
    );
    partes.app.db.watch(&readiness);
    let auditoria = partes.app.auditoria.clone();
    readiness.require(
        "trilha",
        "a trilha de auditoria não pode ser gravada: até que possa, nada se lê",
        move || auditoria.is_writable(),
    );
    let db = partes.app.db.clone();
    readiness.require_of_operator(
        "estrutura",
        "o banco não está como as migrações o fazem: o log diz onde; rode `elos migrate repair`",
        move || db.structure_holds(),
    );
    readiness.follow();
    readiness
}

/// The two doors: what they need of `app_data` is [`Servico`], [`App`] and [`Auth`].
pub fn doors(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/graphql")
            .route(web::post().to(graphql::protocol::http::responder))
            .route(
                web::get()
                    .guard(fn_guard(graphql::protocol::ws::e_websocket))
                    .to(graphql::protocol::ws::abrir),
            )
            .route(web::get().to(graphql::protocol::http::responder))
            .default_service(web::to(graphql::protocol::http::metodo_nao_permitido)),
    );
    rest::rotas(config);
}

/// Of every answer that does not say otherwise: what is sealed is kept by nobody on the
/// way, and told to nobody by the next address.
fn cabecalhos() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}

/// Pages of these origins, and of no other, may call with a token and read the answer.
fn origens(permitidas: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allow_any_header()
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            request::CABECALHO,
            header::HeaderName::from_static("idempotent-replayed"),
        ])
        .max_age(3600);
    permitidas.iter().fold(cors, |cors, origem| cors.allowed_origin(origem))
}

/// `/metrics`, on an address of its own: it is not for clients. `/readyz` and `/healthz` too, on a
/// thread that no client's request holds.
fn servir_metricas(
    escuta: TcpListener,
    metricas: Metricas,
    readiness: Readiness,
) -> std::io::Result<()> {
    let servidor = HttpServer::new(move || {
        let metricas = metricas.clone();
        let readiness = web::Data::new(readiness.clone());
        let texto = move |req: HttpRequest| {
            let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
            let form = TextForm::accepted(accept.unwrap_or_default());
            let texto = metricas.texto(form);
            async move { HttpResponse::Ok().content_type(form.media_type()).body(texto) }
        };
        Actix::new()
            .app_data(readiness)
            .service(web::resource("/metrics").get(texto))
            .service(web::resource("/healthz").get(healthz))
            .service(web::resource("/readyz").get(readiness::readyz))
            .service(web::resource("/readyz/tramita").get(readiness::readyz_of_the_tramita))
    });
    actix_web::rt::spawn(servidor.workers(1).disable_signals().listen(escuta)?.run());
    Ok(())
}

/// Calls off, once a minute, the trâmites whose time is over.
fn rondar(app: App) {
    actix_web::rt::spawn(async move {
        let mut rondas = time::interval_at(Instant::now() + RONDA, RONDA);
        loop {
            rondas.tick().await;
            match tramite::service::expirar(&app).await {
                // What fails for the database is told by `db`, once.
                Ok(0) | Err(Error::Falha(Falha::Indisponivel, _)) => {}
                Ok(quantos) => tracing::info!(quantos, "trâmites expired"),
                Err(error) => {
                    let (falha, _) = error.publica();
                    tracing::warn!(codigo = falha.nome(), "round over the trâmites failed");
                }
            }
        }
    });
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// The schema and its tag, once for all answers.
struct Sdl(Bytes, String);

async fn schema_graphql(sdl: web::Data<Sdl>) -> HttpResponse {
    let answer = pieces::answer([Bytes::clone(&sdl.0)]);
    HttpResponse::Ok()
        .content_type("application/graphql; charset=utf-8")
        .insert_header((header::ETAG, sdl.1.as_str()))
        .body(answer)
}
