//! `elos catalogo import` and `elos estrutura set-key`.

use crate::catalogo::import::{self, Format, Options, Report, Subject};
use crate::catalogo::{TipoDeCatalogo, key};
use crate::db::Sql;
use crate::tramite::EnderecoDeEstrutura;
use crate::value::tribunal::Tribunal;
use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use diesel::{PgConnection, RunQueryDsl};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a file is of, as a command says it.
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
            Catalogo::Repositorios => Self::Itens(TipoDeCatalogo::Repositorio),
            Catalogo::Especies => Self::Itens(TipoDeCatalogo::Especie),
            Catalogo::Hipoteses => Self::Itens(TipoDeCatalogo::HipoteseLegal),
            Catalogo::Motivos => Self::Itens(TipoDeCatalogo::MotivoDeUrgencia),
        }
    }
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
    #[arg(long, value_parser = super::read_tribunal, value_name = "CÓDIGO")]
    tribunal: Option<Tribunal>,
    /// Repositório das estruturas cuja linha não o diz.
    #[arg(long, default_value_t = 1, value_name = "N")]
    repositorio: i32,
    /// Confere tudo e não grava nada.
    #[arg(long)]
    simular: bool,
}

/// Brings a file in and prints what became of its lines; fails if one was refused.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn import(conn: &mut PgConnection, asked: &Import, now: DateTime<Utc>) -> anyhow::Result<()> {
    let Import { catalogo, file, tribunal, repositorio, simular } = asked;
    let format = Format::of(file)?;
    let text = read(file, import::BYTES_AT_MOST)?;
    let options = Options {
        subject: (*catalogo).into(),
        tribunal: *tribunal,
        repositorio: *repositorio,
        dry_run: *simular,
        now,
    };
    let bar = bar();
    let seen = |n: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(n as u64);
    };
    let report = import::import(conn, &text, format, &options, seen);
    bar.finish_and_clear();
    let report: Report = report.with_context(|| file.display().to_string())?;
    println!("{report}");
    if *simular {
        println!("simulação: nada foi gravado");
    }
    ensure!(report.refused.is_empty(), "há linhas recusadas: corrija-as e repita o arquivo");
    Ok(())
}

/// At most so many bytes, seen before they are all taken.
fn read(path: &Path, at_most: u64) -> anyhow::Result<Vec<u8>> {
    let failed = || format!("não foi possível ler {}", path.display());
    let mut text = Vec::new();
    let file = fs::File::open(path).with_context(failed)?;
    file.take(at_most + 1).read_to_end(&mut text).with_context(failed)?;
    Ok(text)
}

/// On a terminal only: indicatif hides itself elsewhere.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("importando {wide_bar} {pos}/{len}  falta {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Registers the key of a unit's system.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn set_key(
    conn: &mut PgConnection,
    estrutura: &EnderecoDeEstrutura,
    file: &Path,
) -> anyhow::Result<()> {
    let text = read(file, 1024 * 1024)?;
    let text = String::from_utf8(text).map_err(|_| key::NoKey::Unreadable);
    let jwk = text.and_then(|text| key::read(&text));
    let jwk = jwk.with_context(|| file.display().to_string())?;
    let EnderecoDeEstrutura { repositorio, numero } = estrutura;
    let set = Sql::new(
        "UPDATE estrutura SET versao = versao + 1, atualizado_em = now(), chave_publica = ",
    )
    .bind(jwk.to_string())
    .push("::jsonb WHERE repositorio = ")
    .bind(*repositorio)
    .push(" AND numero = ")
    .bind(numero.clone())
    .execute(conn)?;
    ensure!(set == 1, "não há estrutura {repositorio}/{numero}");
    println!("registrada a chave de {repositorio}/{numero}");
    Ok(())
}
