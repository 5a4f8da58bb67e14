//! The server's metrics, for Prometheus. Labels are methods, route templates, statuses, root
//! fields, names of trusted operations, codes, classes of pools and names of credentials, and never
//! a path, the number of a processo or a person.

mod process;
mod scraped;
mod text;

pub use scraped::{Scraped, StateLabel};
pub use text::TextForm;

use crate::auth::Actor;
use crate::db::Measures;
use process::Process;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    metodo: String,
    rota: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    tipo: &'static str,
    operacao: String,
    codigo: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CredentialLabel {
    credencial: String,
}

/// The metrics. Cloning is cheap, and all clones share the counters.
#[derive(Clone)]
pub struct Metrics(Arc<Counters>);

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;
/// Sets gauges that nothing keeps up to date between two scrapes.
type BeforeScrape = Box<dyn Fn(&Scraped) + Send + Sync>;

struct Counters {
    requests: Histograms<RequestLabels>,
    operations: Histograms<OperationLabels>,
    retries: Counter,
    subscriptions: Gauge,
    delivery_lag: Histogram,
    scraped: Scraped,
    before_scrape: RwLock<Vec<BeforeScrape>>,
    absences: Family<CredentialLabel, Counter>,
    limited: Family<CredentialLabel, Counter>,
    audited: Counter,
    audit_failures: Gauge,
    audit_set_aside: Counter,
    audit_lost: Counter,
    sealed: Counter,
    registry: Registry,
}

fn duration_histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

/// Creates a metric and registers it.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Registers what the database counts.
fn register_database(registry: &mut Registry, database: &Measures) {
    registry.register(
        "fluxo_ouvindo",
        "1 enquanto o banco avisa o fluxo de eventos (LISTEN); 0 quando ele só é consultado a cada segundo",
        database.listening.clone(),
    );
    registry.register(
        "fluxo_retido_segundos",
        "Há quanto tempo uma mesma transação aberta retém o fluxo de eventos",
        database.feed_held.clone(),
    );
    registry.register(
        "banco_duracao_segundos",
        "Tempo de uso de uma conexão com o banco, de cada vez, por classe",
        database.times.clone(),
    );
    registry.register(
        "fila_espera_segundos",
        "Espera por uma vaga para usar o banco, por classe",
        database.waits.clone(),
    );
    registry.register(
        "banco_erros",
        "Erros do banco que não são de quem pediu, por tipo",
        database.errors.clone(),
    );
    registry.register(
        "banco_comandos_recusados",
        "Comandos que o PostgreSQL recusou, por classe do SQLSTATE (outra: a que não se reconhece)",
        database.refused_statements.clone(),
    );
    registry.register(
        "banco_repeticoes",
        "Leituras, lotes e chamadas do Tramita que o servidor fez de novo depois de uma falha do banco",
        database.retries.clone(),
    );
}

impl Metrics {
    pub fn new(database: Measures) -> Self {
        let mut whole = Registry::default();
        whole.register_collector(Box::new(Process));
        let registry = whole.sub_registry_with_prefix("elos");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Versão do programa", version);
        let requests = Histograms::new_with_constructor(duration_histogram as fn() -> Histogram);
        registry.register(
            "http_request_duration_seconds",
            "Duração dos pedidos, por método, modelo da rota e status",
            requests.clone(),
        );
        let operations = Histograms::new_with_constructor(duration_histogram as fn() -> Histogram);
        registry.register(
            "operacao_duracao_segundos",
            "Duração das operações GraphQL, por tipo, operação (nome confiável ou campo raiz) e código do primeiro erro (OK sem nenhum)",
            operations.clone(),
        );
        let subscriptions =
            registered(registry, "assinaturas_abertas", "Assinaturas (subscriptions) abertas");
        let delivery_lag =
            Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]);
        registry.register(
            "assinaturas_atraso_segundos",
            "Do acontecimento à entrega de um evento numa assinatura",
            delivery_lag.clone(),
        );
        let absences = registered(
            registry,
            "ausencias",
            "Objetos pedidos que não existem ou não são visíveis, por credencial",
        );
        let limited = registered(
            registry,
            "limite_de_requisicoes",
            "Pedidos recusados a quem pede demais o que não existe, por credencial",
        );
        let audited =
            registered(registry, "auditoria_registros", "Registros de leitura gravados na trilha");
        let audit_failures = registered(
            registry,
            "auditoria_tentativas_falhas",
            "Tentativas seguidas de gravar a trilha que falharam; 0 quando grava",
        );
        let audit_set_aside = registered(
            registry,
            "auditoria_a_parte",
            "Registros da trilha que o banco não aceita, guardados em auditoria_recusada",
        );
        let audit_lost = registered(
            registry,
            "auditoria_perdidos",
            "Registros que a trilha perdeu, de chamadas que não leram nada; 0 é o normal",
        );
        let sealed = registered(
            registry,
            "auditoria_selados",
            "Registros que esta instância selou na cadeia",
        );
        register_database(registry, &database);
        let scraped = Scraped::registered(registry);
        Self(Arc::new(Counters {
            requests,
            operations,
            retries: database.retries,
            subscriptions,
            delivery_lag,
            scraped,
            before_scrape: RwLock::default(),
            absences,
            limited,
            audited,
            audit_failures,
            audit_set_aside,
            audit_lost,
            sealed,
            registry: whole,
        }))
    }

    pub fn answered(&self, method: &str, route: &str, status: u16, elapsed: Duration) {
        let request = RequestLabels { metodo: method.to_owned(), rota: route.to_owned(), status };
        self.0.requests.get_or_create(&request).observe(elapsed.as_secs_f64());
    }

    pub fn count_absences(&self, actor: &Actor, count: u32) {
        self.0.absences.get_or_create(&credential_label(actor)).inc_by(count.into());
    }

    pub fn rate_limited(&self, actor: &Actor) {
        self.0.limited.get_or_create(&credential_label(actor)).inc();
    }

    pub fn audited(&self, records: usize) {
        self.0.audited.inc_by(records as u64);
        self.0.audit_failures.set(0);
    }

    pub fn audit_failed(&self) {
        self.0.audit_failures.inc();
    }

    /// Counts an audit record that the database does not accept.
    pub fn set_aside(&self) {
        self.0.audit_set_aside.inc();
    }

    /// Counts audit records that were dropped because the queue was full.
    pub fn lost(&self, records: usize) {
        self.0.audit_lost.inc_by(records as u64);
    }

    pub fn sealed(&self, records: usize) {
        self.0.sealed.inc_by(records as u64);
    }

    /// Counts an operation of the GraphQL API. `operation` is one of a bounded set of names.
    pub fn executed(&self, tipo: &'static str, operation: &str, code: &str, elapsed: Duration) {
        let labels =
            OperationLabels { tipo, operacao: operation.to_owned(), codigo: code.to_owned() };
        self.0.operations.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// Counts work that runs once more.
    pub fn retried(&self) {
        self.0.retries.inc();
    }

    /// Counts a subscription as open until the result is dropped.
    pub fn subscribed(&self) -> OpenCount {
        self.0.subscriptions.inc();
        OpenCount(self.0.subscriptions.clone())
    }

    /// Counts a delivered event, and the seconds since it happened.
    pub fn delivered(&self, lag: f64) {
        self.0.delivery_lag.observe(lag);
    }

    /// Adds a function that runs before each scrape. It must not block, and must not own a clone of
    /// these metrics.
    pub fn before_scrape(&self, update: impl Fn(&Scraped) + Send + Sync + 'static) {
        let mut all = self.0.before_scrape.write().unwrap_or_else(PoisonError::into_inner);
        all.push(Box::new(update));
    }

    pub fn text(&self, form: TextForm) -> String {
        let updates = self.0.before_scrape.read().unwrap_or_else(PoisonError::into_inner);
        updates.iter().for_each(|update| update(&self.0.scraped));
        form.encode(&self.0.registry)
    }
}

/// One open subscription.
pub struct OpenCount(Gauge);

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Returns the label of the caller's client. Callers without a client share one label, because a
/// `sub` may identify a person.
fn credential_label(actor: &Actor) -> CredentialLabel {
    CredentialLabel { credencial: actor.azp().unwrap_or("sem-azp").to_owned() }
}
