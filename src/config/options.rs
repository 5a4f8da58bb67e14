//! The settings as the user gives them.

use super::ranges::{self, number};
use super::{ConfigError, HttpProfile, Subscriptions};
use crate::telemetry::logs::LogFormat;
use crate::value::rules::RuleSwitches;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Every setting, from flags and environment (clap) or from the file (serde).
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Arquivo TOML com estes mesmos ajustes (`bind = "…"`, `[regras] …`).
    #[arg(long = "config", env = "ELOS_CONFIG", value_name = "ARQUIVO", global = true)]
    #[serde(skip)]
    pub config_file: Option<PathBuf>,

    /// Endereço e porta em que o servidor escuta [padrão: 127.0.0.1:8080].
    #[arg(long, env = "ELOS_BIND", value_name = "ENDEREÇO:PORTA", global = true)]
    pub bind: Option<SocketAddr>,

    /// URL do banco de dados com o login da aplicação, que pode assumir os papéis elos_app, elos_nacional e elos_auditor e não herda os direitos deles.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// URL do banco de dados com um login que só pode assumir o papel elos_nacional; então o login de DATABASE_URL não pode assumi-lo [padrão: DATABASE_URL].
    #[arg(
        long,
        env = "ELOS_NACIONAL_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub nacional_url: Option<String>,

    /// URL do banco de dados com um login que só pode assumir o papel elos_auditor; então o login de DATABASE_URL não pode assumi-lo [padrão: DATABASE_URL].
    #[arg(
        long,
        env = "ELOS_AUDITOR_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub auditor_url: Option<String>,

    /// URL do banco de dados com o login do dono das tabelas, para os comandos de administração; `serve` não a usa.
    #[arg(
        long,
        env = "ELOS_MIGRATE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub migrate_url: Option<String>,

    /// Aceita PostgreSQL de outra máquina sem TLS garantido: quem estiver no caminho lê a senha e os dados, e pode trocá-los [padrão: off].
    #[arg(long, env = "ELOS_PG_SEM_TLS", value_enum, global = true)]
    pub pg_sem_tls: Option<Switch>,

    /// Pasta do PostgreSQL embutido de `elos demo`.
    #[arg(long, env = "ELOS_DATA_DIR", value_name = "PASTA", global = true)]
    pub data_dir: Option<PathBuf>,

    /// Pasta dos programas do PostgreSQL (initdb, postgres), se o elos não os acha sozinho.
    #[arg(long, env = "ELOS_PG_BIN", value_name = "PASTA", global = true)]
    pub pg_bin: Option<PathBuf>,

    /// Conexões com o banco que trabalham ao mesmo tempo, no máximo [padrão: 8].
    #[arg(long, env = "ELOS_POOL_MAX", value_name = "N", value_parser = number::<u32>("pool_max"), global = true)]
    pub pool_max: Option<u32>,

    /// Conexões que ficam abertas além das de ELOS_POOL_MAX, para que um pedido ache uma cuja sessão já é do seu tribunal [padrão: 12].
    #[arg(long, env = "ELOS_POOL_IDLE", value_name = "N", value_parser = number::<u32>("pool_idle"), global = true)]
    pub pool_idle: Option<u32>,

    /// Segundos que uma operação pode levar no banco de dados; o comando que os passa é interrompido [padrão: 15].
    #[arg(long, env = "ELOS_TEMPO_MAXIMO", value_name = "SEGUNDOS", value_parser = number::<u32>("tempo_maximo"), global = true)]
    pub tempo_maximo: Option<u32>,

    /// Segundos em que o servidor, depois de SIGTERM, ainda aceita conexões, enquanto `/readyz` já responde 503 [padrão: 5 em serve, 0 em demo].
    #[arg(long, env = "ELOS_PAUSA_AO_ENCERRAR", value_name = "SEGUNDOS", value_parser = number::<u32>("pausa_ao_encerrar"), global = true)]
    pub pausa_ao_encerrar: Option<u32>,

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

    /// URL das chaves do emissor; sem ela e sem ELOS_OIDC_JWKS_FILE, o servidor a pergunta a `<issuer>/.well-known/openid-configuration`.
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

    /// Clientes (`azp`) cujos tokens são aceitos com qualquer `aud`, separados por vírgula.
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

    /// Papéis que se aceitam mesmo de um caminho com `*`, separados por vírgula: quem administra qualquer cliente do emissor os pode dar a si.
    /// Sem isto, pse-auditoria, pse-dados-sensiveis, pse-estatistica e pse-nacional só valem de caminhos sem `*` [padrão: nenhum].
    #[arg(
        long,
        env = "ELOS_OIDC_PAPEIS_DE_QUALQUER_CLIENTE",
        value_name = "PAPÉIS",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_papeis_de_qualquer_cliente: Option<Vec<String>>,

    /// Onde o token diz o tribunal, como 8.20, 820 ou 20 [padrão: tribunal].
    #[arg(
        long,
        env = "ELOS_OIDC_CLAIM_TRIBUNAL",
        value_name = "CAMINHOS",
        value_delimiter = ',',
        global = true
    )]
    pub oidc_claim_tribunal: Option<Vec<String>>,

    /// Onde o token traz, quando não diz o tribunal, um número que a seção `[corporativo]` do arquivo converte em tribunal [padrão: corporativo[].seq_tribunal_pai].
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
    pub oidc_allow_http: Option<Switch>,

    /// URL em que o emissor dá tokens aos clientes, para ELOS_TRAMITA_BASIC e para a página /docs; sem ela, o servidor a pergunta a `<issuer>/.well-known/openid-configuration`, e /docs mostra a do Keycloak.
    #[arg(long, env = "ELOS_OIDC_TOKEN_URL", value_name = "URL", global = true)]
    pub oidc_token_url: Option<String>,

    /// As rotas do Tramita aceitam Basic, com o cliente e o segredo que o emissor de tokens confere: para sistemas que não mandam
    /// Bearer, como o módulo do SEI [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_TRAMITA_BASIC", value_enum, global = true)]
    pub tramita_basic: Option<Switch>,

    /// Chaves do emissor num arquivo, para redes fechadas.
    #[arg(long, env = "ELOS_OIDC_JWKS_FILE", value_name = "ARQUIVO", global = true)]
    pub oidc_jwks_file: Option<PathBuf>,

    /// Chave RSA privada (PEM) com que se assinam recibos de envio e meses arquivados da trilha; sem ela, os recibos saem sem assinatura.
    #[arg(long, env = "ELOS_CHAVE_DOS_RECIBOS", value_name = "ARQUIVO", global = true)]
    pub chave_dos_recibos: Option<PathBuf>,

    /// Serve o GraphiQL em /graphiql [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_GRAPHIQL", value_enum, global = true)]
    pub graphiql: Option<Switch>,

    /// Responde a `__schema` e `__type`, e sugere nomes ao recusar documentos [padrão: on em demo, off em serve].
    #[arg(long, env = "ELOS_INTROSPECCAO", value_enum, global = true)]
    pub introspeccao: Option<Switch>,

    /// O mais que uma operação pode custar, por `@cost` e `@listSize` do esquema [padrão: 250000].
    #[arg(long, env = "ELOS_CUSTO_MAXIMO", value_name = "N", value_parser = number::<u64>("custo_maximo"), global = true)]
    pub custo_maximo: Option<u64>,

    /// Documentos que os clientes pedem pelo id, como o gerador deles os escreveu: `{ id: documento }`, ou o manifesto da Apollo.
    #[arg(long, env = "ELOS_DOCUMENTOS_CONFIAVEIS", value_name = "ARQUIVO", global = true)]
    pub documentos_confiaveis: Option<PathBuf>,

    /// Só executa os documentos de ELOS_DOCUMENTOS_CONFIAVEIS, em todo protocolo [padrão: off].
    #[arg(long, env = "ELOS_DOCUMENTOS_SO_CONFIAVEIS", value_enum, global = true)]
    pub documentos_so_confiaveis: Option<Switch>,

    /// Status do GraphQL: os que as auditorias graphql-http esperam, ou os do rascunho de 2026 (422, 294) [padrão: audits].
    #[arg(long, env = "ELOS_HTTP_PROFILE", value_enum, global = true)]
    pub http_profile: Option<HttpProfile>,

    /// Operações que um pedido pode ter, como lista; 0 recusa listas [padrão: 0].
    #[arg(long, env = "ELOS_LOTE_MAXIMO", value_name = "N", value_parser = number::<u16>("lote_maximo"), global = true)]
    pub lote_maximo: Option<u16>,

    /// MiB de corpos de pedidos na memória ao mesmo tempo, de todos os clientes: um quarto é para arquivos que chegam, o resto para os outros corpos, e uma credencial usa no máximo um quarto de cada parte [padrão: 64].
    #[arg(long, env = "ELOS_CORPOS_MAXIMO", value_name = "MIB", value_parser = number::<u32>("corpos_maximo"), global = true)]
    pub corpos_maximo: Option<u32>,

    /// Conexões abertas ao mesmo tempo, de todos os endereços [padrão: 8192].
    #[arg(long, env = "ELOS_CONEXOES_MAXIMO", value_name = "N", value_parser = number::<u32>("conexoes_maximo"), global = true)]
    pub conexoes_maximo: Option<u32>,

    /// Conexões abertas ao mesmo tempo de um endereço [padrão: 512].
    #[arg(long, env = "ELOS_CONEXOES_POR_ENDERECO", value_name = "N", value_parser = number::<u32>("conexoes_por_endereco"), global = true)]
    pub conexoes_por_endereco: Option<u32>,

    /// Endereços de proxies, separados por vírgula. As conexões deles não contam para ELOS_CONEXOES_POR_ENDERECO, só para ELOS_CONEXOES_MAXIMO [padrão: nenhum].
    #[arg(
        long,
        env = "ELOS_PROXIES",
        value_name = "ENDEREÇOS",
        value_delimiter = ',',
        global = true
    )]
    pub proxies: Option<Vec<IpAddr>>,

    /// Cabeçalho em que o proxy (ELOS_PROXIES) diz o certificado de cliente que conferiu: a impressão SHA-256, o PEM com `%` ou o DER em
    /// base64. Vindo de outro endereço, é recusado [padrão: nenhum].
    #[arg(long, env = "ELOS_CERTIFICADO_CABECALHO", value_name = "NOME", global = true)]
    pub certificado_cabecalho: Option<String>,

    /// Endereço e porta em que se serve também por TLS, com ELOS_TLS_CERTIFICADO e ELOS_TLS_CHAVE; o cliente pode mostrar o seu certificado [padrão: não serve].
    #[arg(long, env = "ELOS_TLS_BIND", value_name = "ENDEREÇO:PORTA", global = true)]
    pub tls_bind: Option<SocketAddr>,

    /// Certificado do servidor e os que levam até ele (PEM); lido de novo quando muda.
    #[arg(long, env = "ELOS_TLS_CERTIFICADO", value_name = "ARQUIVO", global = true)]
    pub tls_certificado: Option<PathBuf>,

    /// Chave privada do certificado do servidor (PEM, sem senha); lida de novo quando muda.
    #[arg(long, env = "ELOS_TLS_CHAVE", value_name = "ARQUIVO", global = true)]
    pub tls_chave: Option<PathBuf>,

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

    /// Coletor OpenTelemetry a que se mandam traces, por OTLP/HTTP (protobuf), com o caminho: https://coletor:4318/v1/traces [padrão: não manda].
    #[arg(long, env = "ELOS_OTLP_URL", value_name = "URL", global = true)]
    pub otlp_url: Option<String>,

    /// De cada mil pedidos que chegam sem `traceparent`, quantos têm trace; para um que chega com `traceparent`, vale o que ele diz [padrão: 10].
    #[arg(long, env = "ELOS_OTLP_AMOSTRA", value_name = "N", value_parser = number::<u32>("otlp_amostra"), global = true)]
    pub otlp_amostra: Option<u32>,

    /// Objetos ausentes que uma credencial pode pedir por minuto; 0 não limita [padrão: 300].
    #[arg(long, env = "ELOS_AUSENCIAS_POR_MINUTO", value_name = "N", value_parser = number::<u32>("ausencias_por_minuto"), global = true)]
    pub ausencias_por_minuto: Option<u32>,

    /// Respostas que não mostram ninguém nem processo algum não esperam o seu registro na trilha [padrão: off].
    #[arg(long, env = "ELOS_TRILHA_RELAXADA", value_enum, global = true)]
    pub trilha_relaxada: Option<Switch>,

    /// `production` impede `elos demo`, `elos seed` e `elos migrate revert` nesta máquina.
    #[arg(long = "env", env = "ELOS_ENV", value_name = "NOME", global = true)]
    #[serde(rename = "env")]
    pub environment: Option<String>,

    /// Filtro dos logs, por exemplo `info` ou `elos=debug` [padrão: info].
    #[arg(long, env = "ELOS_LOG", value_name = "FILTRO", global = true)]
    pub log: Option<String>,

    /// Formato dos logs [padrão: auto, que é json fora de um terminal].
    #[arg(long, env = "ELOS_LOG_FORMAT", value_enum, global = true)]
    pub log_format: Option<LogFormat>,

    /// Uma linha no log por pedido, com rota, operação, credencial, status e tempo; sem isto, só têm linha os recusados e os que falharam [padrão: off].
    #[arg(long, env = "ELOS_LOG_DE_ACESSO", value_enum, global = true)]
    pub log_de_acesso: Option<Switch>,

    /// The section `[regras]`: switches and limits of the rules. Only in the file.
    #[arg(skip)]
    pub regras: RuleSwitches,

    /// The section `[assinaturas]`: limits of WebSockets and event streams. Only in the file.
    #[arg(skip)]
    pub assinaturas: Subscriptions,

    /// The section `[corporativo]`: the code of a tribunal by its number in the CNJ Corporativo
    /// (`6 = "8.06"`). Only in the file.
    #[arg(skip)]
    pub corporativo: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    On,
    Off,
}

impl Settings {
    /// Reads the settings of a file.
    pub(super) fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Read(path.to_owned(), error))?;
        Self::read(path, &text)
    }

    /// Parses the settings of a file. The ranges are checked before the types, because a number out
    /// of its range may not fit its type either, and the message must name the range.
    pub(super) fn read(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let syntax = |error| ConfigError::Syntax(path.to_owned(), error);
        ranges::check(&toml::from_str(text).map_err(syntax)?)?;
        toml::from_str(text).map_err(syntax)
    }
}
