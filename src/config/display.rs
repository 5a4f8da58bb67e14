//! The settings as `elos check-config` prints them.

use super::{Config, Switch};
use crate::auth::ClaimPath;
use crate::value::rules::RuleSwitches;
use clap::ValueEnum;
use std::fmt;
use std::path::PathBuf;

/// Writes every setting in force, except values that may contain secrets.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = |url: &Option<String>| match url {
            Some(_) => "(definida; não se mostra)",
            None => "(ausente)",
        };
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map_or("(ausente)".into(), |p| p.display().to_string())
        };
        let Self { rules, subscriptions, .. } = self;
        writeln!(f, "bind             = {}", self.bind)?;
        writeln!(f, "database_url     = {}", redacted(&self.database_url))?;
        let own = |url: &Option<String>| match url {
            Some(_) => "(definida; não se mostra)",
            None => "(a de database_url)",
        };
        writeln!(f, "nacional_url     = {}", own(&self.nacional_url))?;
        writeln!(f, "auditor_url      = {}", own(&self.auditor_url))?;
        writeln!(f, "migrate_url      = {}", redacted(&self.migrate_url))?;
        writeln!(f, "pg_sem_tls       = {}", if self.allow_plain_postgres { "on" } else { "off" })?;
        writeln!(f, "data_dir         = {}", self.data_dir.display())?;
        writeln!(f, "pg_bin           = {}", path(&self.pg_bin))?;
        writeln!(f, "pool_max         = {}", self.pool_max)?;
        writeln!(f, "pool_idle        = {}", self.pool_idle)?;
        writeln!(f, "tempo_maximo     = {}", self.statement_timeout.as_secs())?;
        let drain_delay = self
            .drain_delay
            .map_or_else(|| "5 em serve, 0 em demo".into(), |delay| delay.as_secs().to_string());
        writeln!(f, "pausa_ao_encerrar = {drain_delay}")?;
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(ausente)".into());
        let or_none = |names: &[String]| match names {
            [] => "(nenhum)".into(),
            names => names.join(","),
        };
        let paths = |paths: &[ClaimPath]| {
            paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let Self { oidc, .. } = self;
        writeln!(f, "env              = {}", text(&self.environment))?;
        writeln!(f, "oidc_issuer      = {}", text(&oidc.issuer))?;
        writeln!(f, "oidc_audience    = {}", oidc.audience.join(","))?;
        writeln!(f, "oidc_clients     = {}", or_none(&oidc.clients))?;
        writeln!(f, "oidc_algorithms  = {:?}", oidc.algorithms)?;
        writeln!(f, "oidc_jwks_url    = {}", text(&oidc.jwks_url))?;
        writeln!(f, "oidc_jwks_file   = {}", path(&oidc.jwks_file))?;
        writeln!(f, "oidc_allow_http  = {}", if oidc.allow_http { "on" } else { "off" })?;
        writeln!(f, "oidc_claim_papeis    = {}", paths(&oidc.claim_mapping.papeis))?;
        let papeis: Vec<_> =
            oidc.claim_mapping.from_any_client.iter().map(|p| p.name().into()).collect();
        writeln!(f, "oidc_papeis_de_qualquer_cliente = {}", or_none(&papeis))?;
        writeln!(f, "oidc_claim_tribunal  = {}", paths(&oidc.claim_mapping.tribunal))?;
        writeln!(f, "oidc_claim_sequencia = {}", paths(&oidc.claim_mapping.sequence))?;
        writeln!(f, "oidc_token_url   = {}", text(&oidc.token_url))?;
        let by_command = |switch: Option<bool>| match switch {
            Some(true) => "on",
            Some(false) => "off",
            None => "on em demo, off em serve",
        };
        writeln!(f, "tramita_basic    = {}", by_command(oidc.tramita_basic))?;
        writeln!(f, "cors_origins     = {}", or_none(&self.cors_origins))?;
        let connections = &self.connections;
        writeln!(f, "conexoes_maximo  = {}", connections.max_total)?;
        writeln!(f, "conexoes_por_endereco = {}", connections.per_address)?;
        let proxies: Vec<_> = connections.proxies.iter().map(ToString::to_string).collect();
        writeln!(f, "proxies          = {}", or_none(&proxies))?;
        self.write_certificates(f)?;
        self.write_telemetry(f)?;
        writeln!(f, "ausencias_por_minuto = {}", self.absences_per_minute)?;
        // The development issuer gives tokens to anybody, so operators should see whether this
        // program contains it.
        let issuer = match cfg!(feature = "dev-issuer") {
            true => "só em `elos demo`, só em loopback",
            false => "ausente deste programa",
        };
        writeln!(f, "emissor_de_desenvolvimento = {issuer}")?;
        writeln!(f, "chave_dos_recibos = {}", path(&self.recibo_key))?;
        writeln!(f, "graphiql         = {}", by_command(self.graphiql))?;
        writeln!(f, "introspeccao     = {}", by_command(self.introspection))?;
        writeln!(f, "custo_maximo     = {}", self.max_cost)?;
        writeln!(f, "documentos_confiaveis = {}", path(&self.trusted_documents))?;
        let enabled = |enabled: bool| if enabled { "on" } else { "off" };
        writeln!(f, "documentos_so_confiaveis = {}", enabled(self.trusted_only))?;
        writeln!(f, "trilha_relaxada  = {}", enabled(self.relaxed_trail))?;
        let profile = self.http.profile.to_possible_value();
        let profile = profile.as_ref().map_or("", |value| value.get_name());
        writeln!(f, "http_profile     = {profile}")?;
        writeln!(f, "lote_maximo      = {}", self.http.max_batch)?;
        writeln!(f, "corpos_maximo    = {}", self.http.body_memory_mib)?;
        writeln!(f, "log              = {}", self.log)?;
        writeln!(f, "log_format       = {:?}", self.log_format)?;
        writeln!(f, "log_de_acesso    = {}", enabled(self.access_log == Switch::On))?;
        write_rules(f, rules)?;
        writeln!(f, "[assinaturas]")?;
        writeln!(f, "espera_init                  = {}", subscriptions.init_timeout)?;
        writeln!(f, "operacoes_por_conexao        = {}", subscriptions.max_operations)?;
        writeln!(f, "conexoes_por_credencial      = {}", subscriptions.max_connections)?;
        write!(f, "envio_parado                 = {}", subscriptions.stall_timeout)?;
        if !oidc.claim_mapping.sequences.is_empty() {
            write!(f, "\n[corporativo]")?;
        }
        for (numero, tribunal) in &oidc.claim_mapping.sequences {
            write!(f, "\n{numero} = {}", tribunal.code)?;
        }
        Ok(())
    }
}

impl Config {
    fn write_telemetry(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.metrics_bind.map_or_else(|| "(não serve)".into(), |b| b.to_string());
        writeln!(f, "metrics_bind     = {metrics}")?;
        let url = match self.otlp_url.as_deref() {
            None => "(não manda)",
            Some(url) if url.contains('@') => "(definida; não se mostra)",
            Some(url) => url,
        };
        writeln!(f, "otlp_url         = {url}")?;
        writeln!(f, "otlp_amostra     = {}", self.otlp_sample)
    }

    fn write_certificates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header =
            self.certificate_header.as_ref().map_or("(nenhum)".into(), ToString::to_string);
        writeln!(f, "certificado_cabecalho = {header}")?;
        match &self.tls {
            None => writeln!(f, "tls_bind         = (não serve)"),
            Some((bind, files)) => {
                writeln!(f, "tls_bind         = {bind}")?;
                writeln!(f, "tls_certificado  = {}", files.certificate.display())?;
                writeln!(f, "tls_chave        = {}", files.key.display())
            }
        }
    }
}

fn write_rules(f: &mut fmt::Formatter<'_>, rules: &RuleSwitches) -> fmt::Result {
    writeln!(f, "[regras]")?;
    writeln!(f, "verificar_digito             = {}", rules.verificar_digito)?;
    writeln!(f, "exigir_numero_do_tribunal    = {}", rules.exigir_numero_do_tribunal)?;
    writeln!(f, "exigir_rascunho              = {}", rules.exigir_rascunho)?;
    writeln!(f, "exigir_vinculo_na_referencia = {}", rules.exigir_vinculo_na_referencia)?;
    writeln!(f, "exigir_execucao_unica        = {}", rules.exigir_execucao_unica)?;
    writeln!(f, "registrar_pendente           = {}", rules.registrar_pendente)?;
    writeln!(f, "recusa_no_envio              = {}", rules.recusa_no_envio)?;
    let unblocked = rules.exigir_processo_desbloqueado;
    writeln!(f, "exigir_processo_desbloqueado = {unblocked}")?;
    writeln!(f, "protocolo_exato              = {}", rules.protocolo_exato)?;
    writeln!(f, "validar_dv_protocolo         = {}", rules.validar_dv_protocolo)?;
    writeln!(f, "tramitar_sigiloso            = {}", rules.tramitar_sigiloso)?;
    writeln!(f, "ciencia_por_get              = {}", rules.ciencia_por_get)?;
    writeln!(f, "componente_maximo            = {}", rules.componente_maximo)?;
    writeln!(f, "prazo_do_tramite             = {}", rules.prazo_do_tramite)?;
    writeln!(f, "campos_desconhecidos         = {:?}", rules.campos_desconhecidos)
}
