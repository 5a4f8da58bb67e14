//! Every setting, documented once: flag, else environment, else the file of
//! `--config`, else the default.

use crate::assinante::Assinante;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The settings as they are given: by flag or environment (clap), or by file (serde).
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Opcoes {
    /// Arquivo TOML com estes mesmos ajustes (`bind = "…"`, `[regras] …`).
    #[arg(long = "config", env = "ELOS_CONFIG", value_name = "ARQUIVO", global = true)]
    #[serde(skip)]
    pub arquivo: Option<PathBuf>,

    /// Endereço e porta em que o servidor escuta [padrão: 127.0.0.1:8080].
    #[arg(long, env = "ELOS_BIND", value_name = "ENDEREÇO:PORTA", global = true)]
    pub bind: Option<SocketAddr>,

    /// Banco de dados, como o papel da aplicação (membro de `elos_app` e `elos_nacional`).
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// Banco de dados, como o dono das tabelas; só para `migrate` e `seed`.
    #[arg(
        long,
        env = "ELOS_MIGRATE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub migrate_url: Option<String>,

    /// Pasta do PostgreSQL embutido de `elos demo`.
    #[arg(long, env = "ELOS_DATA_DIR", value_name = "PASTA", global = true)]
    pub data_dir: Option<PathBuf>,

    /// Pasta dos programas do PostgreSQL (initdb, postgres), se não os achamos sozinhos.
    #[arg(long, env = "ELOS_PG_BIN", value_name = "PASTA", global = true)]
    pub pg_bin: Option<PathBuf>,

    /// Conexões com o banco, no máximo [padrão: 8].
    #[arg(long, env = "ELOS_POOL_MAX", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500), global = true)]
    pub pool_max: Option<u32>,

    /// Emissor dos tokens, exatamente como em `iss`.
    #[arg(long, env = "ELOS_OIDC_ISSUER", value_name = "URL", global = true)]
    pub oidc_issuer: Option<String>,

    /// Audiências aceitas em `aud`, separadas por vírgula [padrão: elos].
    #[arg(
        long,
        env = "ELOS_OIDC_AUDIENCE",
        value_name = "NOMES",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_audience: Option<Vec<String>>,

    /// Chaves do emissor num arquivo, para redes fechadas; sem ele, busca-se em `<issuer>/protocol/openid-connect/certs`.
    #[arg(long, env = "ELOS_OIDC_JWKS_FILE", value_name = "ARQUIVO", global = true)]
    pub oidc_jwks_file: Option<PathBuf>,

    /// Chave RSA privada (PEM) com que o servidor assina recibos de envio; sem ela, saem sem assinatura.
    #[arg(long, env = "ELOS_CHAVE_DOS_RECIBOS", value_name = "ARQUIVO", global = true)]
    pub chave_dos_recibos: Option<PathBuf>,

    /// Serve o GraphiQL em /graphiql [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_GRAPHIQL", value_enum, global = true)]
    pub graphiql: Option<Chave>,

    /// Filtro dos logs, por exemplo `info` ou `elos=debug` [padrão: info].
    #[arg(long, env = "ELOS_LOG", value_name = "FILTRO", global = true)]
    pub log: Option<String>,

    /// Formato dos logs [padrão: auto, que é json fora de um terminal].
    #[arg(long, env = "ELOS_LOG_FORMAT", value_enum, global = true)]
    pub log_format: Option<FormatoDoLog>,

    /// Only in the file: the switches among the rules.
    #[arg(skip)]
    pub regras: Regras,

    /// Only in the file: how much may be open at once.
    #[arg(skip)]
    pub assinaturas: Assinaturas,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chave {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatoDoLog {
    #[default]
    Auto,
    Texto,
    Json,
}

/// The rules that may be relaxed or tightened: section `[regras]` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Regras {
    /// R4: recusa números com dígito verificador errado.
    pub verificar_digito: bool,
    /// R5: recusa números que não são do tribunal de quem chama.
    pub exigir_numero_do_tribunal: bool,
    /// R8: recusa `idProcessoSistemaExterno` que não é de um rascunho livre do tribunal.
    pub exigir_rascunho: bool,
    /// R11: recusa, em vez de avisar, execução de adolescente sem vínculo com a apuração.
    pub exigir_vinculo_na_referencia: bool,
    /// R12: recusa a segunda execução ativa do mesmo adolescente no tribunal.
    pub exigir_execucao_unica: bool,
    /// R14: vincular um identificador desconhecido, sem dados, cria um cadastro pendente.
    pub registrar_pendente: bool,
    /// Tramita: recusa já no envio o que o destino recusaria; desligada, o trâmite nasce e é recusado (situação 8, motivo 99) no recebimento.
    pub recusa_no_envio: bool,
    /// Tramita, linha B4: recusa o envio de processo que está com outro órgão.
    pub exigir_processo_desbloqueado: bool,
    /// Tramita: compara protocolos letra a letra, como a plataforma real, e não pelo número.
    pub protocolo_exato: bool,
    /// Tramita: recusa, em vez de avisar, protocolo com dígito verificador errado.
    pub validar_dv_protocolo: bool,
    /// Tramita: aceita também `GET /tramites/{idt}/ciencia`, que muda a situação.
    pub ciencia_por_get: bool,
    /// Tramita: tamanho máximo de um componente digital, em MiB.
    pub componente_maximo: u32,
    /// Tramita: dias que um trâmite fica parado em 1 a 4 antes de se cancelar sozinho.
    pub prazo_do_tramite: u16,
    /// Campos desconhecidos no corpo de uma rota REST: `avisar` ou `recusar`.
    pub campos_desconhecidos: CamposDesconhecidos,
}

impl Default for Regras {
    fn default() -> Self {
        Self {
            verificar_digito: true,
            exigir_numero_do_tribunal: true,
            exigir_rascunho: true,
            exigir_vinculo_na_referencia: false,
            exigir_execucao_unica: true,
            registrar_pendente: true,
            recusa_no_envio: true,
            exigir_processo_desbloqueado: true,
            protocolo_exato: false,
            validar_dv_protocolo: false,
            ciencia_por_get: true,
            componente_maximo: 100,
            prazo_do_tramite: 8,
            campos_desconhecidos: CamposDesconhecidos::Avisar,
        }
    }
}

/// Limits of WebSockets and event streams: section `[assinaturas]` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assinaturas {
    /// Segundos que um WebSocket tem para mandar `connection_init`.
    pub espera_init: u16,
    /// Operações ao mesmo tempo num WebSocket.
    pub operacoes_por_conexao: usize,
    /// WebSockets e SSE ao mesmo tempo de uma credencial.
    pub conexoes_por_credencial: u32,
    /// Segundos que um cliente pode ficar sem ler o que lhe é enviado.
    pub envio_parado: u16,
}

impl Default for Assinaturas {
    fn default() -> Self {
        Self {
            espera_init: 10,
            operacoes_por_conexao: 50,
            conexoes_por_credencial: 100,
            envio_parado: 10,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CamposDesconhecidos {
    Avisar,
    Recusar,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigInvalida {
    #[error("não foi possível ler {0}: {1}")]
    Leitura(PathBuf, std::io::Error),
    #[error("{0}: não é uma chave RSA privada em PEM")]
    ChaveDosRecibos(PathBuf),
    #[error("{0}: {1}")]
    Sintaxe(PathBuf, toml::de::Error),
}

/// The settings in force.
#[derive(Clone)]
pub struct Config {
    pub bind: SocketAddr,
    pub database_url: Option<String>,
    pub migrate_url: Option<String>,
    pub data_dir: PathBuf,
    pub pg_bin: Option<PathBuf>,
    pub pool_max: u32,
    pub oidc_issuer: Option<String>,
    pub oidc_audience: Vec<String>,
    pub oidc_jwks_file: Option<PathBuf>,
    pub chave_dos_recibos: Option<PathBuf>,
    pub graphiql: Option<bool>,
    pub log: String,
    pub log_format: FormatoDoLog,
    pub regras: Regras,
    pub assinaturas: Assinaturas,
}

impl Config {
    pub fn resolver(dadas: Opcoes) -> Result<Self, ConfigInvalida> {
        let arquivo = dadas.arquivo.as_deref().map(ler).transpose()?.unwrap_or_default();
        let (regras, assinaturas) = (arquivo.regras, arquivo.assinaturas);
        Ok(Self {
            bind: dadas.bind.or(arquivo.bind).unwrap_or((Ipv4Addr::LOCALHOST, 8080).into()),
            database_url: dadas.database_url.or(arquivo.database_url),
            migrate_url: dadas.migrate_url.or(arquivo.migrate_url),
            data_dir: dadas
                .data_dir
                .or(arquivo.data_dir)
                .unwrap_or_else(crate::embedded::default_dir),
            pg_bin: dadas.pg_bin.or(arquivo.pg_bin),
            pool_max: dadas.pool_max.or(arquivo.pool_max).unwrap_or(8).max(1),
            oidc_issuer: dadas.oidc_issuer.or(arquivo.oidc_issuer),
            oidc_audience: dadas
                .oidc_audience
                .or(arquivo.oidc_audience)
                .unwrap_or_else(|| vec!["elos".into()]),
            oidc_jwks_file: dadas.oidc_jwks_file.or(arquivo.oidc_jwks_file),
            chave_dos_recibos: dadas.chave_dos_recibos.or(arquivo.chave_dos_recibos),
            graphiql: dadas.graphiql.or(arquivo.graphiql).map(|chave| chave == Chave::On),
            log: dadas.log.or(arquivo.log).unwrap_or_else(|| "info".into()),
            log_format: dadas.log_format.or(arquivo.log_format).unwrap_or_default(),
            regras,
            assinaturas,
        })
    }

    /// Reads the key of the recibos, if one is set.
    pub fn assinante(&self) -> Result<Option<Assinante>, ConfigInvalida> {
        let Some(caminho) = &self.chave_dos_recibos else { return Ok(None) };
        let pem = std::fs::read(caminho)
            .map_err(|erro| ConfigInvalida::Leitura(caminho.clone(), erro))?;
        let assinante = Assinante::de_pem(&pem);
        assinante.map(Some).map_err(|_| ConfigInvalida::ChaveDosRecibos(caminho.clone()))
    }
}

fn ler(caminho: &Path) -> Result<Opcoes, ConfigInvalida> {
    let texto = std::fs::read_to_string(caminho)
        .map_err(|erro| ConfigInvalida::Leitura(caminho.to_owned(), erro))?;
    toml::from_str(&texto).map_err(|erro| ConfigInvalida::Sintaxe(caminho.to_owned(), erro))
}

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
        writeln!(f, "migrate_url      = {}", oculta(&self.migrate_url))?;
        writeln!(f, "data_dir         = {}", self.data_dir.display())?;
        writeln!(f, "pg_bin           = {}", caminho(&self.pg_bin))?;
        writeln!(f, "pool_max         = {}", self.pool_max)?;
        writeln!(f, "oidc_issuer      = {}", self.oidc_issuer.as_deref().unwrap_or("(ausente)"))?;
        writeln!(f, "oidc_audience    = {}", self.oidc_audience.join(","))?;
        writeln!(f, "oidc_jwks_file   = {}", caminho(&self.oidc_jwks_file))?;
        writeln!(f, "chave_dos_recibos = {}", caminho(&self.chave_dos_recibos))?;
        let graphiql = match self.graphiql {
            Some(true) => "on",
            Some(false) => "off",
            None => "on em demo, off em serve",
        };
        writeln!(f, "graphiql         = {graphiql}")?;
        writeln!(f, "log              = {}", self.log)?;
        writeln!(f, "log_format       = {:?}", self.log_format)?;
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
        writeln!(f, "ciencia_por_get              = {}", regras.ciencia_por_get)?;
        writeln!(f, "componente_maximo            = {}", regras.componente_maximo)?;
        writeln!(f, "prazo_do_tramite             = {}", regras.prazo_do_tramite)?;
        writeln!(f, "campos_desconhecidos         = {:?}", regras.campos_desconhecidos)?;
        writeln!(f, "[assinaturas]")?;
        writeln!(f, "espera_init                  = {}", assinaturas.espera_init)?;
        writeln!(f, "operacoes_por_conexao        = {}", assinaturas.operacoes_por_conexao)?;
        writeln!(f, "conexoes_por_credencial      = {}", assinaturas.conexoes_por_credencial)?;
        write!(f, "envio_parado                 = {}", assinaturas.envio_parado)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chave_desconhecida_no_arquivo_e_erro() {
        assert!(
            toml::from_str::<Opcoes>("pool_max = 3\n[regras]\nverificar_digito = false").is_ok()
        );
        assert!(toml::from_str::<Opcoes>("poool_max = 3").is_err());
        assert!(toml::from_str::<Opcoes>("[regras]\nverificar = false").is_err());
    }

    #[test]
    fn a_senha_nao_se_imprime() {
        let dadas =
            Opcoes { database_url: Some("postgres://u:segredo@h/d".into()), ..Opcoes::default() };
        assert!(!Config::resolver(dadas).unwrap().to_string().contains("segredo"));
    }
}
