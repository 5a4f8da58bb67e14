//! The command line: the arguments, the dispatch, and helpers that several commands use. Each
//! command is in a module of this folder, except `elos demo` (`src/demo.rs`). Only these modules,
//! `demo` and `main` print. The commands read the clock or pass it on as a function; of the server,
//! only `auth`, `trace` and `rest::envelope` read it themselves.

mod auditoria;
mod catalogo;
mod check_config;
mod credencial;
mod doctor;
mod environment;
mod estrutura;
mod healthcheck;
mod help;
mod isolamento;
mod migrate;
mod pipe;
mod preflight;
mod schema;
mod seed;
mod serve;
mod version;

use crate::config::ranges::number;
use crate::config::{Config, Settings};
use crate::db::migrations::Migrator;
use crate::db::{self, DbOptions, Transport, credentials};
use crate::telemetry::logs;
use crate::value::tribunal::Tribunal;
use anyhow::{Context, bail, ensure};
use auditoria::AuditoriaCmd;
use catalogo::CatalogoCmd;
use chrono::{DateTime, Utc};
use clap::{FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use credencial::CredencialCmd;
use estrutura::EstruturaCmd;
use isolamento::IsolamentoCmd;
use migrate::MigrateCmd;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// elos: processos da justiça juvenil, adolescentes e os vínculos entre eles, num só grafo.
#[derive(Parser)]
#[command(name = "elos", version, arg_required_else_help = true)]
#[cfg_attr(feature = "dev-issuer", command(after_help = "Comece por `elos demo`."))]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten, next_help_heading = "Ajustes")]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Sobe tudo nesta máquina: PostgreSQL próprio, dados sintéticos, emissor de tokens e GraphiQL.
    #[cfg(feature = "dev-issuer")]
    Demo {
        /// Apaga os dados e recomeça do zero.
        #[arg(long)]
        fresh: bool,
        /// Quantos processos sintéticos semear num banco vazio.
        #[arg(long, default_value_t = 3000, value_name = "N", value_parser = number::<u32>("processos"))]
        processos: u32,
    },
    /// Serve em produção; exige DATABASE_URL e ELOS_OIDC_ISSUER.
    Serve,
    /// Migra o banco, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Migrate(MigrateCmd),
    /// Enche um banco vazio com dados sintéticos, com ELOS_MIGRATE_URL.
    Seed {
        /// Quantos processos acrescentar.
        #[arg(long, value_name = "N", value_parser = number::<u32>("processos"))]
        processos: u32,
        /// Faz sem perguntar.
        #[arg(long)]
        yes: bool,
    },
    /// Diz de que tribunal é um cliente OIDC (azp), que papéis tem e por que estruturas age, com ELOS_MIGRATE_URL. Vale em até 10 s.
    #[command(subcommand)]
    Credencial(CredencialCmd),
    /// Catálogos do Tramita, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Catalogo(CatalogoCmd),
    /// Estruturas do Tramita, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Estrutura(EstruturaCmd),
    /// Imprime o esquema GraphQL (SDL).
    Schema,
    /// Imprime o contrato das rotas REST (OpenAPI 3.1, JSON).
    Openapi,
    /// Confere a configuração e imprime cada ajuste em vigor, sem segredos.
    CheckConfig,
    /// Pergunta ao banco, ao emissor e a esta máquina o que `check-config` não sabe, e diz o que fazer; sai com 1 se há erro.
    Doctor {
        /// Em JSON.
        #[arg(long)]
        json: bool,
    },
    /// A trilha de auditoria, com ELOS_MIGRATE_URL.
    #[command(subcommand)]
    Auditoria(AuditoriaCmd),
    /// A muralha entre os tribunais, com ELOS_MIGRATE_URL e DATABASE_URL.
    #[command(subcommand)]
    Isolamento(IsolamentoCmd),
    /// Diz se o servidor desta máquina está pronto, em `--bind` e, se o serve, também por TLS: sai com 0 ou 1.
    Healthcheck,
    /// Imprime o que o shell precisa para completar comandos e opções.
    Completions {
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Grava as páginas de manual numa pasta, uma por comando.
    #[command(hide = true)]
    Man { pasta: PathBuf },
    /// Imprime a versão.
    Version {
        /// Em JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Cli {
    /// Parses the arguments of the process. An error or `--help` ends it.
    pub fn from_process() -> Self {
        let matches = help::command().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

impl Command {
    /// Whether the command serves clients, who may disconnect.
    const fn serves(&self) -> bool {
        match self {
            #[cfg(feature = "dev-issuer")]
            Self::Demo { .. } => true,
            command => matches!(command, Self::Serve),
        }
    }
}

pub fn run(cli: Cli) -> anyhow::Result<()> {
    if !cli.command.serves() {
        pipe::end_quietly_when_closed();
    }
    environment::check()?;
    let config = Config::resolve(cli.settings)?;
    logs::init(config.log_format, &config.log);
    match cli.command {
        #[cfg(feature = "dev-issuer")]
        Command::Demo { fresh, processos } => crate::demo::run(&config, fresh, processos, now),
        Command::Serve => serve::run(&config),
        Command::Migrate(command) => migrate::run(&config, &command),
        Command::Seed { processos, yes } => seed::run(&config, processos, yes),
        Command::Credencial(command) => credencial::run(&config, command),
        Command::Catalogo(command) => catalogo::run(&config, command),
        Command::Estrutura(command) => estrutura::run(&config, command),
        Command::Auditoria(command) => auditoria::run(&config, command),
        Command::Isolamento(command) => isolamento::run(&config, &command),
        Command::Schema => {
            schema::graphql();
            Ok(())
        }
        Command::Openapi => {
            schema::openapi();
            Ok(())
        }
        Command::CheckConfig => check_config::run(&config),
        Command::Doctor { json } => doctor::run(&config, json),
        Command::Healthcheck => healthcheck::run(&config),
        Command::Completions { shell } => {
            help::completions(shell);
            Ok(())
        }
        Command::Man { pasta: folder } => help::manual(&folder),
        Command::Version { json } => {
            version::run(json);
            Ok(())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock that the commands pass on")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Parses a tribunal on the command line.
fn parse_tribunal(text: &str) -> Result<Tribunal, String> {
    Tribunal::from_text(text).ok_or_else(|| "tribunal desconhecido; use, por exemplo, 8.20".into())
}

fn parse_estrutura(text: &str) -> Result<(i32, String), String> {
    credentials::parse_estrutura(text)
        .ok_or_else(|| "diga repositório e número; por exemplo, 1/820".into())
}

fn migrate_url(config: &Config) -> anyhow::Result<&str> {
    let url = config
        .migrate_url
        .as_deref()
        .context("falta ELOS_MIGRATE_URL, a URL do banco como o dono das tabelas")?;
    check_transport(config, "ELOS_MIGRATE_URL", url)?;
    Ok(url)
}

/// Returns the options with which `elos serve` connects to the database at `url`.
fn database_options(config: &Config, url: &str) -> DbOptions {
    let mut options = DbOptions::new(url);
    options.nacional_url.clone_from(&config.nacional_url);
    options.auditor_url.clone_from(&config.auditor_url);
    options.pool_max = config.pool_max;
    options.pool_idle = config.pool_idle;
    options.statement_timeout = config.statement_timeout;
    options
}

/// Refuses the connections of the server that others could read, as [`check_transport`] does.
fn check_server_transports(config: &Config) -> anyhow::Result<()> {
    let refused = refused_transports(config);
    ensure!(refused.is_empty(), "{}", refused.join("\n      "));
    Ok(())
}

/// Returns why [`check_transport`] refuses connections of the server, one text for each URL.
fn refused_transports(config: &Config) -> Vec<String> {
    let refused = |(setting, url)| check_transport(config, setting, url).err();
    config.server_urls().filter_map(refused).map(|refusal| refusal.to_string()).collect()
}

/// Refuses a connection to PostgreSQL that others could read, unless the configuration allows it.
fn check_transport(config: &Config, setting: &str, url: &str) -> anyhow::Result<()> {
    match db::transport(url) {
        Err(reason) if !config.allow_plain_postgres => bail!("{setting}: {reason}"),
        Err(_) => tracing::warn!(setting, "PostgreSQL is reached without TLS, as allowed"),
        Ok(Transport::Unverified) => {
            tracing::warn!(setting, "PostgreSQL's certificate is not verified");
        }
        Ok(Transport::Local | Transport::Verified) => {}
    }
    Ok(())
}

/// Refuses a command that would harm data: in production, in a database with rows, or without a
/// confirmation by the user.
fn ensure_disposable(
    config: &Config,
    migrator: &mut Migrator,
    what: &str,
    yes: bool,
) -> anyhow::Result<()> {
    ensure!(
        config.environment.as_deref() != Some("production"),
        "ELOS_ENV=production: {what} não se faz em produção"
    );
    ensure!(!migrator.has_rows()?, "o banco tem registros: {what} só se faz num banco vazio");
    ensure!(yes || confirm(what)?, "nada foi feito; para {what} sem perguntas, use --yes");
    Ok(())
}

/// Asks for confirmation on a terminal. Returns false if stdin is not a terminal.
#[expect(clippy::print_stderr, reason = "a question for the person who typed the command")]
fn confirm(what: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Quer {what}? Escreva sim: ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "sim")
}

/// Reads at most `max` bytes and one more, so that the caller can detect a longer file.
fn read_file(path: &Path, max: u64) -> anyhow::Result<Vec<u8>> {
    let failed = || format!("não foi possível ler {}", path.display());
    let mut text = Vec::new();
    let file = File::open(path).with_context(failed)?;
    file.take(max + 1).read_to_end(&mut text).with_context(failed)?;
    Ok(text)
}
