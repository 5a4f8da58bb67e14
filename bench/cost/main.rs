//! Compares the declared cost of a query with the CPU time that it takes.
//!
//! `script/bench cost` runs it. It draws queries from the schema by a seed, filters included, and
//! sends them one after another to a demo of its own. It compares the CPU time of the server and of
//! PostgreSQL with the declared cost. It fails if a query takes more than three times the median
//! for each unit of cost, or if of those that fill their pages more than one in twenty are not
//! within a factor of three of it.

mod draw;
mod measure;

use anyhow::Context;
use async_graphql::Variables;
use clap::Parser;
use draw::{Corpus, Drawn};
use elos::graphql::document::prepare::{PrepareOptions, Preparer};
use measure::Demo;
use std::path::PathBuf;

/// The largest accepted factor between a query and the median.
const MAX_FACTOR: f64 = 3.0;
/// The part of the queries with full pages that must be within the factor.
const MIN_SHARE_WITHIN: f64 = 0.95;
/// The part of the requested items that must exist for a page to count as full.
const MIN_FILLED_SHARE: f64 = 0.9;
const COST_LIMIT: u64 = 250_000;

#[derive(Parser)]
struct Args {
    /// Processos of the synthetic data. A tribunal has a twenty-seventh of them.
    #[arg(long, default_value_t = 200_000)]
    processos: u32,
    /// The number of queries.
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// The seed of the queries.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Prints every query with its measurements.
    #[arg(long)]
    all: bool,
    #[arg(long, hide = true)]
    bench: bool,
}

/// A query and its measurements.
struct Measured {
    query: String,
    declared: f64,
    /// Microseconds of the server and of PostgreSQL.
    server: f64,
    postgres: f64,
    filled: bool,
}

impl Measured {
    fn ratio(&self) -> f64 {
        (self.server + self.postgres) / self.declared
    }

    fn line(&self, median: f64) -> String {
        format!(
            "{:5.2} × median: cost {:6}, server {:8.0} µs, PostgreSQL {:8.0} µs, {}  {}",
            self.ratio() / median,
            self.declared,
            self.server,
            self.postgres,
            if self.filled { "filled  " } else { "unfilled" },
            self.query.chars().take(400).collect::<String>()
        )
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "what a benchmark is for")]
fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let kept = std::env::var_os("ELOS_BENCH_DIR").map(|folder| PathBuf::from(folder).join("cost"));
    let made = || PathBuf::from(format!("/var/tmp/elos-cost-{}", std::process::id()));
    let folder = kept.clone().unwrap_or_else(made);
    let measured = measure_all(&args, &folder);
    if kept.is_none() {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let mut measured = measured?;
    measured.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let filled: Vec<&Measured> = measured.iter().filter(|one| one.filled).collect();
    anyhow::ensure!(filled.len() >= 20, "only {} queries fill their pages", filled.len());
    let median = filled[filled.len() / 2].ratio();
    let near =
        |one: &&&Measured| (median / MAX_FACTOR..=median * MAX_FACTOR).contains(&one.ratio());
    let within = filled.iter().filter(near).count();
    let above = measured.iter().filter(|one| one.ratio() > median * MAX_FACTOR).count();
    let shown: Vec<&Measured> = match args.all {
        true => measured.iter().collect(),
        false => measured.iter().take(5).chain(measured.iter().rev().take(5).rev()).collect(),
    };
    for one in shown {
        eprintln!("{}", one.line(median));
    }
    let at = |part: usize| filled[(filled.len() - 1) * part / 100].ratio() / median;
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    let part = within as f64 / filled.len() as f64;
    println!(
        "{} queries of seed {}, {} processos; {} fill their pages: {median:.2} µs of CPU for each unit of cost (median)\n\
         of those, ÷ median: least {:.2}, 5% {:.2}, 25% {:.2}, 75% {:.2}, 95% {:.2}, most {:.2}; {:.1}% within a factor of {MAX_FACTOR}\n\
         of all, {above} above {MAX_FACTOR} times the median; most {:.2}",
        measured.len(),
        args.seed,
        args.processos,
        filled.len(),
        at(0),
        at(5),
        at(25),
        at(75),
        at(95),
        at(100),
        part * 100.0,
        measured.last().map_or(0.0, Measured::ratio) / median,
    );
    anyhow::ensure!(part >= MIN_SHARE_WITHIN && above == 0, "the bar is missed");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "what a benchmark is for")]
fn measure_all(args: &Args, folder: &std::path::Path) -> anyhow::Result<Vec<Measured>> {
    let program = std::env::var_os("ELOS_BENCH_PROGRAM");
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_elos").into());
    let demo = Demo::start(program.as_ref(), folder, args.processos)?;
    let sdl = elos::graphql::sdl();
    let preparer = Preparer::new(&sdl, PrepareOptions::default()).context("the schema")?;
    let mut corpus = Corpus::new(&sdl, demo.known()?, args.seed)?;
    let (mut measured, none) = (Vec::with_capacity(args.queries), Variables::default());
    let mut refused = 0;
    let bar = indicatif::ProgressBar::new(args.queries as u64);
    while measured.len() < args.queries {
        let Drawn { text, lists } = corpus.query();
        let prepared = preparer.prepare(&text, None, none.clone());
        let (prepared, none) = prepared.map_err(|refused| anyhow::anyhow!("{refused}: {text}"))?;
        let declared = prepared.cost.cost(&none);
        if declared > COST_LIMIT {
            continue;
        }
        let answer = match demo.ask(&text) {
            Ok(answer) => answer,
            // A drawn query may combine fields in a way that the server refuses. Twenty such
            // queries are an error of the benchmark.
            Err(error) if refused < 20 => {
                eprintln!("{error:#}");
                refused += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let (wanted, there) = lists.count(&answer["data"]);
        #[expect(clippy::cast_precision_loss, reason = "at most the limit")]
        let (declared, filled) =
            (declared as f64, wanted == 0 || there as f64 >= MIN_FILLED_SHARE * wanted as f64);
        let [server, postgres] = demo.cpu_of(&text)?;
        measured.push(Measured { query: text, declared, server, postgres, filled });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(measured)
}
