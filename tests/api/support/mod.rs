//! The harness: one private PostgreSQL for the run, one database and one real
//! server per test, and a client that speaks HTTP to it.
//!
//! `App::novo()` has the synthetic data of 270 processos; `App::vazio()` has none.

mod banco;
mod disk;
mod operacao;
mod pooler;
mod sorteio;

pub use banco::{Banco, Modelo, agora};
pub use disk::FullDisk;
pub use operacao::{Desfecho, Modo, Operacao, Porta};
pub use pooler::Pooler;
pub use sorteio::Sorteio;

use crate::segredo;
use elos::audit::{CanalAuditoria, EspecieAuditoria};
use elos::auth::issuer::{CAMINHO, Emissor};
use elos::auth::signer::Assinante;
use elos::auth::{Auth, AuthOptions, Basic, Fonte};
use elos::call::record::{Entrada, Rastro};
use elos::config::{Assinaturas, Connections, Documentos, Http};
use elos::db::{Db, DbOptions};
use elos::server::{Partes, ate_o_fim, servir};
use elos::value::regras::Regras;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::time::Duration;

/// Longer than anything takes, on a machine that has much else to do: whoever waits for an event so
/// long has waited in vain.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// How often a race is run, or a thing tried: often enough to be seen, or as often as
/// `script/test-extended` does.
pub fn rounds(some: usize, many: usize) -> usize {
    if std::env::var_os("ELOS_MUITAS").is_some() { many } else { some }
}

/// Whose pages may call every server of the run.
pub const ORIGEM: &str = "https://painel.example";

/// Up to which transaction the feed is shown.
const MOSTRADO: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n";

/// Records that no seal holds.
const POR_SELAR: &str = "SELECT count(*) AS n FROM auditoria a WHERE NOT EXISTS \
    (SELECT FROM selo s WHERE s.tribunal_codigo = a.tribunal_codigo AND a.id = ANY(s.ids))";

/// One key for the whole run: making one takes a second.
static EMISSOR: LazyLock<Emissor> =
    LazyLock::new(|| Emissor::novo(String::new(), "elos".into(), banco::agora));

/// The key with which every server of the run signs its recibos.
static PEM: LazyLock<String> = LazyLock::new(|| {
    let chave = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    chave.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
});

/// That key, as the program is given it.
pub fn pem() -> &'static str {
    &PEM
}

pub fn assinante() -> Assinante {
    Assinante::de_pem(PEM.as_bytes()).unwrap()
}

pub struct App {
    pub banco: Arc<Banco>,
    pub base: String,
    pub emissor: Emissor,
    pub servido: elos::App,
    comandos: Arc<AtomicU64>,
    tokens: Mutex<HashMap<String, String>>,
    agente: ureq::Agent,
    parar: Option<mpsc::Sender<()>>,
    servidor: Option<std::thread::JoinHandle<()>>,
}

/// What is told to people, at both doors, is a sentence. The Tramita's refusals are the platform's.
fn sentences(answer: &Value) {
    let of_graphql = answer["data"].as_object().into_iter().flat_map(|data| data.values());
    let refusals = of_graphql.flat_map(|payload| payload["erros"].as_array().into_iter().flatten());
    let refusals = refusals.filter(|refusal| {
        let of = |code: &&elos::error::CodigoErro| refusal["codigo"] == code.nome();
        elos::error::CodigoErro::TODOS.iter().find(of).is_some_and(|code| !code.so_do_tramita())
    });
    let messages = refusals.map(|refusal| &refusal["mensagem"]);
    for message in messages.chain([&answer["mensagemUsuario"]]).filter_map(Value::as_str) {
        let begins = message.starts_with(char::is_uppercase);
        assert!(begins && message.ends_with('.'), "not a sentence: {message}");
    }
}

/// An answer: status, headers that tests look at, body as JSON (null when it is none).
#[derive(Debug)]
pub struct Resposta {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub corpo: Value,
    pub texto: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Default)]
pub struct Ajustes {
    pub regras: Regras,
    pub sem_filtro: bool,
    pub assinaturas: Assinaturas,
    pub documentos: Documentos,
    pub http: Http,
    /// Zero, as here, is no limit.
    pub ausencias_por_minuto: u32,
    pub tempo: Option<Duration>,
    pub loopback_only: bool,
    pub connections: Connections,
    /// Where `/metrics` is.
    pub metrics: Option<Arc<TcpListener>>,
    /// Another way to the same database.
    pub url: Option<String>,
    /// The logins of application, national and auditor, each its own; else one for all.
    pub logins: Option<[&'static str; 3]>,
    pub structure_interval: Option<Duration>,
    /// Whether the façade takes HTTP Basic, checked at its own issuer.
    pub basic: bool,
}

impl App {
    pub fn novo() -> Self {
        Self::com(Modelo::Semeado, Ajustes::default())
    }

    pub fn vazio() -> Self {
        Self::com(Modelo::Vazio, Ajustes::default())
    }

    pub fn com(modelo: Modelo, ajustes: Ajustes) -> Self {
        Self::no_banco(&Arc::new(Banco::novo(modelo)), ajustes)
    }

    /// One more server on a database that another has, or had.
    pub fn no_banco(banco: &Arc<Banco>, ajustes: Ajustes) -> Self {
        Self::sobre(Arc::clone(banco), ajustes, None)
    }

    /// A server whose tokens are checked in another way.
    pub fn com_auth(auth: AuthOptions) -> Self {
        Self::sobre(Arc::new(Banco::novo(Modelo::Vazio)), Ajustes::default(), Some(auth))
    }

    /// A server that fetches its keys elsewhere.
    pub fn com_emissor(issuer: &str) -> Self {
        let mut auth = AuthOptions::novas(issuer.to_owned(), vec!["elos".into()]);
        auth.fonte = Fonte::Url(format!("{issuer}/protocol/openid-connect/certs"));
        Self::com_auth(auth)
    }

    pub fn sobre(banco: Arc<Banco>, ajustes: Ajustes, auth: Option<AuthOptions>) -> Self {
        segredo::vigiar();
        let comandos = Arc::new(AtomicU64::new(0));
        let url = ajustes.url.unwrap_or_else(|| banco.url_do_app());
        let mut opcoes = DbOptions::nova(url);
        opcoes.pool_max = 6;
        opcoes.tempo = ajustes.tempo.unwrap_or(opcoes.tempo);
        opcoes.comandos = Some(Arc::clone(&comandos));
        opcoes.sem_filtro = ajustes.sem_filtro;
        opcoes.structure_interval = ajustes.structure_interval.unwrap_or(opcoes.structure_interval);
        if let Some([app, nacional, auditor]) = ajustes.logins {
            opcoes.url = banco.url(app);
            opcoes.nacional_url = Some(banco.url(nacional));
            opcoes.auditor_url = Some(banco.url(auditor));
        }

        let escuta = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", escuta.local_addr().unwrap());
        let nosso = || {
            let mut auth = AuthOptions::novas(format!("{base}{CAMINHO}"), vec!["elos".into()]);
            auth.facade.basic = ajustes.basic.then(Basic::default);
            auth
        };
        let auth = auth.unwrap_or_else(nosso);
        let iss = auth.issuer.clone();
        let db = Db::conectar(&opcoes).unwrap();
        let app = elos::App::novo(db, ajustes.regras, banco::agora)
            .assinando(Some(assinante()))
            .com_assinaturas(ajustes.assinaturas)
            .com_documentos(ajustes.documentos)
            .com_http(ajustes.http)
            .com_ausencias_por_minuto(ajustes.ausencias_por_minuto);
        let credenciais = elos::db::credentials::do_banco(&app.db).unwrap();
        let partes = Partes {
            app: app.clone(),
            auth: Auth::novo(auth, credenciais.clone()),
            tls: None,
            graphiql: true,
            loopback_only: ajustes.loopback_only,
            connections: ajustes.connections,
            cors: vec![ORIGEM.to_owned()],
            metricas: ajustes.metrics.map(|listener| listener.try_clone().unwrap()),
            pause: Duration::ZERO,
            emissor: Some(EMISSOR.em(iss.clone())),
        };
        let auditoria = app.auditoria.clone();
        let (parar, parada) = mpsc::channel::<()>();
        let (pronto, esperar) = mpsc::channel();
        let servidor = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let servidor = servir(partes, escuta).unwrap();
                let alca = servidor.handle();
                pronto.send(()).unwrap();
                std::thread::spawn(move || {
                    let _ = parada.recv();
                    actix_web::rt::System::new().block_on(alca.stop(false));
                });
                ate_o_fim(servidor, &auditoria).await.unwrap();
            });
        });
        esperar.recv().unwrap();
        let agente = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        Self {
            banco,
            base,
            emissor: EMISSOR.em(iss),
            servido: app,
            comandos,
            tokens: Mutex::default(),
            agente,
            parar: Some(parar),
            servidor: Some(servidor),
        }
    }

    /// A token of the development issuer, by HTTP Basic, kept for the test.
    pub fn token(&self, cliente: &str) -> String {
        if let Some(token) = self.tokens.lock().unwrap().get(cliente) {
            return token.clone();
        }
        use base64::Engine;
        use base64::prelude::BASE64_STANDARD;
        let basic = BASE64_STANDARD.encode(format!("{cliente}:demo"));
        let mut resposta = self
            .agente
            .post(format!("{}{CAMINHO}/protocol/openid-connect/token", self.base))
            .header("Authorization", format!("Basic {basic}"))
            .send_form([("grant_type", "client_credentials")])
            .unwrap();
        let corpo: Value =
            serde_json::from_str(&resposta.body_mut().read_to_string().unwrap()).unwrap();
        let token = corpo["access_token"].as_str().unwrap().to_owned();
        self.tokens.lock().unwrap().insert(cliente.to_owned(), token.clone());
        token
    }

    /// A credential like that of `de` but for some claims; `nome` is its name from now on.
    pub fn credencial(&self, nome: &str, de: &str, mudar: impl FnOnce(&mut Value)) {
        use base64::Engine;
        use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
        let token = self.token(de);
        let claims = BASE64.decode(token.split('.').nth(1).unwrap()).unwrap();
        let mut claims = serde_json::from_slice(&claims).unwrap();
        mudar(&mut claims);
        let token = self.emissor.assinar(&claims).unwrap();
        self.tokens.lock().unwrap().insert(nome.to_owned(), token);
    }

    /// Any request. `headers` win over nothing: what is not given is not sent.
    pub fn pedir(
        &self,
        metodo: &str,
        caminho: &str,
        headers: &[(&str, &str)],
        corpo: &[u8],
    ) -> Resposta {
        let mut pedido =
            ureq::http::Request::builder().method(metodo).uri(format!("{}{caminho}", self.base));
        for (nome, valor) in headers {
            pedido = pedido.header(*nome, *valor);
        }
        let resposta =
            if corpo.is_empty() && matches!(metodo, "GET" | "HEAD" | "DELETE" | "OPTIONS") {
                self.agente.run(pedido.body(()).unwrap())
            } else {
                self.agente.run(pedido.body(corpo.to_vec()).unwrap())
            };
        let mut resposta = resposta.unwrap();
        let headers = resposta
            .headers()
            .iter()
            .map(|(nome, valor)| (nome.to_string(), valor.to_str().unwrap_or_default().to_owned()))
            .collect();
        let bytes = resposta.body_mut().with_config().limit(50_000_000).read_to_vec().unwrap();
        let texto = String::from_utf8_lossy(&bytes).into_owned();
        let corpo = serde_json::from_str(&texto).unwrap_or(Value::Null);
        let status = resposta.status().as_u16();
        if status >= 500 {
            segredo::olhar("5xx", &texto);
        }
        sentences(&corpo);
        Resposta { status, headers, corpo, texto, bytes }
    }

    pub fn post(&self, cliente: &str, caminho: &str, corpo: &Value) -> Resposta {
        self.post_texto(cliente, caminho, &corpo.to_string())
    }

    pub fn post_texto(&self, cliente: &str, caminho: &str, corpo: &str) -> Resposta {
        let bearer = format!("Bearer {}", self.token(cliente));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.pedir("POST", caminho, &headers, corpo.as_bytes())
    }

    /// A GraphQL request, answered whole.
    pub fn graphql(&self, cliente: &str, query: &str, variables: impl Borrow<Value>) -> Resposta {
        let bearer = format!("Bearer {}", self.token(cliente));
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/graphql-response+json"),
        ];
        let corpo = json!({ "query": query, "variables": variables.borrow() }).to_string();
        self.pedir("POST", "/graphql", &headers, corpo.as_bytes())
    }

    /// The `data` of a request that must not fail.
    #[track_caller]
    pub fn gql(&self, cliente: &str, query: &str) -> Value {
        self.gql_com(cliente, query, json!({}))
    }

    #[track_caller]
    pub fn gql_com(&self, cliente: &str, query: &str, variables: impl Borrow<Value>) -> Value {
        let resposta = self.graphql(cliente, query, variables);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        assert_eq!(resposta.corpo.get("errors"), None, "{}", resposta.texto);
        resposta.corpo["data"].clone()
    }

    /// The code of the only error of a request that must fail.
    #[track_caller]
    pub fn codigo(&self, cliente: &str, query: &str) -> String {
        let resposta = self.graphql(cliente, query, json!({}));
        let errors = resposta.corpo["errors"].as_array().expect(&resposta.texto).clone();
        assert_eq!(errors.len(), 1, "{}", resposta.texto);
        errors[0]["extensions"]["code"].as_str().expect(&resposta.texto).to_owned()
    }

    /// One round over the trâmites whose time is over, as the server makes every minute.
    pub fn expirar(&self) -> usize {
        let ronda = elos::tramite::service::expirar(&self.servido);
        actix_web::rt::System::new().block_on(ronda).unwrap()
    }

    /// Waits until the trail has all that was answered.
    pub fn auditado(&self) {
        let esvaziar = self.servido.auditoria.esvaziar();
        assert!(actix_web::rt::System::new().block_on(esvaziar), "the trail was not written");
        self.assentado();
    }

    /// Waits until what was written is shown: eventos and the trail are, up to the oldest
    /// transaction that is open, in any database of the run.
    pub fn assentado(&self) {
        let ate =
            self.banco.contar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n");
        let inicio = std::time::Instant::now();
        while self.banco.contar(MOSTRADO) < ate {
            assert!(inicio.elapsed() < PATIENCE, "a transaction stays open");
        }
    }

    /// Seals all that the trail has, as the server does every second.
    pub fn selado(&self) {
        // A round of the server's own may hold the turn.
        while self.banco.contar(POR_SELAR) > 0 {
            self.selar();
        }
    }

    /// One round of sealing.
    pub fn selar(&self) {
        elos::audit::selar(&self.servido.db).unwrap();
    }

    /// Takes every place of the trail's queue; answers how many records that made.
    pub fn encher_a_fila(&self) -> usize {
        let papeis = vec![elos::auth::Papel::Consulta];
        let ator = elos::auth::Ator::novo("s".into(), None, Some(820), papeis).unwrap();
        actix_web::rt::System::new().block_on(async {
            let mut quantos = 0_usize;
            loop {
                let entrada = Entrada {
                    canal: CanalAuditoria::Rest,
                    operacao: "enchimento".into(),
                    especie: EspecieAuditoria::Leitura,
                    correlacao: quantos.to_string(),
                };
                let auditoria = self.servido.auditoria.clone();
                let rastro = Rastro::novo(ator.clone(), entrada, auditoria);
                if rastro.garantir().await.is_err() {
                    return quantos;
                }
                let _written = rastro.encerrar(200);
                quantos += 1;
            }
        })
    }

    /// Stops as a server does that is told to: nothing that it knows is lost.
    pub fn parar(mut self) {
        drop(self.parar.take());
        self.servidor.take().unwrap().join().unwrap();
    }

    /// The metrics, as `/metrics` shows them.
    pub fn metricas(&self) -> String {
        self.servido.metricas.texto(elos::telemetry::metrics::TextForm::OpenMetrics)
    }

    pub fn get(&self, cliente: &str, caminho: &str) -> Resposta {
        let bearer = format!("Bearer {}", self.token(cliente));
        self.pedir("GET", caminho, &[("Authorization", &bearer)], b"")
    }

    /// Waits until `/readyz` says so: what it tells is found out in the background.
    #[track_caller]
    pub fn ready(&self) {
        let begun = std::time::Instant::now();
        loop {
            let answer = self.pedir("GET", "/readyz", &[], b"");
            if answer.status == 200 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", answer.texto);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many statements `pedido` sent to PostgreSQL.
    pub fn comandos<T>(&self, pedido: impl FnOnce() -> T) -> (u64, T) {
        let antes = self.comandos.load(Ordering::SeqCst);
        let valor = pedido();
        (self.comandos.load(Ordering::SeqCst) - antes, valor)
    }

    /// Registers a synthetic adolescente; answers with the identificador.
    #[track_caller]
    pub fn adolescente(&self, cliente: &str) -> String {
        let corpo = json!({
            "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO",
        });
        let resposta = self.post(cliente, "/api/v1/adolescentes", &corpo);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        resposta.corpo["dados"]["identificador"].as_str().unwrap().to_owned()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.parar.take());
        if let Some(servidor) = self.servidor.take() {
            let _ = servidor.join();
        }
        if !std::thread::panicking() {
            for linha in self.metricas().lines() {
                // The value is a number, of any length.
                segredo::olhar("metrics", linha.rsplit_once(' ').map_or(linha, |(nome, _)| nome));
            }
            segredo::conferir();
        }
    }
}
