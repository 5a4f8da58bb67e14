//! What the server counts of itself, for Prometheus. Labels are route templates, codes and
//! names of credentials: never a path, a number or a person.

use crate::auth::Ator;
use crate::db::Gauges;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pedido {
    metodo: String,
    rota: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Credencial {
    credencial: String,
}

/// Cheap to clone: all clones count together.
#[derive(Clone)]
pub struct Metricas(Arc<Contadas>);

struct Contadas {
    registro: Registry,
    pedidos: Family<Pedido, Histogram, fn() -> Histogram>,
    ausencias: Family<Credencial, Counter>,
    limitados: Family<Credencial, Counter>,
    auditados: Counter,
    atraso_da_auditoria: Gauge,
    auditoria_a_parte: Counter,
    auditoria_perdidos: Counter,
    selados: Counter,
}

fn duracoes() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

impl Metricas {
    pub fn novas(banco: Gauges) -> Self {
        let mut contadas = Contadas {
            registro: Registry::with_prefix("elos"),
            pedidos: Family::new_with_constructor(duracoes),
            ausencias: Family::default(),
            limitados: Family::default(),
            auditados: Counter::default(),
            atraso_da_auditoria: Gauge::default(),
            auditoria_a_parte: Counter::default(),
            auditoria_perdidos: Counter::default(),
            selados: Counter::default(),
        };
        let versao = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let registro = &mut contadas.registro;
        registro.register("build", "Versão do programa", versao);
        registro.register(
            "http_request_duration_seconds",
            "Duração dos pedidos, por método, modelo da rota e status",
            contadas.pedidos.clone(),
        );
        registro.register(
            "ausencias",
            "Objetos pedidos que não existem ou não são visíveis, por credencial",
            contadas.ausencias.clone(),
        );
        registro.register(
            "limite_de_requisicoes",
            "Pedidos recusados a quem pede demais o que não existe, por credencial",
            contadas.limitados.clone(),
        );
        registro.register(
            "auditoria_registros",
            "Registros de leitura gravados na trilha",
            contadas.auditados.clone(),
        );
        registro.register(
            "auditoria_tentativas_falhas",
            "Tentativas seguidas de gravar a trilha que falharam; 0 quando grava",
            contadas.atraso_da_auditoria.clone(),
        );
        registro.register(
            "auditoria_a_parte",
            "Registros da trilha que o banco não aceita, guardados em auditoria_recusada",
            contadas.auditoria_a_parte.clone(),
        );
        registro.register(
            "auditoria_perdidos",
            "Registros que a trilha perdeu, de chamadas que não leram nada; 0 é o normal",
            contadas.auditoria_perdidos.clone(),
        );
        registro.register(
            "auditoria_selados",
            "Registros que esta instância selou na cadeia",
            contadas.selados.clone(),
        );
        registro.register(
            "fluxo_ouvindo",
            "1 enquanto o banco avisa o fluxo de eventos (LISTEN); 0 quando ele só é consultado a cada segundo",
            banco.listening,
        );
        registro.register(
            "fluxo_retido_segundos",
            "Há quanto tempo uma mesma transação aberta retém o fluxo de eventos",
            banco.feed_held,
        );
        Self(Arc::new(contadas))
    }

    pub fn respondeu(&self, metodo: &str, rota: &str, status: u16, em: Duration) {
        let pedido = Pedido { metodo: metodo.to_owned(), rota: rota.to_owned(), status };
        self.0.pedidos.get_or_create(&pedido).observe(em.as_secs_f64());
    }

    pub fn faltaram(&self, ator: &Ator, quantos: u32) {
        self.0.ausencias.get_or_create(&de(ator)).inc_by(quantos.into());
    }

    pub fn limitou(&self, ator: &Ator) {
        self.0.limitados.get_or_create(&de(ator)).inc();
    }

    pub fn auditou(&self, registros: usize) {
        self.0.auditados.inc_by(registros as u64);
        self.0.atraso_da_auditoria.set(0);
    }

    pub fn nao_auditou(&self) {
        self.0.atraso_da_auditoria.inc();
    }

    /// A record that the database cannot hold.
    pub fn set_aside(&self) {
        self.0.auditoria_a_parte.inc();
    }

    /// Records that no queue took.
    pub fn perdeu(&self, registros: usize) {
        self.0.auditoria_perdidos.inc_by(registros as u64);
    }

    pub fn selou(&self, registros: usize) {
        self.0.selados.inc_by(registros as u64);
    }

    pub fn texto(&self, form: TextForm) -> String {
        let mut texto = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut texto, &self.0.registro);
        match form {
            TextForm::OpenMetrics => texto,
            TextForm::Prometheus => as_prometheus(&texto),
        }
    }
}

/// The two forms that scrapers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    OpenMetrics,
    /// 0.0.4, for who asks for nothing.
    Prometheus,
}

impl TextForm {
    /// By what an `Accept` names.
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

/// OpenMetrics told in the older form, in which a family has the name of its samples, and there is
/// no `info`.
fn as_prometheus(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let described = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '));
        let Some((family, help)) = described else {
            if !line.starts_with("# ") {
                told.push_str(line);
                told.push('\n');
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
        // Writing to a string does not fail.
        let _ = writeln!(told, "# HELP {family}{ending} {help}\n# TYPE {family}{ending} {kind}");
    }
    told
}

/// Who has no client is counted together: a `sub` may name a person.
fn de(ator: &Ator) -> Credencial {
    Credencial { credencial: ator.azp().unwrap_or("sem-azp").to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_form_has_the_names_of_the_samples() {
        let text = "# HELP elos_build Versão.\n# TYPE elos_build info\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados Selados.\n# TYPE elos_selados counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n# EOF\n";
        let told = "# HELP elos_build_info Versão.\n# TYPE elos_build_info gauge\nelos_build_info{version=\"1\"} 1\n\
                    # HELP elos_selados_total Selados.\n# TYPE elos_selados_total counter\nelos_selados_total 3\n\
                    # HELP elos_ouvindo 1 ou 0.\n# TYPE elos_ouvindo gauge\nelos_ouvindo 1\n";
        assert_eq!(as_prometheus(text), told);
        assert_eq!(TextForm::accepted("*/*"), TextForm::Prometheus);
        let scraper = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.3";
        assert_eq!(TextForm::accepted(scraper), TextForm::OpenMetrics);
    }
}
