//! The server's metrics, for Prometheus. Labels are route templates, codes and names of
//! credentials, and never a path, a number or a person.

use crate::auth::Actor;
use crate::db::Gauges;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    metodo: String,
    rota: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CredentialLabel {
    credencial: String,
}

/// The metrics. Cloning is cheap, and all clones share the counters.
#[derive(Clone)]
pub struct Metrics(Arc<Counters>);

struct Counters {
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
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

impl Metrics {
    pub fn new(database: Gauges) -> Self {
        let mut registry = Registry::with_prefix("elos");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Versão do programa", version);
        let requests: Family<RequestLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(duration_histogram);
        registry.register(
            "http_request_duration_seconds",
            "Duração dos pedidos, por método, modelo da rota e status",
            requests.clone(),
        );
        let absences = registered(
            &mut registry,
            "ausencias",
            "Objetos pedidos que não existem ou não são visíveis, por credencial",
        );
        let limited = registered(
            &mut registry,
            "limite_de_requisicoes",
            "Pedidos recusados a quem pede demais o que não existe, por credencial",
        );
        let audited = registered(
            &mut registry,
            "auditoria_registros",
            "Registros de leitura gravados na trilha",
        );
        let audit_failures = registered(
            &mut registry,
            "auditoria_tentativas_falhas",
            "Tentativas seguidas de gravar a trilha que falharam; 0 quando grava",
        );
        let audit_set_aside = registered(
            &mut registry,
            "auditoria_a_parte",
            "Registros da trilha que o banco não aceita, guardados em auditoria_recusada",
        );
        let audit_lost = registered(
            &mut registry,
            "auditoria_perdidos",
            "Registros que a trilha perdeu, de chamadas que não leram nada; 0 é o normal",
        );
        let sealed = registered(
            &mut registry,
            "auditoria_selados",
            "Registros que esta instância selou na cadeia",
        );
        registry.register(
            "fluxo_ouvindo",
            "1 enquanto o banco avisa o fluxo de eventos (LISTEN); 0 quando ele só é consultado a cada segundo",
            database.listening,
        );
        registry.register(
            "fluxo_retido_segundos",
            "Há quanto tempo uma mesma transação aberta retém o fluxo de eventos",
            database.feed_held,
        );
        Self(Arc::new(Counters {
            requests,
            absences,
            limited,
            audited,
            audit_failures,
            audit_set_aside,
            audit_lost,
            sealed,
            registry,
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

    /// Counts audit records that no queue accepted.
    pub fn lost(&self, records: usize) {
        self.0.audit_lost.inc_by(records as u64);
    }

    pub fn sealed(&self, records: usize) {
        self.0.sealed.inc_by(records as u64);
    }

    pub fn text(&self, form: TextForm) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = text::encode(&mut text, &self.0.registry);
        match form {
            TextForm::OpenMetrics => text,
            TextForm::Prometheus => as_prometheus(&text),
        }
    }
}

/// The two text formats that scrapers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    OpenMetrics,
    /// Version 0.0.4, for clients that ask for no format.
    Prometheus,
}

impl TextForm {
    /// Chooses the format by the header `Accept`.
    pub fn accepted(accept: &str) -> Self {
        match accept.to_ascii_lowercase().contains("application/openmetrics-text") {
            true => Self::OpenMetrics,
            false => Self::Prometheus,
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Converts OpenMetrics to the older format. There a family has the same name as its samples, and
/// the type `info` does not exist.
fn as_prometheus(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let described = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let Some((family, help)) = described else {
            if !line.starts_with("# ") {
                converted.push_str(line);
                converted.push('\n');
            }
            continue;
        };
        let kind = lines.next_if(|next| next.starts_with("# TYPE "));
        let kind = kind.and_then(|line| line.rsplit(' ').next()).unwrap_or("untyped");
        let (ending, kind) = match kind {
            "counter" => ("_total", kind),
            "info" => ("_info", "gauge"),
            _ => ("", kind),
        };
        // Writing to a `String` cannot fail.
        let _ =
            writeln!(converted, "# HELP {family}{ending} {help}\n# TYPE {family}{ending} {kind}");
    }
    converted
}

/// Returns the label of the caller's client. Callers without a client share one label, because a
/// `sub` may identify a person.
fn credential_label(actor: &Actor) -> CredentialLabel {
    CredentialLabel { credencial: actor.azp().unwrap_or("sem-azp").to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_form_has_the_names_of_the_samples() {
        let text = "# HELP elos_build Versão.\n# TYPE elos_build info\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados Selados.\n# TYPE elos_selados counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n# EOF\n";
        let converted = "# HELP elos_build_info Versão.\n# TYPE elos_build_info gauge\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados_total Selados.\n# TYPE elos_selados_total counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n";
        assert_eq!(as_prometheus(text), converted);
        assert_eq!(TextForm::accepted("*/*"), TextForm::Prometheus);
        let scraper = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3";
        assert_eq!(TextForm::accepted(scraper), TextForm::OpenMetrics);
    }
}
