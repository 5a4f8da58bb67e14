//! The test harness: one private PostgreSQL for the run, one database and one real server for each
//! test, and a client that speaks HTTP to that server.
//!
//! `App::new()` has the synthetic data of 270 processos; `App::empty()` has no data.

mod database;
mod disk;
mod fixtures;
mod operation;
mod pooler;
mod rng;
mod temp_dir;

pub use database::{Database, Template, now};
pub use disk::FullDisk;
pub use fixtures::{
    APURACAO, EXECUCAO, NewProcesso, code, new_adolescente, numero, numero_of, until,
};
pub use operation::{Api, Mode, Operation, Outcome};
pub use pooler::Pooler;
pub use rng::Rng;
pub use temp_dir::TempDir;

use crate::secrets;
use elos::audit::{CanalAuditoria, EspecieAuditoria};
use elos::auth::issuer::{Issuer, PATH};
use elos::auth::signer::Signer;
use elos::auth::{Auth, AuthOptions, Basic, KeySource};
use elos::call::record::{CallRecord, CallStart};
use elos::config::{DocumentSettings, Http, Subscriptions};
use elos::db::{Db, DbOptions};
use elos::http::connections::ConnectionLimits;
use elos::server::{GraphqlSettings, Parts, serve, until_end};
use elos::value::rules::RuleSwitches;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::time::Duration;

/// Longer than any step takes on a busy machine. A test that waits this long fails.
pub const MAX_WAIT: Duration = Duration::from_secs(180);

/// Returns the number of repetitions of a race: `some` in a normal run, `many` under
/// `script/test-extended`, which sets `ELOS_MUITAS`.
pub fn rounds(some: usize, many: usize) -> usize {
    if std::env::var_os("ELOS_MUITAS").is_some() { many } else { some }
}

/// The origin whose pages may call every server of the run.
pub const ORIGIN: &str = "https://painel.example";

/// The oldest open transaction, or the next one if none is open. The feed shows the events of the
/// transactions before it.
const OLDEST_OPEN_XID_SQL: &str =
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n";

/// The number of records that are in no seal.
const UNSEALED: &str = "SELECT count(*) AS n FROM auditoria a WHERE NOT EXISTS \
    (SELECT FROM selo s WHERE s.tribunal_codigo = a.tribunal_codigo AND a.id = ANY(s.ids))";

/// One key for the whole run, because generating a key takes a second.
static ISSUER: LazyLock<Issuer> =
    LazyLock::new(|| Issuer::new(String::new(), "elos".into(), database::now));

/// Every server of the run signs recibos with this key.
static PEM: LazyLock<String> = LazyLock::new(|| {
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
});

/// Returns the private key of [`signer`], as PEM.
pub fn pem() -> &'static str {
    &PEM
}

pub fn signer() -> Signer {
    Signer::from_pem(PEM.as_bytes()).unwrap()
}

pub struct App {
    pub database: Arc<Database>,
    pub base: String,
    pub issuer: Issuer,
    pub served: elos::App,
    statements: Arc<AtomicU64>,
    tokens: Mutex<HashMap<String, String>>,
    agent: ureq::Agent,
    stop: Option<mpsc::Sender<()>>,
    server: Option<std::thread::JoinHandle<()>>,
}

/// Asserts that both APIs write the messages for people as sentences. The refusals of the Tramita
/// are exempt, because the platform defines their texts.
fn assert_sentences(answer: &Value) {
    let of_graphql = answer["data"].as_object().into_iter().flat_map(|data| data.values());
    let refusals = of_graphql.flat_map(|payload| payload["erros"].as_array().into_iter().flatten());
    let refusals = refusals.filter(|refusal| {
        let of = |code: &&elos::error::CodigoErro| refusal["codigo"] == code.name();
        elos::error::CodigoErro::ALL.iter().find(of).is_some_and(|code| !code.is_tramita_only())
    });
    let messages = refusals.map(|refusal| &refusal["mensagem"]);
    for message in messages.chain([&answer["mensagemUsuario"]]).filter_map(Value::as_str) {
        let begins = message.starts_with(char::is_uppercase);
        assert!(begins && message.ends_with('.'), "not a sentence: {message}");
    }
}

/// A response. `body` is null if the text is not JSON.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Default)]
pub struct Settings {
    pub rules: RuleSwitches,
    pub skip_tribunal_filter: bool,
    pub subscriptions: Subscriptions,
    pub documents: DocumentSettings,
    pub http: Http,
    /// Zero, the default, is no limit.
    pub absences_per_minute: u32,
    /// The time limit of a statement. `None` is the default of the server.
    pub time: Option<Duration>,
    pub loopback_only: bool,
    pub connections: ConnectionLimits,
    /// The listener of `/metrics`.
    pub metrics: Option<Arc<TcpListener>>,
    /// Another URL of the same database.
    pub url: Option<String>,
    /// Separate logins for the application, the national credentials and the auditors. `None` is
    /// one login for all.
    pub logins: Option<[&'static str; 3]>,
    /// The time between two checks of the structure. `None` is the default of the server.
    pub structure_interval: Option<Duration>,
    /// Whether the façade accepts HTTP Basic and checks it at its own issuer.
    pub basic: bool,
}

impl App {
    pub fn new() -> Self {
        Self::with(Template::Seeded, Settings::default())
    }

    pub fn empty() -> Self {
        Self::with(Template::Empty, Settings::default())
    }

    pub fn with(template: Template, settings: Settings) -> Self {
        Self::on_database(&Arc::new(Database::new(template)), settings)
    }

    /// Starts a server on an existing database, which another server may use too.
    pub fn on_database(database: &Arc<Database>, settings: Settings) -> Self {
        Self::start(Arc::clone(database), settings, None)
    }

    /// Starts a server with another authentication.
    pub fn with_auth(auth: AuthOptions) -> Self {
        Self::start(Arc::new(Database::new(Template::Empty)), Settings::default(), Some(auth))
    }

    /// Starts a server that fetches its keys from `issuer`.
    pub fn with_issuer(issuer: &str) -> Self {
        let mut auth = AuthOptions::new(issuer.to_owned(), vec!["elos".into()]);
        auth.source = KeySource::Url(format!("{issuer}/protocol/openid-connect/certs"));
        Self::with_auth(auth)
    }

    pub fn start(database: Arc<Database>, settings: Settings, auth: Option<AuthOptions>) -> Self {
        secrets::watch();
        let statements = Arc::new(AtomicU64::new(0));
        let url = settings.url.unwrap_or_else(|| database.app_url());
        let mut options = DbOptions::new(url);
        options.pool_max = 6;
        options.statement_timeout = settings.time.unwrap_or(options.statement_timeout);
        options.statements = Some(Arc::clone(&statements));
        options.skip_tribunal_filter = settings.skip_tribunal_filter;
        options.structure_interval =
            settings.structure_interval.unwrap_or(options.structure_interval);
        if let Some([app, nacional, auditor]) = settings.logins {
            options.url = database.url(app);
            options.nacional_url = Some(database.url(nacional));
            options.auditor_url = Some(database.url(auditor));
        }

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let ours = || {
            let mut auth = AuthOptions::new(format!("{base}{PATH}"), vec!["elos".into()]);
            auth.tramita.basic = settings.basic.then(Basic::default);
            auth
        };
        let auth = auth.unwrap_or_else(ours);
        let iss = auth.issuer.clone();
        let db = Db::connect(&options).unwrap();
        let app = elos::App::new(db, settings.rules, database::now)
            .with_signer(Some(signer()))
            .with_body_memory(settings.http.body_memory_mib)
            .with_absences_per_minute(settings.absences_per_minute);
        let credentials = elos::db::credentials::from_database(&app.db).unwrap();
        let parts = Parts {
            app: app.clone(),
            auth: Auth::new(auth, credentials.clone()),
            graphql: GraphqlSettings {
                subscriptions: settings.subscriptions,
                documents: settings.documents,
                http: settings.http,
            },
            tls: None,
            graphiql: true,
            loopback_only: settings.loopback_only,
            connections: settings.connections,
            cors: vec![ORIGIN.to_owned()],
            metrics: settings.metrics.map(|listener| listener.try_clone().unwrap()),
            drain_delay: Duration::ZERO,
            issuer: Some(ISSUER.with_iss(iss.clone())),
        };
        let audit = app.audit.clone();
        let (stop, stopped) = mpsc::channel::<()>();
        let (ready, wait) = mpsc::channel();
        let server = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = serve(parts, listener).unwrap();
                let handle = server.handle();
                ready.send(()).unwrap();
                std::thread::spawn(move || {
                    let _ = stopped.recv();
                    actix_web::rt::System::new().block_on(handle.stop(false));
                });
                until_end(server, &audit).await.unwrap();
            });
        });
        wait.recv().unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(MAX_WAIT))
            .build()
            .into();
        Self {
            database,
            base,
            issuer: ISSUER.with_iss(iss),
            served: app,
            statements,
            tokens: Mutex::default(),
            agent,
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// Returns a token of the development issuer. It requests the token once and keeps it for the
    /// test.
    pub fn token(&self, client: &str) -> String {
        if let Some(token) = self.tokens.lock().unwrap().get(client) {
            return token.clone();
        }
        use base64::Engine;
        use base64::prelude::BASE64_STANDARD;
        let basic = BASE64_STANDARD.encode(format!("{client}:demo"));
        let mut response = self
            .agent
            .post(format!("{}{PATH}/protocol/openid-connect/token", self.base))
            .header("Authorization", format!("Basic {basic}"))
            .send_form([("grant_type", "client_credentials")])
            .unwrap();
        let body: Value =
            serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
        let token = body["access_token"].as_str().unwrap().to_owned();
        self.tokens.lock().unwrap().insert(client.to_owned(), token.clone());
        token
    }

    /// Registers `name` as a client whose token is that of `of`, with its claims changed.
    pub fn credential(&self, name: &str, of: &str, change: impl FnOnce(&mut Value)) {
        use base64::Engine;
        use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
        let token = self.token(of);
        let claims = BASE64.decode(token.split('.').nth(1).unwrap()).unwrap();
        let mut claims = serde_json::from_slice(&claims).unwrap();
        change(&mut claims);
        let token = self.issuer.sign(&claims).unwrap();
        self.tokens.lock().unwrap().insert(name.to_owned(), token);
    }

    /// Sends a request with exactly these headers.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS")
        {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body.to_vec()).unwrap())
        };
        let mut response = response.unwrap();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let bytes = response.body_mut().with_config().limit(50_000_000).read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let status = response.status().as_u16();
        if status >= 500 {
            secrets::inspect("5xx", &text);
        }
        assert_sentences(&body);
        Response { status, headers, body, text, bytes }
    }

    pub fn post(&self, client: &str, path: &str, body: &Value) -> Response {
        self.post_text(client, path, &body.to_string())
    }

    pub fn post_text(&self, client: &str, path: &str, body: &str) -> Response {
        let bearer = self.bearer(client);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.request("POST", path, &headers, body.as_bytes())
    }

    /// Sends a GraphQL request and returns the whole response.
    pub fn graphql(&self, client: &str, query: &str, variables: impl Borrow<Value>) -> Response {
        let bearer = self.bearer(client);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/graphql-response+json"),
        ];
        let body = json!({ "query": query, "variables": variables.borrow() }).to_string();
        self.request("POST", "/graphql", &headers, body.as_bytes())
    }

    /// Returns the `data` of a request that must succeed.
    #[track_caller]
    pub fn gql(&self, client: &str, query: &str) -> Value {
        self.gql_with(client, query, json!({}))
    }

    #[track_caller]
    pub fn gql_with(&self, client: &str, query: &str, variables: impl Borrow<Value>) -> Value {
        let response = self.graphql(client, query, variables);
        assert_eq!(response.status, 200, "{}", response.text);
        assert_eq!(response.body.get("errors"), None, "{}", response.text);
        response.body["data"].clone()
    }

    /// Returns the code of the single error of a request that must fail.
    #[track_caller]
    pub fn code(&self, client: &str, query: &str) -> String {
        let response = self.graphql(client, query, json!({}));
        let errors = response.body["errors"].as_array().expect(&response.text).clone();
        assert_eq!(errors.len(), 1, "{}", response.text);
        errors[0]["extensions"]["code"].as_str().expect(&response.text).to_owned()
    }

    /// Runs one round of expiry of trâmites, which the server runs every minute.
    pub fn expire(&self) -> usize {
        let round = elos::tramite::service::expire(&self.served);
        actix_web::rt::System::new().block_on(round).unwrap()
    }

    /// Waits until the trail has a record of every response.
    pub fn wait_until_audited(&self) {
        let flush = self.served.audit.flush();
        assert!(actix_web::rt::System::new().block_on(flush), "the trail was not written");
        self.wait_until_settled();
    }

    /// Waits until the feed and the trail show everything that was written. They show nothing newer
    /// than the oldest open transaction of any database of the run.
    pub fn wait_until_settled(&self) {
        let until = self
            .database
            .count("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n");
        let start = std::time::Instant::now();
        while self.database.count(OLDEST_OPEN_XID_SQL) < until {
            assert!(start.elapsed() < MAX_WAIT, "a transaction stays open");
        }
    }

    /// Waits until every record of the trail is sealed. The server seals every ten seconds, so this
    /// runs rounds itself.
    pub fn wait_until_sealed(&self) {
        // A round of the server may hold the lock of sealing, and then this round does nothing.
        while self.database.count(UNSEALED) > 0 {
            self.seal_pending();
        }
    }

    /// Runs one round of sealing.
    pub fn seal_pending(&self) {
        elos::audit::seal_pending(&self.served.db).unwrap();
    }

    /// Fills the queue of the trail. Returns the number of records that this took.
    pub fn fill_queue(&self) -> usize {
        let papeis = vec![elos::auth::Papel::Consulta];
        let actor = elos::auth::Actor::new("s".into(), None, Some(820), papeis).unwrap();
        actix_web::rt::System::new().block_on(async {
            let mut count = 0_usize;
            loop {
                let input = CallStart {
                    channel: CanalAuditoria::Rest,
                    operation: "enchimento".into(),
                    access: EspecieAuditoria::Leitura,
                    correlation: count.to_string(),
                };
                let audit = self.served.audit.clone();
                let record = CallRecord::new(actor.clone(), input, audit);
                if record.ensure_slot().await.is_err() {
                    return count;
                }
                let _written = record.finish(200);
                count += 1;
            }
        })
    }

    /// Stops the server in order, so that it writes every queued record.
    pub fn stop(mut self) {
        drop(self.stop.take());
        self.server.take().unwrap().join().unwrap();
    }

    /// Returns the metrics, in the format OpenMetrics.
    pub fn metrics(&self) -> String {
        self.served.metrics.text(elos::telemetry::metrics::TextForm::OpenMetrics)
    }

    pub fn get(&self, client: &str, path: &str) -> Response {
        let bearer = self.bearer(client);
        self.request("GET", path, &[("Authorization", &bearer)], b"")
    }

    /// Waits until `/readyz` answers 200. The server finds out in the background whether it is
    /// ready.
    #[track_caller]
    pub fn ready(&self) {
        let begun = std::time::Instant::now();
        loop {
            let answer = self.request("GET", "/readyz", &[], b"");
            if answer.status == 200 {
                return;
            }
            assert!(begun.elapsed() < MAX_WAIT, "{}", answer.text);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the number of SQL statements that `request` caused, and its result.
    pub fn statements<T>(&self, request: impl FnOnce() -> T) -> (u64, T) {
        let before = self.statements.load(Ordering::SeqCst);
        let value = request();
        (self.statements.load(Ordering::SeqCst) - before, value)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        if !std::thread::panicking() {
            for line in self.metrics().lines() {
                // Inspect the line without its value, because a value may be a number of any
                // length.
                secrets::inspect("metrics", line.rsplit_once(' ').map_or(line, |(name, _)| name));
            }
            secrets::check();
        }
    }
}
