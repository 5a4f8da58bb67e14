//! Every setting, documented once: flag, else environment, else the file of
//! `--config`, else the default.

mod assinaturas;
mod confiaveis;
mod documentos;
mod http;
mod oidc;
mod regras;
mod texto;

pub use assinaturas::Assinaturas;
pub use confiaveis::Confiavel;
pub use documentos::Documentos;
pub use http::{Http, PerfilHttp};
pub use regras::{CamposDesconhecidos, Regras};

use crate::assinante::Assinante;
use crate::{db, enumeracao};
use clap::{Args, ValueEnum};
use oidc::Oidc;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

    /// Segundos que uma operação pode levar no banco de dados; o comando que os passa é interrompido [padrão: 15].
    #[arg(long, env = "ELOS_TEMPO_MAXIMO", value_name = "SEGUNDOS", value_parser = clap::value_parser!(u32).range(1..=600), global = true)]
    pub tempo_maximo: Option<u32>,

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

    /// Onde estão as chaves do emissor; sem ele, pergunta-se a `<issuer>/.well-known/openid-configuration`.
    #[arg(long, env = "ELOS_OIDC_JWKS_URL", value_name = "URL", global = true)]
    pub oidc_jwks_url: Option<String>,

    /// Algoritmos aceitos, só assimétricos, separados por vírgula [padrão: RS256].
    #[arg(
        long,
        env = "ELOS_OIDC_ALGORITHMS",
        value_name = "NOMES",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_algorithms: Option<Vec<String>>,

    /// Clientes (`azp`) aceitos mesmo que `aud` não seja nosso, separados por vírgula.
    #[arg(
        long,
        env = "ELOS_OIDC_CLIENTS",
        value_name = "NOMES",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_clients: Option<Vec<String>>,

    /// Onde o token diz os papéis [padrão: realm_access.roles,resource_access.*.roles].
    #[arg(
        long,
        env = "ELOS_OIDC_CLAIM_PAPEIS",
        value_name = "CAMINHOS",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_claim_papeis: Option<Vec<String>>,

    /// Onde o token diz o tribunal, como 8.20, 820 ou 20 [padrão: tribunal].
    #[arg(
        long,
        env = "ELOS_OIDC_CLAIM_TRIBUNAL",
        value_name = "CAMINHOS",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_claim_tribunal: Option<Vec<String>>,

    /// Onde, se não o diz, há um número que a seção `[corporativo]` do arquivo traduz [padrão: corporativo[].seq_tribunal_pai].
    #[arg(
        long,
        env = "ELOS_OIDC_CLAIM_SEQUENCIA",
        value_name = "CAMINHOS",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_claim_sequencia: Option<Vec<String>>,

    /// Aceita emissor por http fora desta máquina: quem estiver no caminho poderá trocar as chaves [padrão: off].
    #[arg(long, env = "ELOS_OIDC_ALLOW_HTTP", value_enum, global = true)]
    pub oidc_allow_http: Option<Chave>,

    /// Chaves do emissor num arquivo, para redes fechadas.
    #[arg(long, env = "ELOS_OIDC_JWKS_FILE", value_name = "ARQUIVO", global = true)]
    pub oidc_jwks_file: Option<PathBuf>,

    /// Chave RSA privada (PEM) com que o servidor assina recibos de envio; sem ela, saem sem assinatura.
    #[arg(long, env = "ELOS_CHAVE_DOS_RECIBOS", value_name = "ARQUIVO", global = true)]
    pub chave_dos_recibos: Option<PathBuf>,

    /// Serve o GraphiQL em /graphiql [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_GRAPHIQL", value_enum, global = true)]
    pub graphiql: Option<Chave>,

    /// Responde a `__schema` e `__type`, e sugere nomes ao recusar documentos [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_INTROSPECCAO", value_enum, global = true)]
    pub introspeccao: Option<Chave>,

    /// O mais que uma operação pode custar, por `@cost` e `@listSize` do esquema [padrão: 250000].
    #[arg(long, env = "ELOS_CUSTO_MAXIMO", value_name = "N", global = true)]
    pub custo_maximo: Option<u64>,

    /// Documentos que os clientes pedem pelo id, como o gerador deles os escreveu: `{ id: documento }`, ou o manifesto da Apollo.
    #[arg(long, env = "ELOS_DOCUMENTOS_CONFIAVEIS", value_name = "ARQUIVO", global = true)]
    pub documentos_confiaveis: Option<PathBuf>,

    /// Só executa os documentos desse arquivo, em todo protocolo [padrão: off].
    #[arg(long, env = "ELOS_DOCUMENTOS_SO_CONFIAVEIS", value_enum, global = true)]
    pub documentos_so_confiaveis: Option<Chave>,

    /// Status do GraphQL: os que as auditorias graphql-http esperam, ou os do rascunho de 2026 (422, 294) [padrão: audits].
    #[arg(long, env = "ELOS_HTTP_PROFILE", value_enum, global = true)]
    pub http_profile: Option<PerfilHttp>,

    /// Operações que um pedido pode ter, como lista; 0 recusa listas [padrão: 0].
    #[arg(long, env = "ELOS_LOTE_MAXIMO", value_name = "N", value_parser = clap::value_parser!(u16).range(0..=100), global = true)]
    pub lote_maximo: Option<u16>,

    /// Origens de páginas que podem chamar este servidor (CORS), separadas por vírgula [padrão: nenhuma].
    #[arg(
        long,
        env = "ELOS_CORS_ORIGINS",
        value_name = "ORIGENS",
        value_delimiter = ',',
        global = true
    )]
    pub cors_origins: Option<Vec<String>>,

    /// Endereço e porta de /metrics, à parte [padrão: não serve].
    #[arg(long, env = "ELOS_METRICS_BIND", value_name = "ENDEREÇO:PORTA", global = true)]
    pub metrics_bind: Option<SocketAddr>,

    /// Objetos ausentes que uma credencial pode pedir por minuto; 0 não limita [padrão: 300].
    #[arg(long, env = "ELOS_AUSENCIAS_POR_MINUTO", value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1_000_000), global = true)]
    pub ausencias_por_minuto: Option<u32>,

    /// `production` impede `elos demo` nesta máquina.
    #[arg(long = "env", env = "ELOS_ENV", value_name = "NOME", global = true)]
    #[serde(rename = "env")]
    pub ambiente: Option<String>,

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

    /// Only in the file: tribunais by their number in the CNJ Corporativo (`6 = "8.06"`).
    #[arg(skip)]
    pub corporativo: BTreeMap<String, String>,
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

#[derive(Debug, thiserror::Error)]
pub enum ConfigInvalida {
    #[error("não foi possível ler {0}: {1}")]
    Leitura(PathBuf, std::io::Error),
    #[error("{0}: não é um algoritmo de assinatura assimétrico; use, por exemplo, RS256 ou ES256")]
    Algoritmo(String),
    #[error("{0}: {1}")]
    Claim(String, crate::auth::CaminhoMalformado),
    #[error("[corporativo] {0} = {1}: tribunal desconhecido; use, por exemplo, 8.20")]
    Corporativo(String, String),
    #[error("{0}: não é uma origem; use, por exemplo, https://painel.exemplo.jus.br")]
    Origem(String),
    #[error("{0}: não é uma chave RSA privada em PEM")]
    ChaveDosRecibos(PathBuf),
    #[error("{0}: {1}")]
    Confiaveis(PathBuf, String),
    #[error(
        "documentos_so_confiaveis sem documentos_confiaveis recusaria tudo: diga qual é o arquivo"
    )]
    SemConfiaveis,
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
    pub tempo_maximo: Duration,
    pub oidc: Oidc,
    pub chave_dos_recibos: Option<PathBuf>,
    pub graphiql: Option<bool>,
    pub introspeccao: Option<bool>,
    pub custo_maximo: u64,
    pub documentos_confiaveis: Option<PathBuf>,
    pub documentos_so_confiaveis: bool,
    pub http: Http,
    pub cors_origins: Vec<String>,
    pub metrics_bind: Option<SocketAddr>,
    pub ausencias_por_minuto: u32,
    pub ambiente: Option<String>,
    pub log: String,
    pub log_format: FormatoDoLog,
    pub regras: Regras,
    pub assinaturas: Assinaturas,
}

impl Config {
    pub fn resolver(dadas: Opcoes) -> Result<Self, ConfigInvalida> {
        let arquivo = dadas.arquivo.as_deref().map(ler).transpose()?.unwrap_or_default();
        let oidc = Oidc::resolver(&dadas, &arquivo)?;
        let (regras, assinaturas) = (arquivo.regras, arquivo.assinaturas);
        let cors_origins = dadas.cors_origins.or(arquivo.cors_origins).unwrap_or_default();
        if let Some(estranha) = cors_origins.iter().find(|origem| !e_origem(origem)) {
            return Err(ConfigInvalida::Origem(estranha.clone()));
        }
        let documentos_confiaveis = dadas.documentos_confiaveis.or(arquivo.documentos_confiaveis);
        let so_confiaveis = dadas.documentos_so_confiaveis.or(arquivo.documentos_so_confiaveis);
        let documentos_so_confiaveis = so_confiaveis == Some(Chave::On);
        if documentos_so_confiaveis && documentos_confiaveis.is_none() {
            return Err(ConfigInvalida::SemConfiaveis);
        }
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
            tempo_maximo: dadas
                .tempo_maximo
                .or(arquivo.tempo_maximo)
                .map_or(db::TEMPO, |segundos| Duration::from_secs(segundos.into())),
            oidc,
            chave_dos_recibos: dadas.chave_dos_recibos.or(arquivo.chave_dos_recibos),
            cors_origins,
            metrics_bind: dadas.metrics_bind.or(arquivo.metrics_bind),
            ausencias_por_minuto: dadas
                .ausencias_por_minuto
                .or(arquivo.ausencias_por_minuto)
                .unwrap_or(enumeracao::POR_MINUTO),
            ambiente: dadas.ambiente.or(arquivo.ambiente),
            graphiql: dadas.graphiql.or(arquivo.graphiql).map(|chave| chave == Chave::On),
            introspeccao: dadas
                .introspeccao
                .or(arquivo.introspeccao)
                .map(|chave| chave == Chave::On),
            custo_maximo: dadas
                .custo_maximo
                .or(arquivo.custo_maximo)
                .unwrap_or(Documentos::default().custo_maximo),
            documentos_confiaveis,
            documentos_so_confiaveis,
            http: Http {
                perfil: dadas.http_profile.or(arquivo.http_profile).unwrap_or_default(),
                lote_maximo: dadas.lote_maximo.or(arquivo.lote_maximo).unwrap_or(0),
            },
            log: dadas.log.or(arquivo.log).unwrap_or_else(|| "info".into()),
            log_format: dadas.log_format.or(arquivo.log_format).unwrap_or_default(),
            regras,
            assinaturas,
        })
    }

    /// With `introspeccao` as this command has it, unless it is set. Reads the trusted ones.
    pub fn documentos(&self, introspeccao: bool) -> Result<Documentos, ConfigInvalida> {
        let confiaveis = match &self.documentos_confiaveis {
            None => Vec::new(),
            Some(caminho) => {
                let json = std::fs::read(caminho)
                    .map_err(|erro| ConfigInvalida::Leitura(caminho.clone(), erro))?;
                confiaveis::ler(&json)
                    .map_err(|erro| ConfigInvalida::Confiaveis(caminho.clone(), erro))?
            }
        };
        Ok(Documentos {
            custo_maximo: self.custo_maximo,
            introspeccao: self.introspeccao.unwrap_or(introspeccao),
            confiaveis: confiaveis.into(),
            so_confiaveis: self.documentos_so_confiaveis,
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

/// As browsers write it in `Origin`: no path, and nothing for everybody.
fn e_origem(texto: &str) -> bool {
    let autoridade = texto.strip_prefix("https://").or_else(|| texto.strip_prefix("http://"));
    autoridade.is_some_and(|resto| {
        !resto.is_empty() && !resto.contains(['/', '*', '?', '#', '@', ' ']) && resto.is_ascii()
    })
}

fn ler(caminho: &Path) -> Result<Opcoes, ConfigInvalida> {
    let texto = std::fs::read_to_string(caminho)
        .map_err(|erro| ConfigInvalida::Leitura(caminho.to_owned(), erro))?;
    toml::from_str(&texto).map_err(|erro| ConfigInvalida::Sintaxe(caminho.to_owned(), erro))
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
    fn o_que_um_token_diz_se_configura_e_se_confere_ao_iniciar() {
        let resolver = |toml: &str| Config::resolver(toml::from_str::<Opcoes>(toml).unwrap());
        let com = |dadas: Opcoes| Config::resolver(dadas).is_ok();
        assert!(resolver("").is_ok());
        let lista = |texto: &str| Some(vec![texto.to_owned()]);
        for (algoritmo, serve) in
            [("RS256", true), ("ES384", true), ("EdDSA", true), ("HS256", false), ("none", false)]
        {
            assert_eq!(
                com(Opcoes { oidc_algorithms: lista(algoritmo), ..Opcoes::default() }),
                serve,
                "{algoritmo}"
            );
        }
        assert!(!com(Opcoes { oidc_claim_papeis: lista("a..b"), ..Opcoes::default() }));
        for (origem, serve) in [
            ("https://a.b", true),
            ("http://localhost:3000", true),
            ("*", false),
            ("https://*.b", false),
            ("https://a/b", false),
            ("null", false),
        ] {
            assert_eq!(
                com(Opcoes { cors_origins: lista(origem), ..Opcoes::default() }),
                serve,
                "{origem}"
            );
        }
        let corporativo = |tribunal: &str| Opcoes {
            corporativo: [("6".to_owned(), tribunal.to_owned())].into(),
            ..Opcoes::default()
        };
        assert!(Oidc::resolver(&Opcoes::default(), &corporativo("8.06")).is_ok());
        assert!(Oidc::resolver(&Opcoes::default(), &corporativo("9.99")).is_err());
    }

    #[test]
    fn a_senha_nao_se_imprime() {
        let dadas =
            Opcoes { database_url: Some("postgres://u:segredo@h/d".into()), ..Opcoes::default() };
        assert!(!Config::resolver(dadas).unwrap().to_string().contains("segredo"));
    }
}
