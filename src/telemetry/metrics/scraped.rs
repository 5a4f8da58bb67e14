//! Gauges whose values are read when somebody scrapes them.

use crate::db::PoolLabel;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StateLabel {
    pub classe: &'static str,
    pub estado: &'static str,
}

/// A gauge of seconds.
#[derive(Debug, Clone, Default)]
pub struct Age(Gauge<f64, AtomicU64>);

impl Age {
    pub fn set(&self, age: Duration) {
        self.0.set(age.as_secs_f64());
    }
}

#[derive(Default)]
pub struct Scraped {
    pub permits: Family<PoolLabel, Gauge>,
    pub permits_used: Family<PoolLabel, Gauge>,
    pub waiting: Family<PoolLabel, Gauge>,
    pub tribunals: Family<PoolLabel, Gauge>,
    pub connections: Family<StateLabel, Gauge>,
    pub horizon_age: Age,
    pub trail_queue: Gauge,
    pub trail_oldest: Age,
    pub sealing_age: Age,
    pub unsealed: Gauge,
    pub unsealed_age: Age,
    pub credentials_age: Age,
    pub keys_age: Age,
}

impl Scraped {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let all = Self::default();
        let mut by_class = |name: &str, help: &str, gauge: &Family<PoolLabel, Gauge>| {
            registry.register(name, help, gauge.clone());
        };
        by_class("vagas", "Vagas para usar o banco, por classe", &all.permits);
        by_class("vagas_em_uso", "Vagas em uso, por classe", &all.permits_used);
        by_class("fila", "Pedidos que esperam por uma vaga, por classe", &all.waiting);
        by_class(
            "fila_tribunais",
            "Tribunais com pedidos em curso ou à espera, por classe",
            &all.tribunals,
        );
        registry.register(
            "banco_conexoes",
            "Conexões abertas com o banco, por classe e estado",
            all.connections.clone(),
        );
        registry.register(
            "auditoria_fila",
            "Registros da trilha que esperam para ser gravados",
            all.trail_queue.clone(),
        );
        registry.register(
            "auditoria_por_selar",
            "Registros gravados na trilha e ainda não selados, de todas as instâncias; de cada tribunal contam-se até 10000",
            all.unsealed.clone(),
        );
        let mut age = |name: &str, help: &str, age: &Age| {
            registry.register(name, help, age.0.clone());
        };
        age(
            "auditoria_fila_segundos",
            "Idade do registro mais velho que espera para ser gravado",
            &all.trail_oldest,
        );
        age(
            "auditoria_selagem_segundos",
            "Desde a última vez em que esta instância selou, ou viu outra selar, o que podia ser selado",
            &all.sealing_age,
        );
        age(
            "auditoria_por_selar_segundos",
            "Idade do registro mais velho que ainda não foi selado; 0 se não há nenhum",
            &all.unsealed_age,
        );
        age(
            "fluxo_horizonte_segundos",
            "Desde a última leitura do horizonte do fluxo de eventos",
            &all.horizon_age,
        );
        age(
            "credenciais_idade_segundos",
            "Idade da lista de credenciais; com mais de 5 s ninguém é reconhecido",
            &all.credentials_age,
        );
        age(
            "chaves_idade_segundos",
            "Idade das chaves do emissor de tokens; -1 se nunca foram lidas",
            &all.keys_age,
        );
        all.keys_age.0.set(-1.0);
        all
    }
}
