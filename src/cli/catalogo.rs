//! `elos catalogo import`: imports a catalog of the Tramita from a file.

use super::{migrate_url, now, read_file};
use crate::catalogo::TipoDeCatalogo;
use crate::catalogo::import::{self, Format, Options, Report, Subject};
use crate::config::Config;
use crate::db::migrations::Migrator;
use crate::value::tribunal::Tribunal;
use anyhow::{Context, ensure};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// The catalog that a file contains, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Catalogo {
    Estruturas,
    Repositorios,
    Especies,
    Hipoteses,
    Motivos,
}

impl From<Catalogo> for Subject {
    fn from(catalogo: Catalogo) -> Self {
        match catalogo {
            Catalogo::Estruturas => Self::Estruturas,
            Catalogo::Repositorios => Self::Items(TipoDeCatalogo::Repositorio),
            Catalogo::Especies => Self::Items(TipoDeCatalogo::Especie),
            Catalogo::Hipoteses => Self::Items(TipoDeCatalogo::HipoteseLegal),
            Catalogo::Motivos => Self::Items(TipoDeCatalogo::MotivoDeUrgencia),
        }
    }
}

#[derive(Subcommand)]
pub enum CatalogoCmd {
    /// Traz de um arquivo estruturas, repositórios, espécies, hipóteses legais ou motivos de urgência.
    ///
    /// Só grava o que mudou e diz quantas linhas acrescentou, mudou, achou iguais e recusou; o que o arquivo não
    /// nomeia fica como está. Sai com 1 se recusou alguma.
    Import(Import),
}

#[derive(Debug, Args)]
pub struct Import {
    /// De que catálogo é o arquivo.
    #[arg(value_enum)]
    catalogo: Catalogo,
    /// Arquivo .csv (com uma linha de nomes) ou .json (uma lista de objetos, ou a resposta da plataforma).
    #[arg(value_name = "ARQUIVO")]
    file: PathBuf,
    /// Tribunal das estruturas cuja linha não o diz e que não são parte de outra: 8.20, 820 ou 20.
    #[arg(long, value_parser = super::parse_tribunal, value_name = "CÓDIGO")]
    tribunal: Option<Tribunal>,
    /// Repositório das estruturas cuja linha não o diz.
    #[arg(long, default_value_t = 1, value_name = "N")]
    repositorio: i32,
    /// Confere tudo e não grava nada.
    #[arg(long)]
    simular: bool,
}

/// Imports a file, or only checks it, and prints what became of its lines. Fails if a line was
/// refused.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn run(config: &Config, command: CatalogoCmd) -> anyhow::Result<()> {
    let CatalogoCmd::Import(Import { catalogo, file, tribunal, repositorio, simular }) = command;
    let mut migrator = Migrator::connect(migrate_url(config)?)?;
    let format = Format::of(&file)?;
    let text = read_file(&file, import::MAX_BYTES)?;
    let options =
        Options { subject: catalogo.into(), tribunal, repositorio, dry_run: simular, now: now() };
    let bar = bar();
    let seen = |n: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(n as u64);
    };
    let report = import::import(migrator.conn(), &text, format, &options, seen);
    bar.finish_and_clear();
    let report: Report = report.with_context(|| file.display().to_string())?;
    println!("{report}");
    if simular {
        println!("simulação: nada foi gravado");
    }
    ensure!(report.refused.is_empty(), "há linhas recusadas: corrija-as e repita o arquivo");
    Ok(())
}

/// Creates the progress bar. indicatif shows it only on a terminal.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("importando {wide_bar} {pos}/{len}  falta {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
