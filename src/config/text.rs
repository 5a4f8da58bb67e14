//! What `elos check-config` prints.

use super::Config;
use crate::auth::Caminho;
use crate::value::regras::Regras;
use clap::ValueEnum;
use std::fmt;
use std::path::PathBuf;

/// What `elos check-config` prints: every setting, with secrets left out.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let oculta = |url: &Option<String>| match url {
            Some(_) => "(definida; não se mostra)",
            None => "(ausente)",
        };
        let caminho = |caminho: &Option<PathBuf>| {
            caminho.as_ref().map_or("(ausente)".into(), |p| p.display().to_string())
        };
        let Self { regras, assinaturas, .. } = self;
        writeln!(f, "bind             = {}", self.bind)?;
        writeln!(f, "database_url     = {}", oculta(&self.database_url))?;
        let own = |url: &Option<String>| match url {
            Some(_) => "(definida; não se mostra)",
            None => "(a de database_url)",
        };
        writeln!(f, "nacional_url     = {}", own(&self.nacional_url))?;
        writeln!(f, "auditor_url      = {}", own(&self.auditor_url))?;
        writeln!(f, "migrate_url      = {}", oculta(&self.migrate_url))?;
        writeln!(f, "pg_sem_tls       = {}", if self.pg_sem_tls { "on" } else { "off" })?;
        writeln!(f, "data_dir         = {}", self.data_dir.display())?;
        writeln!(f, "pg_bin           = {}", caminho(&self.pg_bin))?;
        writeln!(f, "pool_max         = {}", self.pool_max)?;
        writeln!(f, "tempo_maximo     = {}", self.tempo_maximo.as_secs())?;
        let pausa = self
            .pause
            .map_or_else(|| "5 em serve, 0 em demo".into(), |pausa| pausa.as_secs().to_string());
        writeln!(f, "pausa_ao_encerrar = {pausa}")?;
        let texto = |valor: &Option<String>| valor.clone().unwrap_or_else(|| "(ausente)".into());
        let ou_nada = |nomes: &[String]| match nomes {
            [] => "(nenhum)".into(),
            nomes => nomes.join(","),
        };
        let caminhos = |caminhos: &[Caminho]| {
            caminhos.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        let Self { oidc, .. } = self;
        writeln!(f, "env              = {}", texto(&self.ambiente))?;
        writeln!(f, "oidc_issuer      = {}", texto(&oidc.issuer))?;
        writeln!(f, "oidc_audience    = {}", oidc.audience.join(","))?;
        writeln!(f, "oidc_clients     = {}", ou_nada(&oidc.clients))?;
        writeln!(f, "oidc_algorithms  = {:?}", oidc.algorithms)?;
        writeln!(f, "oidc_jwks_url    = {}", texto(&oidc.jwks_url))?;
        writeln!(f, "oidc_jwks_file   = {}", caminho(&oidc.jwks_file))?;
        writeln!(f, "oidc_allow_http  = {}", if oidc.allow_http { "on" } else { "off" })?;
        writeln!(f, "oidc_claim_papeis    = {}", caminhos(&oidc.quem.papeis))?;
        let papeis: Vec<_> = oidc.quem.from_any_client.iter().map(|p| p.nome().into()).collect();
        writeln!(f, "oidc_papeis_de_qualquer_cliente = {}", ou_nada(&papeis))?;
        writeln!(f, "oidc_claim_tribunal  = {}", caminhos(&oidc.quem.tribunal))?;
        writeln!(f, "oidc_claim_sequencia = {}", caminhos(&oidc.quem.sequencia))?;
        writeln!(f, "oidc_token_url   = {}", texto(&oidc.token_url))?;
        let por_comando = |chave: Option<bool>| match chave {
            Some(true) => "on",
            Some(false) => "off",
            None => "on em demo, off em serve",
        };
        writeln!(f, "tramita_basic    = {}", por_comando(oidc.tramita_basic))?;
        writeln!(f, "cors_origins     = {}", ou_nada(&self.cors_origins))?;
        let connections = &self.connections;
        writeln!(f, "conexoes_maximo  = {}", connections.at_most)?;
        writeln!(f, "conexoes_por_endereco = {}", connections.per_address)?;
        let proxies: Vec<_> = connections.proxies.iter().map(ToString::to_string).collect();
        writeln!(f, "proxies          = {}", ou_nada(&proxies))?;
        self.write_certificates(f)?;
        let metricas = self.metrics_bind.map_or_else(|| "(não serve)".into(), |b| b.to_string());
        writeln!(f, "metrics_bind     = {metricas}")?;
        writeln!(f, "ausencias_por_minuto = {}", self.ausencias_por_minuto)?;
        // The key to tokens for everybody: whoever runs the program should know that it can.
        let emissor = match cfg!(feature = "dev-issuer") {
            true => "só em `elos demo`, só em loopback",
            false => "ausente deste programa",
        };
        writeln!(f, "emissor_de_desenvolvimento = {emissor}")?;
        writeln!(f, "chave_dos_recibos = {}", caminho(&self.chave_dos_recibos))?;
        writeln!(f, "graphiql         = {}", por_comando(self.graphiql))?;
        writeln!(f, "introspeccao     = {}", por_comando(self.introspeccao))?;
        writeln!(f, "custo_maximo     = {}", self.custo_maximo)?;
        writeln!(f, "documentos_confiaveis = {}", caminho(&self.documentos_confiaveis))?;
        let ligada = |ligada: bool| if ligada { "on" } else { "off" };
        writeln!(f, "documentos_so_confiaveis = {}", ligada(self.documentos_so_confiaveis))?;
        writeln!(f, "trilha_relaxada  = {}", ligada(self.relaxed_trail))?;
        let perfil = self.http.perfil.to_possible_value();
        let perfil = perfil.as_ref().map_or("", |valor| valor.get_name());
        writeln!(f, "http_profile     = {perfil}")?;
        writeln!(f, "lote_maximo      = {}", self.http.lote_maximo)?;
        writeln!(f, "corpos_maximo    = {}", self.http.corpos_maximo)?;
        writeln!(f, "log              = {}", self.log)?;
        writeln!(f, "log_format       = {:?}", self.log_format)?;
        write_regras(f, regras)?;
        writeln!(f, "[assinaturas]")?;
        writeln!(f, "espera_init                  = {}", assinaturas.espera_init)?;
        writeln!(f, "operacoes_por_conexao        = {}", assinaturas.operacoes_por_conexao)?;
        writeln!(f, "conexoes_por_credencial      = {}", assinaturas.conexoes_por_credencial)?;
        write!(f, "envio_parado                 = {}", assinaturas.envio_parado)?;
        if !oidc.quem.sequencias.is_empty() {
            write!(f, "\n[corporativo]")?;
        }
        for (numero, tribunal) in &oidc.quem.sequencias {
            write!(f, "\n{numero} = {}", tribunal.codigo)?;
        }
        Ok(())
    }
}

impl Config {
    fn write_certificates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cabecalho =
            self.certificate_header.as_ref().map_or("(nenhum)".into(), ToString::to_string);
        writeln!(f, "certificado_cabecalho = {cabecalho}")?;
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

fn write_regras(f: &mut fmt::Formatter<'_>, regras: &Regras) -> fmt::Result {
    writeln!(f, "[regras]")?;
    writeln!(f, "verificar_digito             = {}", regras.verificar_digito)?;
    writeln!(f, "exigir_numero_do_tribunal    = {}", regras.exigir_numero_do_tribunal)?;
    writeln!(f, "exigir_rascunho              = {}", regras.exigir_rascunho)?;
    writeln!(f, "exigir_vinculo_na_referencia = {}", regras.exigir_vinculo_na_referencia)?;
    writeln!(f, "exigir_execucao_unica        = {}", regras.exigir_execucao_unica)?;
    writeln!(f, "registrar_pendente           = {}", regras.registrar_pendente)?;
    writeln!(f, "recusa_no_envio              = {}", regras.recusa_no_envio)?;
    let desbloqueado = regras.exigir_processo_desbloqueado;
    writeln!(f, "exigir_processo_desbloqueado = {desbloqueado}")?;
    writeln!(f, "protocolo_exato              = {}", regras.protocolo_exato)?;
    writeln!(f, "validar_dv_protocolo         = {}", regras.validar_dv_protocolo)?;
    writeln!(f, "tramitar_sigiloso            = {}", regras.tramitar_sigiloso)?;
    writeln!(f, "ciencia_por_get              = {}", regras.ciencia_por_get)?;
    writeln!(f, "componente_maximo            = {}", regras.componente_maximo)?;
    writeln!(f, "prazo_do_tramite             = {}", regras.prazo_do_tramite)?;
    writeln!(f, "campos_desconhecidos         = {:?}", regras.campos_desconhecidos)
}
